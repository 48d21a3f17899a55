"""Where a problem comes from on the command line: the name of an example, or a form that is made to be filled in."""

from __future__ import annotations

import shutil
from pathlib import Path

from allocopt.errors import DataError, Issue
from allocopt.problem import Problem, examples
from allocopt.problem.report import did_you_mean
from allocopt.problem.schema import describe
from allocopt.problem.template import template
from allocopt.problem.written import BOOKS, write

MEANINGS = "MEANINGS.md"
BESIDE = ("contracts", "scenarios")
"""Folders of a pack that a folder made from it holds as well."""


def found(path: Path) -> Path:
    """Return the folder or workbook that was named: as a path, or else by the name of an example."""
    return path if path.exists() else examples().get(str(path), path)


def start(path: Path, source: str | None) -> str:
    """Make a problem to fill in, and return what to say about it.

    Parameters
    ----------
    path : Path
        A workbook where it ends in ``.xlsx``, else a folder.
    source : str or None
        Name of an example to start from; None: two example rows a table.

    Raises
    ------
    DataError
        If there is no such example, or something is there already.
    """
    origin = None if source is None else _example(source)
    write(template() if origin is None else Problem.read(origin), path, every=True)
    if path.suffix.lower() not in BOOKS:
        (path / MEANINGS).write_text(describe(), encoding="utf-8")
        for name in BESIDE:
            if origin is not None and (origin / name).is_dir():
                shutil.copytree(origin / name, path / name, dirs_exist_ok=True)
    return f"Written: {path}. Replace the example rows by yours, then: allocopt check {path}"


def _example(name: str) -> Path:
    """Return the folder of an example; raise `DataError` if there is none."""
    known = examples()
    if name not in known:
        message = f"There is no example {name!r}. {did_you_mean(name, known)}".strip()
        hint = f"The examples are: {', '.join(known)}."
        raise DataError([Issue("--from", None, None, name, "unknown_example", message, hint)])
    return known[name]
