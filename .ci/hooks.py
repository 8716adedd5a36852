"""What mkdocs makes of the docstrings' Sphinx roles, which MLflow's own docstrings use too."""

import re
from typing import Any

_ROLE = re.compile(r":(?:py:)?(?:class|func|meth|mod|attr|data):<code>~?\.*([^<]*)</code>")


def on_page_content(html: str, **_: Any) -> str:
    """A role is its name in code: ``:func:`~mlflow.log_param``` is ``mlflow.log_param``."""
    return _ROLE.sub(r"<code>\1</code>", html).replace("::</p>", ":</p>")
