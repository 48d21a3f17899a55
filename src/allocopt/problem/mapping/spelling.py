"""Dates as files of other programs spell them, respelled as the readers of tables understand them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd


def moment(text: str, formats: Sequence[str]) -> str | None:
    """Return a date or time stamp as ISO text; None where it can be read as two days, the text itself where as none.

    Examples
    --------
    >>> moment("27/11/2026", ["%d/%m/%Y"]), moment("2026-11-27", ["%d/%m/%Y"])
    ('2026-11-27', '2026-11-27')
    >>> moment("27/11/2026 09:15", ["%d/%m/%Y %H:%M"])
    '2026-11-27T09:15:00'
    """
    found = set()
    for form in formats:
        try:
            read = dt.datetime.strptime(text.strip(), form)
        except ValueError:
            continue
        timed = any(mark in form for mark in ("%H", "%I", "%X", "%c", "%T"))
        found.add(read.isoformat() if timed else read.date().isoformat())
    if len(found) > 1:
        return None
    return found.pop() if found else text


def each(series: pd.Series[Any], respell: Callable[[str], Any]) -> pd.Series[Any]:
    """Return a column of texts respelled; each distinct text is looked at once."""
    return series.map({text: respell(text) for text in series.unique()})
