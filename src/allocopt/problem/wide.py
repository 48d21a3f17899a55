"""Periods side by side: a file with a column a week, which planners write, read as the rows that it means.

A table that lacks its period and one number, and has columns that are called by days, months or ISO weeks, says that
number in these columns. Each of their cells is a row; a blank one is none.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from allocopt.problem.calendar import day_of
from allocopt.problem.columns import is_blank
from allocopt.problem.date_text import day_first, iso_day
from allocopt.problem.report import Report, listed
from allocopt.problem.schema import Table
from allocopt.problem.source import Source, of_list

_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]00:00:00")


def unfolded(table: Table, source: Source, report: Report) -> Source:
    """Return a file with a row for each cell of its columns that are periods; as it is where none are."""
    lacking = [column for column in table.columns if column.required and column.name not in source.columns]
    wanted = [column.name for column in lacking if column.type == "number"]
    if (
        not source.file
        or [column.type for column in lacking if column.type != "number"] != ["period"]
        or len(wanted) != 1
    ):
        return source
    (period,) = (column.name for column in lacking if column.type == "period")
    days = _days([name for name in source.columns if name not in {column.name for column in table.columns}])
    if len(days) < 2:
        return source
    (value,) = wanted
    width = len(days)
    cells = np.empty((source.length, width), object)
    for place, name in enumerate(days):
        cells[:, place] = source.objects(name)
    flat = cells.ravel()
    broken = {
        row * width + place: said
        for place, name in enumerate(days)
        for row, said in source.failed.get(name, {}).items()
    }
    held = np.flatnonzero([place in broken or not is_blank(cell) for place, cell in enumerate(flat)])
    at, which = held // width, held % width
    columns = {
        name: of_list([objects[place] for place in at.tolist()])
        for name, objects in ((name, source.objects(name)) for name in source.columns if name not in days)
    }
    spelled = list(days.values())
    columns[period] = of_list([spelled[place] for place in which.tolist()])
    columns[value] = of_list(flat[held].tolist())
    report.note(
        table.name,
        "read_wide",
        f"The columns {listed(list(days))} are periods: each of their cells is a row with its `{value}`.",
        f"Write a row for each period, with the columns {period} and {value}.",
        column=next(iter(days)),
    )
    rows: list[Any] = [source.row(place) for place in at.tolist()]
    places = np.arange(len(held))
    failed = {
        name: {place: marks[row] for place, row in enumerate(at.tolist()) if row in marks}
        for name, marks in source.failed.items()
        if name not in days
    }
    failed[value] = {
        place: broken[cell] for place, cell in zip(places.tolist(), held.tolist(), strict=True) if cell in broken
    }
    return replace(source, columns=columns, length=len(held), rows=rows, failed=failed, _objects={})


def _days(names: list[str]) -> dict[str, str]:
    """Return the names that are days, ISO weeks or months, each with the day that it begins on or how ISO writes it."""
    first = day_first(names)
    found = {}
    for name in names:
        text = _MIDNIGHT.sub(r"\1", name.strip())
        day = text if day_of(text) is not None else iso_day(text, first) or iso_day(f"1 {text}")
        if day is not None:
            found[name] = day
    return found
