"""A table that is lost is never taken for a table without rows: in folders, workbooks, frames and plain values."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.problem.small import frames, tables
from tests.problem.test_problem_files import read_faults, sheets, write_book, write_csv

from allocopt.errors import DataError
from allocopt.problem import Problem
from allocopt.problem.schema import NEEDED

needed = pytest.mark.parametrize("name", NEEDED)


def without(book: Path, lost: str, target: Path) -> Path:
    """Write a workbook anew without one part of it."""
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(target, "w") as kept:
        for part in source.namelist():
            if part != lost:
                kept.writestr(part, source.read(part))
    return target


@needed
def test_a_missing_table_is_one_fault_that_names_it(tmp_path: Path, name: str) -> None:
    """Whatever the form, the lost table is the only fault: what refers to it follows from it."""
    folder = write_csv(tmp_path)
    (folder / f"{name}.csv").unlink()
    book = write_book(tmp_path / "book.xlsx", {each: rows for each, rows in sheets().items() if each != name})
    plain = {each: columns for each, columns in tables().items() if each != name}
    given = {each: frame for each, frame in frames().items() if each != name}
    for make in (
        lambda: Problem.read(folder),
        lambda: Problem.read(book),
        lambda: Problem.from_dict(plain),
        lambda: Problem.from_dict(plain | {name: None}),
        lambda: Problem(**given),
    ):
        with pytest.raises(DataError) as caught:
            make()
        assert [(issue.table, issue.code) for issue in caught.value.issues] == [(name, "missing_table")]
        assert "without rows" in caught.value.issues[0].hint


@needed
@pytest.mark.parametrize("ends", ["csv", "parquet"])
def test_what_is_no_file_is_not_passed_over(tmp_path: Path, name: str, ends: str) -> None:
    """A link that leads nowhere, and a folder that is called like a table, are faults of that table."""
    folder = write_csv(tmp_path)
    (folder / f"{name}.csv").unlink()
    path = folder / f"{name}.{ends}"
    path.symlink_to(tmp_path / "unmounted" / "file")
    assert [(issue.table, issue.code) for issue in read_faults(folder)] == [(name, "bad_file")]
    path.unlink()
    path.mkdir()
    assert [(issue.table, issue.code) for issue in read_faults(folder)] == [(name, "bad_file")]


def test_an_optional_table_or_the_settings_that_cannot_be_reached_are_faults(tmp_path: Path) -> None:
    """What may be left out is not left out where a dead link stands in its place."""
    folder = write_csv(tmp_path)
    (folder / "capacity.csv").symlink_to(tmp_path / "nowhere")
    (folder / "problem.yaml").mkdir()
    assert {issue.table for issue in read_faults(folder)} == {"capacity", "problem.yaml"}


def test_a_table_under_a_wrong_name_is_one_fault(tmp_path: Path) -> None:
    """A misspelled file, sheet or key is told once, as such, and not as a missing table too."""
    folder = write_csv(tmp_path)
    (folder / "supply.csv").rename(folder / "suply.csv")
    assert [issue.code for issue in read_faults(folder)] == ["unknown_table"]
    (folder / "suply.csv").rename(folder / "supply.tsv")
    assert [issue.code for issue in read_faults(folder)] == ["unknown_form"]
    book = {"suply" if name == "supply" else name: rows for name, rows in sheets().items()}
    assert [issue.code for issue in read_faults(write_book(tmp_path / "b.xlsx", book))] == ["unknown_table"]


@needed
def test_a_workbook_that_lost_a_sheet_is_refused(tmp_path: Path, name: str) -> None:
    """A sheet that the workbook lists and does not hold is a fault of that table."""
    whole = write_book(tmp_path / "whole.xlsx", sheets())
    part = f"xl/worksheets/sheet{list(sheets()).index(name) + 1}.xml"
    found = read_faults(without(whole, part, tmp_path / "broken.xlsx"))
    assert [(issue.table, issue.code) for issue in found if issue.table == name] == [(name, "bad_file")]


@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_a_workbook_that_lost_another_part_is_refused(tmp_path: Path, part: str) -> None:
    """Without its styles a workbook's dates are numbers: no part may be missing."""
    whole = write_book(tmp_path / "whole.xlsx", sheets())
    assert "bad_file" in {issue.code for issue in read_faults(without(whole, part, tmp_path / "broken.xlsx"))}


def test_a_cut_workbook_or_a_sheet_without_a_header_is_refused(tmp_path: Path) -> None:
    """Half a file is none, and a blank sheet is no table without rows: its header is missing."""
    whole = write_book(tmp_path / "whole.xlsx", sheets()).read_bytes()
    for size in (0, 100, len(whole) // 2, len(whole) - 40):
        (tmp_path / "cut.xlsx").write_bytes(whole[:size])
        assert {issue.code for issue in read_faults(tmp_path / "cut.xlsx")} == {"bad_file"}
    blank = write_book(tmp_path / "blank.xlsx", sheets() | {"lanes": []})
    assert [(issue.table, issue.code) for issue in read_faults(blank)] == [("lanes", "empty_file")]


def test_parquet_with_bad_bytes_is_refused(tmp_path: Path) -> None:
    """Text that is no UTF-8, cut files and flipped bytes are faults of the table, or another problem; never a crash."""
    folder = write_csv(tmp_path)
    (folder / "skus.csv").unlink()
    bad = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.array([0, 1, 2], pa.int32()).buffers()[1], pa.py_buffer(b"A\xff")]
    )
    pq.write_table(pa.table({"sku": bad, "unit_cost": [4.0, 6.0]}), folder / "skus.parquet")
    assert [(issue.table, issue.code) for issue in read_faults(folder)] == [("skus", "bad_file")]
    frames()["skus"].to_parquet(folder / "skus.parquet")
    whole = (folder / "skus.parquet").read_bytes()
    for place in range(0, len(whole), 17):
        (folder / "skus.parquet").write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        with suppress(DataError):
            Problem.read(folder)
    (folder / "skus.parquet").write_bytes(whole[: len(whole) // 2])
    assert [(issue.table, issue.code) for issue in read_faults(folder)] == [("skus", "bad_file")]
