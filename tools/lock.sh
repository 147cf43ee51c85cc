#!/bin/sh
# Write requirements/lock.txt anew: hashed, without registry addresses, without torch.
# Torch and what it alone brings are installed first, from requirements/torch.txt; see
# docs/decisions/0002-torch-outside-the-lock.md.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'uv>=0.13'
echo "torch; sys_platform == 'never'" > "$folder/without-torch.txt"
"$folder/venv/bin/uv" pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
  --overrides "$folder/without-torch.txt" --generate-hashes --no-annotate --no-header \
  --no-emit-index-url --no-emit-package torch --quiet --output-file requirements/lock.txt
if grep -nE 'https?:|file:' requirements/lock.txt; then
  echo "the lock names an address" >&2
  exit 1
fi
