"""Files are read as a careful colleague reads them: what has one meaning is read with a note, never silently."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from tests.problem.small import build, frames, tables
from tests.problem.test_problem_files import read_faults, sheets, write_book, write_csv

import allocopt as ao
from allocopt.errors import Issue
from allocopt.problem.schema import TABLES, Column

OPTIONAL = [
    (name, column)
    for name, table in TABLES.items()
    if name != "periods"
    for column in table.columns
    if not column.required
]
FULL = tables(
    capacity={"node": ["East"], "period": [0], "limit": [5]}, workloads={"resource": ["hours"], "workload": [0.5]}
)


def write_rows(path: Path, rows: list[list[Any]]) -> None:
    """Write a CSV file row by row."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def codes(path: Path, **settings: Any) -> list[str]:
    """Return the codes of the notes of a file."""
    return [note.code for note in ao.Problem.read(path, **settings).notes]


@pytest.mark.parametrize("form", ["frame", "nan", "csv", "xlsx", "json"])
@pytest.mark.parametrize(("name", "column"), OPTIONAL, ids=lambda each: getattr(each, "name", each))
def test_a_blank_in_an_optional_column_is_its_default(name: str, column: Column, form: str, tmp_path: Path) -> None:
    """A column of blanks says what a column says that was left out, in every form and without a note."""
    given = {table: dict(columns) for table, columns in FULL.items()}
    length = len(given[name][TABLES[name].columns[0].name])
    given[name].pop(column.name, None)
    expected = ao.Problem.from_dict(given).to_dict()
    given[name][column.name] = [None] * length
    if form in ("frame", "nan"):
        made = {table: pd.DataFrame(columns) for table, columns in given.items()}
        made[name][column.name] = None if form == "frame" else math.nan
        problem = ao.Problem(**made)
    elif form == "csv":
        for table, columns in given.items():
            pd.DataFrame(columns).to_csv(tmp_path / f"{table}.csv", index=False)
        problem = ao.Problem.read(tmp_path)
    elif form == "xlsx":
        rows = {table: [list(each), *map(list, zip(*each.values(), strict=True))] for table, each in given.items()}
        problem = ao.Problem.read(write_book(tmp_path / "book.xlsx", rows))
    else:
        problem = ao.Problem.from_dict(given)
    assert problem.to_dict() == expected
    assert problem.notes == ()


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA, pd.NaT])
def test_a_missing_value_among_others_is_the_default(missing: Any) -> None:
    """One cell without a value, of whatever kind, says the default; in a required column it is a fault."""
    given = {"available": [1, missing, 0], "confidence": [0.5, missing, 1], "hold": [True, missing, False]}
    problem = build(supply=given)
    assert problem.supply["available"].tolist() == [1, 0, 0]
    assert problem.supply["confidence"].tolist() == [0.5, 1.0, 1.0]
    assert problem.supply["hold"].tolist() == [True, False, False]
    with pytest.raises(ao.DataError, match="`units` is"):
        build(supply={"units": [1, missing, 1]})


def test_headers_differ_by_case_blanks_and_hyphens(tmp_path: Path) -> None:
    """A header is read by its meaning, with one note a table; two that mean the same are a fault."""
    write_csv(tmp_path)
    (tmp_path / "skus.csv").write_text("SKU , Unit-Cost\nA,4\nB,6\n")
    problem = ao.Problem.read(tmp_path)
    assert problem.to_dict() == build().to_dict()
    (note,) = problem.notes
    assert (note.code, note.message) == ("read_header", "The header says 'SKU ' for sku, ' Unit-Cost' for unit_cost.")
    with pytest.raises(ao.DataError, match=r"Reading is strict\. Write sku, unit_cost"):
        ao.Problem.read(tmp_path, strict=True)
    (tmp_path / "skus.csv").write_text("sku,unit_cost,Unit Cost\nA,4,5\nB,6,7\n")
    assert [issue.code for issue in read_faults(tmp_path)] == ["duplicate_column"]


@pytest.mark.parametrize(
    ("header", "told"),
    [("Colour", None), ("Remark", None), ("unit_kost", "unit_cost"), ("cost", "unit_cost"), ("divisble", "divisible")],
)
def test_a_column_of_the_planner_is_left_out_and_a_slip_is_not(header: str, told: str | None, tmp_path: Path) -> None:
    """What is like no free column is a note; what is close to one may be meant for it, which is a fault."""
    write_csv(tmp_path)
    (tmp_path / "skus.csv").write_text(f"sku,{header}\nA,4\nB,6\n")
    if told is None:
        assert (
            ao.Problem.read(tmp_path).notes[0].message == f"The column {header!r} is none of this table and left out."
        )
        return
    (issue,) = read_faults(tmp_path)
    assert (issue.code, issue.column) == ("unknown_column", header)
    assert f"Did you mean {told!r}?" in issue.message


def test_columns_without_a_name_and_twins_of_the_planner_are_left_out(tmp_path: Path) -> None:
    """Commas at the end of every line, and two columns `Note` of the planner, are no faults; a twin of ours is one."""
    write_csv(tmp_path)
    (tmp_path / "skus.csv").write_text("sku,unit_cost,Note,Note,,\nA,4,x,y,,\nB,6,,,,\n")
    problem = ao.Problem.read(tmp_path)
    assert problem.to_dict() == build().to_dict()
    assert [note.code for note in problem.notes] == ["left_out"]
    (tmp_path / "skus.csv").write_text("sku,unit_cost,unit_cost\nA,4,5\nB,6,7\n")
    assert [issue.code for issue in read_faults(tmp_path)] == ["duplicate_column"]


def test_a_missing_column_is_one_fault_that_names_the_others(tmp_path: Path) -> None:
    """Who called units `Qty` is told so once; who misspelled it is told the misspelling alone."""
    write_csv(tmp_path)
    text = (tmp_path / "supply.csv").read_text()
    for header, code in (("Qty", "missing_column"), ("unitss", "unknown_column")):
        (tmp_path / "supply.csv").write_text(text.replace("units", header))
        (issue,) = read_faults(tmp_path)
        assert issue.code == code
        assert header in issue.message


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_titles_above_the_header_are_passed_over(form: str, tmp_path: Path) -> None:
    """The header is the row that names the columns, and rows keep the numbers that they have in the file."""
    title = [["Demand plan, week 48"], [], ['as of "today"', "by K."]]
    rows = sheets(demand={"units": [6, -5, 8]})["demand"]
    if form == "xlsx":
        path = write_book(tmp_path / "book.xlsx", sheets() | {"demand": [*title, *rows]})
    else:
        path = write_csv(tmp_path)
        write_rows(path / "demand.csv", [*title, *rows])
    (issue,) = read_faults(path)
    assert (issue.code, issue.row) == ("negative", 6)
    rows[2][3] = 5
    if form == "xlsx":
        write_book(path, sheets() | {"demand": [*title, *rows]})
    else:
        write_rows(path / "demand.csv", [*title, *rows])
    problem = ao.Problem.read(path)
    assert problem.to_dict() == build().to_dict()
    (note,) = problem.notes
    assert (note.code, note.row) == ("title", 1)
    assert "'Demand plan, week 48'" in note.message


def test_a_title_before_line_breaks_in_quotes_keeps_the_lines(tmp_path: Path) -> None:
    """Lines are counted as the editor counts them, also where a title has a line break of its own."""
    write_csv(tmp_path)
    (tmp_path / "skus.csv").write_bytes(b'"Articles\r\nof the season",\r\n\r\nsku,unit_cost\r\nA,4\r\nB,-6\r\n')
    (issue,) = read_faults(tmp_path)
    assert (issue.code, issue.row) == ("negative", 6)


def test_a_table_without_any_header_is_one_fault(tmp_path: Path) -> None:
    """Data under no header says so once, and not that every column is missing and unknown."""
    for rows in ([["A", 4], ["B", 6]], [["Articles"], ["A", 4]]):
        (issue,) = read_faults(write_book(tmp_path / "book.xlsx", sheets() | {"skus": rows}))
        assert (issue.table, issue.code) == ("skus", "no_header")
        assert "title" in issue.hint


def test_sheets_and_files_are_called_as_people_call_them(tmp_path: Path) -> None:
    """Case and blanks do not matter, other sheets are left out with a note, and two for one table are a fault."""
    book = {name.title(): rows for name, rows in sheets().items()} | {"Pivot": [["x"]], "Notes": [["call Anna"]]}
    path = write_book(tmp_path / "book.xlsx", book)
    assert ao.Problem.read(path).to_dict() == build().to_dict()
    assert codes(path) == ["read_table", "left_out", "left_out"]
    twice = write_book(tmp_path / "twice.xlsx", sheets() | {" skus ": [["sku"], ["A"]]})
    assert [issue.code for issue in read_faults(twice)] == ["duplicate_table"]
    folder = write_csv(tmp_path)
    (folder / "supply.csv").rename(folder / "Supply.csv")
    (folder / "export 2026.csv").write_text("anything\n")
    assert codes(folder) == ["read_table", "left_out"]
    nothing = write_book(tmp_path / "nothing.xlsx", {"Sheet1": [["x"]]})
    assert [issue.code for issue in read_faults(nothing)] == ["no_such_path"]


def test_a_sheet_close_to_a_missing_table_is_a_fault(tmp_path: Path) -> None:
    """The table may be lost behind a slip: one fault, and no other says that it is missing."""
    book = {"Dmand" if name == "demand" else name: rows for name, rows in sheets().items()}
    (issue,) = read_faults(write_book(tmp_path / "book.xlsx", book))
    assert (issue.code, issue.value) == ("unknown_table", "Dmand")
    assert "'demand'" in issue.message


def test_text_in_cells_is_read_as_in_csv(tmp_path: Path) -> None:
    """Numbers, flags and choices that a workbook holds as text are what they say."""
    book = sheets(
        skus={"divisible": ["FALSE", "yes"]},
        supply={"units": ["10", " 5 ", 7], "kind": ["On Hand", "INBOUND", "on-hand"]},
    )
    problem = ao.Problem.read(write_book(tmp_path / "book.xlsx", book))
    assert problem.skus["divisible"].tolist() == [False, True]
    assert problem.supply["units"].tolist() == [10, 5, 7]
    assert problem.supply["kind"].tolist() == ["on_hand", "inbound", "on_hand"]
    assert {note.code: note.count for note in problem.notes} == {"read_amount": 2, "read_choice": 3}


def test_white_space_around_ids_is_taken_off(tmp_path: Path) -> None:
    """An id is found whatever blanks stand around it; an id that is blank then is blank, one inside another a fault."""
    write_csv(tmp_path, supply={"sku": [" A", "B\u00a0", "A"]}, lanes={"region": ["", " ", "", ""]})
    problem = ao.Problem.read(tmp_path)
    assert problem.supply["sku"].tolist() == ["A", "B", "A"]
    assert [(note.code, note.rows) for note in problem.notes] == [("trimmed", (2, 3))]
    write_csv(tmp_path, supply={"sku": ["A", "  ", "A"]})
    assert [issue.code for issue in read_faults(tmp_path)] == ["blank"]
    write_csv(tmp_path, supply={"sku": ["A", "B\u200b", "A"]})
    assert [issue.code for issue in read_faults(tmp_path)] == ["untidy_id"]


def test_a_formula_that_fails_is_named(tmp_path: Path) -> None:
    """#REF! is told as what it is, in amounts and in ids, and brings no other fault."""
    book = sheets(demand={"price": [10, "#REF!", 11], "order": ["a", "b", "#N/A"]})
    found = read_faults(write_book(tmp_path / "book.xlsx", book))
    assert [(issue.code, issue.column, issue.row, issue.value) for issue in found] == [
        ("formula_error", "price", 3, "#REF!"),
        ("formula_error", "order", 4, "#N/A"),
    ]


def test_a_formula_that_was_never_calculated_is_no_blank(tmp_path: Path) -> None:
    """A program wrote it and nothing has run it: its cell is not the default, but a fault that says what to do."""
    book = sheets(lanes={"cost": [1.0, "=1+1", 2.0, 0.5]}, demand={"price": ["=5*2", "=6*2", 11]})
    found = read_faults(write_book(tmp_path / "book.xlsx", book))
    assert [(issue.code, issue.table, issue.rows) for issue in found] == [
        ("formula_error", "demand", (2, 3)),
        ("formula_error", "lanes", (3,)),
    ]
    assert "never calculated" in found[0].message
    assert "save it" in found[0].hint


def test_days_of_utc_stamps_are_said_to_be_utc(tmp_path: Path) -> None:
    """Half past eleven at night in New York is the next day in UTC: whoever sends UTC is told so."""
    days = ["2026-11-30", "2026-12-01"]
    stamp = "2026-11-30T23:30:00-05:00"
    calendar = {"period": [0, 1], "start": days, "end": days}
    local = build(supply={"available": [stamp] * 3}, periods=calendar)
    assert (local.supply["available"].tolist(), local.notes) == ([0, 0, 0], ())
    for form in (pd.to_datetime(pd.Series([stamp] * 3), utc=True), ["2026-12-01T04:30:00Z"] * 3):
        given = frames(periods=calendar)
        given["supply"]["available"] = form
        problem = ao.Problem(**given)
        assert problem.supply["available"].tolist() == [1, 1, 1]
        (note,) = problem.notes
        assert (note.code, note.count) == ("utc", 3)
        assert "UTC" in note.message


@pytest.mark.parametrize(
    ("label", "total"), [("Total", True), ("Grand total:", True), ("Summe", True), ("Totem", False)]
)
def test_a_total_row_is_one_fault(label: str, total: bool, tmp_path: Path) -> None:
    """A row that sums up others is told as such alone, and not by every cell that it leaves blank."""
    book = sheets()
    book["supply"].append([label, None, None, 22])
    found = read_faults(write_book(tmp_path / "book.xlsx", book))
    assert [(issue.code, issue.row) for issue in found if issue.code == "total_row"] == [("total_row", 5)] * total
    assert (len(found) == 1) == total


def test_an_article_may_be_called_total(tmp_path: Path) -> None:
    """A row that says all it has to say is no total, whatever its article is called."""
    three = ["Total", "B", "Total"]
    path = write_csv(tmp_path, skus={"sku": ["Total", "B"]}, supply={"sku": three}, demand={"sku": three})
    assert ao.Problem.read(path).skus["sku"].tolist() == ["Total", "B"]


def test_zeros_that_a_spreadsheet_ate_are_one_fault(tmp_path: Path) -> None:
    """Ids that lost their zeros, or their case, in a whole column are one cause; other misspellings one each."""
    ids = [f"{number:05d}" for number in range(1, 41)]
    given = {"sku": ids, "unit_cost": [1.0] * 40}
    one = {"channel": ["web"] * 40, "period": [0] * 40, "units": [1] * 40, "price": [5.0] * 40}
    lots = {"sku": ids[:3]}
    found = faults_of(skus=given, demand={"sku": [each.lstrip("0") for each in ids], **one}, supply=lots)
    assert [(issue.code, issue.count) for issue in found] == [("unknown_id", 40)]
    assert "Did you mean '00001'? Leading zeros were lost." in found[0].message
    found = faults_of(skus=given, demand={"sku": ["x1", "x2", *ids[2:]], **one}, supply=lots)
    assert [(issue.code, issue.value) for issue in found] == [("unknown_id", "x1"), ("unknown_id", "x2")]
    strangers = faults_of(skus=given, demand={"sku": [f"strange {each}" for each in ids], **one}, supply=lots)
    assert len(strangers) == 21
    assert sum(issue.count for issue in strangers) == 40


def faults_of(**changes: Any) -> tuple[Issue, ...]:
    """Return the faults of changed tables."""
    with pytest.raises(ao.DataError) as caught:
        build(**changes)
    return caught.value.issues


def test_what_is_read_with_notes_is_what_the_clean_file_says(tmp_path: Path) -> None:
    """Text, titles and headers change nothing of the problem, and its notes are gone from what it is sent as."""
    book = sheets(demand={"price": ["$10.00", "$12.00", "$11.00"]})
    book["demand"] = [["Demand"], [name.upper() for name in book["demand"][0]], *book["demand"][1:]]
    problem = ao.Problem.read(write_book(tmp_path / "book.xlsx", book))
    assert problem.to_dict() == build().to_dict()
    assert len(problem.notes) == 3
    assert ao.Problem.from_dict(problem.to_dict()).notes == ()
    assert "The header says" in problem._repr_html_()


def test_reading_takes_known_settings_only(tmp_path: Path) -> None:
    """What is neither true nor false, and a way of reading debts that there is not, is refused as an argument."""
    write_csv(tmp_path)
    with pytest.raises(TypeError, match="strict must be True or False"):
        ao.Problem.read(tmp_path, strict="yes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="negative must be one of 'error', 'net'"):
        ao.Problem.read(tmp_path, negative="zero")  # type: ignore[arg-type]


def test_a_strict_reading_of_clean_files_is_no_other(tmp_path: Path) -> None:
    """Files as allocopt documents them are read without a note, so that strict reading takes them."""
    packs = Path(__file__).parents[2] / "scenarios"
    for pack in (packs / "quickstart", packs / "holiday_promo"):
        assert ao.Problem.read(pack, strict=True).to_dict() == ao.Problem.read(pack).to_dict()
    book = openpyxl.load_workbook(write_book(tmp_path / "book.xlsx", sheets()))
    assert book.sheetnames == list(sheets())
    assert ao.Problem.read(tmp_path / "book.xlsx", strict=True).notes == ()
