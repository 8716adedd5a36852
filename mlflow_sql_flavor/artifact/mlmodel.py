"""A model's MLmodel file: written as a person would, and read as a stranger's."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..errors import InputError, MissingError, ModelFileError
from . import plain_yaml
from .bounded_files import read_file
from .spec import SqlSpec
from .unfinished import check_finished

if TYPE_CHECKING:
    from mlflow.models import Model


__all__ = ["Stored", "content_of", "read", "read_spec", "write"]

#: A larger MLmodel is not read, in bytes.
MAX_MLMODEL = 32_000_000


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Text of several lines as a block, as a person would write it."""


def _text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def _dump(content: dict[str, Any], readable: bool) -> bytes:
    text = yaml.dump(content, Dumper=_Dumper, default_flow_style=False, allow_unicode=readable, width=1_000_000)
    return text.encode("utf-8")


def write(model: Model, path: Path) -> None:
    """Writes MLmodel as UTF-8 with the SQL as a block: MLflow's own dump escapes both into one line.

    Raises:
        InputError: It would hold what its reader refuses.
    """
    content = model.to_dict()
    try:
        data = _dump(content, True)
        if plain_yaml.read(data)["flavors"] != content["flavors"]:  # without libyaml a next line (U+0085) is lost
            data = _dump(content, False)
            plain_yaml.read(data)
    except (plain_yaml.PlainYamlError, yaml.YAMLError, UnicodeEncodeError, RecursionError) as error:
        reason = (
            str(error) if isinstance(error, plain_yaml.PlainYamlError) else "a value that YAML has no plain form for"
        )
        raise InputError(
            f"The model's MLmodel could not be read back: {reason}. metadata holds text, numbers of up to 40 digits, "
            "dates, true, false, None, and lists and dicts of them with text as keys."
        ) from None
    if len(data) > MAX_MLMODEL:
        raise InputError(
            f"The model's MLmodel would be {len(data):,} bytes; at most {MAX_MLMODEL:,}: shorten the query."
        )
    path.write_bytes(data)


@dataclass(frozen=True)
class Stored:
    """What a model's MLmodel says.

    Attributes:
        spec: Its ``sql`` section.
        config: The ``config`` of its ``python_function`` section.
        signature: Its signature.
        content: All of it.
    """

    spec: SqlSpec
    config: dict[str, Any]
    signature: Any
    content: dict[str, Any]


def read(folder: Path, flavor: str) -> Stored:
    """Reads the MLmodel of a folder.

    Raises:
        ModelFileError: It is too large or not such a file.
        MissingError: It is not there, or has no such flavor.
    """
    from mlflow.models import ModelSignature

    content = _of_flavor(folder, flavor)
    pyfunc = content["flavors"].get("python_function")
    config = pyfunc.get("config") if isinstance(pyfunc, dict) else None
    if config is not None and not isinstance(config, dict):
        raise ModelFileError("MLmodel's config is not a mapping: restore it, or save the model again.")
    signature = content.get("signature")
    try:
        found = ModelSignature.from_dict(signature) if signature else None
    except Exception:
        raise ModelFileError("MLmodel's signature cannot be read: restore it, or save the model again.") from None
    return Stored(SqlSpec.read(content["flavors"][flavor]), config or {}, found, content)


def read_spec(folder: Path, flavor: str) -> tuple[SqlSpec, dict[str, list[str]]]:
    """The section of a flavor, and the names of ``inputs`` and ``outputs`` in the signature's order, without MLflow.

    Raises:
        ModelFileError: MLmodel is too large or not such a file.
        MissingError: It is not there, or has no such flavor.
    """
    content = _of_flavor(folder, flavor)
    names: dict[str, list[str]] = {}
    signature: Any = content.get("signature")
    for side in ("inputs", "outputs") if isinstance(signature, dict) else ():
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            names[side] = [str(column["name"]) for column in json.loads(signature[side])]
    return SqlSpec.read(content["flavors"][flavor]), names


def _of_flavor(folder: Path, flavor: str) -> dict[str, Any]:
    check_finished(folder)
    content = content_of(folder, flavor)
    if flavor not in content["flavors"]:
        raise MissingError(f'Model does not have the "{flavor}" flavor')  # MLflow's words
    return content


def content_of(folder: Path, flavor: str) -> dict[str, Any]:
    """All of a folder's MLmodel, which has a section of flavors.

    Raises:
        ModelFileError: It is missing, too large or not such a file.
    """
    if not os.path.lexists(folder / "MLmodel"):
        raise MissingError(f'Could not find an "MLmodel" configuration file at "{folder}"')  # MLflow's words
    try:
        content = plain_yaml.read(read_file(folder, "MLmodel", MAX_MLMODEL))
    except plain_yaml.PlainYamlError as error:
        raise ModelFileError(f"MLmodel cannot be read: {error}. Restore it, or save the model again.") from None
    if not isinstance(content, dict) or not isinstance(content.get("flavors"), dict):
        raise ModelFileError("MLmodel has no flavors section: restore it, or save the model again.")
    return content
