#!/bin/sh
# Make the environments of published clients: tools/parity.sh VERSION...
# Each has a folder .parity/VERSION of its own, made once; it is made anew when its list in
# requirements/parity/ changes, or when an earlier try died half-way: `made`, which holds the
# list's checksum, is written last.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
[ -x "$python" ] || python=python3

for version in "$@"; do
  list=requirements/parity/$version.txt
  folder=.parity/$version
  if [ ! -f "$list" ]; then
    echo "there is no $list" >&2
    exit 1
  fi
  checksum=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$list")
  if [ -x "$folder/bin/python" ] && [ "$(cat "$folder/made" 2>/dev/null)" = "$checksum" ]; then
    continue
  fi
  echo "installing pasqal-cloud $version in an environment of its own (once)"
  rm -rf "$folder"
  "$python" -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$list"
  echo "$checksum" > "$folder/made"
done
