"""The list of skips that ``.ci/run`` allows."""

import ast
import re
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest

from tests.skips import FILE, allowed, listed

pytest_plugins = ["pytester"]


def test_the_list_is_read() -> None:
    patterns = list(listed(FILE.read_text(encoding="utf-8")))
    assert all((FILE.parents[1] / "tests").glob(files.removeprefix("tests/")) for files, _ in patterns)
    assert allowed("tests/convert/test_orbital.py", "could not import 'orbital': No module", patterns)
    assert not allowed("tests/convert/test_steps.py", "could not import 'orbital': No module", patterns)
    with pytest.raises(ValueError, match="not 'no colon'"):
        list(listed("no colon"))


def test_a_skip_that_is_not_listed_fails_the_session(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import pytest\n"
        "def test_skipped(): pytest.skip('nobody knows why')\n"
        "@pytest.mark.xfail(reason='known')\n"
        "def test_expected(): assert False\n"
    )
    found = pytester.runpytest_inprocess("-p", "tests.skips")
    found.assert_outcomes(skipped=1, xfailed=1)
    found.stdout.fnmatch_lines(["*WITHOUT A LINE*test_skipped: nobody knows why"])
    assert found.ret == 1
    assert pytester.runpytest_inprocess().ret == 0


def _brought(name: str, extras: frozenset[str], seen: set[str]) -> set[str]:
    """The distributions that an installation of one brings, as ``pip install name[extras]`` takes them."""
    key = re.sub("[-_.]+", "-", name).lower()
    if key not in seen:
        seen.add(key)
        try:
            needed = requires(name) or []
        except PackageNotFoundError:  # of another platform or Python
            needed = []
        for each in needed:
            extra = re.search(r"extra == ['\"]([^'\"]+)", each)
            if not extra or extra[1] in extras:
                asked, _, rest = each.partition(";")[0].partition("[")
                _brought(re.split(r"[ <>=!~(]", asked)[0], frozenset(rest.partition("]")[0].split(",")), seen)
    return seen


def test_a_file_that_needs_an_extra_has_its_line() -> None:
    """README's command installs ``test`` alone: what skips itself there is listed, or ``.ci/run`` fails."""
    patterns = list(listed(FILE.read_text(encoding="utf-8")))
    brought = _brought("mlflow_sql_flavor", frozenset({"test"}), set())
    distributions = packages_distributions()
    found, unlisted = 0, []
    for path in sorted(Path(__file__).parent.rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            call = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
            if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.importorskip"):
                continue
            assert isinstance(call.args[0], ast.Constant)
            module = str(call.args[0].value)
            owners = distributions.get(module.partition(".")[0], [module])
            if not any(re.sub("[-_.]+", "-", owner).lower() in brought for owner in owners):
                found += 1
                file = path.relative_to(FILE.parents[1]).as_posix()
                if not allowed(file, f"could not import '{module}': …", patterns):
                    unlisted.append((file, module))
                break  # the first that is missing skips the file
    assert found > 2
    assert unlisted == []
