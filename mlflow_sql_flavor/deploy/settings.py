"""What ``config`` says of a deployment: on MLflow's command line every value is text, JSON and paths in it are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..errors import InputError, did_you_mean

__all__ = ["KINDS", "Settings", "plain"]

KINDS = ("view", "function", "table")


@dataclass(frozen=True)
class Settings:
    """What a deployment is made of besides its model.

    Attributes:
        schema: Where its objects go; None for the connection's own schema.
        input: The table that the query reads as its input, in the engine's spelling.
        params: ``{name: value}`` of the query's parameters; those left out have the model's defaults.
        kind: ``view``, ``function`` or ``table``.
        tables: ``{reference table: name of a table that is there}``, instead of the model's own rows.
        verify: Rows to compare on instead of the stored example: records, a path, or False for none.
    """

    schema: str | None = None
    input: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "view"
    tables: Mapping[str, str] = field(default_factory=dict)
    verify: Any = None

    @classmethod
    def read(cls, config: Mapping[str, Any] | None, before: Mapping[str, Any] | None = None) -> Settings:
        """Reads ``config``.

        Args:
            config: MLflow's.
            before: What :meth:`stored` gave for the deployment that is updated.

        Raises:
            InputError: A key or a value is not known.
        """
        if config is not None and not isinstance(config, Mapping):
            raise InputError("config is a dict, such as {'input': 'public.events', 'params': {'min_score': 4}}.")
        found = dict(before or {})
        known = [_AS if each.name == "kind" else each.name for each in fields(cls)]
        for key, value in (config or {}).items():
            if key not in known:
                raise InputError(
                    f"config has no key {key!r}.{did_you_mean(str(key), known)} Its keys: {', '.join(known)}."
                )
            found["kind" if key == _AS else key] = _READ.get(key, _text)(key, value)
        return cls(**found)

    def stored(self) -> dict[str, Any]:
        """What an update starts from, as JSON has it; rows that were compared are not kept."""
        kept = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "verify"}
        kept |= {"params": {name: plain(value) for name, value in self.params.items()}, "tables": dict(self.tables)}
        return {**kept, "verify": False} if self.verify is False else kept


def plain(value: Any) -> Any:
    """A parameter's value as JSON has it: what JSON has no word for as the text that is read as it again."""
    if hasattr(value, "tolist"):  # NumPy's
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


_AS = "as"


def _text(key: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InputError(f"{key} is text, as in -C {key}=public.events.")
    return value


def _one_of(key: str, value: Any) -> str:
    if value not in KINDS:
        raise InputError(f"{key} is one of {', '.join(KINDS)}, not {str(value)[:60]!r}.")
    return str(value)


def _mapping(key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        value = _json(key, value)
    if not isinstance(value, Mapping):
        raise InputError(f"{key} is a JSON object, as in -C {key}='{{\"name\": …}}'.")
    return {str(name): each for name, each in value.items()}


def _rows(key: str, value: Any) -> Any:
    """Rows, as a frame or records; False for none."""
    if value is False or (isinstance(value, str) and value.casefold() in ("false", "none", "no")):
        return False
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] in ("[", "{"):
        return _json(key, value)
    path = Path(value)
    if not path.is_file():
        raise InputError(
            f"{key} is JSON records, the path of a .json, .csv or .parquet file, or false: there is no file "
            f"{path.name!r}."
        )
    if path.suffix.lower() == ".json":
        return _json(key, path.read_text(encoding="utf-8"))
    from ..artifact.tables import open_table

    found = open_table(key, path).data
    if isinstance(found, Path):
        import pyarrow.parquet as pq

        return pq.read_table(found)
    return found


def _json(key: str, text: str) -> Any:
    path = Path(text)
    try:
        if text.lstrip()[:1] not in ("{", "[", '"') and path.suffix.lower() == ".json":
            if not path.is_file():
                raise InputError(f"{key} is JSON, or the path of a .json file: there is no file {path.name!r}.")
            text = path.read_text(encoding="utf-8")
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"{key} is no JSON: {error}.") from None


_READ = {_AS: _one_of, "params": _mapping, "tables": _mapping, "verify": _rows}
