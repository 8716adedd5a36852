"""Names of the built reference: python .ci/public_names.py docs/api.md SITE.

The reference is made of objects where they are defined. What a reader sees, follows or copies, a heading, an address, a
base or a tooltip, has the name that the page gives as the object's ``heading``. A path of another object is an error.
"""

import re
import sys
from pathlib import Path

_OBJECT = re.compile(r"^::: (?P<path>[\w.]+)\n(?:    .*\n)*?      heading: (?P<public>[\w.]+)$", re.M)
_PACKAGE = "mlflow_sql_flavor"
#: What users import from the package, and from the one module beside it.
_PUBLIC = (f"{_PACKAGE}.errors.", f"{_PACKAGE}.SQLModel.")


def main(reference: Path, site: Path) -> None:
    """Writes the pages of a site anew.

    Args:
        reference: The page that names the objects.
        site: The built site.
    """
    named = dict(_OBJECT.findall(reference.read_text(encoding="utf-8")))
    longest = sorted(named, key=len, reverse=True)
    inner = re.compile("|".join(re.escape(path) + r"\b" for path in longest))
    plain = re.compile(f"<code>({'|'.join(public for public in named.values() if '.' not in public)})</code>")
    left: set[str] = set()
    for page in [*site.rglob("*.html"), *site.rglob("search*.json")]:
        text = page.read_text(encoding="utf-8")
        found = inner.sub(lambda path: named[path[0]], text)
        if page.stem == reference.stem:  # what a docstring names without importing it
            found = plain.sub(r'<code><a href="#\1">\1</a></code>', found)
        if found != text:
            page.write_text(found, encoding="utf-8")
        if page.stem == reference.stem:
            paths = set(re.findall(rf"\b{_PACKAGE}\.\w+\.[\w.]*\w", found))
            left |= {path for path in paths if not path.startswith(_PUBLIC)}
    if left:
        sys.exit(f"{reference} shows paths of the inside, which need a heading: {', '.join(sorted(left))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
