"""Readers of what spreadsheets mangle."""

from __future__ import annotations

import pytest
from benchmarks.real.mangled import number, numbers, read_table


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
    assert numbers(table["Cost"].iloc[:1]).tolist() == [1.0]
