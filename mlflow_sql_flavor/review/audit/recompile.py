"""What this version makes of a stored model's text, for a process of its own: the text is a stranger's."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ...artifact.spec import SqlSpec
from ...compile.compiled_query import Compiled
from ...compile.recompilation import recompile, section_of
from ...report.pages import pages

__all__ = ["main"]


def main(data: bytes) -> bytes:
    """``[section, folder, signature]`` to ``[what recompiled_section gives, {page: checksum}]``, both as JSON."""
    section, folder, signature = json.loads(data)
    spec = SqlSpec.read(section)
    compiled = recompile(spec, Path(folder), apart=False)  # this process can be ended
    return json.dumps([section_of(compiled), _pages(spec, Path(folder), signature, compiled)]).encode()


def _pages(spec: SqlSpec, folder: Path, signature: Any, compiled: Compiled) -> dict[str, str]:
    """Checksums of the pages for people that this version writes for the model; none where it cannot."""
    from mlflow.models import ModelSignature

    try:
        known = ModelSignature.from_dict(signature) if signature else None
        found = pages(folder, spec, known, compiled.lineage)
    except Exception:
        return {}
    return {name: hashlib.sha256(text.encode("utf-8")).hexdigest() for name, text in found.items()}
