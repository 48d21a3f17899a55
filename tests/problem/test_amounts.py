"""Amounts that people write as text: read where they have one meaning, refused where they have two."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.problem.small import tables
from tests.problem.test_problem_files import read_faults, write_csv

import allocopt as ao
from allocopt.problem.amounts import amounts
from allocopt.problem.schema import TABLES

PRICE = TABLES["demand"].column("price")
FEE = TABLES["channels"].column("fee_rate")
UNITS = TABLES["supply"].column("units")
LEAD = TABLES["lanes"].column("lead")


def values(column: Any, *cells: Any, decimal: str = "") -> list[float | None]:
    """Return what cells of one column are read as."""
    return [found.value for found in amounts(column, cells, decimal)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$60.00", 60.0),
        ("60,00 €", 60.0),
        ("€ 1.234,50", 1234.5),
        ("US$ 1,234.50", 1234.5),
        ("EUR 5", 5.0),
        ("-$60", -60.0),
        ("$-60", -60.0),
        ("(60.00)", -60.0),
        ("60-", -60.0),
        ("\u221260", -60.0),
        ("12,50", 12.5),
        ("0,500", 0.5),
        ("1 060", 1060.0),
        ("1\u00a0060,5", 1060.5),
        ("1'060.50", 1060.5),
        ("1,060,000", 1060000.0),
        ("1.060.000", 1060000.0),
        ("1060,500", 1060.5),
        (" +4.50\t", 4.5),
        ("1e3", 1000.0),
        ("1.060", 1.06),
    ],
)
def test_an_amount_with_one_meaning_is_read(text: str, value: float) -> None:
    """Currency, separators, brackets and signs are understood wherever they stand; a point alone is decimal."""
    assert values(PRICE, text) == [value]


@pytest.mark.parametrize(
    "text",
    ["5 pcs", "1_000", "0x1F", "4 5", "four", "1,06,000", "-", ".", ",", "$", "--5", "(-5)", "$5%", "1,2.3", "１"],
)
def test_what_is_no_amount_is_none(text: str) -> None:
    """Units, other groups than of three digits, two signs and mere marks are not guessed at."""
    assert values(PRICE, text) == [None]


def test_an_amount_with_two_meanings_is_decided_by_its_column_only() -> None:
    """1,060 is refused unless another value, or somebody, says which sign is the decimal one."""
    assert values(PRICE, "1,060") == [None]
    assert values(PRICE, "1,060", "12.5") == [1060.0, 12.5]
    assert values(PRICE, "1,060", "12,5") == [1.06, 12.5]
    assert values(PRICE, "1.060", "12,5") == [1060.0, 12.5]
    assert values(PRICE, "1,060", "12,5", "12.5") == [None, 12.5, 12.5]
    assert values(PRICE, "1.060", "12,5", "12.5") == [None, 12.5, 12.5]
    assert values(PRICE, "1,060", decimal=",") == [1.06]
    assert values(PRICE, "1,060", "1.060", "12,5", decimal=".") == [1060.0, 1.06, None]


def test_marks_are_read_where_they_make_sense() -> None:
    """A percentage is a share, a currency is money, and a whole number has no decimals."""
    assert values(FEE, "15%", "12,5 %", "0.2") == [0.15, 0.125, 0.2]
    assert values(FEE, "$1") == [None]
    assert values(PRICE, "15%") == [None]
    assert values(UNITS, "$5", "5%") == [None, None]
    assert values(LEAD, "1,060") == [1060.0]


@pytest.mark.parametrize("text", ["$9007199254740993", "9,007,199,254,740,993", "(9 007 199 254 740 993)"])
def test_an_amount_beyond_what_a_double_holds_is_too_large(text: str, tmp_path: Path) -> None:
    """One unit above 2^53 is refused in every writing, and not taken for 2^53."""
    (column,) = values(PRICE, text)
    assert column is not None
    assert abs(column) > 2.0**53
    assert values(PRICE, "$9007199254740992") == [2.0**53]
    write_csv(tmp_path, demand={"price": [text, 1, 1]})
    assert [issue.code for issue in read_faults(tmp_path)] in (["number_too_large"], ["negative"])


def test_several_currencies_in_one_column_are_refused(tmp_path: Path) -> None:
    """Dollars are not added to euros: one fault, with both; two spellings of one currency are one."""
    assert values(PRICE, "$60", "€50", "7") == [None, None, 7.0]
    assert values(PRICE, "$60", "USD 50") == [60.0, 50.0]
    (issue,) = read_faults(write_csv(tmp_path, demand={"price": ["$60", "€50", "7"]}))
    assert (issue.code, issue.rows) == ("mixed_currencies", (2, 3))
    assert "2 ($60), 3 (€50)" in issue.message


STYLES = {
    "plain": ("", "."),
    "english": (",", "."),
    "german": (".", ","),
    "french": ("\u202f", ","),
    "swiss": ("’", "."),
}


def written(cents: int, group: str, decimal: str) -> str:
    """Return an amount as a country writes it."""
    return f"{cents / 100:,.2f}".replace(",", "G").replace(".", decimal).replace("G", group)


@settings(max_examples=100, deadline=None)
@given(
    cents=st.lists(st.integers(-(10**11), 10**11), min_size=1, max_size=5), style=st.sampled_from([*STYLES.values()])
)
def test_amounts_of_any_country_are_read_as_they_were_written(cents: list[int], style: tuple[str, str]) -> None:
    """With cents, an amount has one meaning, whatever sign sets groups and decimals apart."""
    assert values(PRICE, *(written(each, *style) for each in cents)) == [each / 100 for each in cents]


@settings(max_examples=200, deadline=None)
@example(cells=["01,000"])
@example(cells=["9000.2"])
@example(cells=["1000,000"])
@given(cells=st.lists(st.text("0123456789.,- '%$€()+eE", max_size=9), min_size=1, max_size=4))
def test_a_meaning_is_never_made_up(cells: list[str]) -> None:
    """What is read has the digits of the text in their order, and alone it has no second meaning."""
    for cell, found in zip(cells, amounts(PRICE, cells), strict=True):
        if found.value is not None and "e" not in cell.lower():
            read = f"{Decimal(repr(abs(found.value))):f}".replace(".", "").strip("0")
            assert read == "".join(filter(str.isdigit, cell)).strip("0")
    for cell in cells:
        if cell.count(",") == 1 and values(PRICE, cell) != [None]:
            after = "".join(filter(str.isdigit, cell.lower().partition(",")[2].partition("e")[0]))
            assert (
                "." in cell or len(after) != 3 or not 1 <= len(cell.partition(",")[0].strip("-+ $€(").lstrip("0")) <= 3
            )


def test_notes_say_what_was_understood(tmp_path: Path) -> None:
    """One note tells of all cells that were understood alike, with rows; strict reading refuses them."""
    write_csv(tmp_path, demand={"price": ["$10.00", "$12.00", "11"]}, channels={"fee_rate": ["15%", "0"]})
    problem = ao.Problem.read(tmp_path)
    assert problem.demand["price"].tolist() == [10.0, 12.0, 11.0]
    assert problem.channels["fee_rate"].tolist() == [0.15, 0.0]
    fee, price = sorted(problem.notes, key=lambda note: note.table)
    assert (price.rows, price.count, price.severity, price.code) == ((2, 3), 2, "note", "read_amount")
    assert "`price` is '$10.00', an amount with its currency, read as 10." in price.message
    assert "2 ($10.00), 3 ($12.00)" in price.message
    assert fee.message == "`fee_rate` is '15%', a percentage, read as 0.15."
    with pytest.raises(ao.DataError) as refused:
        ao.Problem.read(tmp_path, strict=True)
    assert [(issue.code, issue.rows) for issue in refused.value.issues] == [
        ("read_amount", (2,)),
        ("read_amount", (2, 3)),
    ]
    assert refused.value.issues[1].hint == "Write price as a plain number."


def test_a_cause_is_one_fault_however_many_rows_it_hits(tmp_path: Path) -> None:
    """24,000 prices that can be read in two ways are one entry, with their number and the first of them."""
    count = 24_000
    head, lines = (
        "sku,channel,period,units,price,order\n",
        (f'A,web,0,1,"1,{i % 900 + 100}",o{i}\n' for i in range(count)),
    )
    write_csv(tmp_path)
    (tmp_path / "demand.csv").write_text(head + "".join(lines))
    with pytest.raises(ao.DataError) as caught:
        ao.Problem.read(tmp_path)
    (issue,) = caught.value.issues
    assert (issue.code, issue.count, issue.rows[:3], len(issue.rows)) == ("two_meanings", count, (2, 3, 4), 1000)
    assert "'1,100', which can be read in two ways: 1100 or 1.100." in issue.message
    assert "24,000 rows: 2 (1,100), 3 (1,101)" in issue.message
    frame = caught.value.to_frame()
    assert frame[["table", "column", "row", "count"]].values.tolist() == [["demand", "price", 2, count]]


def test_programs_are_told_in_their_own_words() -> None:
    """Frames and JSON hold numbers: text in them is a fault, and its remedy speaks of what was sent."""
    with pytest.raises(ao.DataError, match="Give numbers, not text") as caught:
        ao.Problem.from_dict(tables(demand={"price": ["10", "12", "11"]}))
    assert "pandas" not in str(caught.value)
