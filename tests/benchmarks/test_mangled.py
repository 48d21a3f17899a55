"""Readers of what spreadsheets mangle."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from benchmarks.real.mangled import date, dates, number, numbers, read_table


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" $43.23 ", 43.23),
        ("$1,001.18 ", 1001.18),
        ("99,999.99", 99999.99),
        ("0", 0.0),
        ("$ 12", 12.0),
        (".5", 0.5),
        ("($3.50)", -3.5),
        ("-$3.50", -3.5),
    ],
)
def test_money_is_read(text, value):
    """Money in every dress that the files use."""
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["", " ", "$", "1,5", "1.234,50", "12,34.5", "€5", "1 000", "(3.50", "3.50)", "n/a", "1.2.3"]
)
def test_money_that_would_have_to_be_guessed_is_refused(text):
    """What could be read in two ways is refused."""
    with pytest.raises(ValueError, match="is no number"):
        number(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1931/5/18", dt.date(2018, 5, 31)),
        ("1930/9/19", dt.date(2019, 9, 30)),
        ("2014/6/18", dt.date(2018, 6, 14)),
        ("2029/12/18", dt.date(2018, 12, 29)),
        ("2018/7/20", dt.date(2020, 7, 18)),
        ("2/7/2018", dt.date(2018, 7, 2)),
        ("04/08/2018", dt.date(2018, 8, 4)),
        ("12/1/2019", dt.date(2019, 1, 12)),
    ],
)
def test_dates_are_turned_back(text, day):
    """Both kinds of date are read as the day that was meant."""
    assert date(text) == day


@pytest.mark.parametrize(
    "text", ["2012/6/18", "1929/6/18", "13/6/2018", "2031/6/18", "1931/6/18", "2/13/2018", "2018-06-14", ""]
)
def test_dates_that_the_spreadsheet_cannot_have_made_are_refused(text):
    """A text that fits neither kind is refused."""
    with pytest.raises(ValueError, match=r"is no|hides no|has a day"):
        date(text)


def test_faults_name_line_and_column(tmp_path):
    """A bad cell is named by its line in the file and its column."""
    path = tmp_path / "t.csv"
    path.write_text(" When ,Cost \r\n2/7/2018, $1.00 \r\n,\r\nsoon,free\r\n")
    notes: list[str] = []
    table = read_table(path, notes)
    assert list(table.columns) == ["When", "Cost"]
    assert notes == ["t.csv: nothing in line 3: left out"]
    with pytest.raises(ValueError, match="line 4, column 'Cost'"):
        numbers(table["Cost"])
    with pytest.raises(ValueError, match="line 4, column 'When'"):
        dates(table["When"])
    assert dates(table["When"].iloc[:1]).tolist() == [pd.Timestamp(2018, 7, 2)]
    assert numbers(table["Cost"].iloc[:1]).tolist() == [1.0]
