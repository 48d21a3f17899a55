"""Where a problem comes from on the command line: the name of an example, or a form that is made to be filled in."""

from __future__ import annotations

import shutil
from pathlib import Path

from allocopt.errors import DataError, Issue
from allocopt.problem import Problem, examples
from allocopt.problem.declared import describe
from allocopt.problem.mapping.file import SHIPPED, called, names, read_mapping
from allocopt.problem.reading import MAPPING_FILE
from allocopt.problem.report import did_you_mean
from allocopt.problem.template import template
from allocopt.problem.written import BOOKS, refuse, write

MEANINGS = "MEANINGS.md"
BESIDE = ("contracts", "scenarios")
"""Folders of a pack that a folder made from it holds as well."""


def found(path: Path) -> Path:
    """Return the folder or workbook that was named: as a path, or else by the name of an example."""
    return path if path.exists() else examples().get(str(path), path)


def start(path: Path, source: str | None) -> str:
    """Make a problem to fill in, or a folder for exports, and return what to say about it.

    Parameters
    ----------
    path : Path
        A workbook where it ends in ``.xlsx``, else a folder.
    source : str or None
        Name of an example or of a mapping (or of its program: ``shopify`` is all of its mappings); None: two example
        rows a table.

    Raises
    ------
    DataError
        If there is no such example or mapping, or something is there already.
    """
    if source is not None and (mappings := called(source)):
        return _mapped(path, mappings)
    origin = None if source is None else _example(source)
    write(template() if origin is None else Problem.read(origin), path, every=True)
    if path.suffix.lower() not in BOOKS:
        (path / MEANINGS).write_text(describe(), encoding="utf-8")
        for name in BESIDE:
            if origin is not None and (origin / name).is_dir():
                shutil.copytree(origin / name, path / name, dirs_exist_ok=True)
    return f"Written: {path}. Replace the example rows by yours, then: allocopt check {path}"


def _mapped(path: Path, mappings: list[str]) -> str:
    """Make a folder for the exports that some mappings read, and return which these are."""
    refuse(path)
    if path.suffix.lower() in BOOKS or (path / MAPPING_FILE).exists():
        message = f"{path} is a workbook." if path.suffix.lower() in BOOKS else f"{path} has a {MAPPING_FILE} already."
        hint = "Exports are read from a folder: give another one."
        raise DataError([Issue("--from", None, None, str(path), "holds_inputs", message, hint)])
    path.mkdir(parents=True, exist_ok=True)
    for name in mappings:
        shutil.copyfile(SHIPPED / f"{name}.yaml", path / f"{name}.yaml")
    uses = ", ".join(f"{name}.yaml" for name in mappings)
    head = f"# Read these, edit them where your exports differ, and put the exports beside them.\nuse: [{uses}]\n"
    (path / MAPPING_FILE).write_text(head, encoding="utf-8")
    wanted = sorted({str(part.entry.source) for part in read_mapping(path / MAPPING_FILE, path).parts})
    return f"Written: {path}. Put the exports into it ({', '.join(wanted)}), then: allocopt check {path}"


def nowhere(path: Path) -> Issue:
    """Return the fault of a path at which there is nothing, and that is no example either."""
    known = examples()
    message = f"There is no folder, workbook or example {str(path)!r}. {did_you_mean(str(path), known)}".strip()
    hint = f"Give a folder of CSV or Parquet files, an .xlsx workbook, or an example: {', '.join(known)}."
    return Issue("problem", None, None, str(path), "no_such_path", message, hint)


def _example(name: str) -> Path:
    """Return the folder of an example; raise `DataError` if there is none."""
    known = examples()
    if name not in known:
        message = f"There is no example {name!r}. {did_you_mean(name, [*known, *names()])}".strip()
        hint = f"The examples are: {', '.join(known)}; the mappings: {', '.join(names())}."
        raise DataError([Issue("--from", None, None, name, "unknown_example", message, hint)])
    return known[name]
