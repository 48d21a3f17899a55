"""Files as offices write them: other separators and dates, periods side by side, remarks, units and currencies."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.problem.test_problem_files import read_faults, write_book

import allocopt as ao

DEMAND = [
    ["sku", "channel", "period", "units", "price"],
    ["00123", "web", 0, 6, 10.5],
    ["A-7", "amazon", 0, 3, 60],
    ["A-7", "web", 1, 2, 12],
]


def sheets(**changes: list[list[Any]]) -> dict[str, list[list[Any]]]:
    """Return a small problem as sheets, some of them others."""
    return {
        "skus": [["sku", "unit_cost"], ["00123", 4], ["A-7", 6.5]],
        "nodes": [["node"], ["East"]],
        "channels": [["channel"], ["web"], ["amazon"]],
        "supply": [["sku", "node", "kind", "units"], ["00123", "East", "on_hand", 10], ["A-7", "East", "on_hand", 5]],
        "demand": DEMAND,
        "lanes": [["node", "channel"], ["East", "web"], ["East", "amazon"]],
        **changes,
    }


def folder(path: Path, **files: bytes) -> Path:
    """Write the problem as CSV files, some of them as they are given."""
    for name, rows in sheets().items():
        text = "".join(",".join(map(str, row)) + "\n" for row in rows)
        (path / f"{name}.csv").write_bytes(files.get(name, text.encode()))
    return path


def notes(problem: ao.Problem) -> list[str]:
    """Return the codes of what was understood."""
    return [note.code for note in problem.notes]


@pytest.mark.parametrize(
    ("dressed", "codes"),
    [
        (lambda text: text.replace(",", ";").replace("10.5", "10,5").encode(), ["read_separator", "read_amount"]),
        (lambda text: text.replace(",", "\t").encode("utf-16"), ["read_encoding", "read_separator"]),
        (lambda text: ("sep=|\r\n" + text.replace(",", "|").replace("\n", "\r\n")).encode(), ["read_separator"]),
        (lambda text: ("Plan, week 48\n\n" + text).replace(",", ";").encode(), ["read_separator", "title"]),
        (lambda text: text.replace("00123", '="00123"').encode(), ["read_text"]),
    ],
    ids=["semicolons", "UTF-16 and tabs", "sep=", "title and semicolons", "text in armour"],
)
def test_csv_as_spreadsheets_save_it(dressed: Any, codes: list[str], tmp_path: Path) -> None:
    """What sets columns apart, how text is encoded and what protects ids is understood, and said."""
    clean = ao.Problem.read(folder(tmp_path))
    text = (tmp_path / "demand.csv").read_text()
    problem = ao.Problem.read(folder(tmp_path, demand=dressed(text)))
    assert problem.demand.equals(clean.demand)
    assert notes(problem) == codes
    with pytest.raises(ao.DataError, match="Reading is strict"):
        ao.Problem.read(tmp_path, strict=True)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_lines_of_other_separators_are_named_as_they_stand(separator: str, tmp_path: Path) -> None:
    """A fault in such a file names its line, below titles too."""
    text = "Plan\n\nsku,channel,period,units,price\n00123,wbe,0,6,10\n".replace(",", separator)
    (fault,) = read_faults(folder(tmp_path, demand=text.encode()))
    assert (fault.code, fault.row, fault.value) == ("unknown_id", 4, "wbe")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (["* prices as of Monday"], "sku"),
        ([None, None, "[week]", "[pcs]", "[EUR]"], "period"),
        ([None, None, None, 11], "units"),
        (["text", "text", "number", "pieces", "EUR"], "sku"),
    ],
    ids=["footnote", "units", "sum without a word", "types"],
)
@pytest.mark.parametrize("place", [1, 4])
def test_a_row_that_is_none_is_one_fault(row: list[Any], column: str, place: int, tmp_path: Path) -> None:
    """A remark, units under the header or a bare sum is told once, whatever it lacks."""
    (fault,) = read_faults(write_book(tmp_path / "b.xlsx", sheets(demand=[*DEMAND[:place], row, *DEMAND[place:]])))
    assert (fault.code, fault.row, fault.column) == ("remark", 1 + place, column)


def test_rows_that_lack_the_same_are_no_remarks(tmp_path: Path) -> None:
    """Where most rows lack a column, that is the cause, and no row is passed over."""
    rows = [[*row[:2], None, None, row[4]] for row in DEMAND[1:]]
    found = read_faults(write_book(tmp_path / "b.xlsx", sheets(demand=[DEMAND[0], *rows])))
    assert [(issue.code, issue.column, issue.count) for issue in found] == [
        ("blank", "period", 3),
        ("blank", "units", 3),
    ]


def test_a_header_that_is_there_again_is_passed_over(tmp_path: Path) -> None:
    """Prints repeat the header on every page; it says nothing new, in tables of ids alone neither."""
    lanes = sheets()["lanes"]
    pages = sheets(demand=[*DEMAND[:2], DEMAND[0], *DEMAND[2:]], lanes=[*lanes, ["Node", "Channel"]])
    problem = ao.Problem.read(write_book(tmp_path / "b.xlsx", pages))
    assert (len(problem.demand), len(problem.lanes)) == (3, 2)
    assert [(note.table, note.row) for note in problem.notes if note.code == "header_again"] == [
        ("demand", 3),
        ("lanes", 4),
    ]


def dated(days: list[Any]) -> list[list[Any]]:
    """Return demand with days for periods."""
    return [DEMAND[0], *([*row[:2], day, *row[3:]] for row, day in zip(DEMAND[1:], days, strict=True))]


@pytest.mark.parametrize(
    "days",
    [
        ["30.11.2026", "30.11.2026", "7.12.2026"],
        ["11/30/2026", "11/30/2026", "12/07/2026"],
        ["30/11/2026", "30-11-2026", "07/12/2026"],
        ["2026/11/30", "30 Nov 2026", "December 7, 2026"],
        ["30.11.2026 00:00", "2026-11-30", "07.12.2026 00:00:00"],
    ],
)
def test_days_as_people_write_them(days: list[str], tmp_path: Path) -> None:
    """A day with one meaning is read, and one that could have two as the others of its column."""
    problem = ao.Problem.read(write_book(tmp_path / "b.xlsx", sheets(demand=dated(days))))
    assert problem.periods["start"].dt.date.tolist() == [dt.date(2026, 11, 30), dt.date(2026, 12, 7)]
    assert notes(problem) == ["read_day", "made_periods"]


def test_days_with_two_meanings_are_refused(tmp_path: Path) -> None:
    """Where no day of the column says which number is the month, or two of them disagree, nobody guesses."""
    (fault,) = read_faults(write_book(tmp_path / "b.xlsx", sheets(demand=dated(["01/02/2026"] * 2 + ["08/02/2026"]))))
    assert (fault.code, fault.count) == ("bad_date", 3)
    assert "can be read in two ways: 2026-01-02 or 2026-02-01" in fault.message
    torn = read_faults(
        write_book(tmp_path / "c.xlsx", sheets(demand=dated(["30/11/2026", "12/31/2026", "01/02/2026"])))
    )
    assert [(issue.code, issue.count, issue.value) for issue in torn] == [("bad_date", 1, "01/02/2026")]
    none = read_faults(write_book(tmp_path / "d.xlsx", sheets(demand=dated(["31.02.2026"] * 3))))
    assert "is neither a period nor a date" in none[0].message


def wide(heads: list[Any], *more: list[Any]) -> list[list[Any]]:
    """Return demand with a column a period."""
    rows = [["00123", "web", 10.5, 6, None], ["A-7", "amazon", 60, 3, ""], ["A-7", "web", 12, None, 2]]
    return [["sku", "channel", "price", *heads], *rows, *more]


@pytest.mark.parametrize(
    "heads",
    [["2026-W49", "2026-W50"], [dt.datetime(2026, 11, 30), dt.datetime(2026, 12, 7)], ["30.11.2026", "07.12.2026"]],
    ids=["weeks", "days", "text"],
)
def test_periods_side_by_side_are_rows(heads: list[Any], tmp_path: Path) -> None:
    """A column a week is a row a week; a blank cell is none, and faults name the row that the file has."""
    problem = ao.Problem.read(write_book(tmp_path / "b.xlsx", sheets(demand=wide(heads))))
    assert problem.demand[["sku", "channel", "period", "units"]].values.tolist() == [row[:4] for row in DEMAND[1:]]
    assert notes(problem) == ["read_wide", "made_periods"]
    spoilt = wide(heads, ["A-7", "wbe", 9, 1, 1], ["00123", "amazon", 9, "#REF!", "two"])
    found = read_faults(write_book(tmp_path / "c.xlsx", sheets(demand=spoilt)))
    assert [(issue.code, issue.rows) for issue in found] == [
        ("formula_error", (6,)),
        ("not_a_number", (6,)),
        ("unknown_id", (5,)),
    ]
    assert [issue.count for issue in found] == [1, 1, 1]


def test_months_side_by_side_are_months(tmp_path: Path) -> None:
    """A column a month makes months, those two also that begin on one weekday."""
    demand = wide(["Feb 2026", "March 2026"])
    problem = ao.Problem.read(write_book(tmp_path / "b.xlsx", sheets(demand=demand)))
    assert problem.periods["end"].dt.date.tolist() == [dt.date(2026, 2, 28), dt.date(2026, 3, 31)]
    assert problem.demand["period"].tolist() == [0, 0, 1]


@pytest.mark.parametrize(("table", "column"), [("demand", "period"), ("supply", "available")])
def test_days_as_spreadsheets_count_them_are_told_as_days(table: str, column: str, tmp_path: Path) -> None:
    """A column of dates that lost its format holds numbers such as 46356, which are no periods."""
    rows = dated([46356, 46356, 46363]) if table == "demand" else sheets()["supply"]
    if table == "supply":
        rows = [[*rows[0], "available"], [*rows[1], 46356], [*rows[2], None]]
    (fault,) = read_faults(write_book(tmp_path / "b.xlsx", sheets(**{table: rows})))
    assert (fault.code, fault.column) == ("number_too_large", column)
    assert "(2026-11-30): format the column as dates" in fault.hint


@pytest.mark.parametrize("header", ["Price [EUR]", "price (€ / pc)", "Price (EUR per unit)"])
def test_a_unit_in_a_header_that_says_nothing_new(header: str, tmp_path: Path) -> None:
    """Pieces and one currency are what the columns are in anyway; cases and hours are not."""
    heads = ["sku", "channel", "period", "Units (pcs)", header]
    problem = ao.Problem.read(write_book(tmp_path / "b.xlsx", sheets(demand=[heads, *DEMAND[1:]])))
    assert problem.demand["price"].tolist() == [10.5, 60, 12]
    heads[3] = "Units (cases)"
    found = read_faults(write_book(tmp_path / "c.xlsx", sheets(demand=[heads, *DEMAND[1:]])))
    assert [(issue.code, issue.column) for issue in found] == [("missing_column", "units")]
    assert "'Units (cases)'" in found[0].message


@pytest.mark.parametrize("header", ["price", "Price [USD]"])
@pytest.mark.parametrize("currency", ["", "EUR", "USD", "CAD"])
def test_two_currencies_in_one_problem_are_a_fault(header: str, currency: str, tmp_path: Path) -> None:
    """Amounts in dollars among those in euros are told, against the currency of the problem if it has one."""
    prices = ["$10.50", "$60", "$12"] if header == "price" else [10.5, 60, 12]
    rows = [[*row[:4], price] for row, price in zip(DEMAND[1:], prices, strict=True)]
    skus = [["sku", "unit_cost"], ["00123", "4 €"], ["A-7", "6.50 €"]]
    book = sheets(skus=skus, demand=[[*DEMAND[0][:4], header], *rows])
    if currency:
        book["problem"] = [["key", "value"], ["currency", currency]]
    (fault,) = read_faults(write_book(tmp_path / "b.xlsx", book))
    assert fault.code == "mixed_currencies"
    assert (fault.table, fault.column) == (("skus", "unit_cost") if currency in ("USD", "CAD") else ("demand", "price"))
    del book["skus"]
    book["skus"] = sheets()["skus"]
    if currency != "EUR":  # a dollar may be that of Canada
        assert ao.Problem.read(write_book(tmp_path / "c.xlsx", book)).demand["price"].tolist() == [10.5, 60, 12]


def test_a_dash_for_the_cents_is_no_sign(tmp_path: Path) -> None:
    """``12.-`` is twelve, as Swiss price lists write it, and not less than nothing."""
    rows = [[*row[:4], price] for row, price in zip(DEMAND[1:], ["10.50", "CHF 60.-", "12,--"], strict=True)]
    problem = ao.Problem.read(write_book(tmp_path / "b.xlsx", sheets(demand=[DEMAND[0], *rows])))
    assert problem.demand["price"].tolist() == [10.5, 60, 12]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_however_a_table_is_dressed_it_says_the_same(data: st.DataObject) -> None:
    """Separator, encoding, form of days, units in headers, repeated headers and titles change no number, in any mix."""
    rows = data.draw(
        st.lists(
            st.tuples(st.sampled_from(["00123", "A-7"]), st.sampled_from(["web", "amazon"]), st.integers(0, 5)),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    amounts = [(data.draw(st.integers(0, 2_000)), data.draw(st.integers(1, 99_999)) / 100) for _ in rows]
    days = [dt.date(2026, 11, 30) + dt.timedelta(weeks=week) for _, _, week in rows]
    form = data.draw(st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%d %b %Y"]))
    separator = data.draw(st.sampled_from(",;\t|"))
    comma = separator != "," and data.draw(st.booleans())
    lines = [
        [sku, channel, day.strftime(form), str(units), f"{price:.2f}".replace(".", "," if comma else ".")]
        for (sku, channel, _), day, (units, price) in zip(rows, days, amounts, strict=True)
    ]
    header = ["sku", "channel", "period", data.draw(st.sampled_from(["units", "Units (pcs)"])), "Price"]
    again = data.draw(st.integers(0, len(lines)))
    lines = [header, *lines[:again], *([header] if data.draw(st.booleans()) else []), *lines[again:]]
    text = data.draw(st.sampled_from(["", "Plan of the week\n\n"])) + "".join(
        separator.join(line) + "\n" for line in lines
    )
    with tempfile.TemporaryDirectory() as place:
        path = folder(Path(place), demand=text.encode(data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))))
        problem = ao.Problem.read(path)
    assert [tuple(row) for row in problem.demand[["sku", "channel", "units", "price"]].values.tolist()] == [
        (sku, channel, units, price) for (sku, channel, _), (units, price) in zip(rows, amounts, strict=True)
    ]
    starts = problem.periods.set_index("period")["start"].dt.date
    assert [starts[period] for period in problem.demand["period"]] == days


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "holds nothing"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "protected by a password"),
        (b"sku,unit_cost\nA,1\n", "is text under the name of a workbook"),
        (b"PK\x03\x04 broken", "cannot be read"),
    ],
    ids=["empty", "old or locked", "text", "damaged"],
)
def test_what_is_no_workbook_is_told_by_how_it_begins(content: bytes, told: str, tmp_path: Path) -> None:
    """A planner is told what the file is, not which of its reader's parts failed."""
    (tmp_path / "b.xlsx").write_bytes(content)
    (fault,) = read_faults(tmp_path / "b.xlsx")
    assert fault.code == "bad_file"
    assert told in fault.message


def test_a_folder_with_a_workbook_alone_names_it(tmp_path: Path) -> None:
    """Whoever gives the folder of a workbook is told to give the workbook."""
    write_book(tmp_path / "tables.xlsx", sheets())
    (fault,) = read_faults(tmp_path)
    assert "tables.xlsx" in fault.hint


def test_an_invisible_character_is_one_fault(tmp_path: Path) -> None:
    """What looks like a known id is told as untidy, and not as unknown besides; where it is declared so neither."""
    rows = [[*DEMAND[1][:1], "web\u200b", *DEMAND[1][2:]], *DEMAND[2:]]
    found = read_faults(write_book(tmp_path / "b.xlsx", sheets(demand=[DEMAND[0], *rows])))
    assert [(issue.code, issue.row) for issue in found] == [("untidy_id", 2)]
    found = read_faults(write_book(tmp_path / "c.xlsx", sheets(nodes=[["node"], ["East\u200b"]])))
    assert [(issue.table, issue.code) for issue in found] == [("nodes", "untidy_id")]


def test_a_dash_where_nothing_is_said_is_told_to_be_left_out(tmp_path: Path) -> None:
    """Placeholders are not read as a blank or as 0, which may both be meant; the remedy is theirs."""
    skus = [["sku", "unit_cost", "map_price"], ["00123", 4, "-"], ["A-7", 6.5, "n/a"]]
    (fault,) = read_faults(write_book(tmp_path / "b.xlsx", sheets(skus=skus)))
    assert (fault.code, fault.count) == ("not_a_number", 2)
    assert fault.hint == "Leave the cell blank where there is nothing to say."


@pytest.mark.parametrize(("yes", "no"), [("Y", "n"), ("WAHR", "FALSCH"), ("ja", "Nein"), ("T", "f"), (1, 0)])
def test_flags_in_other_words(yes: Any, no: Any, tmp_path: Path) -> None:
    """Letters and the words of other spreadsheets are flags with one meaning; a cross is not."""
    heads = [*DEMAND[0], "firm"]
    rows = [[*row, flag] for row, flag in zip(DEMAND[1:], [yes, no, None], strict=True)]
    assert ao.Problem.read(write_book(tmp_path / "b.xlsx", sheets(demand=[heads, *rows]))).demand["firm"].tolist() == [
        True,
        False,
        False,
    ]
    rows[0][-1] = "x"
    assert [issue.code for issue in read_faults(write_book(tmp_path / "c.xlsx", sheets(demand=[heads, *rows])))] == [
        "not_a_flag"
    ]
