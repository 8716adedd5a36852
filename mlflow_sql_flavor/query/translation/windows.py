"""Windows that a WINDOW clause names, spelt out in ORDER BY: DuckDB does not see the names there."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from ..reading.traversal import find_all

__all__ = ["spell_out_windows"]


def spell_out_windows(selects: Iterable[exp.Select]) -> None:
    """``ORDER BY rank() OVER w`` with what ``w`` stands for, in place."""
    for select in selects:
        named = {window.this.name.casefold(): window for window in select.args.get("windows") or ()}
        order = select.args.get("order")
        for use in list(find_all(order, exp.Window)) if named and order is not None else ():
            alias = use.args.get("alias")
            found = named.get(alias.name.casefold()) if alias is not None else None
            if found is None or found.args.get("alias") is not None or use.parent_select is not select:
                continue
            use.set("alias", None)
            for key in ("partition_by", "order", "spec"):
                value = found.args.get(key)
                if value is not None:
                    use.set(key, [each.copy() for each in value] if isinstance(value, list) else value.copy())
