#!/usr/bin/env bash
# The tests on other versions, in a virtual environment of their own:
#   tests/matrix.sh oldest [pytest arguments]     Python 3.11 with the versions of tests/oldest.txt
#   tests/matrix.sh 3.12 [pytest arguments]       another Python, where it is installed
set -euo pipefail
cd "$(dirname "$0")/.."
which=${1:?usage: tests/matrix.sh oldest|3.11|3.12|3.13 [pytest arguments]}
shift
version=$which constraints=()
if [ "$which" = oldest ]; then
  version=3.11 constraints=(-c tests/oldest.txt)
fi

# Of pyenv's shims only those of chosen versions run: ask each candidate whether it works.
python=
for candidate in "python$version" "$HOME"/.pyenv/versions/"$version".*/bin/python /usr/bin/"python$version"; do
  if "$candidate" -c "import sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "Python $version is not installed here" >&2
  exit 3
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "${constraints[@]}" -e ".[test]"
"$folder/venv/bin/pip" list 2>/dev/null | grep -iE '^(mlflow|duckdb|sqlglot|pandas|numpy|pyarrow|scikit-learn|polars) '
"$folder/venv/bin/python" -m pytest -q -rs -p no:cacheprovider "$@"
