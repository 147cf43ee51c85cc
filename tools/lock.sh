#!/bin/sh
# Write requirements/lock.txt anew, and requirements/peers.txt and parity/*.txt from the .in files beside them:
# hashed, without registry addresses; the lock without torch.
# Torch and what it alone brings are installed first, from requirements/torch.txt; see
# docs/decisions/0002-torch-outside-the-lock.md.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'uv>=0.13'

compile() {
  "$folder/venv/bin/uv" pip compile "$@" --universal \
    --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet
}

echo "torch; sys_platform == 'never'" > "$folder/overrides.txt"
# qsimcirq holds it back for the sake of Python 3.10, never imports it, and there is no build of what is left
# for Python 3.14.
echo "contourpy" >> "$folder/overrides.txt"
compile pyproject.toml --extra dev --python-version 3.11 --overrides "$folder/overrides.txt" \
  --no-emit-package torch --output-file requirements/lock.txt
for wanted in requirements/parity/*.in; do
  version=$(sed -n 's/^# For Python \([0-9]*\.[0-9]*\).*/\1/p' "$wanted")
  compile "$wanted" --python-version "${version:-3.11}" --output-file "${wanted%.in}.txt"
done
compile requirements/peers.in --python-version 3.11 --output-file requirements/peers.txt
if grep -nE 'https?:|file:' requirements/lock.txt requirements/peers.txt requirements/parity/*.txt; then
  echo "a lock names an address" >&2
  exit 1
fi
