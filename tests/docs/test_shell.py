"""Every shell block of the documentation and the README runs, page by page, in a folder of its own.

What stands in NOT_RUN cannot be run by a test of minutes on any machine; each says what shows it instead.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from ..conftest import free_port, stop, tracking_database

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
_SHELL = re.compile(r"^```(?:bash|sh|shell|console|zsh)\n(.*?)^```$", re.M | re.S)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)

_IMAGES = "takes a Docker engine and minutes: tests/docker/test_image.py builds, runs and asks the image"
#: (page, the block's first line): why it is not run here, and what runs it.
NOT_RUN = {
    ("README", "python3.11 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/python docs/examples/"
     "rank_listings.py"): "installs: tests/test_distribution.py does from a wheel, tests/docs/test_examples.py runs it",
    ("README", 'python3.11 -m venv .venv && .venv/bin/pip install -q -e ".[test]" && .venv/bin/python -m pytest'):
        ".ci/run takes this very line",
    ("CONTRIBUTING", "python3.11 -m venv .venv && . .venv/bin/activate"): "all tests: .ci/run runs them",
    ("getting-started", "python3.11 -m venv .venv && . .venv/bin/activate"):
        "installs: tests/test_distribution.py does from a wheel",
    ("sklearn", 'pip install ".[sklearn]"     # from a checkout'): "installs: .ci/run installs this extra",
    ("serving", "mlflow models build-docker -m models:/ranker@champion -n ranker:1 --env-manager local"): _IMAGES,
    ("serving", "docker run --rm --network none --user 1000:1000 --read-only --tmpfs /tmp -e DISABLE_NGINX=true "
     "ranker:1"): _IMAGES,
    ("serving", 'docker run --rm --entrypoint python ranker:1 -c "import mlflow; mlflow.pyfunc.load_model('
     "'/opt/ml/model')\""): "takes a Docker engine: tests/docker/test_broken.py runs this check",
    ("serving", 'docker tag ranker:1 "$REGISTRY/team/ranker:1"'): "pushes to a registry: nothing shows it",
    ("serving", "mlflow sagemaker build-and-push-container --env-manager local"): "takes AWS: nothing shows it",
    ("serving", "cd docs/examples/compose"): "takes a Docker engine: tests/docker/test_compose.py runs the stack",
}  # fmt: skip
#: Commands of a page whose exit code is not 0, in order: what differs is 1.
EXITS = {"cli": ["1 mlflow-sql diff", "1 mlflow-sql diff"], "diff": ["1 mlflow-sql diff"]}

#: A server starts behind the block, and the block goes on once it answers; what fails is written down.
_HEAD = r"""
set -E -o pipefail
trap 'echo "$? $BASH_COMMAND" >> "$FAILED"' ERR
background() {
  "$@" >> server.log 2>&1 &
  until curl -s -o /dev/null "127.0.0.1:$MLFLOW_PORT/ping"; do
    kill -0 $! || { cat server.log >&2; exit 1; }
    sleep 0.3
  done
}
"""


def shell_blocks(page: Path) -> Iterator[tuple[str, str]]:
    """(first line, text) of each block."""
    for found in _SHELL.finditer(page.read_text(encoding="utf-8")):
        yield found[1].splitlines()[0], found[1]


def run_blocks(page: Path) -> list[str]:
    return [text for first, text in shell_blocks(page) if (page.stem, first) not in NOT_RUN]


#: The tutorial's commands are those of cli.md and getting-started.md: minutes more.
RUN = [
    pytest.param(page, marks=pytest.mark.full) if page.stem == "tutorial" else page
    for page in PAGES
    if run_blocks(page)
]


def prepare(page: str, folder: Path) -> None:
    """What a page takes for granted."""
    if page == "cli":
        import mlflow_sql_flavor

        (folder / "events").mkdir()
        events = pd.DataFrame({"x": [1.0, 2.0]})
        for part in ("a", "b"):
            events.to_parquet(folder / "events" / f"{part}.parquet")
        mlflow_sql_flavor.save_model("SELECT x, x * 2 AS score FROM input", folder / "scorer", input_example=events)
        code = (
            "import mlflow; v = mlflow.register_model('scorer', 'scorer'); "
            "mlflow.MlflowClient().set_registered_model_alias('scorer', 'champion', v.version)"
        )
        subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment(folder), check=True, timeout=120)
    if page == "diff":
        pd.DataFrame({"region": ["Seoul", "Busan"]}).to_parquet(folder / "sample.parquet")


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "PYTHONPATH": str(ROOT),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "CURL_HOME": str(folder),
        "FAILED": str(folder / "failed.txt"),
    }


def test_each_block_is_run_or_said_not_to_be() -> None:
    first_lines = [(page.stem, first) for page in PAGES for first, _ in shell_blocks(page)]
    assert set(NOT_RUN) <= set(first_lines), "blocks that are no longer there"
    for page in PAGES:  # what looks like a command is not hidden in a block of text
        for text in re.findall(r"^```text\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S):
            assert not re.match(r"(\$ |pip |mlflow |mlflow-sql |docker |curl |python3? )", text), (page.stem, text)


def test_the_files_that_pages_name_are_there() -> None:
    """Of this repository: what is a user's or a model's own has no folder before it, or is not named as code."""
    known = [path for part in ("mlflow_sql_flavor", "tests", "docs", ".ci") for path in (ROOT / part).rglob("*")]
    names = {f"/{path.relative_to(ROOT).as_posix()}" for path in [*known, *ROOT.iterdir()]}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        found = re.findall(r"[` (]((?:tests|docs|mlflow_sql_flavor|query|engines|\.ci)/[\w./-]+\.\w+)", text)
        if page.stem == "CONTRIBUTING":
            found += re.findall(r"`([\w/]+\.(?:py|yaml|jsonl))`", text)
        for name in found:
            if not re.search(r"_dialect|_v1\.|NAME", name):
                assert any(path.endswith(f"/{name}") for path in names), f"{page.name}: {name}"


@pytest.mark.ci
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_the_shell_blocks_of_a_page_run(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    wanted = {
        tool for block in run_blocks(page) for tool in ("curl", "jq") if re.search(rf"(^|\| *){tool}\b", block, re.M)
    }
    lacking = [tool for tool in wanted if subprocess.run(["which", tool], capture_output=True).returncode]
    if lacking:
        pytest.skip(f"needs {', '.join(lacking)}")
    port = str(free_port())
    env = {**environment(tmp_path), "MLFLOW_PORT": port}
    (tmp_path / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")  # an HTTP error is an exit code
    tracking_database(tmp_path)  # what MLFLOW_TRACKING_URI names
    prepare(page.stem, tmp_path)
    code = "\n".join(found[1] for found in _PYTHON.finditer(text))
    if code:
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
    for block in run_blocks(page):
        script = re.sub(r"\bmlflow models serve\b", "background mlflow models serve", block)
        script = re.sub(r"(-p |localhost:)5000\b", rf"\g<1>{port}", script)
        with (tmp_path / "said.txt").open("w") as said:
            process = subprocess.Popen(
                ["bash", "-c", _HEAD + script],
                cwd=tmp_path, env=env, stdout=said, stderr=said, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            try:
                code_ = process.wait(300)
            finally:
                stop(process)
        told = (tmp_path / "said.txt").read_text()
        assert "Traceback" not in told and "command not found" not in told, told[-3000:]
        assert code_ == 0 or page.stem in EXITS, f"{block}\n{told[-3000:]}"
    failed = Path(env["FAILED"]).read_text().splitlines() if Path(env["FAILED"]).exists() else []
    expected = EXITS.get(page.stem, [])
    assert len(failed) == len(expected) and all(map(str.startswith, failed, expected)), failed
