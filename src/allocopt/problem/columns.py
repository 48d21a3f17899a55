"""Reads one column of numbers, flags or choices; what cannot be read is reported and left out."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocopt.problem.facts import Floats
from allocopt.problem.report import Report, did_you_mean
from allocopt.problem.schema import Column
from allocopt.problem.source import Cells, Source, python_cells

WHOLE_LIMIT = 2**30 - 1
"""Whole numbers stay below: codes and periods are 32-bit integers, and sums of two must fit."""
NUMBER_LIMIT = 2.0**53
"""No amount in a table lies above: beyond it a floating-point number no longer tells one unit from the next. Sums of
amounts may be larger; they are added up in integers where it matters."""
Codes = NDArray[np.int8]

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_FLAGS = {"true": 1, "yes": 1, "1": 1, "false": 0, "no": 0, "0": 0}
_FILE_HINT = "Write digits, with a point for decimals and no thousands separator, such as 1250.5."
_FRAME_HINT = "Give the column a numeric type, for example with pandas.to_numeric."


def needed(column: Column) -> bool:
    """Return whether no cell of the column may be blank."""
    if column.type in ("id", "text"):
        return column.required or bool(column.default)
    return column.required or column.default is not None


def blank_hint(column: Column) -> str:
    """Return what to do about a blank cell."""
    if column.required:
        return "Fill it in or remove the row."
    return f"Write {column.default!s}, or leave the whole column out."


def is_blank(cell: object) -> bool:
    """Return whether a cell holds nothing."""
    return (
        cell is None
        or cell is pd.NA
        or cell is pd.NaT
        or (isinstance(cell, str) and not cell.strip())
        or (isinstance(cell, np.datetime64) and bool(np.isnat(cell)))
    )


def report_blanks(column: Column, source: Source, blank: NDArray[np.bool_], report: Report) -> None:
    """Report the blank cells of a column in which every row needs a value."""
    if needed(column) and blank.any():
        name = column.name
        report.rows(
            source,
            name,
            np.flatnonzero(blank),
            "blank",
            lambda _row, _value: f"`{name}` is blank.",
            blank_hint(column),
        )


def numbers(column: Column, source: Source, report: Report) -> Floats:
    """Read a column of numbers; blank and faulty cells are nan."""
    name = column.name
    fast = _fast_numbers(source.columns[name], source.textual)
    if fast is not None:
        values, blank = fast
        faulty = np.zeros(len(values), bool)
    else:
        values, blank, faulty = _slow_numbers(column, source, report)
    if not np.isfinite(values).all():
        odd = ~np.isfinite(values) & ~blank & ~faulty
        if not needed(column) and not source.textual:
            blank = blank | (odd & np.isnan(values))
            odd &= ~blank
        report.rows(
            source,
            name,
            np.flatnonzero(odd),
            "not_finite",
            lambda _row, value: f"`{name}` is {value}, which is no amount.",
            "Write a number; where the amount is unknown, somebody has to decide it.",
        )
        values = np.where(np.isfinite(values), values, np.nan)
    report_blanks(column, source, blank, report)
    return bounded(column, source, _told_apart(source, name, values), report)


def _told_apart(source: Source, name: str, values: Floats) -> Floats:
    """Return the numbers, those that are above 2^53 but become 2^53 as a double made visibly larger."""
    with np.errstate(invalid="ignore"):
        edge = np.flatnonzero(np.abs(values) == NUMBER_LIMIT)
    if not len(edge):
        return values
    values, objects = values.copy(), source.objects(name)
    for row in edge.tolist():
        if abs(Fraction(str(objects[row]).strip())) > NUMBER_LIMIT:
            values[row] = math.nextafter(values[row], math.copysign(math.inf, values[row]))
    return values


def bounded(column: Column, source: Source, values: Floats, report: Report) -> Floats:
    """Report the numbers beyond the column's bounds; they become nan."""
    name = column.name
    limit = WHOLE_LIMIT if column.type == "whole" else NUMBER_LIMIT
    with np.errstate(invalid="ignore"):
        negative = (values < 0) & (column.low >= 0)
        below = (values <= column.low) if column.above else (values < column.low)
        outside = (below | (values > column.high)) & ~negative
        large = (np.abs(values) > limit) & ~negative & ~outside & np.isfinite(column.low)
        fraction = (values != np.floor(values)) & ~np.isnan(values) & (column.type == "whole")
    if not (negative.any() or outside.any() or large.any() or fraction.any()):
        return values

    def rows(mask: NDArray[np.bool_], code: str, what: str, hint: str) -> None:
        report.rows(
            source,
            name,
            np.flatnonzero(mask),
            code,
            lambda _row, value: f"`{name}` is {value}; {what}.",
            hint,
        )

    rows(negative, "negative", "it cannot be negative", "Write 0 or more.")
    least = f"more than {column.low:g}" if column.above else f"at least {column.low:g}"
    most = "" if math.isinf(column.high) else f" and at most {column.high:g}"
    rows(outside, "out_of_bounds", f"it must be {least}{most}", _bounds_hint(column))
    rows(
        large,
        "number_too_large",
        f"the largest number accepted is {limit:.0f}",
        "Check for a slip of the keyboard; what is really more than that is stated in larger units.",
    )
    rows(fraction & ~negative & ~outside & ~large, "not_whole", "it must be a whole number", "Round it.")
    return np.where(negative | outside | large | fraction, np.nan, values)


def _bounds_hint(column: Column) -> str:
    if column.high == 1.0:
        return "Write a share, such as 0.35 for 35 percent."
    return "Write a number within these bounds."


def _fast_numbers(cells: Cells, textual: bool) -> tuple[Floats, NDArray[np.bool_]] | None:
    """Read a column that is clean numbers throughout; None if it has to be looked at cell by cell."""
    arrow = cells.arrow
    if arrow is None:
        return None
    kind = arrow.type
    if textual and (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        try:
            arrow = pc.cast(pc.if_else(pc.equal(arrow, ""), None, arrow), pa.float64())
        except pa.ArrowInvalid:
            return None
    elif pa.types.is_null(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        arrow = pc.cast(arrow, pa.float64(), safe=False)
    else:
        return None
    blank: NDArray[np.bool_] = np.zeros(len(arrow), bool)
    if arrow.null_count:
        blank = arrow.is_null().to_numpy(zero_copy_only=False)
        arrow = arrow.fill_null(math.nan)
    # A copy, and without -0.0: the user may change the buffer behind the frame later.
    return arrow.to_numpy(zero_copy_only=False) + 0.0, blank


def _slow_numbers(
    column: Column, source: Source, report: Report
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    name = column.name
    cells = source.objects(name)
    values = np.full(len(cells), np.nan)
    blank = np.zeros(len(cells), bool)
    faulty = np.zeros(len(cells), bool)
    for position, cell in enumerate(cells):
        if is_blank(cell):
            blank[position] = True
            continue
        number = number_of(cell, source.textual)
        if number is None:
            faulty[position] = True
        else:
            values[position] = number
    report.rows(
        source,
        name,
        np.flatnonzero(faulty),
        "not_a_number",
        lambda _row, value: f"`{name}` is {value!r}, which is not a number.",
        _FILE_HINT if source.textual else _FRAME_HINT,
    )
    return values, blank, faulty


def number_of(cell: Any, textual: bool) -> float | None:
    """Return a cell as a number (perhaps nan or infinite), or None if it is none."""
    if isinstance(cell, bool | np.bool_):
        return None
    if isinstance(cell, int | float | np.integer | np.floating | Decimal | Fraction):
        try:
            return float(cell) + 0.0
        except OverflowError:
            return math.inf
        except ValueError:  # a signalling Decimal
            return math.nan
    if textual and isinstance(cell, str):
        text = cell.strip()
        if _NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text):
            return float(text) + 0.0
    return None


def flags(column: Column, source: Source, report: Report) -> Codes:
    """Read a column of flags: 1 yes, 0 no, -1 blank or faulty."""
    name = column.name
    arrow = source.columns[name].arrow
    if arrow is not None and pa.types.is_boolean(arrow.type) and not arrow.null_count:
        clean: Codes = arrow.to_numpy(zero_copy_only=False).astype(np.int8)
        return clean
    distinct, place = distinct_cells(source, name)
    codes = np.array([_flag_of(cell, source.textual) for cell in distinct], np.int8)[place]
    report_blanks(column, source, codes == -1, report)
    report.rows(
        source,
        name,
        np.flatnonzero(codes == -2),
        "not_a_flag",
        lambda _row, value: f"`{name}` is {value!r}, which is neither true nor false.",
        "Write true or false." if source.textual else "Give booleans, or 0 and 1.",
    )
    return np.maximum(codes, -1).astype(np.int8)


def _flag_of(cell: Any, textual: bool) -> int:
    if is_blank(cell):
        return -1
    if isinstance(cell, str):
        return _FLAGS.get(cell.strip().casefold(), -2) if textual else -2
    if isinstance(cell, float | np.floating) and math.isnan(cell):
        return -1
    if isinstance(cell, bool | np.bool_):
        return int(cell)
    number = number_of(cell, textual=False)
    return int(number) if number in (0.0, 1.0) else -2


def choices(column: Column, source: Source, report: Report) -> Codes:
    """Read a column of choices: position in `column.choices`, -1 blank or faulty."""
    name = column.name
    distinct, place = distinct_cells(source, name)
    known = {choice: code for code, choice in enumerate(column.choices)}

    def code_of(cell: Any) -> int:
        if is_blank(cell) or (isinstance(cell, float) and math.isnan(cell)):
            return -1
        return known.get(cell, -2) if isinstance(cell, str) else -2

    codes = np.array([code_of(cell) for cell in distinct], np.int8)[place]
    report_blanks(column, source, codes == -1, report)
    report.rows(
        source,
        name,
        np.flatnonzero(codes == -2),
        "unknown_choice",
        lambda _row, value: f"`{name}` is {value!r}. {did_you_mean(value, column.choices)}".strip(),
        f"Write one of: {', '.join(column.choices)}.",
    )
    return np.maximum(codes, -1).astype(np.int8)


def distinct_cells(source: Source, name: str) -> tuple[list[Any], NDArray[np.intp]]:
    """Return the distinct cells of a column and, for every row, the place of its own among them.

    Mixed columns are returned cell by cell.
    """
    cells = source.columns[name]
    if cells.arrow is not None:
        try:
            encoded = pc.dictionary_encode(cells.arrow, null_encoding="encode")
            return python_cells(encoded.dictionary), encoded.indices.to_numpy().astype(np.intp)
        except (pa.ArrowException, ValueError, OverflowError):  # a kind of cell that cannot be compared
            pass
    objects = source.objects(name)
    return objects, np.arange(len(objects))
