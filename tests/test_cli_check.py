"""What `allocopt check` tells: notes, faults of everything in one round, and a workbook with the cells marked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from tests.problem.test_messy_workbook import mended, messy
from tests.problem.test_problem_files import sheets, write_book, write_csv
from tests.test_cli import BAD_INPUT, PACKS, SOLVED, pack, run, spoil

import allocopt as ao

__all__ = ["pack"]
RED, YELLOW = "FFF4B6B6", "FFFFF6B3"


def test_notes_are_told_as_notes(tmp_path: Path) -> None:
    """What was understood is said on the standard stream and in JSON, and is no fault; with --strict it is one."""
    path = write_book(tmp_path / "book.xlsx", mended())
    result = run("check", path)
    assert (result.exit_code, result.stderr) == (SOLVED, "")
    assert "note: demand, row 4, column 'price': `price` is '$10.00', an amount with its currency" in result.stdout
    issues = json.loads(run("check", path, "--json").stdout)["issues"]
    assert {issue["severity"] for issue in issues} == {"note"}
    assert {"count", "rows", "row"} <= set(issues[0])
    strict = run("check", path, "--strict")
    assert strict.exit_code == BAD_INPUT
    assert "Reading is strict." in strict.stderr


def test_faults_of_tables_and_contracts_come_in_one_round(pack: Path) -> None:
    """A wrong table does not hide what is wrong with a contract file or a scenario."""
    spoil(pack / "demand.csv", "LAMP,dtc,0,30", "LAMP,dtc,0,-30")
    spoil(pack / "contracts" / "pooled.yaml", "clauses: []", "clausess: []")
    (pack / "scenarios").mkdir(exist_ok=True)
    (pack / "scenarios" / "x.yaml").write_text("name: x\nweigth: 2\n")
    result = run("check", pack)
    assert result.exit_code == BAD_INPUT
    assert result.stderr.startswith("3 faults:\n")
    assert "demand, row 2, column 'units'" in result.stderr
    assert "pooled.yaml, line 6, key 'clausess'" in result.stderr
    assert "x.yaml, line 2, key 'weigth'" in result.stderr


def test_the_cells_are_marked_in_a_copy(tmp_path: Path) -> None:
    """Each fault is red in its cell with what to do, what was understood is yellow, and the workbook stays as it is."""
    path = write_book(tmp_path / "book.xlsx", messy())
    before, out = path.read_bytes(), tmp_path / "out" / "faults.xlsx"
    result = run("check", path, "--out", out)
    assert result.exit_code == BAD_INPUT
    assert path.read_bytes() == before
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["faults", *messy()]
    listed = list(book["faults"].iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[1], row[2], row[5]) for row in listed] == [
        ("supply", 5, "sku", "error"),
        ("supply", 3, "sku", "error"),
        ("demand", 7, "sku", "error"),
        ("demand", 5, "channel", "error"),
    ]
    cell = book["Demand"]["B5"]
    assert (cell.value, cell.fill.fgColor.rgb) == ("amazn", RED)
    assert "Did you mean 'amazon'?" in cell.comment.text
    marked = [cell.coordinate for row in book["Demand"].iter_rows() for cell in row if cell.fill.fgColor.rgb == RED]
    assert marked == ["B5", "A7"]
    assert book["Demand"]["E4"].value == "$10.00"


def test_notes_are_marked_where_there_is_no_fault(tmp_path: Path) -> None:
    """Of a workbook that reads, the workbook of faults shows what was understood."""
    out = tmp_path / "faults.xlsx"
    assert run("check", write_book(tmp_path / "book.xlsx", mended()), "--out", out).exit_code == SOLVED
    book = openpyxl.load_workbook(out)
    assert [book["Demand"][name].fill.fgColor.rgb for name in ("E4", "E5", "A3", "B4")] == [YELLOW] * 3 + ["00000000"]


def test_a_folder_becomes_a_workbook_with_its_lines(tmp_path: Path) -> None:
    """Rows are lines of the file, or rows of Parquet under a header; formulas stay text, and 1,000 rows are marked."""
    count = 1200
    (tmp_path / "pack").mkdir()
    folder = write_csv(tmp_path / "pack")
    lines = "".join(f"A,web,0,1,x,o{number}\n" for number in range(count))
    (folder / "demand.csv").write_text("sku,channel,period,units,price,order\n\n" + lines)
    (folder / "skus.csv").write_text('sku,unit_cost\n"=1+1",-4\nA,1\nB,1\n')
    nodes = ao.Problem.read(write_csv(tmp_path)).nodes.assign(store_floor=[0.0, -1.0])
    (folder / "nodes.csv").unlink()
    nodes.to_parquet(folder / "nodes.parquet")
    assert run("check", folder, "--out", tmp_path / "faults.xlsx").exit_code == BAD_INPUT
    book = openpyxl.load_workbook(tmp_path / "faults.xlsx")
    assert book.sheetnames == ["faults", "skus", "nodes", "demand"]
    assert (book["skus"]["A2"].value, book["skus"]["A2"].data_type) == ("=1+1", "s")
    assert book["skus"]["B2"].fill.fgColor.rgb == RED
    floor = next(cell for cell in book["nodes"][1] if cell.value == "store_floor").column
    assert (book["nodes"].cell(3, floor).value, book["nodes"].cell(3, floor).fill.fgColor.rgb) == (-1, RED)
    marked = [row[0].row for row in book["demand"].iter_rows(min_col=5, max_col=5) if row[0].fill.fgColor.rgb == RED]
    assert marked == list(range(3, 1003))
    assert "1,200 rows" in book["demand"]["E3"].comment.text


@pytest.mark.parametrize("name", ["book.xlsx", "other.xlsx", "faults.csv", "notes.txt"])
def test_no_file_of_anybody_is_overwritten(name: str, tmp_path: Path) -> None:
    """The workbook itself, another one and other kinds of file are refused; an earlier workbook of faults is not."""
    path = write_book(tmp_path / "book.xlsx", messy())
    write_book(tmp_path / "other.xlsx", sheets())
    (tmp_path / "notes.txt").write_text("mine")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    result = run("check", path, "--out", tmp_path / name)
    assert result.exit_code == BAD_INPUT
    assert "cannot be written" in result.stderr
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    for _ in range(2):
        assert "Written:" in run("check", path, "--out", tmp_path / "faults.xlsx").stderr


def test_a_workbook_that_cannot_be_read_has_a_list(tmp_path: Path) -> None:
    """What is no workbook at all is told in the list of faults."""
    (tmp_path / "book.xlsx").write_bytes(b"no workbook")
    assert run("check", tmp_path / "book.xlsx", "--out", tmp_path / "faults.xlsx").exit_code == BAD_INPUT
    rows = list(openpyxl.load_workbook(tmp_path / "faults.xlsx")["faults"].iter_rows(values_only=True))
    assert [row[4] for row in rows] == ["code", "bad_file"]


def test_every_command_reads_debts_and_strictly(tmp_path: Path) -> None:
    """Who has checked with a setting can allocate, compare and retire with it."""
    folder = Path(shutil.copytree(PACKS / "quickstart", tmp_path / "pack"))
    spoil(folder / "supply.csv", "LAMP,East,on_hand,60", "LAMP,East,on_hand,-10")
    for command in (["check"], ["allocate"], ["retire"], ["compare", "--contract", "pooled"]):
        arguments = [*command, folder, *(["--out", tmp_path / "runs"] if command[0] == "compare" else [])]
        refused = run(*arguments)
        assert refused.exit_code == BAD_INPUT
        assert "--negative net" in refused.stderr
        assert run(*arguments, "--negative", "net").exit_code == SOLVED
    (folder / "skus.csv").write_text((folder / "skus.csv").read_text().replace("sku,", "SKU,", 1))
    assert run("allocate", folder, "--negative", "net", "--strict").exit_code == BAD_INPUT


def test_the_version_and_completion() -> None:
    """The version is that of the package; a shell can be taught the commands."""
    result = run("--version")
    assert (result.exit_code, result.stdout) == (SOLVED, f"allocopt {ao.__version__}\n")
    assert "--install-completion" in run("--help").stdout
