"""Where the parts of a contract or scenario stand in the file that it was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allocopt.documents.faults import spelled
from allocopt.errors import Issue

SUFFIXES = (".yaml", ".yml")
"""How the names of YAML files end."""


def yaml_files(folder: Path) -> list[Path]:
    """Return the YAML files of a folder by name; none where there is no folder."""
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES) if folder.is_dir() else []


@dataclass(frozen=True)
class Origin:
    """A parsed file, to look lines up in.

    Attributes
    ----------
    file : str
        Path as the user gave it; ``""``: not from a file.
    tree : object
        Mapping as parsed, with line numbers.
    """

    file: str = ""
    tree: Any = None

    def line(self, place: Sequence[Any]) -> int | None:
        """Return the line on which the part named by `place` begins, the nearest known one around it."""
        if self.tree is None:
            return None
        node, line = self.tree, None
        for step in place:
            marks = getattr(node, "lc", None)
            inside = isinstance(node, dict) and step in node
            inside |= isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node)
            if not inside or marks is None:
                continue
            line = (marks.key(step) if isinstance(node, dict) else marks.item(step))[0] + 1
            node = node[step]
        return line

    def where(self, place: Sequence[Any]) -> str:
        """Return the line of `place` in words, ``""`` if it is not known."""
        line = self.line(place)
        return "" if line is None else f"line {line}"

    def issue(self, name: str, place: Sequence[Any], value: str | None, code: str, message: str, hint: str) -> Issue:
        """Return a fault at `place`, with the file and line where they are known."""
        table = self.file or name
        return Issue(table, self.line(place), spelled(place) or None, value, code, message, hint)
