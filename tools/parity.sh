#!/bin/sh
# Make the environments of published clients: tools/parity.sh NAME...
# Each has a folder .parity/NAME of its own, made once; it is made anew when its list in
# requirements/parity/ changes, or when an earlier try died half-way: `made`, which holds the
# list's checksum, is written last.
# A list that says "For Python X.Y" gets that Python: from PYTHONXY, PATH or pyenv. Where there is
# none, the client runs on the Python that we have, and `instead`, which the tests show, says so.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
[ -x "$python" ] || python=python3

find_python() { # VERSION: an interpreter that really runs (a shim of pyenv's may not)
  named=$(printenv "PYTHON$(echo "$1" | tr -d .)" || true)
  for candidate in "$named" "$python" "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1"*/bin/python; do
    if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

make_environment() { # NAME PYTHON
  list=requirements/parity/$1.txt
  folder=.parity/$1
  rm -rf "$folder"
  "$2" -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    --no-compile --ignore-requires-python -r "$list"
}

# Clients that ask for 3.12 need nothing of it but two properties.
put_in_what_312_has() { # NAME
  packages=$(".parity/$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  cp tools/status_of_312.py "$packages"
  echo "import status_of_312" > "$packages/status_of_312.pth"
}

for name in "$@"; do
  list=requirements/parity/$name.txt
  folder=.parity/$name
  if [ ! -f "$list" ]; then
    echo "there is no $list" >&2
    exit 1
  fi
  wanted=$(sed -n 's/^# For Python \([0-9]*\.[0-9]*\).*/\1/p' "requirements/parity/$name.in")
  note=
  if [ -z "$wanted" ]; then
    chosen=$python
  elif ! chosen=$(find_python "$wanted"); then
    chosen=$python
    note="$name is tested on $("$python" --version), not on Python $wanted, which was not found"
    echo "WARNING: $note. Install it, or name it: PYTHON$(echo "$wanted" | tr -d .)=/path/to/python" >&2
  fi
  checksum=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$list")
  if [ -x "$folder/bin/python" ] && [ "$(cat "$folder/made" 2>/dev/null)" = "$checksum" ] &&
    [ "$(cat "$folder/instead" 2>/dev/null)" = "$note" ]; then
    continue
  fi
  echo "installing the client $name in an environment of its own (once)"
  make_environment "$name" "$chosen"
  if [ -n "$note" ]; then
    put_in_what_312_has "$name"
    echo "$note" > "$folder/instead"
  fi
  echo "$checksum" > "$folder/made"
done
