"""Reads a page as a browser would: its elements, their attributes and texts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """The elements of a page in their order; fails where tags do not match."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that ends itself."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened last."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text and the element that it stands in."""
        if data.strip():
            self.texts.append((self._open[-1] if self._open else "", data.strip()))

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def said(self, *tags: str) -> list[str]:
        """Return the texts in elements of some kinds."""
        return [text for tag, text in self.texts if tag in tags]


def read(path: Path) -> Reader:
    """Return a page, read."""
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert not reader._open
    return reader


OURS = re.compile(r"[a-z]\w*_[a-z]\w*|\b[a-z]+\.[a-z]\w*|\w\(\)|`|\d[eE][-+]\d|/\w+=|\b(?:True|False|None|nan)\b")
"""What looks like code: names of several words, columns of tables, calls, exponents, labels, values of Python."""
NUMBERED = re.compile(r"[0-9a-f]{16}")
"""Fingerprints, which are no words."""


def code_in(page: Reader, *theirs: str) -> list[str]:
    """Return the texts of a page that look like code, but for names that the business gave."""
    names = sorted(theirs, key=len, reverse=True)
    found = []
    for tag, text in page.texts:
        rest = text
        for name in names:
            rest = rest.replace(name, "")
        if tag not in ("style", "script") and not NUMBERED.fullmatch(text) and OURS.search(rest):
            found.append(text)
    return found
