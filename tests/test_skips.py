"""The list of skips that ``.ci/run`` allows."""

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
