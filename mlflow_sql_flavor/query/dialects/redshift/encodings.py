"""Digests: https://docs.aws.amazon.com/redshift/latest/dg/r_FUNC_SHA1.html"""

from __future__ import annotations

from .. import DialectRules

R = DialectRules("redshift encodings")

R.renames({"func_sha1": ("sha1", "VARCHAR")})
