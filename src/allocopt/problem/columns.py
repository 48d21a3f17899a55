"""Reads one column of numbers, flags or choices; what cannot be read is reported and left out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocopt.problem.amounts import NUMBER_LIMIT, PLAIN, Amount, amounts, number_of, told_apart
from allocopt.problem.facts import Floats
from allocopt.problem.report import Report, did_you_mean, plain_name
from allocopt.problem.schema import Column
from allocopt.problem.source import UNCALCULATED, Cells, Source, python_cells

WHOLE_LIMIT = 2**30 - 1
"""Whole numbers stay below: codes and periods are 32-bit integers, and sums of two must fit."""
Codes = NDArray[np.int8]

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


def report_failed(column: Column, source: Source, report: Report) -> None:
    """Report the cells of a workbook whose formula gave no value."""
    failed = source.failed.get(column.name, {})
    broken = np.array([at for at, said in failed.items() if said != UNCALCULATED], np.intp)
    report.rows(
        source,
        column.name,
        broken,
        "formula_error",
        lambda _row, value: f"`{column.name}` is {value}: its formula fails.",
        "Mend the formula, or write the value.",
    )
    report.rows(
        source,
        column.name,
        np.setdiff1d(list(failed), broken).astype(np.intp),
        "formula_error",
        lambda _row, _value: f"`{column.name}` is a formula that was never calculated: the workbook holds no value.",
        "Open the workbook in a spreadsheet program and save it, or write the value.",
    )


def report_blanks(column: Column, source: Source, blank: NDArray[np.bool_], report: Report) -> None:
    """Report the blank cells of a column that has to say something in every row."""
    if column.required and blank.any():
        name = column.name
        report.rows(
            source,
            name,
            np.setdiff1d(np.flatnonzero(blank), list(source.failed.get(name, ()))),
            "blank",
            lambda _row, _value: f"`{name}` is blank.",
            "Fill it in or remove the row.",
        )


def numbers(column: Column, source: Source, report: Report) -> Floats:
    """Read a column of numbers; a blank is the default, else nan like faulty cells."""
    name = column.name
    fast = _fast_numbers(source.columns[name], source.file)
    if fast is not None:
        values, blank = fast
        faulty = np.zeros(len(values), bool)
    else:
        values, blank, faulty = _slow_numbers(column, source, report)
    if not np.isfinite(values).all():
        odd = ~np.isfinite(values) & ~blank & ~faulty
        if not column.required:
            missing = np.flatnonzero(odd & np.isnan(values))
            blank[missing] = _are_missing(source, name, missing)
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
    if blank.any() and not column.required and isinstance(column.default, int | float):
        values = np.where(blank, float(column.default), values)
    return bounded(column, source, _told_apart(source, name, values), report)


def _are_missing(source: Source, name: str, positions: NDArray[np.intp]) -> NDArray[np.bool_] | bool:
    """Return which cells without a number are missing values, and no text that says so."""
    arrow = source.columns[name].arrow
    if arrow is not None and pa.types.is_floating(arrow.type):
        return True
    objects = source.objects(name)
    return np.array([not isinstance(objects[position], str) for position in positions.tolist()], bool)


def _told_apart(source: Source, name: str, values: Floats) -> Floats:
    """Return the numbers, those that are above 2^53 but become 2^53 as a double made visibly larger."""
    with np.errstate(invalid="ignore"):
        edge = np.flatnonzero(np.abs(values) == NUMBER_LIMIT)
    if not len(edge):
        return values
    values, objects = values.copy(), source.objects(name)
    for row in edge.tolist():
        cell = str(objects[row]).strip()
        if PLAIN.fullmatch(cell):  # other text was told apart when it was understood
            values[row] = told_apart(cell, values[row])
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

    rows(negative, "negative", "it cannot be negative", _negative_hint(column, source))
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


def _number_hint(column: Column, source: Source, cells: list[Any]) -> str:
    """Return what to do about cells that are no numbers; a blank says nothing better than a dash does."""
    if source.file and not column.required and all(str(cell).strip().casefold() in NOTHING for cell in cells):
        return "Leave the cell blank where there is nothing to say."
    return _NUMBER_HINTS.get(source.form, _DIGITS)


def _negative_hint(column: Column, source: Source) -> str:
    if source.name == "supply" and column.name == "units":
        return (
            'It is owed, not free: read with negative="net" (on the command line --negative net) to have it paid by '
            "the next lots there, or mend the count of the stock."
        )
    return "Write 0 or more."


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
    distinct, place = source.objects(column.name), np.arange(source.length)
    if source.file:
        distinct, place = distinct_cells(source, column.name)
    blank = np.array([is_blank(cell) for cell in distinct], bool)
    if source.file:
        filled = [cell for cell, nothing in zip(distinct, blank, strict=True) if not nothing]
        read = iter(amounts(column, filled, source.decimal, typed=source.form != "csv"))
        found = [Amount(None) if nothing else next(read) for nothing in blank]
    else:
        found = [Amount(number_of(cell, textual=False)) for cell in distinct]
    values = np.array([np.nan if each.value is None else each.value for each in found])
    faulty = np.array([each.value is None for each in found], bool) & ~blank
    _report_amounts(column, source, found, faulty, distinct, place, report)
    return values[place], blank[place], faulty[place]


def _report_amounts(
    column: Column,
    source: Source,
    found: list[Amount],
    faulty: NDArray[np.bool_],
    distinct: list[Any],
    place: NDArray[np.intp],
    report: Report,
) -> None:
    """Report the cells that are no amount, and note those that had to be understood."""
    name = column.name
    double = np.array([each.other is not None for each in found], bool)
    foreign = np.array([each.currency != "" for each in found], bool)

    def rows(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
        return np.flatnonzero(mask[place]) if mask.any() else np.zeros(0, np.intp)

    report.rows(
        source,
        name,
        rows(faulty & ~double & ~foreign),
        "not_a_number",
        lambda _row, value: f"`{name}` is {value!r}, which is not a number.",
        _number_hint(column, source, [each for each, wrong in zip(distinct, faulty, strict=True) if wrong]),
    )
    report.rows(
        source,
        name,
        rows(faulty & double),
        "two_meanings",
        lambda _row, value: f"`{name}` is {value!r}, which can be read in two ways: {_both(value)}.",
        f"{_DIGITS} Or say by a mapping which sign is the decimal one.",
    )
    report.rows(
        source,
        name,
        rows(faulty & foreign),
        "mixed_currencies",
        lambda _row, value: f"`{name}` is {value!r}: the column has amounts in several currencies.",
        "Convert them to the currency of the problem.",
    )
    for how, what in _HOW.items():
        report.note_rows(
            source,
            name,
            rows(np.array([each.how == how for each in found], bool)),
            "read_amount",
            lambda row, value, what=what: f"`{name}` is {value!r}, {what}, read as {found[place[row]].value:.15g}.",  # type: ignore[misc]
            f"Write {name} as a plain number.",
        )


def _both(value: str) -> str:
    """Return the two meanings of an amount, as words."""
    comma, point = value.replace(".", "").replace(",", "."), value.replace(",", "")
    return f"{point} or {comma}"


def flags(column: Column, source: Source, report: Report) -> Codes:
    """Read a column of flags: 1 yes, 0 no; a blank is the default, else -1 like faulty cells."""
    name = column.name
    arrow = source.columns[name].arrow
    if arrow is not None and pa.types.is_boolean(arrow.type) and not arrow.null_count:
        clean: Codes = arrow.to_numpy(zero_copy_only=False).astype(np.int8)
        return clean
    distinct, place = distinct_cells(source, name)
    codes = np.array([_flag_of(cell, source.file) for cell in distinct], np.int8)[place]
    report_blanks(column, source, codes == -1, report)
    report.rows(
        source,
        name,
        np.flatnonzero(codes == -2),
        "not_a_flag",
        lambda _row, value: f"`{name}` is {value!r}, which is neither true nor false.",
        _FLAG_HINTS.get(source.form, "Write true or false."),
    )
    default = -1 if column.default is None or column.required else int(bool(column.default))
    return _filled(codes, default)


def _filled(codes: Codes, default: int) -> Codes:
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


def choices(column: Column, source: Source, report: Report) -> Codes:
    """Read a column of choices: position in `column.choices`; a blank is the default, else -1 like faulty cells."""
    name = column.name
    distinct, place = distinct_cells(source, name)
    known = {choice: code for code, choice in enumerate(column.choices)}

    def code_of(cell: Any) -> int:
        if is_blank(cell) or (isinstance(cell, float) and math.isnan(cell)):
            return -1
        return known.get(cell, known.get(plain_name(cell), -2) if source.file else -2) if isinstance(cell, str) else -2

    found = np.array([code_of(cell) for cell in distinct], np.int8)
    codes = found[place]
    report_blanks(column, source, codes == -1, report)
    wrong = np.flatnonzero(codes == -2)
    report.grouped(
        source,
        name,
        wrong,
        place[wrong],
        "unknown_choice",
        lambda _row, value: f"`{name}` is {value!r}. {did_you_mean(value, column.choices)}".strip(),
        f"Write one of: {', '.join(column.choices)}.",
    )
    understood = np.array([code >= 0 and cell not in known for code, cell in zip(found, distinct, strict=True)], bool)
    if understood.any():
        report.note_rows(
            source,
            name,
            np.flatnonzero(understood[place]),
            "read_choice",
            lambda row, value: f"`{name}` is {value!r}, read as {column.choices[codes[row]]!r}.",
            f"Write one of: {', '.join(column.choices)}.",
        )
    default = -1 if column.default is None or column.required else known[str(column.default)]
    return _filled(codes, default)


def distinct_cells(source: Source, name: str) -> tuple[list[Any], NDArray[np.intp]]:
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
