"""Reads one column of numbers, flags or choices; what cannot be read is reported and left out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from allocopt.arrays import Bytes as Bytes
from allocopt.arrays import Flags, Places
from allocopt.problem.amounts import NUMBER_LIMIT, PLAIN, Amount, amounts, number_of, told_apart
from allocopt.problem.facts import Floats
from allocopt.problem.report import ReadColumn, Telling, did_you_mean, plain_name
from allocopt.problem.schema import Column
from allocopt.problem.source import Cells, Source, python_cells

WHOLE_LIMIT = 2**30 - 1
"""Whole numbers stay below: codes and periods are 32-bit integers, and sums of two must fit."""

BLANK, NUMBER, STAMP, ZONED, FAULTY = range(5)
"""What a cell of a column of moments is: `ZONED` is a stamp that names its zone."""
_FLAGS = {
    **dict.fromkeys(("true", "yes", "y", "t", "1", "wahr", "ja", "vrai", "oui", "verdadero", "vero"), 1),
    **dict.fromkeys(("false", "no", "n", "f", "0", "falsch", "nein", "faux", "non", "falso"), 0),
}
NOTHING = ("-", "--", "–", "—", "n/a", "na", "#n/a", "none", "null", "tbd", "?", ".", "x", "k.a.", "k. a.")
"""What people write where they have nothing to say."""
_DIGITS = "Write digits, with a point for decimals and no thousands separator, such as 1250.5."
_NUMBER_HINTS = {
    "frame": "Give the column a numeric type, for example with pandas.to_numeric.",
    "plain": "Give numbers, not text.",
}
_FLAG_HINTS = {"frame": "Give booleans, or 0 and 1.", "plain": "Give true or false, or 0 and 1."}
_HOW = {
    "text": "text that is a number",
    "currency": "an amount with its currency",
    "percent": "a percentage",
    "separators": "an amount with separators",
    "brackets": "an amount below zero as accountants write it",
}
"""What a note says of an amount that had to be understood."""


def is_blank(cell: object) -> bool:
    """Return whether a cell holds nothing."""
    return (
        cell is None
        or cell is pd.NA
        or cell is pd.NaT
        or (isinstance(cell, str) and not cell.strip())
        or (isinstance(cell, np.datetime64) and bool(np.isnat(cell)))
    )


def numbers(reading: ReadColumn) -> Floats:
    """Read a column of numbers; a blank is the default, else nan like faulty cells."""
    column = reading.column
    fast = _fast_numbers(reading.cells, reading.source.file)
    if fast is not None:
        values, blank = fast
        faulty = np.zeros(len(values), bool)
    else:
        values, blank, faulty = _slow_numbers(reading)
    if not np.isfinite(values).all():
        odd = ~np.isfinite(values) & ~blank & ~faulty
        if not column.required:
            missing = np.flatnonzero(odd & np.isnan(values))
            blank[missing] = _are_missing(reading, missing)
            odd &= ~blank
        hint = "Write a number; where the amount is unknown, somebody has to decide it."
        reading.fault(odd, "not_finite", "is {value}, which is no amount.", hint)
        values = np.where(np.isfinite(values), values, np.nan)
    reading.blanks(blank)
    if blank.any() and not column.required and isinstance(column.default, int | float):
        values = np.where(blank, float(column.default), values)
    return _bounded(reading, _told_apart(reading, values))


def _are_missing(reading: ReadColumn, positions: Places) -> Flags | bool:
    """Return which cells without a number are missing values, and no text that says so."""
    arrow = reading.cells.arrow
    if arrow is not None and pa.types.is_floating(arrow.type):
        return True
    objects = reading.source.objects(reading.name)
    return np.array([not isinstance(objects[position], str) for position in positions.tolist()], bool)


def _told_apart(reading: ReadColumn, values: Floats) -> Floats:
    """Return the numbers, those that are above 2^53 but become 2^53 as a double made visibly larger."""
    with np.errstate(invalid="ignore"):
        edge = np.flatnonzero(np.abs(values) == NUMBER_LIMIT)
    if not len(edge):
        return values
    values, objects = values.copy(), reading.source.objects(reading.name)
    for row in edge.tolist():
        cell = str(objects[row]).strip()
        if PLAIN.fullmatch(cell):  # other text was told apart when it was understood
            values[row] = told_apart(cell, values[row])
    return values


def _bounded(reading: ReadColumn, values: Floats) -> Floats:
    """Report the numbers beyond the column's bounds; they become nan."""
    column = reading.column
    limit = WHOLE_LIMIT if column.type == "whole" else NUMBER_LIMIT
    with np.errstate(invalid="ignore"):
        negative = (values < 0) & (column.low >= 0)
        below = (values <= column.low) if column.above else (values < column.low)
        outside = (below | (values > column.high)) & ~negative
        large = (np.abs(values) > limit) & ~negative & ~outside & np.isfinite(column.low)
        fraction = (values != np.floor(values)) & ~np.isnan(values) & (column.type == "whole")
    if not (negative.any() or outside.any() or large.any() or fraction.any()):
        return values
    reading.fault(negative, "negative", "is {value}; it cannot be negative.", _negative_hint(reading))
    least = f"more than {column.low:g}" if column.above else f"at least {column.low:g}"
    most = "" if math.isinf(column.high) else f" and at most {column.high:g}"
    reading.fault(outside, "out_of_bounds", f"is {{value}}; it must be {least}{most}.", _bounds_hint(column))
    too_large = f"is {{value}}; the largest number accepted is {limit:.0f}."
    hint = "Check for a slip of the keyboard; what is really more than that is stated in larger units."
    reading.fault(large, "number_too_large", too_large, hint)
    only = fraction & ~negative & ~outside & ~large
    reading.fault(only, "not_whole", "is {value}; it must be a whole number.", "Round it.")
    return np.where(negative | outside | large | fraction, np.nan, values)


def _number_hint(reading: ReadColumn, cells: list[Any]) -> str:
    """Return what to do about cells that are no numbers; a blank says nothing better than a dash does."""
    source = reading.source
    if source.file and not reading.column.required and all(str(cell).strip().casefold() in NOTHING for cell in cells):
        return "Leave the cell blank where there is nothing to say."
    return _NUMBER_HINTS.get(source.form, _DIGITS)


def _negative_hint(reading: ReadColumn) -> str:
    if (reading.source.name, reading.name) == ("supply", "units"):
        return (
            'It is owed, not free: read with negative="net" (on the command line --negative net) to have it paid by '
            "the next lots there, or mend the count of the stock."
        )
    return "Write 0 or more."


def _bounds_hint(column: Column) -> str:
    if column.high == 1.0:
        return "Write a share, such as 0.35 for 35 percent."
    return "Write a number within these bounds."


def _fast_numbers(cells: Cells, textual: bool) -> tuple[Floats, Flags] | None:
    """Read a column that is clean numbers throughout; None if it has to be looked at cell by cell."""
    arrow = cells.arrow
    if arrow is None:
        return None
    if textual and cells.textual:
        try:
            arrow = pc.cast(pc.if_else(pc.equal(arrow, ""), None, arrow), pa.float64())
        except pa.ArrowInvalid:
            return None
    elif cells.numeric:
        arrow = pc.cast(arrow, pa.float64(), safe=False)
    else:
        return None
    blank: Flags = np.zeros(len(arrow), bool)
    if arrow.null_count:
        blank = arrow.is_null().to_numpy(zero_copy_only=False)
        arrow = arrow.fill_null(math.nan)
    # A copy, and without -0.0: the user may change the buffer behind the frame later.
    return arrow.to_numpy(zero_copy_only=False) + 0.0, blank


def _slow_numbers(reading: ReadColumn) -> tuple[Floats, Flags, Flags]:
    source = reading.source
    distinct, place = source.objects(reading.name), np.arange(source.length)
    if source.file:
        distinct, place = distinct_cells(source, reading.name)
    blank = np.array([is_blank(cell) for cell in distinct], bool)
    if source.file:
        filled = [cell for cell, nothing in zip(distinct, blank, strict=True) if not nothing]
        read = iter(amounts(reading.column, filled, source.decimal, typed=source.form != "csv"))
        found = [Amount(None) if nothing else next(read) for nothing in blank]
    else:
        found = [Amount(number_of(cell, textual=False)) for cell in distinct]
    values = np.array([np.nan if each.value is None else each.value for each in found])
    faulty = np.array([each.value is None for each in found], bool) & ~blank
    _report_amounts(reading, found, faulty, distinct, place)
    return values[place], blank[place], faulty[place]


def _report_amounts(
    reading: ReadColumn, found: list[Amount], faulty: Flags, distinct: list[Any], place: Places
) -> None:
    """Report the cells that are no amount, and note those that had to be understood."""
    double = np.array([each.other is not None for each in found], bool)
    foreign = np.array([each.currency != "" for each in found], bool)
    hint = _number_hint(reading, [each for each, wrong in zip(distinct, faulty, strict=True) if wrong])
    reading.fault((faulty & ~double & ~foreign)[place], "not_a_number", "is {value!r}, which is not a number.", hint)
    hint = f"{_DIGITS} Or say by a mapping which sign is the decimal one."
    reading.fault((faulty & double)[place], "two_meanings", _two_meanings, hint)
    text = "is {value!r}: the column has amounts in several currencies."
    hint = "Convert them to the currency of the problem."
    reading.fault((faulty & foreign)[place], "mixed_currencies", text, hint)
    for how, what in _HOW.items():
        rows = np.array([each.how == how for each in found], bool)[place]

        def understood(row: int, value: str, what: str = what) -> str:
            return f"is {value!r}, {what}, read as {found[place[row]].value:.15g}."

        reading.note(rows, "read_amount", understood, f"Write {reading.name} as a plain number.")


def _two_meanings(_row: int, value: str) -> str:
    comma, point = value.replace(".", "").replace(",", "."), value.replace(",", "")
    return f"is {value!r}, which can be read in two ways: {point} or {comma}."


def flags(reading: ReadColumn) -> Bytes:
    """Read a column of flags: 1 yes, 0 no; a blank is the default, else -1 like faulty cells."""
    column, source, arrow = reading.column, reading.source, reading.cells.arrow
    if arrow is not None and pa.types.is_boolean(arrow.type) and not arrow.null_count:
        clean: Bytes = arrow.to_numpy(zero_copy_only=False).astype(np.int8)
        return clean
    distinct, place = distinct_cells(source, reading.name)
    codes = np.array([_flag_of(cell, source.file) for cell in distinct], np.int8)[place]
    reading.blanks(codes == -1)
    hint = _FLAG_HINTS.get(source.form, "Write true or false.")
    reading.fault(codes == -2, "not_a_flag", "is {value!r}, which is neither true nor false.", hint)
    default = -1 if column.default is None or column.required else int(bool(column.default))
    return _filled(codes, default)


def _filled(codes: Bytes, default: int) -> Bytes:
    """Return codes with blanks (-1) as the default and faulty cells (-2) as -1."""
    return np.where(codes == -1, default, np.maximum(codes, -1)).astype(np.int8)


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


def choices(reading: ReadColumn) -> Bytes:
    """Read a column of choices: position in `column.choices`; a blank is the default, else -1 like faulty cells."""
    column, source = reading.column, reading.source
    distinct, place = distinct_cells(source, reading.name)
    known = {choice: code for code, choice in enumerate(column.choices)}

    def code_of(cell: Any) -> int:
        if _is_none(cell):
            return -1
        return known.get(cell, known.get(plain_name(cell), -2) if source.file else -2) if isinstance(cell, str) else -2

    found = np.array([code_of(cell) for cell in distinct], np.int8)
    codes = found[place]
    reading.blanks(codes == -1)
    wrong, hint = np.flatnonzero(codes == -2), f"Write one of: {', '.join(column.choices)}."
    message: Callable[[int, str], str] = lambda _row, value: (  # noqa: E731
        f"`{reading.name}` is {value!r}. {did_you_mean(value, column.choices)}".strip()
    )
    reading.report.grouped(source, reading.name, wrong, place[wrong], "unknown_choice", message, hint)
    understood = np.array([code >= 0 and cell not in known for code, cell in zip(found, distinct, strict=True)], bool)
    said: Telling = lambda row, value: f"is {value!r}, read as {column.choices[codes[row]]!r}."  # noqa: E731
    reading.note(understood[place], "read_choice", said, hint)
    default = -1 if column.default is None or column.required else known[str(column.default)]
    return _filled(codes, default)


def moments(reading: ReadColumn, of: Callable[[Any], tuple[int, float] | None]) -> tuple[Bytes, Floats]:
    """Return what each cell is (`BLANK`, `FAULTY`, `NUMBER`, or the kind of moment that `of` says) and its value."""
    distinct, place = distinct_cells(reading.source, reading.name)
    found = [(BLANK, math.nan) if _is_none(cell) else of(cell) or _number(cell, reading.source) for cell in distinct]
    kinds, values = np.array([kind for kind, _ in found], np.int8), np.array([value for _, value in found])
    return kinds[place], values[place]


def _is_none(cell: Any) -> bool:
    return is_blank(cell) or (isinstance(cell, float) and math.isnan(cell))


def _number(cell: Any, source: Source) -> tuple[int, float]:
    number = number_of(cell, source.file)
    return (FAULTY, math.nan) if number is None or not math.isfinite(number) else (NUMBER, number)


def distinct_cells(source: Source, name: str) -> tuple[list[Any], Places]:
    """Return the distinct cells of a column and, for every row, the place of its own among them."""
    cells = source.columns[name]
    if cells.arrow is not None:
        try:
            encoded = pc.dictionary_encode(cells.arrow, null_encoding="encode")
            return python_cells(encoded.dictionary), encoded.indices.to_numpy().astype(np.intp)
        except (pa.ArrowException, ValueError, OverflowError):  # a kind of cell that cannot be compared
            pass
    objects = source.objects(name)
    try:
        places: dict[Any, int] = {}
        place = np.array([places.setdefault((type(cell), cell), len(places)) for cell in objects], np.intp)
        return [cell for _, cell in places], place
    except Exception:  # a foreign object in a cell may do anything when it is compared
        return objects, np.arange(len(objects))
