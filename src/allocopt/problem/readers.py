"""Reads the tables of a problem from a folder of CSV or Parquet files, or from a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from allocopt.problem.csv_file import read_csv
from allocopt.problem.headers import CLOSE
from allocopt.problem.report import Report, did_you_mean, nearest, plain_name
from allocopt.problem.schema import SETTINGS, TABLES
from allocopt.problem.source import Source, absent, empty, from_arrow

SETTINGS_FILE = "problem.yaml"
SETTINGS_SHEET = "problem"
ALIKE = 0.85
"""How alike a name must be to that of a table that is there to be taken for a slip."""
BOOKS = (".xlsx", ".xlsm")
OTHER_FORMS = (".xlsx", ".xls", ".ods", ".tsv", ".txt", ".json", ".jsonl", ".gz", ".zip", ".feather", ".arrow")
"""Forms of a table that are not read from a folder, and must not be passed over in silence."""


@dataclass(frozen=True)
class Inputs:
    """Tables and settings as they came.

    Attributes
    ----------
    sources : dict of str to Source
        One for each table, given or not.
    as_of, currency, name, horizon : object
        Not checked yet.
    every : {"day", "week", "month"} or None
        How long the periods are that dates make, where it was said.
    unread : frozenset of str
        Tables that could not be read, which is reported; what only follows from that is not.
    negative : {"error", "net"}
        What negative units of supply are.
    """

    sources: dict[str, Source] = field(default_factory=lambda: {name: empty(name) for name in TABLES})
    as_of: Any = None
    currency: Any = ""
    name: Any = ""
    horizon: Any = None
    every: Any = None
    unread: frozenset[str] = frozenset()
    negative: str = "error"


def read_path(path: Path, report: Report) -> Inputs:
    """Return the tables in a folder or workbook; what cannot be read is reported."""
    if path.is_dir():
        return _read_folder(path, report)
    if path.is_file() and path.suffix.lower() in BOOKS:
        from allocopt.problem.workbook import read_workbook

        return read_workbook(path, report)
    if path.exists():
        message = f"{path.name!r} is neither a folder nor an .xlsx workbook."
    else:
        message = f"There is no folder or workbook {str(path)!r}."
    report.add(
        "problem",
        "no_such_path",
        message,
        "Give a folder of CSV or Parquet files, or an .xlsx workbook.",
        value=str(path),
    )
    return Inputs()


def _read_folder(folder: Path, report: Report) -> Inputs:
    """Return the tables and settings in a folder."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        report.add("problem", "no_such_path", f"The folder {str(folder)!r} cannot be read: {error.strerror}.")
        return Inputs()
    files = _files(paths, report)
    if not files and not report.errors:
        books = [path for path in paths if path.suffix.lower() in BOOKS and not path.name.startswith(("~", "."))]
        whole = f"Give the workbook itself: {books[0]}." if len(books) == 1 else ""
        report.add(
            "problem",
            "no_such_path",
            f"The folder {str(folder)!r} holds no table.",
            whole or f"Put files such as supply.csv into it. The tables are: {', '.join(TABLES)}.",
            value=str(folder),
        )
        return Inputs()
    sources = {name: _read_file(name, files.get(name), report) for name in TABLES}
    return Inputs(sources, **_read_settings(folder / SETTINGS_FILE, report))


def _files(paths: Sequence[Path], report: Report) -> dict[str, Path]:
    """Return the file of each table, by name; what is no table's file and looks like one is reported."""
    held: dict[str, Path] = {}
    forms: dict[str, list[Path]] = {}
    for path in paths:
        suffix = path.suffix.lower()
        if suffix in OTHER_FORMS and path.name.split(".")[0] in TABLES:
            report.add(
                path.name,
                "unknown_form",
                f"{path.name} looks like a table, and a folder holds tables as .csv or .parquet only.",
                "Save it as CSV UTF-8, or put all tables into one workbook and give that.",
                value=path.name.split(".")[0],
            )
        if path.name.startswith(".") or suffix not in (".csv", ".parquet"):
            continue
        name = path.name[: -len(suffix)]
        forms.setdefault(name, []).append(path)
        held[name] = path
    for name, twins in forms.items():
        if len(twins) > 1:
            report.add(
                name,
                "duplicate_table",
                f"The table is there twice: {twins[0].name} and {twins[1].name}.",
                "Keep one of the two files.",
            )
    named = tables_named({name: path.name for name, path in held.items()}, "file", report)
    return {table: held[name] for name, table in named.items() if table in TABLES}


def tables_named(names: Mapping[str, str], what: str, report: Report) -> dict[str, str]:
    """Return which table (or the settings) each file or sheet is, by its name.

    Case and blanks do not matter, which is noted. A name that is close to that of a missing table is a fault; any other
    one is left out, which is noted.

    Parameters
    ----------
    names : mapping of str to str
        Names as they are read, each with what its owner calls it: with the ending of the file.
    what : {"file", "sheet"}
    report : Report
    """
    known = (*TABLES, SETTINGS_SHEET) if what == "sheet" else tuple(TABLES)
    named = {name: name for name in names if name in known}
    for name in names:
        table = plain_name(name)
        if name in named:
            continue
        if table in named.values():
            twin = next(each for each, held in named.items() if held == table)
            report.add(
                table,
                "duplicate_table",
                f"The table is there twice: as {twin!r} and as {name!r}.",
                f"Keep one, or give the other {what} a name of its own.",
            )
        elif table in known:
            named[name] = table
    meant = {name: table for name, table in named.items() if name != table}
    if meant:
        told = ", ".join(f"{names[name]!r} as {table}" for name, table in meant.items())
        first = next(iter(meant.values()))
        said = f"The {what} {told} is read." if len(meant) == 1 else f"The {what}s {told} are read."
        report.note(first, "read_table", said, f"Name them {', '.join(meant.values())}.")
    for name in names:
        if name not in named and plain_name(name) not in known:
            _stranger(name, names[name], what, [table for table in known if table not in named.values()], report)
    return named


def _stranger(name: str, called: str, what: str, missing: Sequence[str], report: Report) -> None:
    """Report a file or sheet that may be a misspelled table, and note any other one."""
    guess = nearest(plain_name(name), missing, CLOSE) or nearest(plain_name(name), TABLES, ALIKE)
    if guess is None:
        left = f"The {what} {called!r} is no table and left out."
        report.note(called, "left_out", left, f"Remove it. The tables are: {', '.join(TABLES)}.")
        return
    report.add(
        called,
        "unknown_table",
        f"There is no table {name!r}. Did you mean {guess!r}?",
        f"Rename the {what}: by the table's name, or by one that is unlike it.",
        value=name,
    )


def _read_file(name: str, path: Path | None, report: Report) -> Source:
    """Return the table in a file; absent without one."""
    if path is None:
        return absent(name)
    if not path.is_file():
        report.add(name, "bad_file", f"{path.name} {not_a_file(path)}.", "Put the file there.", value=str(path))
        return empty(name)
    return read_csv(name, path, report) if path.suffix.lower() == ".csv" else _read_parquet(name, path, report)


def not_a_file(path: Path) -> str:
    """Return what stands where a file should be, as the end of a sentence."""
    if path.is_symlink() and not path.exists():
        return f"is a link to {path.readlink()}, which is not there"
    return "is a folder" if path.is_dir() else "is no file"


def _read_settings(path: Path, report: Report) -> dict[str, Any]:
    """Return the settings of a folder; none without the file."""
    if not path.is_file():
        if path.is_symlink() or path.exists():
            report.add(path.name, "bad_file", f"{path.name} {not_a_file(path)}.", "Put the file there.")
        return {}
    from allocopt.documents import yaml_file

    try:
        values = yaml_file.settings(path)
    except yaml_file.NotYamlError as error:
        report.add(path.name, "bad_file", error.message, "Mend its YAML.", row=error.line)
        return {}
    if values is None:
        return {}
    if not isinstance(values, dict):
        report.add(path.name, "bad_file", "The file holds no settings.", "Write lines such as `currency: EUR`.")
        return {}
    return settings(path.name, values, report)


def settings(where: str, values: dict[Any, Any], report: Report) -> dict[str, Any]:
    """Return the known settings among `values`; the others are reported."""
    for key in values:
        if key not in SETTINGS:
            report.add(
                where,
                "unknown_setting",
                f"There is no setting {str(key)!r}. {did_you_mean(str(key), SETTINGS)}".strip(),
                f"The settings are: {', '.join(SETTINGS)}.",
                value=str(key),
            )
    return {key: values[key] for key in SETTINGS if values.get(key) is not None}


def _read_parquet(name: str, path: Path, report: Report) -> Source:
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
        table.validate(full=True)  # text that is no UTF-8 is not noticed while reading
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        report.add(name, "bad_file", f"{path.name} cannot be read: {reason}", "Write the file anew.")
        return empty(name)
    return from_arrow(name, table, form="parquet")
