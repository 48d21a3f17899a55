"""Reads the tables of a problem through a mapping, from a folder, a workbook, a single file or a database."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from allocopt.errors import DataError, Issue
from allocopt.problem.mapping.file import Part, read_mapping
from allocopt.problem.mapping.raw import Raw, matching, read_file, read_sheet, text_source
from allocopt.problem.mapping.rows import Reader, Rows
from allocopt.problem.mapping.shape import From, Query
from allocopt.problem.mapping.sums import defaulted, stacked, summed
from allocopt.problem.readers import BOOKS, SETTINGS_FILE, Inputs, _files, _read_file, _read_settings
from allocopt.problem.report import Report, did_you_mean
from allocopt.problem.schema import TABLES
from allocopt.problem.source import Source, absent, empty

FORMS = (".csv", ".parquet")
ADDRESS = re.compile(r"[\w+.-]+://[^\s'\"]*")
"""The address of a database, password and all."""


def read_mapped(path: Path, mapping: Any, report: Report) -> Inputs:
    """Return the tables that a mapping makes, and those of the folder that it says nothing of.

    Parameters
    ----------
    path : Path
        Folder, workbook or file.
    mapping : str, Path, mapping, or sequence of these
    report : Report
        Is told what cannot be read; never with the address of a database.
    """
    before = len(report.issues)
    inputs = _read(path, mapping, report)
    report.issues[before:] = map(without_address, report.issues[before:])
    return inputs


def without_address(issue: Issue) -> Issue:
    """Return an issue with addresses of databases, which may stand where no address belongs, blotted out."""

    def blotted(text: str | None) -> str | None:
        return None if text is None else ADDRESS.sub("(an address)", text)

    return replace(
        issue,
        row=blotted(issue.row) if isinstance(issue.row, str) else issue.row,
        column=blotted(issue.column),
        value=blotted(issue.value),
        message=str(blotted(issue.message)),
        hint=str(blotted(issue.hint)),
    )


def _read(path: Path, mapping: Any, report: Report) -> Inputs:
    folder = path if path.is_dir() else path.parent
    try:
        plan = read_mapping(mapping, folder)
    except DataError as error:
        report.issues += error.issues
        return Inputs(unread=frozenset(TABLES))
    if not path.exists() and not all(isinstance(part.entry.source, Query) for part in plan.parts):
        message = f"There is no folder, workbook or file {str(path)!r}."
        report.add("problem", "no_such_path", message, "Give the folder of the exports.", value=str(path))
        return Inputs()
    files = Files(path, folder, report)
    found: dict[str, list[Rows]] = {}
    sums: set[str] = set()
    faulty: set[str] = set()
    for part in plan.parts:
        name = part.table.name
        sums |= {name} if part.entry.sum else set()
        raws = files.of(part)
        if not raws:
            faulty.add(name)
        for raw in raws:
            copy = replace(raw, columns=dict(raw.columns))
            rows = Reader(part, copy, report, files.opener(part), plan.every).read()
            if rows is None:
                faulty.add(name)
            else:
                found.setdefault(name, []).append(rows)
    inputs = _own(path, files.used, report)
    if plan.every is not None and inputs.sources["periods"].length:
        message = "There is a periods table, and the mapping says which periods dates make."
        report.add("periods", "duplicate_table", message, "Take `calendar` out of the mapping, or the table away.")
    for name in {part.table.name for part in plan.parts}:
        made = name not in faulty
        inputs.sources[name] = _source(name, found[name], inputs, name in sums, report) if made else empty(name)
    return replace(inputs, every=plan.every, unread=frozenset(faulty))


def _source(name: str, rows: list[Rows], inputs: Inputs, add: bool, report: Report) -> Source:
    """Return the table of several entries, and of the folder's own file of it, which comes first."""
    own = inputs.sources[name]
    if own.given and own.columns:
        rows = [_of_source(own), *rows]
        message = f"The rows of the file {name} and those of the mapping are one table."
        report.add(name, "stacked", message, severity="note")
    whole = stacked(rows)
    if add:
        whole = summed(TABLES[name], whole, report)
    if len(rows) > 1:
        whole = defaulted(TABLES[name], whole)
    return text_source(name, whole.columns, whole.rows)


def _of_source(own: Source) -> Rows:
    """Return the rows of a file that is a table already."""
    from allocopt.problem.mapping.raw import RowNames, texts

    columns = {name: texts(own.objects(name)) for name in own.columns}
    return Rows(columns, {}, RowNames.of(f"the file {own.name}", [int(line) for line in own.rows]))


def _own(path: Path, used: set[Path], report: Report) -> Inputs:
    """Return the tables and settings that a folder holds as such."""
    if path.suffix.lower() in BOOKS or not path.is_dir():
        return Inputs({name: absent(name) for name in TABLES})
    paths = [
        each
        for each in sorted(path.iterdir())
        if each not in used and each.stem in TABLES and each.suffix.lower() in FORMS
    ]
    files = _files(paths, report)
    sources = {name: _read_file(name, files.get(name), report) for name in TABLES}
    return Inputs(sources, **_read_settings(path / SETTINGS_FILE, report))


class Files:
    """The files that a mapping reads, each once.

    Attributes
    ----------
    used : set of Path
        What was read.
    """

    def __init__(self, path: Path, folder: Path, report: Report) -> None:
        self.path, self.folder, self.report = path, folder, report
        self.used: set[Path] = set()
        self._held: dict[Any, Raw | None] = {}

    def opener(self, part: Part) -> Any:
        """Return what opens the files of a part's joins."""

        def opened(source: From, sheet: str, separator: str, encoding: str) -> Raw | None:
            found = self._open(part, ("join",), source, sheet, separator, encoding)
            return found[0] if found else None

        return opened

    def of(self, part: Part) -> list[Raw]:
        """Return what an entry reads; what is not there is reported."""
        entry = part.entry
        return self._open(part, ("from",), entry.source, entry.sheet, entry.separator, entry.encoding)

    def _open(
        self, part: Part, place: tuple[str], source: From, sheet: str, separator: str, encoding: str
    ) -> list[Raw]:
        key = (source, sheet, separator, encoding)
        if isinstance(source, Query):
            from allocopt.problem.mapping.sql import read_query

            return self._once(key, lambda: read_query(source, part, self.report))
        if self.path.suffix.lower() in BOOKS and self.path.is_file():
            return self._once(key, lambda: read_sheet(self.path, source, self.report))
        paths = matching(source, self.folder)
        if not paths and self.path.is_file():
            paths = [self.path]
        if not paths:
            names = sorted(each.name for each in self.folder.iterdir() if each.is_file())
            message = f"There is no file {source!r} in {self.folder}. {did_you_mean(source, names)}".strip()
            hint = f"Its files are: {', '.join(names[:20])}." if names else "It is empty."
            self.report.issues.append(part.issue(place, "no_such_file", message, hint))
        self.used |= set(paths)
        found = []
        for path in paths:
            found += self._once(
                (path, *key[1:]), lambda path=path: read_file(path, sheet, separator, encoding, self.report)
            )
        return found

    def _once(self, key: Any, read: Any) -> list[Raw]:
        if key not in self._held:
            self._held[key] = read()
        held = self._held[key]
        return [] if held is None else [held]
