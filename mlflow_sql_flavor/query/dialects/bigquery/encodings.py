"""Bytes as text."""

from __future__ import annotations

from sqlglot import exp

from .. import DialectRules

R = DialectRules("bigquery encodings")


R.macros({exp.SafeConvertBytesToString: ("bq__bytes_text", "VARCHAR")})
