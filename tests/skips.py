"""Every skipped test has a known reason: ``pytest -p tests.skips`` fails where ``.ci/skips`` lists none.

A line of ``.ci/skips`` is ``files: reason``, both patterns as of a shell (``*``, ``?``, ``[…]``); ``#`` opens a
comment, which says why the skip is right on a machine that runs ``.ci/run``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

__all__ = ["allowed", "listed"]

FILE = Path(__file__).parents[1] / ".ci" / "skips"


def listed(text: str) -> Iterator[tuple[str, str]]:
    """(pattern of the file, pattern of the reason) of each line.

    Raises:
        ValueError: a line has no colon.
    """
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            files, colon, reason = line.partition(": ")
            if not colon:
                raise ValueError(f".ci/skips: a line is 'files: reason', not {line!r}")
            yield files.strip(), reason.strip()


def allowed(file: str, reason: str, patterns: list[tuple[str, str]]) -> bool:
    """Whether a test of the file may be skipped for the reason."""
    return any(fnmatchcase(file, files) and fnmatchcase(reason, why) for files, why in patterns)


class Skips:
    """Collects skips, of this process or its workers, and fails the session for one that is not listed."""

    def __init__(self) -> None:
        self._patterns = list(listed(FILE.read_text(encoding="utf-8")))
        self._unlisted: dict[str, str] = {}

    def _see(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and isinstance(report.longrepr, tuple) and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2].removeprefix("Skipped: ")
            if not allowed(report.nodeid.partition("::")[0], reason, self._patterns):
                self._unlisted[report.nodeid] = reason

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._see(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._see(report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        if self._unlisted and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return (yield)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for test, reason in self._unlisted.items():
            terminalreporter.write_line(f"SKIPPED WITHOUT A LINE IN .ci/skips {test}: {reason}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # workers hand their reports to the process that started them
        config.pluginmanager.register(Skips(), "skips")
