"""What a model's environment files would install, judged without installing: names of the index, or told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...artifact import plain_yaml
from ...artifact.bounded_files import read_file
from ...errors import SQLModelError

__all__ = ["FILES", "NEEDED", "judge"]

#: A longer file is not read, in bytes.
MOST_BYTES = 1_000_000

_TEXTS = ("requirements.txt", "constraints.txt")
_CONDA, _PYTHON = "conda.yaml", "python_env.yaml"
FILES = (*_TEXTS, _CONDA, _PYTHON)
#: Those that every model has: MLflow would install what it finds without them.
NEEDED = ("requirements.txt", _CONDA, _PYTHON)

#: A package of the index by its name, of any version or of the one named.
_NAMED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._, -]*\])?(?:==[A-Za-z0-9.!+_-]+)?")
#: What pip takes for a file that lies beside, before it is asked for as a name; a version may end so, too.
_ARCHIVE = re.compile(r"(?i).*\.(?:whl|zip|tar|tgz|tbz|txz|tlz|tar\.(?:gz|bz2|xz|lz|lzma))")
#: What pip would take for the encoding of a file (PEP 263).
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
_VERSION = re.compile(r"(?:==?|<=)[0-9][0-9A-Za-z.]*")
_CONDA_PACKAGES = ("python", "pip")
_CHANNELS = ("conda-forge", "defaults")
_BUILD = re.compile(r"(?:pip|setuptools|wheel)(?:==[0-9][0-9A-Za-z.]*)?")


def judge(root: Path, path: str, wanted: bool) -> Iterator[tuple[str, str]]:
    """What a file of the environment says.

    Args:
        root: The model.
        path: One of :data:`FILES`.
        wanted: Whether the model has to have it.

    Yields:
        ``(verdict, sentence)``: ``ok`` alone where everything is a package of the index by name.
    """
    try:
        data = read_file(root, path, MOST_BYTES)
    except SQLModelError as error:
        if wanted or (root / path).is_symlink() or (root / path).exists():
            yield "bad", error.message
        return
    odd = list(_text(data) if path in _TEXTS else _yaml(data, path))
    if odd:
        shown = "; ".join(part[:80] for part in odd[:5])
        yield "bad", f"Not a package of the index by name ({len(odd)}): {shown}"
    else:
        yield "ok", f"{len(data):,} bytes, all of it read: packages of the index by name."


def _text(data: bytes) -> Iterator[str]:
    """The lines of a requirements file that are anything else; no package's name needs a line that goes on."""
    plain = _plain(data)
    if plain is None:
        yield "it is not plain UTF-8 text, which pip may read in another way"
        return
    for line in plain.split("\n"):
        text = re.sub(r"(^|\s)#.*$", "", line).strip()
        if line.endswith("\\"):  # a comment does not go on, though it looks so
            yield line
        elif text and not _named(text):
            yield text


def _named(text: str) -> bool:
    if text == "-c constraints.txt":
        return True
    return (
        len(text) <= 200
        and _NAMED.fullmatch(text) is not None
        and not _ARCHIVE.fullmatch(re.sub(r"\[[^]]*\]", "", text))
    )


def _plain(data: bytes) -> str | None:
    """The text of a file that pip reads as UTF-8 and whose lines end where they seem to."""
    coding = [
        found[1].lower() for line in data.split(b"\n")[:2] if line[:1] == b"#" and (found := _CODING.search(line))
    ]
    if any(name not in (b"utf-8", b"utf8") for name in coding):
        return None
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
    # Python ends a line at these too, and a comment with it.
    return None if re.search("[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]", text) else text


def _yaml(data: bytes, path: str) -> Iterator[str]:
    try:
        content = plain_yaml.read(data)
    except plain_yaml.PlainYamlError as error:
        yield str(error)
        return
    if not isinstance(content, dict):
        yield "it is no mapping"
        return
    yield from _conda(content) if path == _CONDA else _python(content)


def _conda(content: dict[str, Any]) -> Iterator[str]:
    yield from _others(content, ("name", "channels", "dependencies"))
    for channel in _list(content.get("channels")):
        if channel not in _CHANNELS:
            yield f"channel {channel}"
    for found in _list(content.get("dependencies")):
        if isinstance(found, dict):
            yield from _others(found, ("pip",))
            for one in _list(found.get("pip")):
                if not isinstance(one, str) or not _named(one):
                    yield str(one)
        elif not isinstance(found, str) or not _versioned(found, _CONDA_PACKAGES):
            yield str(found)


def _python(content: dict[str, Any]) -> Iterator[str]:
    yield from _others(content, ("python", "build_dependencies", "dependencies"))
    if not re.fullmatch(r"[0-9]+(\.[0-9]+){0,2}", str(content.get("python"))):
        yield f"python {content.get('python')}"
    for found in _list(content.get("build_dependencies")):
        if not isinstance(found, str) or not _BUILD.fullmatch(found):
            yield str(found)
    for found in _list(content.get("dependencies")):
        if found != "-r requirements.txt":
            yield str(found)


def _versioned(text: str, names: tuple[str, ...]) -> bool:
    return any(text == name or (text.startswith(name) and _VERSION.fullmatch(text[len(name) :])) for name in names)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _others(content: dict[str, Any], known: tuple[str, ...]) -> Iterator[str]:
    for key in content:
        if key not in known:
            yield f"key {key}"
