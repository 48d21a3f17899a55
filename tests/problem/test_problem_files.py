"""Folders, workbooks, frames and plain values all give the same problem, with rows named as in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.problem.small import build, frames, tables

from allocopt.errors import DataError, Issue
from allocopt.problem import Problem

AWKWARD = ["00123", "NA", "1E5", "nan", "None", "null", "TRUE", "1.0", "-", "#N/A", "inf", 'Ä,"ö"', "2026-01-01"]


def write_csv(folder: Path, **changes: Any) -> Path:
    """Write the small problem as a folder of CSV files."""
    for name, frame in frames(**changes).items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def read_faults(path: Path) -> tuple[Issue, ...]:
    """Return the faults of a folder or workbook."""
    with pytest.raises(DataError) as caught:
        Problem.read(path)
    return caught.value.issues


def awkward(ids: list[str]) -> dict[str, Any]:
    """Return changes that use ids which spreadsheets and parsers like to change."""
    count = len(ids)
    return {
        "skus": {"sku": ids, "unit_cost": list(range(count))},
        "supply": {"sku": ids, "node": ["East"] * count, "kind": ["on_hand"] * count, "units": [1] * count},
        "demand": {
            "sku": ids,
            "channel": ["web"] * count,
            "period": [0] * count,
            "units": [1] * count,
            "price": [1.5] * count,
            "order": ids,
        },
    }


def write_book(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    """Write a workbook cell by cell."""
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def sheets(**changes: Any) -> dict[str, list[list[Any]]]:
    """Return the small problem as rows of worksheets."""
    return {
        name: [list(columns), *map(list, zip(*columns.values(), strict=True))]
        for name, columns in tables(**changes).items()
    }


def test_csv_folder_reads_as_the_frames_do(tmp_path: Path) -> None:
    """A folder of CSV files gives the problem that the frames give."""
    assert Problem.read(write_csv(tmp_path)).to_dict() == build().to_dict()


def test_parquet_folder_reads_as_the_frames_do(tmp_path: Path) -> None:
    """A folder of Parquet files gives the problem that the frames give, and may be mixed with CSV."""
    for name, frame in frames().items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
    (tmp_path / "skus.parquet").unlink()
    frames()["skus"].to_csv(tmp_path / "skus.csv", index=False)
    assert Problem.read(str(tmp_path)).to_dict() == build().to_dict()


def test_workbook_reads_as_the_frames_do(tmp_path: Path) -> None:
    """A workbook gives the problem that the frames give; its sheet `problem` holds the settings."""
    settings = [["key", "value"], ["as_of", pd.Timestamp("2026-11-27")], ["currency", "EUR"], ["name", "Small"]]
    path = write_book(tmp_path / "book.xlsx", {**sheets(), "problem": settings, "Sheet9": []})
    expected = {**build().to_dict(), "as_of": "2026-11-27", "currency": "EUR", "name": "Small"}
    assert Problem.read(path).to_dict() == expected


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas, lambda frame: pl.from_pandas(frame).lazy()])
def test_other_frames_read_as_pandas_does(convert: Any) -> None:
    """Polars frames, lazy ones and pyarrow tables give the problem that pandas frames give."""
    converted = {name: convert(frame) for name, frame in frames().items()}
    assert Problem(**converted).to_dict() == build().to_dict()


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_other_frames_tell_an_empty_cell_from_nan(convert: Any) -> None:
    """Where the frame knows missing values, a missing amount is blank, and its row is counted from 0."""
    given = frames()
    given["demand"]["units"] = pd.array([6, None, 8], "Int64")
    with pytest.raises(DataError) as caught:
        Problem(**{name: convert(frame) for name, frame in given.items()})
    assert [(issue.code, issue.row) for issue in caught.value.issues] == [("blank", 1)]


def test_categories_and_numpy_objects_are_ids() -> None:
    """Categorical columns and columns of plain objects hold ids as well as any other."""
    given = frames()
    given["demand"]["sku"] = given["demand"]["sku"].astype("category")
    given["supply"]["sku"] = given["supply"]["sku"].astype(object)
    assert Problem(**given).to_dict() == build().to_dict()


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx", "frame", "dict", "polars"])
def test_ids_survive_exactly(form: str, tmp_path: Path) -> None:
    """No id is changed on its way in, whatever it looks like."""
    # In a workbook #N/A is no text: a formula failed there.
    ids = [each for each in AWKWARD if form != "xlsx" or each != "#N/A"]
    changes = awkward(ids)
    if form == "csv":
        problem = Problem.read(write_csv(tmp_path, **changes))
    elif form == "parquet":
        for name, frame in frames(**changes).items():
            frame.to_parquet(tmp_path / f"{name}.parquet")
        problem = Problem.read(tmp_path)
    elif form == "xlsx":
        problem = Problem.read(write_book(tmp_path / "book.xlsx", sheets(**changes)))
    elif form == "dict":
        problem = Problem.from_dict(json.loads(json.dumps(tables(**changes))))
    elif form == "polars":
        problem = Problem(**{name: pl.from_pandas(frame) for name, frame in frames(**changes).items()})
    else:
        problem = build(**changes)
    assert problem.skus["sku"].tolist() == ids
    assert problem.demand["order"].tolist() == ids
    assert problem.facts.skus.id.tolist() == sorted(ids)


def test_whole_numbers_become_text_ids() -> None:
    """Integer ids are text inside: 7 is '7'."""
    problem = build(skus={"sku": [7, 8]}, supply={"sku": [7, "8", 7]}, demand={"sku": pd.array([7, 8, 7], "Int64")})
    assert problem.skus["sku"].tolist() == ["7", "8"]
    assert problem.demand["sku"].tolist() == ["7", "8", "7"]


def test_workbook_integers_become_text_ids_and_decimals_do_not(tmp_path: Path) -> None:
    """A whole number in an id cell is its digits; a decimal number is refused."""
    changes = {"skus": {"sku": [7, 8]}, "supply": {"sku": [7, 8.5, 7]}, "demand": {"sku": ["7", 8, 7]}}
    found = read_faults(write_book(tmp_path / "book.xlsx", sheets(**changes)))
    assert [(issue.code, issue.table, issue.row, issue.value) for issue in found] == [("float_id", "supply", 3, "8.5")]


def test_csv_rows_are_lines_of_the_file(tmp_path: Path) -> None:
    """Rows are named by the line on which they start; blank lines and line breaks in quotes count."""
    write_csv(tmp_path)
    (tmp_path / "skus.csv").write_text('sku,unit_cost\nA,4\n\n,,\n"B\n",x\nC,-1\n'.replace(",,", ","))
    found = [issue for issue in read_faults(tmp_path) if issue.table == "skus"]
    assert {(issue.code, issue.row) for issue in found} == {("not_a_number", 5), ("negative", 7)}


def test_csv_numbers_are_read_from_text(tmp_path: Path) -> None:
    """Numbers and flags are read from the text of the file, and odd text is refused with its line."""
    write_csv(tmp_path)
    (tmp_path / "skus.csv").write_text("sku,unit_cost,divisible,pack\nA, +4.50,YES,1e0\nB,.5,0,2.0\n")
    problem = Problem.read(tmp_path)
    assert problem.skus["unit_cost"].tolist() == [4.5, 0.5]
    assert problem.skus["divisible"].tolist() == [True, False]
    assert problem.skus["pack"].tolist() == [1, 2]
    text = ["1,000", "1_000", "0x1F", "4 5", "four", "nan", "-inf", "true", "1e999", "１", ""]
    rows = "".join(f'S{place},"{cell}"\n' for place, cell in enumerate(text))
    (tmp_path / "skus.csv").write_text("sku,unit_cost\n" + rows, encoding="utf-8")
    found = {issue.code: issue.rows for issue in read_faults(tmp_path) if issue.column == "unit_cost"}
    assert found == {"two_meanings": (2,), "not_a_number": (3, 4, 5, 6, 9, 11), "not_finite": (7, 8, 10)}


def test_csv_dates_and_blanks(tmp_path: Path) -> None:
    """Dates are read through the periods table; a blank expiry is never."""
    write_csv(
        tmp_path,
        demand={"period": ["2026-11-02", "2026-11-08", "2026-11-15"]},
        supply={"expires": ["2026-11-09", "", "2027-01-01"], "available": ["2026-11-02", "2026-11-10", "2026-11-02"]},
        periods={"period": [1, 0], "start": ["2026-11-09", "2026-11-02"], "end": ["2026-11-15", "2026-11-08"]},
    )
    problem = Problem.read(tmp_path)
    assert problem.demand["period"].tolist() == [0, 0, 1]
    assert problem.supply["available"].tolist() == [0, 1, 0]
    assert problem.supply["expires"].isna().tolist() == [False, True, False]
    assert problem.facts.periods == 2


FILES = [
    ("skus.csv", b"sku,unit_cost\nA,1,2\nB\n", [("ragged", 3), ("ragged", 2)]),
    ("skus.csv", b"", [("empty_file", None)]),
    ("skus.csv", b"\n\n", [("empty_file", None)]),
    ("skus.csv", b"sku\nA\n\xff\xfe\n", [("bad_encoding", 3)]),
    ("skus.csv", b'sku,unit_cost\nA,1\n"B,2\n', [("bad_file", 3)]),
    ("skus.parquet", b"no parquet", [("bad_file", None)]),
    ("problem.yaml", b"curency: EUR\n", [("unknown_setting", None)]),
    ("problem.yaml", b"- EUR\n", [("bad_file", None)]),
    ("problem.yaml", b"a: [\n", [("bad_file", 2)]),
    ("problem.yaml", b"as_of: 27.11.\ncurrency: 5\n", [("bad_date", None), ("not_text", None)]),
    ("skuss.csv", b"sku\nA\n", [("unknown_table", None)]),
]


@pytest.mark.parametrize(("name", "content", "expected"), FILES, ids=lambda value: str(value)[:30])
def test_broken_files_are_faults(tmp_path: Path, name: str, content: bytes, expected: list[Any]) -> None:
    """A file that cannot be read is named with what to do, and brings no faults of other tables."""
    write_csv(tmp_path)
    if name.startswith("skus."):
        (tmp_path / "skus.csv").unlink()
    (tmp_path / name).write_bytes(content)
    found = read_faults(tmp_path)
    assert [(issue.code, issue.row) for issue in found] == expected
    assert all(issue.message and issue.hint for issue in found)


def test_folder_settings_are_read_and_other_files_ignored(tmp_path: Path) -> None:
    """problem.yaml sets the day, the currency and the name; notes, scripts and folders are not tables."""
    write_csv(tmp_path)
    (tmp_path / "problem.yaml").write_text("as_of: 2026-11-27\ncurrency: EUR\nname: Peak\n")
    for name in ("README.md", "make.py", "notes.txt", "other.yaml", ".hidden.csv"):
        (tmp_path / name).write_text("anything")
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "x.csv").write_text("anything")
    problem = Problem.read(tmp_path)
    assert (str(problem.as_of), problem.currency, problem.name) == ("2026-11-27", "EUR", "Peak")


def test_two_forms_of_one_table_are_refused(tmp_path: Path) -> None:
    """A table that is there as CSV and as Parquet does not say which one counts."""
    write_csv(tmp_path)
    pq.write_table(pa.table({"sku": ["A"]}), tmp_path / "skus.parquet")
    assert [(issue.code, issue.table) for issue in read_faults(tmp_path)] == [("duplicate_table", "skus")]


@pytest.mark.parametrize("name", ["demand.xlsx", "demand.csv.gz", "demand.tsv"])
def test_a_table_in_a_form_that_is_not_read_is_no_secret(tmp_path: Path, name: str) -> None:
    """A file that looks like a table and cannot be read is a fault, not passed over."""
    write_csv(tmp_path)
    (tmp_path / name).write_bytes(b"x")
    assert [(issue.code, issue.table) for issue in read_faults(tmp_path)] == [("unknown_form", name)]


def test_missing_and_foreign_paths_are_refused(tmp_path: Path) -> None:
    """A path that is not there, an empty folder and a file of another kind are faults."""
    (tmp_path / "table.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    for name in ("nowhere", "table.txt", "empty"):
        assert [issue.code for issue in read_faults(tmp_path / name)] == ["no_such_path"]


def test_csv_with_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    """Files as Excel saves them are read."""
    write_csv(tmp_path)
    (tmp_path / "skus.csv").write_bytes(b"\xef\xbb\xbfsku,unit_cost\r\nA,4\r\nB,6\r\n,\r\n")
    assert Problem.read(tmp_path).to_dict() == build().to_dict()


def test_workbook_faults_name_the_worksheet_row(tmp_path: Path) -> None:
    """Rows are those of the worksheet, blank rows counted; misnamed sheets and stray cells are faults."""
    book = sheets()
    book["skus"] = [["sku", "unit_cost"], ["A", 1], [], ["B", "two"], ["C", 1, "stray"]]
    book["capacities"] = [["x"]]
    book["problem"] = [["key", "value"], ["owner", "me"], ["owner", "you"]]
    found = {(issue.table, issue.row, issue.code) for issue in read_faults(write_book(tmp_path / "b.xlsx", book))}
    assert found == {
        ("skus", 4, "not_a_number"),
        ("skus", 5, "ragged"),
        ("capacities", None, "unknown_table"),
        ("problem", 3, "duplicate_key"),
        ("problem", None, "unknown_setting"),
    }


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    """Bytes that are no workbook are a fault, not a traceback."""
    path = tmp_path / "book.xlsx"
    path.write_bytes(b"no workbook")
    assert [issue.code for issue in read_faults(path)] == ["bad_file"]
    assert [issue.code for issue in read_faults(write_book(path, sheets() | {"problem": [["a", "b"]]}))] == [
        "missing_column"
    ]


def test_index_labels_name_the_rows_of_a_frame() -> None:
    """Rows of a pandas frame are named by their index label, whatever it is."""
    given = frames(supply={"units": [10, -1, 7]})
    given["supply"].index = pd.Index(["x", "y", "z"])
    given["lanes"]["cost"] = [1, 1, 1, -1]
    given["lanes"].index = pd.MultiIndex.from_product([["a", "b"], [1, 2]])
    with pytest.raises(DataError) as caught:
        Problem(**given)
    assert [issue.row for issue in caught.value.issues] == ["y", "b, 2"]


def test_records_and_columns_are_the_same_plain_form() -> None:
    """A service may send a list of records or a mapping of columns."""
    records = {
        name: [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        for name, columns in tables().items()
    }
    assert Problem.from_dict(records).to_dict() == Problem.from_dict(tables()).to_dict()


BAD_PLAIN = [
    ({"sku": {}}, "unknown_table"),
    ({"skus": "A"}, "not_a_table"),
    ({"skus": {"sku": "AB"}}, "not_a_table"),
    ({"skus": {"sku": ["A"], "pack": []}}, "ragged"),
    ({"skus": [1]}, "not_a_table"),
    ([], "not_a_table"),
    ({"currency": 5}, "not_text"),
    ({"as_of": "soon"}, "bad_date"),
    ({5: {}}, "unknown_table"),
]


@pytest.mark.parametrize(("values", "code"), BAD_PLAIN, ids=str)
def test_bad_plain_values_are_faults(values: Any, code: str) -> None:
    """Plain values that are no problem are refused with a code."""
    with pytest.raises(DataError) as caught:
        Problem.from_dict(tables() | values if isinstance(values, dict) else values)
    assert [issue.code for issue in caught.value.issues] == [code]
