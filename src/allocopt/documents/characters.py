"""Characters that cannot be seen: two names that look alike would differ, and a terminal would obey some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from allocopt.errors import CONTROL, FORMAT, visible

PROSE = ("reason", "why")
"""Keys of sentences, which may have line ends, tabs, and the format characters that some scripts need."""
SPACES = str.maketrans("", "", "\n\t")
DEEP = 50
"""Values inside each other; deeper ones are refused by whoever reads them."""


class Unseen(NamedTuple):
    """A text with a character that cannot be seen, and where it stands."""

    place: tuple[str | int, ...]
    character: str
    text: str


def unseen(content: object, place: tuple[str | int, ...] = ()) -> Iterator[Unseen]:
    """Yield every text in nested values that holds a character that cannot be seen.

    Parameters
    ----------
    content : object
        Texts, and mappings and lists of such; all else is passed over.
    place : tuple of str and int
        Where it stands.
    """
    if isinstance(content, str):
        if place and place[-1] in PROSE:
            found = CONTROL.search(content.translate(SPACES))
        else:
            found = CONTROL.search(content) or FORMAT.search(content)
        if found:
            yield Unseen(place, f"U+{ord(found.group()):04X}", told(content))
        return
    if len(place) > DEEP:
        return
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from unseen(value, (*place, told(key) if isinstance(key, str) else "key"))
    elif isinstance(content, list | tuple):
        for number, value in enumerate(content):
            yield from unseen(value, (*place, number))


def told(value: Any) -> str:
    """Return any value as short text without characters that cannot be seen, whatever it does when asked for it."""
    try:
        text = str(value)
    except Exception:  # integers of more than 4,300 digits, values too deep, foreign objects
        text = f"<{type(value).__name__}>"
    return visible(text if len(text) <= 80 else text[:77] + "...")
