#!/usr/bin/env bash
# The Spark tests on other versions of pyspark, beside what is installed:
#   tests/spark/versions.sh 3.5.9 4.0.5 [-- pytest arguments]
# PYSPARK_FOLDERS names a folder with copies of earlier runs (one folder a version) to use again.
set -euo pipefail
cd "$(dirname "$0")/../.."
versions=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do versions+=("$1"); shift; done
[ $# -gt 0 ] && shift
[ ${#versions[@]} -gt 0 ] || { echo "usage: tests/spark/versions.sh VERSION... [-- pytest arguments]" >&2; exit 2; }

folders=${PYSPARK_FOLDERS:-}
if [ -z "$folders" ]; then
  folders=$(mktemp -d)
  trap 'rm -rf "$folders"' EXIT
fi
failed=0
for version in "${versions[@]}"; do
  folder=$folders/$version
  if [ ! -d "$folder/pyspark" ]; then
    python -m pip install --quiet --no-deps --target "$folder" "pyspark==$version"
    case $version in # pyspark 3 does not know the pandas 3 of today
      3.*) python -m pip install --quiet --no-deps --upgrade --target "$folder" "pandas<3" pytz ;;
    esac
  fi
  echo "== pyspark $version"
  PYTHONPATH=$folder python -c "import pyspark, pandas; print('pyspark', pyspark.__version__, 'pandas', pandas.__version__)"
  PYTHONPATH=$folder python -m pytest -q -rs -p no:cacheprovider -m "not full" tests/spark "$@" || failed=1
done
exit $failed
