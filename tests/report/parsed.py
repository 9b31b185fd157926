"""A page as a parser sees it."""

from html.parser import HTMLParser

VOID = {"meta"}


class Parsed(HTMLParser):
    """Elements of a page with their attributes; fails on tags that are not closed in order."""

    def __init__(self, page: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), tag
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]

    def labels(self) -> list[str]:
        return [a["aria-label"] or "" for _, a in self.elements if "aria-label" in a]
