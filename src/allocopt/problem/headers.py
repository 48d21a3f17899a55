"""Headers as people write them: which row is the header, and which column of a table each of its names means.

In a file, names that differ from the declared ones by case, blanks and hyphens only are read as these, rows above the
header are passed over, and columns that are nobody's are left out, each with a note. A name that is close to a declared
one is a fault: it may be the misspelled one. In frames and JSON, which programs write, every other name is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from allocopt.problem.amounts import known_currency
from allocopt.problem.report import Report, listed, nearest, plain_name
from allocopt.problem.schema import Table
from allocopt.problem.source import Source
from allocopt.problem.wide import unfolded

SEARCHED = 20
"""Rows in which the header is looked for: titles, dates and blank lines stand above it."""
_UNIT = re.compile(r"(?P<name>[^\[\](),]+?)[\s,]*[\[(](?P<unit>[^\[\]()]+)[\])]\s*")
PIECES = ("pcs", "pc", "piece", "pieces", "unit", "units", "ea", "each", "stk", "stück", "st")
"""What a header may call the unit of whole articles."""
CLOSE = 0.7
"""How alike a column of a file must be to a declared one to be taken for a slip; less is the planner's own."""


def names_columns(cells: Iterable[Any], table: Table) -> bool:
    """Return whether any of the cells names a column of the table; a row that names none is no header."""
    known = {column.name for column in table.columns}
    return any(without_unit(cell, table)[0] in known for cell in cells if isinstance(cell, str))


def without_unit(name: str, table: Table) -> tuple[str, str]:
    """Return the plain name of a header, without a unit that says nothing new, and the currency if that is the unit.

    >>> from allocopt.problem.schema import TABLES
    >>> [without_unit(name, TABLES["demand"]) for name in ("Price [EUR / pc]", "Units (pcs)", "Units (cases)")]
    [('price', '€'), ('units', ''), ('units_(cases)', '')]
    """
    match = _UNIT.fullmatch(name)
    plain = plain_name(match["name"]) if match else ""
    column = next((column for column in table.columns if column.name == plain), None)
    if match is None or column is None:
        return plain_name(name), ""
    unit, _, each = match["unit"].casefold().replace(" per ", "/").partition("/")
    currency = known_currency(unit) if column.money and each.strip() in ("", *PIECES) else ""
    pieces = not column.money and "[unit]" in column.meaning and unit.strip() in PIECES and not each
    return (plain, currency) if currency or pieces else (plain_name(name), "")


def header_place(rows: Sequence[Sequence[Any]], table: Table) -> int:
    """Return which of the first rows of a file is the header.

    It is the first row, unless that names no column of the table and a later one names two, or all required ones.

    Examples
    --------
    >>> from allocopt.problem.schema import TABLES
    >>> header_place([["Stock, week 48"], ["SKU", "Node", "Kind", "Units"], ["A", "East", "on_hand"]], TABLES["supply"])
    1
    """
    names = {column.name for column in table.columns}
    required = {column.name for column in table.columns if column.required}
    counts = []
    for row in rows[:SEARCHED]:
        held = {without_unit(cell, table)[0] for cell in row if isinstance(cell, str)} & names
        counts.append(len(held) if len(held) > 1 or required <= held else 0)
    return 0 if not any(counts) or names_columns(rows[0], table) else counts.index(max(counts))


def note_titles(table: str, above: Mapping[int, Sequence[Any]], report: Report) -> None:
    """Note the rows above the header, by their numbers."""
    if above:
        said = next((str(cell) for cells in above.values() for cell in cells if cell not in (None, "")), "")
        what, verb = ("Row", "is") if len(above) == 1 else ("Rows", "are")
        report.note(
            table,
            "title",
            f"{what} {listed(list(above))} above the header {verb} passed over: {said!r}.",
            "Let the header be the first row.",
            row=next(iter(above)),
        )


def understood(table: Table, source: Source, report: Report) -> Source:
    """Return a source with the declared names of its columns; what its header lacks or has too much is reported."""
    if source.bare:
        return source
    if source.file:
        if not names_columns(source.columns, table):
            return _without_header(table, source, report)
        source = unfolded(table, _renamed(table, source, report), report)
    known = [column.name for column in table.columns]
    unknown = [name for name in source.columns if name not in known]
    guesses = {name: guess for name in unknown if (guess := _guess(name, known, source))}
    for name in unknown:
        if name in guesses or not source.file:
            guess = guesses.get(name)
            report.add(
                table.name,
                "unknown_column",
                f"There is no column {name!r}." + (f" Did you mean {guess!r}?" if guess else ""),
                f"The columns of this table are: {', '.join(known)}.",
                column=name,
            )
    own = [name for name in unknown if name not in guesses]
    _report_missing(table, source, own, set(guesses.values()), report)
    if own and source.file:
        which = "The column without a name" if own == [""] else f"{_count(own)} {', '.join(map(repr, own))}"
        report.note(
            table.name,
            "left_out",
            f"{which} {'is' if len(own) == 1 else 'are'} none of this table and left out.",
            "Remove what is not of the table.",
            column=own[0],
        )
    for name in source.repeated:
        report.add(
            table.name,
            "duplicate_column",
            f"The column {name!r} is there more than once.",
            "Keep one of them.",
            column=name,
        )
    return source


def _count(names: Sequence[str]) -> str:
    return "The column" if len(names) == 1 else "The columns"


def _without_header(table: Table, source: Source, report: Report) -> Source:
    """Report a file in which no row names a column: one fault, whatever follows from it."""
    names = [column.name for column in table.columns]
    told = ", ".join(repr(name) for name in list(source.columns)[:5])
    report.add(
        table.name,
        "no_header",
        f"There is no header: the first row names no column of this table, but {told}.",
        f"Write the names above the columns, or remove the title above them. They are: {', '.join(names)}.",
        row=1 if source.form != "parquet" else None,
    )
    return Source(table.name, {}, 0, range(0), source.form)


def _renamed(table: Table, source: Source, report: Report) -> Source:
    """Return a file's source with the declared names in place of those that mean them, which is noted."""
    known = {column.name for column in table.columns}
    columns, changed, twice = {}, {}, [name for name in source.repeated if name in known]
    failed, currencies = dict(source.failed), {}
    for name, cells in source.columns.items():
        meant, currency = without_unit(name, table)
        if meant in known and currency:
            currencies[meant] = currency
        if name in known or meant not in known:
            columns[name] = cells
        elif meant in columns or meant in source.columns:
            twice.append(meant)
        else:
            columns[meant] = cells
            changed[name] = meant
            if name in failed:
                failed[meant] = failed.pop(name)
    if changed:
        told = ", ".join(f"{name!r} for {meant}" for name, meant in changed.items())
        report.note(
            table.name,
            "read_header",
            f"The header says {told}.",
            f"Write {', '.join(changed.values())}.",
            column=next(iter(changed.values())),
        )
    return replace(
        source, columns=columns, repeated=tuple(dict.fromkeys(twice)), failed=failed, currencies=currencies, _objects={}
    )


def _guess(name: str, known: Sequence[str], source: Source) -> str | None:
    """Return the declared column that an unknown one may be meant for."""
    free = [each for each in known if each not in source.columns]
    if not source.file:
        return nearest(name, free)
    words = plain_name(name)
    part = next((each for each in free if words and (each.startswith(f"{words}_") or each.endswith(f"_{words}"))), None)
    return nearest(words, free, CLOSE) or part


def _report_missing(table: Table, source: Source, own: Sequence[str], guessed: set[str], report: Report) -> None:
    """Report the required columns that are not there, but for those that are there under a wrong name."""
    others = [name for name in own if name]
    for column in table.columns:
        if not column.required or column.name in source.columns or column.name in guessed:
            continue
        names = f" Not known here: {', '.join(map(repr, others))}." if others and source.file else ""
        report.add(
            table.name,
            "missing_column",
            f"The column {column.name!r} is missing.{names}",
            "It is the index of the frame: call reset_index() first."
            if column.name in source.index
            else f"Add it{', or give one of these its name' if names else ''}. {column.meaning}",
            column=column.name,
        )
