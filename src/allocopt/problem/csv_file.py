"""Reads a CSV file as text, cell by cell as it stands there."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from allocopt.problem.headers import SEARCHED, header_place, names_columns, note_titles
from allocopt.problem.report import Report
from allocopt.problem.schema import TABLES, Table
from allocopt.problem.source import Source, empty, from_arrow, of_arrow

CHUNK = 10_000
TITLES = 100_000
"""Characters in which the header is looked for."""
ARMOURED = r'^="([^"]*)"$'


def read_csv(name: str, path: Path, report: Report) -> Source:
    """Read a CSV file as text, cell by cell as it stands there; rows are named by their line."""
    try:
        text = decoded(name, path, path.read_bytes(), report)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        report.add(
            name,
            "bad_encoding",
            f"Line {line} of {path.name} is not UTF-8 text.",
            "Save the file as CSV UTF-8, or state its `encoding` in a mapping.",
            row=line,
        )
        return empty(name)
    except OSError as error:
        report.add(name, "bad_file", f"{path.name} cannot be read: {error.strerror}.", "Check the file.")
        return empty(name)
    text, separator = parted(text)
    separator = separator or separator_of(text, TABLES[name])
    note_separator(name, path, separator, ",", report)
    text = _from_header(name, text, separator, report)
    plain = plain_source(name, text, separator)
    return plain if plain is not None else careful_source(name, path, text, report, separator)


def decoded(name: str, path: Path, content: bytes, report: Report) -> str:
    """Return the text of a file: UTF-8, or what its first bytes say it is, with a note."""
    if content[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return content.decode("utf-8-sig")
    report.note(name, "read_encoding", f"{path.name} is UTF-16 text.", "Save the file as CSV UTF-8.")
    return content.decode("utf-16")


def parted(text: str) -> tuple[str, str]:
    r"""Return a text without the line that tells Excel its separator, which is left empty, and that separator.

    >>> parted("sep=;\na;b")
    ('\na;b', ';')
    """
    match = re.match(r"sep=([^\r\n\w])\r?(?=\n)", text)
    return (text[match.end() :], match[1]) if match else (text, "")


def separated(line: str) -> str:
    """Return the sign that sets the columns of a header apart: the comma unless another one makes several of one."""
    counts = {sign: len(next(csv.reader([line], delimiter=sign), [])) for sign in ",;\t|"}
    return "," if counts[","] > 1 else max(counts, key=lambda sign: counts[sign])


def note_separator(name: str, path: Path, separator: str, usual: str, report: Report) -> None:
    """Note what sets the columns of a file apart, where it is not the usual sign."""
    if separator != usual:
        called = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}.get(separator, repr(separator))
        said = f"The columns of {path.name} are set apart by {called}."
        report.note(name, "read_separator", said, "Set them apart by commas.")


def separator_of(text: str, table: Table) -> str:
    """Return the sign by which one of the first lines names most columns of a table."""
    lines = text[:TITLES].splitlines()[:SEARCHED]
    named = {
        sign: max(
            (sum(names_columns([cell.strip('" ')], table) for cell in line.split(sign)) for line in lines), default=0
        )
        for sign in ",;\t|"
    }
    best = max(named, key=lambda sign: named[sign])  # of several the first: the comma
    return best if named[best] > 1 else ","


def _from_header(name: str, text: str, separator: str, report: Report) -> str:
    """Return the text with empty lines in place of the titles above its header: lines keep their numbers."""
    table = TABLES[name]
    first = text[: text.find("\n")] if "\n" in text else text
    if names_columns((cell.strip('"\r ') for cell in first.split(separator)), table):
        return text
    lines = io.StringIO(text[:TITLES], newline="")
    read = 0

    def counted() -> Iterator[str]:
        nonlocal read
        for line in lines:
            read += len(line)
            yield line

    records: list[tuple[int, int, list[str]]] = []
    reader = csv.reader(counted(), delimiter=separator)
    with suppress(csv.Error):
        line, start = 1, 0
        for record in reader:
            if any(record):
                records.append((line, start, record))
            line, start = reader.line_num + 1, read
            if len(records) == SEARCHED:
                break
    place = header_place([record for _, _, record in records], table)
    if place == 0:
        return text
    note_titles(name, {line: record for line, _, record in records[:place]}, report)
    line, start, _ = records[place]
    return "\n" * (line - 1) + text[start:]


def plain_source(name: str, text: str, separator: str = ",") -> Source | None:
    """Read text in which every line is a row and every separator ends a field, fast; None if it is not so plain."""
    text = text.replace("\r\n", "\n").rstrip("\n") + "\n"
    if any(mark in text for mark in ('"', "\r", "\0", "\n\n")) or text.startswith("\n"):
        return None
    header = text[: text.index("\n")].split(separator)
    if not any(header) or len(header) == 1:
        return None
    places = [str(place) for place in range(len(header))]
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(text.encode()),
            arrow_csv.ReadOptions(skip_rows=1, column_names=places),
            arrow_csv.ParseOptions(delimiter=separator, quote_char=False, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(places, pa.large_string()),
                strings_can_be_null=False,
                null_values=[],
            ),
        )
    except pa.ArrowException:  # ragged lines, which the careful reader names one by one
        return None
    held = np.zeros(table.num_rows, bool)
    for column in table.columns:
        held |= pc.not_equal(column, "").to_numpy()
        if held.all():
            break
    table = table.rename_columns(header)
    return from_arrow(name, table if held.all() else table.filter(held), np.flatnonzero(held) + 2, form="csv")


def careful_source(name: str, path: Path, text: str, report: Report, separator: str = ",") -> Source:
    """Read any CSV text, record by record; ragged lines and open quotation marks are reported."""
    header: list[str] = []
    columns: list[list[str]] = []
    records: list[list[str]] = []
    lines: list[int] = []
    ragged: list[tuple[int, int]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for record in reader:
            if not any(record):
                pass  # a line without anything in it says nothing
            elif not header:
                header = record
                columns = [[] for _ in header]
            elif len(record) != len(header):
                ragged.append((line, len(record)))
            else:
                records.append(record)
                lines.append(line)
                if len(records) == CHUNK:
                    _append(columns, records)
            line = reader.line_num + 1
    except csv.Error as error:
        report.add(
            name,
            "bad_file",
            f"{path.name} cannot be read from line {line} on: {error}.",
            "Look for a quotation mark that is not closed.",
            row=line,
        )
        return empty(name)
    _append(columns, records)
    return _csv_source(name, path, header, columns, lines, ragged, report)


def _append(columns: list[list[str]], records: list[list[str]]) -> None:
    """Move records to the columns: a million small lists at once would keep the garbage collector busy."""
    for column, cells in zip(columns, zip(*records, strict=True), strict=False):
        column.extend(cells)
    records.clear()


def _csv_source(
    name: str,
    path: Path,
    header: list[str],
    columns: list[list[str]],
    lines: list[int],
    ragged: list[tuple[int, int]],
    report: Report,
) -> Source:
    if not header:
        report.add(name, "empty_file", f"{path.name} is empty.", "Write at least the line with the column names.")
        return empty(name)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        report.add(
            name,
            "bad_file",
            f"{path.name} has one column only, {header[0]!r}.",
            "Separate the columns with commas when saving.",
            row=1,
        )
        return empty(name)
    if name in TABLES and not names_columns(header, TABLES[name]):
        ragged = []  # of a file without a header nobody knows how long its lines are
    for what, wrong in (
        ("few", [(line, count) for line, count in ragged if count < len(header)]),
        ("many", [(line, count) for line, count in ragged if count > len(header)]),
    ):
        if wrong:
            report.add(
                name,
                "ragged",
                f"The line has {wrong[0][1]} fields and the header {len(header)}: too {what}.",
                "Check its commas; a field with a comma in it stands in double quotes.",
                rows=[line for line, _ in wrong],
            )
    arrays = [pa.array(column, pa.large_string()) for column in columns]
    source = from_arrow(name, pa.Table.from_arrays(arrays, names=header), lines, form="csv")
    return _unarmoured(source, report)


def _unarmoured(source: Source, report: Report) -> Source:
    """Return a file without what programs put around text so that a spreadsheet leaves it alone: ``="00123"``."""
    columns = dict(source.columns)
    for name, cells in source.columns.items():
        armoured = pc.match_substring_regex(cells.arrow, ARMOURED).to_numpy(zero_copy_only=False)
        if armoured.any():
            columns[name] = of_arrow(pc.replace_substring_regex(cells.arrow, ARMOURED, r"\1"))
            said = "is {value}, read as the text in the quotes."
            report.at(source, name).note(armoured, "read_text", said, "Write the text alone.")
    return replace(source, columns=columns, _objects={})
