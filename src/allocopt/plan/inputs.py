"""Folders that hold somebody's inputs: results are never written over them, nor among them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from allocopt.documents.origin import yaml_files
from allocopt.errors import DataError, Issue
from allocopt.plan.reading import BOOKS
from allocopt.problem.readers import SETTINGS_FILE
from allocopt.problem.schema import TABLES

FORMS = (".csv", ".parquet")
BESIDE = ("contracts", "scenarios")
"""Subfolders of a problem, which hold YAML files."""
BOTH = "channels.csv"
"""A table of a problem and of a plan alike: its columns tell which it is."""


def refuse_inputs(folder: Path, names: Iterable[str], source: Path | None = None) -> None:
    """Raise `DataError` if files may not be written into a folder, since it holds inputs.

    Parameters
    ----------
    folder : Path
        May not be there yet.
    names : iterable of str
        The files to be written.
    source : Path, optional
        The workbook that a problem came from, which may be one of the files.
    """
    names = tuple(names)
    held = inputs_in(folder)
    held += [name for name in names if source is not None and source.is_file() and _same(folder / name, source)]
    if not held:
        return
    lost = [name for name in held if name in names]
    said = f"{folder} holds inputs ({', '.join(held)})"
    said += f": {', '.join(lost)} would be overwritten." if lost else ", and results are not written among them."
    raise DataError([Issue("output", None, None, str(folder), "holds_inputs", said, "Give another folder.")])


def inputs_in(folder: Path) -> list[str]:
    """Return the tables, settings, contracts and scenarios in a folder, by their names in it, sorted."""
    if not folder.is_dir():
        return []
    try:
        paths = sorted(folder.iterdir())
        found = [path.name for path in paths if _is_table(path) or path.name == SETTINGS_FILE]
        for path in paths:
            if path.name in BESIDE and path.is_dir():
                found += [f"{path.name}/{each.name}" for each in yaml_files(path)]
        if folder.resolve().name in BESIDE:
            found += [each.name for each in yaml_files(folder)]
    except OSError:  # whoever writes there is told
        return []
    return found


def _is_table(path: Path) -> bool:
    """Return whether a file is a table of a problem, and not one that a plan has written."""
    form = path.suffix.lower()
    if form not in FORMS or path.name[: -len(form)] not in TABLES or not path.is_file():
        return False
    return path.name != BOTH or not _is_result(path)


def _is_result(path: Path) -> bool:
    """Return whether a table of channels is the profit and loss of a plan."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return set(BOOKS) <= set(header)


def _same(path: Path, other: Path) -> bool:
    return path.exists() and path.samefile(other)
