"""Readers for what spreadsheets do to tables: padded headers, money as text, dates turned around."""

from __future__ import annotations

import datetime as dt
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


def date(text: str) -> dt.date:
    """Return a date that was written day/month/two-digit year and then turned around by a spreadsheet.

    Where the day is above 12 the spreadsheet took it for a two-digit year, of 19xx from 30 on, and the year for the
    day: ``31/5/18`` became ``1931/5/18``, ``14/6/18`` became ``2014/6/18``. Up to 12 it kept day and month where they
    were and only spelled the year out: ``2/7/18`` became ``2/7/2018``.

    Parameters
    ----------
    text : str

    Returns
    -------
    datetime.date

    Raises
    ------
    ValueError
        If the text is neither of the two, or no day of the calendar.

    Examples
    --------
    >>> date("1931/5/18").isoformat(), date("2014/6/18").isoformat(), date("2/7/2018").isoformat()
    ('2018-05-31', '2018-06-14', '2018-07-02')
    """
    turned = re.fullmatch(r"(\d{4})/(\d{1,2})/(\d{1,2})", text.strip())
    kept = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text.strip())
    if turned:
        first, month, year = (int(part) for part in turned.groups())
        if first not in (1930, 1931, *range(2013, 2030)):
            raise ValueError(f"{text!r} hides no day from 13 to 31")
        day, year = first % 100, 2000 + year
    elif kept:
        day, month, year = (int(part) for part in kept.groups())
        if day > 12:
            raise ValueError(f"{text!r} has a day above 12 and was not turned around like the others")
    else:
        raise ValueError(f"{text!r} is no date")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise ValueError(f"{text!r} is no day of the calendar") from None


def numbers(column: pd.Series) -> NDArray[np.float64]:
    """Return a column of such numbers, shape (rows,); `ValueError` names the line of a bad one.

    Parameters
    ----------
    column : pandas.Series
        As `read_table` gives it.
    """
    return _each(column, number).to_numpy(float)


def dates(column: pd.Series) -> pd.Series:
    """Return a column of such dates; `ValueError` names the line of a bad one.

    Parameters
    ----------
    column : pandas.Series
        As `read_table` gives it.
    """
    return pd.to_datetime(_each(column, date))


def _each(column: pd.Series, reader: Callable[[str], object]) -> pd.Series:
    found = {}
    for text in column.unique():
        try:
            found[text] = reader(text)
        except ValueError as error:
            line = column.index[column == text][0]
            raise ValueError(f"line {line}, column {column.name!r}: {error}") from None
    return column.map(found)
