"""Reads one column of ids or texts as codes; ids survive exactly as they were written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocopt.arrays import Flags, Ints, Places
from allocopt.problem.columns import is_blank
from allocopt.problem.report import ReadColumn

_CONTROL = r"[\p{Cc}\p{Zl}\p{Zp}]"
_INVISIBLE = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"


@dataclass(frozen=True)
class CodedTexts:
    """A column of texts as codes.

    Attributes
    ----------
    codes : int32 array, one per row
        Position in `texts`; -1 is blank.
    texts : pyarrow large_string array
        The distinct texts, sorted.
    """

    codes: Ints
    texts: Any

    def among(self, found: Any) -> Flags:
        """Return the rows whose text is one of those that were found: a pyarrow array of flags, one a text."""
        return np.append(found.to_numpy(zero_copy_only=False), False)[self.codes]

    def per_row(self) -> Any:
        """Return the text of every row (blank: empty) as a pyarrow array."""
        blank = self.codes < 0
        if not blank.any():
            return pc.take(self.texts, pa.array(self.codes))
        if blank.all():
            return pa.repeat(pa.scalar("", pa.large_string()), len(self.codes))
        return pc.take(self.texts, pa.array(self.codes, mask=blank)).fill_null("")


def constant(length: int, text: str) -> CodedTexts:
    """Return the labels of a column that says the same in every row."""
    if text:
        return CodedTexts(np.broadcast_to(np.int32(0), length), pa.array([text], pa.large_string()))
    return CodedTexts(np.broadcast_to(np.int32(-1), length), pa.array([], pa.large_string()))


def labels(reading: ReadColumn, *, tidy: bool) -> tuple[CodedTexts, Flags]:
    """Read a column of ids or texts; also return which rows are faulty (they are blank in the labels).

    No text may hold a control character; `tidy` asks that no id has white space around it or invisible characters.
    """
    column, (arrow, faulty) = reading.column, _texts(reading)
    encoded = pc.dictionary_encode(arrow)
    indices = encoded.indices.fill_null(-1).to_numpy()
    texts = encoded.dictionary
    if tidy and reading.source.file:
        texts, indices = _trimmed(reading, texts, indices)
    found, rank = encode(texts)
    codes: Ints = np.append(rank, np.int32(-1))[indices]
    blank = (codes < 0) & ~faulty
    reading.blanks(blank)
    if column.default and not column.required and blank.any():
        codes, found = _with_default(codes, found, blank, str(column.default))
    if len(found):
        untidy = pc.match_substring_regex(found, _INVISIBLE if tidy else _CONTROL)
        if tidy:
            untidy = pc.or_(untidy, pc.not_equal(found, pc.utf8_trim_whitespace(found)))
        untidy = untidy.to_numpy(zero_copy_only=False)
        if untidy.any():
            text = "is {value!r}, with white space around it or a character that cannot be seen."
            hint = "Remove it: it would make two ids of what looks like one."
            reading.fault((codes >= 0) & untidy[codes], "untidy_id", text, hint)
            codes, found = _cleaned(codes, found)
    return CodedTexts(codes, found), faulty


def _cleaned(codes: Ints, texts: Any) -> tuple[Ints, Any]:
    """Return what untidy ids are meant to be, once they are told: nothing else follows from them."""
    encoded = pc.dictionary_encode(pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, _INVISIBLE, "")))
    known, rank = encode(encoded.dictionary)
    return np.append(rank[encoded.indices.to_numpy()], np.int32(-1))[codes].astype(np.int32), known


def _trimmed(reading: ReadColumn, texts: Any, indices: Any) -> tuple[Any, Any]:
    """Return the distinct texts of a file's column without the white space around them, which is noted."""
    tidy = pc.utf8_trim_whitespace(texts)
    changed = pc.not_equal(tidy, texts).to_numpy(zero_copy_only=False)
    if not changed.any():
        return texts, indices
    shown = changed & pc.not_equal(tidy, "").to_numpy(zero_copy_only=False)
    rows = (indices >= 0) & np.append(shown, False)[indices]
    reading.note(rows, "trimmed", "is {value!r}, read without the white space around it.", "Remove the white space.")
    again = pc.dictionary_encode(tidy)
    return again.dictionary, np.append(again.indices.to_numpy(), -1)[indices]


def _with_default(codes: Ints, texts: Any, blank: Flags, default: str) -> tuple[Ints, Any]:
    """Return codes and sorted texts with the default where the column is blank."""
    known, _ = encode(pc.unique(pa.concat_arrays([texts, pa.array([default], pa.large_string())])))
    place = pc.index_in(texts, value_set=known).to_numpy(zero_copy_only=False).astype(np.int32)
    code = np.int32(pc.index(known, default).as_py())
    return np.where(blank, code, np.append(place, np.int32(-1))[codes]).astype(np.int32), known


def encode(texts: Any) -> tuple[Any, Ints]:
    """Sort distinct texts; return them without the blank, and the code of each in the order given."""
    order = sorted_order(texts)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    ordered = pc.take(texts, pa.array(order))
    if len(ordered) and ordered[0].as_py() == "":
        return ordered.slice(1), rank - 1
    return ordered, rank


def sorted_order(texts: Any) -> NDArray[np.int64]:
    """Return the positions that sort distinct texts by code point."""
    if len(texts) > 1 and pc.all(pc.less(texts.slice(0, len(texts) - 1), texts.slice(1))).as_py():
        return np.arange(len(texts))
    order: NDArray[np.int64] = pc.array_sort_indices(texts).to_numpy().astype(np.int64)
    return order


def _texts(reading: ReadColumn) -> tuple[Any, Flags]:
    arrow, clean = reading.cells.arrow, np.zeros(reading.source.length, bool)
    if arrow is None:
        return _mixed_texts(reading)
    kind = arrow.type
    if pa.types.is_large_string(kind):
        return arrow, clean
    if pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind) or kind == pa.string_view():
        return pc.cast(arrow, pa.large_string()), clean
    if pa.types.is_floating(kind) and not reading.cells.own:
        return _decimal_ids(reading, arrow)
    return _mixed_texts(reading)


_AS_TEXT = {
    "frame": "Read the column as text (in pandas: dtype=str, keep_default_na=False)",
    "workbook": "Format the column as text and type the id anew",
    "parquet": "Write the column as text",
    "plain": "Send ids as text",
}


def _report_decimal(reading: ReadColumn, rows: Flags | Places) -> None:
    hint = f"{_AS_TEXT.get(reading.source.form, 'Write the id as text')}; as a number, 00123 and 123 are the same."
    reading.fault(rows, "float_id", "is {value}, a decimal number where an id is wanted.", hint)


def _decimal_ids(reading: ReadColumn, arrow: Any) -> tuple[Any, Flags]:
    """Refuse decimal numbers as ids: whoever reads 123.0 cannot know what the id was."""
    values = pc.cast(arrow, pa.float64()).fill_null(math.nan).to_numpy(zero_copy_only=False)
    held = ~np.isnan(values)
    _report_decimal(reading, held)
    return pa.nulls(reading.source.length, pa.large_string()), held


def _mixed_texts(reading: ReadColumn) -> tuple[Any, Flags]:
    texts: list[str | None] = []
    decimal: list[int] = []
    foreign: list[int] = []
    unreadable: list[int] = []
    source = reading.source
    for position, cell in enumerate(source.objects(reading.name)):
        text: str | None = None
        if isinstance(cell, str):
            text = cell
            if not text.isascii() and _has_surrogate(text):
                text = None
                unreadable.append(position)
        elif isinstance(cell, bool | np.bool_) or (isinstance(cell, int) and cell.bit_length() > 1000):
            foreign.append(position)
        elif isinstance(cell, int | np.integer):
            text = str(int(cell))
        elif isinstance(cell, float | np.floating):
            if not math.isnan(cell):
                decimal.append(position)
        elif not is_blank(cell):
            foreign.append(position)
        texts.append(text)
    _report_decimal(reading, np.array(decimal, np.intp))
    again = "Format the column as text and type the id anew." if source.form == "workbook" else "Store the id as text."
    text = "is {value}, which is neither text nor a whole number."
    reading.fault(np.array(foreign, np.intp), "not_an_id", text, again)
    text = "is {value!a}, with a broken character in it."
    reading.fault(np.array(unreadable, np.intp), "untidy_id", text, "Type the id anew.")
    faulty = np.zeros(source.length, bool)
    faulty[decimal + foreign + unreadable] = True
    return pa.array(texts, pa.large_string()), faulty


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
