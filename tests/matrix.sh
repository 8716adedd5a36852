#!/usr/bin/env bash
# The tests on other versions, in a virtual environment of their own:
#   tests/matrix.sh oldest [pytest arguments]     Python 3.11 with the versions of tests/oldest.txt
#   tests/matrix.sh newest [pytest arguments]     Python 3.11 with the newest release of everything that is in range
#   tests/matrix.sh 3.12 [pytest arguments]       another Python, where it is installed
set -euo pipefail
cd "$(dirname "$0")/.."
which=${1:?usage: tests/matrix.sh oldest|newest|3.11|3.12|3.13 [pytest arguments]}
shift
version=$which options=()
case $which in
  oldest) version=3.11 options=(-c tests/oldest.txt) ;;
  newest) version=3.11 options=(--upgrade --upgrade-strategy eager) ;;
esac

# Of pyenv's shims only those of chosen versions run: ask each candidate whether it works.
python=
for candidate in "python$version" "$HOME"/.pyenv/versions/"$version".*/bin/python /usr/bin/"python$version" python; do
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
bin=$folder/venv/bin
[ -d "$bin" ] || bin=$folder/venv/Scripts  # Windows
"$bin/python" -m pip install --quiet ${options[@]+"${options[@]}"} -e ".[test]"
"$bin/python" -m pip list 2>/dev/null |
  grep -iE '^(mlflow|duckdb|sqlglot|pandas|numpy|pyarrow|scikit-learn|polars) '
"$bin/python" -m pytest -q -rs -p no:cacheprovider "$@"
