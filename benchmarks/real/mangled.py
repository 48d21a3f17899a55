"""Readers for what spreadsheets do to tables: padded headers, money as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MONEY = re.compile(r"\(?-?\$?\s*(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?\)?")


def read_table(path: Path, notes: list[str]) -> pd.DataFrame:
    """Return a CSV file as text, headers and cells without the blanks around them; empty cells stay ``""``.

    Parameters
    ----------
    path : Path
    notes : list of str
        Is told of rows without any content, which are left out.

    Returns
    -------
    pandas.DataFrame
        Every column is text; the index is the line in the file.
    """
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True, encoding="utf-8-sig")
    frame.columns = [column.strip() for column in frame.columns]
    frame = frame.apply(lambda column: column.str.strip())
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    empty = (frame == "").all(axis=1)
    if empty.any():
        lines = ", ".join(str(line) for line in frame.index[empty])
        notes.append(f"{path.name}: nothing in line {lines}: left out")
    return frame[~empty]


def number(text: str) -> float:
    """Return a number or an amount of money that a spreadsheet wrote as text.

    Parameters
    ----------
    text : str
        Such as ``" $1,001.18 "``, ``"9,999.99"``, ``"1.42"``; ``"(3.50)"`` and ``"-$3.50"`` are negative.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If it is no number. Nothing is guessed: a decimal comma or a foreign currency is refused.

    Examples
    --------
    >>> number(" $1,001.18 "), number("99,999.99"), number("($3.50)")
    (1001.18, 99999.99, -3.5)
    """
    bare = text.strip()
    digits = re.sub(r"[^\d.]", "", bare)
    if not MONEY.fullmatch(bare) or not digits.strip(".") or bare.startswith("(") != bare.endswith(")"):
        raise ValueError(f"{text!r} is no number")
    return -float(digits) if bare[0] in "(-" else float(digits)


def numbers(column: pd.Series) -> NDArray[np.float64]:
    """Return a column of such numbers, shape (rows,); `ValueError` names the line of a bad one.

    Parameters
    ----------
    column : pandas.Series
        As `read_table` gives it.
    """
    return _each(column, number).to_numpy(float)


def _each(column: pd.Series, reader: Callable[[str], object]) -> pd.Series:
    found = {}
    for text in column.unique():
        try:
            found[text] = reader(text)
        except ValueError as error:
            line = column.index[column == text][0]
            raise ValueError(f"line {line}, column {column.name!r}: {error}") from None
    return column.map(found)
