"""Dead links of a built site: python .ci/links.py SITE. A link or picture is a file of it, with that anchor."""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name == "href" or name == "src"):
                self.links.append(value)
            elif value and (name == "id" or (name == "name" and tag == "a")):
                self.anchors.add(value)


def dead(site: Path) -> Iterator[str]:
    """Each dead link as ``PAGE: LINK``.

    Args:
        site: The folder of the built site.
    """
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.resolve().rglob("*.html"))}
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            named = unquote(parts.path)
            base = site.resolve() if named.startswith("/") else path.parent
            target = (base / named.lstrip("/")).resolve() if named else path
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            known = not anchor or target not in pages or anchor in pages[target].anchors
            if not target.is_file() or not known:
                yield f"{path.relative_to(site.resolve())}: {link}"


if __name__ == "__main__":
    found = list(dead(Path(sys.argv[1])))
    if found:
        sys.exit("Dead links of the site:\n" + "\n".join(found))
