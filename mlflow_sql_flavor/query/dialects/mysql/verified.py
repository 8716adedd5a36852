"""Names that are passed through, and those that are the server's own."""

from __future__ import annotations

from .. import DialectRules

R = DialectRules("mysql verified")
R.accepts("repeat", "space", "weekday", "truncate", "mod", "if", "ifnull", "interval", "group_concat", "sqrt", "dual")
R.accepts("ascii")
R.known("md5", "sha1", "lower", "degrees", "radians", "pi", "monthname", "dayname")
R.refuses("session", {"user", "database", "version", "connection_id", "schema"}, "It is the server's", "Leave it out")
