"""Windows that a WINDOW clause names, spelt out in ORDER BY: DuckDB does not see the names there."""

from __future__ import annotations

from sqlglot import exp

__all__ = ["spell_out_windows"]


def spell_out_windows(tree: exp.Expr) -> None:
    """``ORDER BY rank() OVER w`` with what ``w`` stands for, in place."""
    for select in list(tree.find_all(exp.Select)):
        named = {window.this.name.casefold(): window for window in select.args.get("windows") or ()}
        order = select.args.get("order")
        for use in list(order.find_all(exp.Window)) if named and order is not None else ():
            alias = use.args.get("alias")
            found = named.get(alias.name.casefold()) if alias is not None else None
            if found is None or found.args.get("alias") is not None or use.parent_select is not select:
                continue
            use.set("alias", None)
            for key in ("partition_by", "order", "spec"):
                value = found.args.get(key)
                if value is not None:
                    use.set(key, [each.copy() for each in value] if isinstance(value, list) else value.copy())
