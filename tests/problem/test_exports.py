"""The mappings that come with allocopt, each on a small made-up export with the headers of the real one."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

import allocopt as ao
from allocopt.cli import app
from allocopt.problem.mapping.file import names

SAMPLES = Path(__file__).parents[1] / "data" / "exports"
DEMAND = {
    "shopify": [
        ("LAMP-01", "shopify", "#1001", 2, 60.0),
        ("MUG-12", "shopify", "#1001", 3, 15.0),
        ("LAMP-01", "shopify", "#1003", 2, 45.0),
        ("MUG-12", "shopify", "#1006", 2, 15.0),
    ],
    "amazon": [
        ("00123", "amazon", "111-1", 2, 59.0),
        ("MUG-12", "amazon", "111-1", 1, 15.0),
        ("00123", "amazon", "111-3", 3, 59.0),
    ],
    "woocommerce": [
        ("LAMP-01", "woocommerce", "501", 2, 55.0),
        ("MUG-12", "woocommerce", "501", 3, 12.0),
        ("LAMP-01", "woocommerce", "503", 1, 60.0),
    ],
    "odoo": [("LAMP-01", "odoo", "S00042", 3, 36.0), ("MUG-12", "odoo", "S00042", 24, 9.0)],
    "netsuite": [("LAMP-01", "netsuite", "SO1001", 1000, 40.0), ("LAMP-01", "netsuite", "SO1002", 10, 42.5)],
}
"""Open lines of each sample: what was cancelled, shipped, refunded, quoted, or lacks a price or an article is out."""
SUPPLY = {
    "shopify": [
        ("LAMP-01", "Berlin", "on_hand", 3),
        ("MUG-12", "Berlin", "on_hand", 4),
        ("MUG-12", "Köln", "on_hand", 1),
    ],
    "amazon": [("00123", "FBA", "on_hand", 4), ("MUG-12", "FBA", "on_hand", 0), ("00123", "FBA", "inbound", 16)],
    "woocommerce": [("LAMP-01", "shop", "on_hand", 2), ("MUG-12", "shop", "on_hand", 5)],
    "odoo": [
        ("LAMP-01", "WH/Stock", "on_hand", 2),
        ("MUG-12", "WH/Stock", "on_hand", 20),
        ("MUG-12", "WH2/Stock", "on_hand", 10),
    ],
    "netsuite": [("LAMP-01", "Main", "on_hand", 1005), ("LAMP-01", "East", "on_hand", 3)],
}


def mappings(program: str) -> list[str]:
    """Return the mappings of a program."""
    return [name for name in names() if name.startswith(f"{program}_")]


def test_every_mapping_has_a_sample() -> None:
    """Nothing is shipped that was never tried."""
    assert {name.partition("_")[0] for name in names()} == set(DEMAND) == {path.name for path in SAMPLES.iterdir()}


@pytest.mark.parametrize("program", DEMAND)
def test_a_shipped_mapping_reads_its_export(program: str) -> None:
    """What is open, and what there is to give; named in Python, a problem that can be solved at once."""
    problem = ao.Problem.read(SAMPLES / program, mapping=mappings(program))
    demand = problem.demand[["sku", "channel", "order", "units", "price"]]
    assert [tuple(row) for row in demand.to_numpy().tolist()] == DEMAND[program]
    supply = problem.supply[["sku", "node", "kind", "units"]]
    assert [tuple(row) for row in supply.to_numpy().tolist()] == SUPPLY[program]
    arrived = problem.demand["arrived"]
    assert arrived.notna().all()
    assert arrived.is_monotonic_increasing
    assert ao.allocate(problem, ao.first_come()).status == "optimal"


@pytest.mark.parametrize("program", DEMAND)
def test_three_commands_lead_from_exports_to_a_plan(program: str, tmp_path: Path) -> None:
    """A folder is made, the exports are put into it, and every command reads it."""
    folder = tmp_path / program
    runner = CliRunner()
    made = runner.invoke(app, ["init", str(folder), "--from", program])
    assert made.exit_code == 0, made.output
    shutil.copytree(SAMPLES / program, folder, dirs_exist_ok=True)
    for command in (["check", str(folder)], ["allocate", str(folder), "--quiet", "--out", str(tmp_path / "plan")]):
        done = runner.invoke(app, command)
        assert done.exit_code == 0, done.output
    assert (tmp_path / "plan" / "plan.xlsx").is_file()
    again = runner.invoke(app, ["init", str(folder), "--from", program])
    assert (again.exit_code, "already" in again.output) == (2, True)


def test_exports_of_several_programs_are_one_problem(tmp_path: Path) -> None:
    """A shop and a marketplace want the same article; each is served by its own places."""
    for program in ("shopify", "amazon"):
        shutil.copytree(SAMPLES / program, tmp_path, dirs_exist_ok=True)
    problem = ao.Problem.read(tmp_path, mapping=[*mappings("shopify"), *mappings("amazon")])
    assert problem.channels["channel"].tolist() == ["shopify", "amazon"]
    assert problem.skus["sku"].tolist() == ["LAMP-01", "MUG-12", "00123"]
    assert set(zip(problem.lanes["node"], problem.lanes["channel"], strict=True)) == {
        ("Berlin", "shopify"),
        ("Köln", "shopify"),
        ("FBA", "amazon"),
    }


def test_costs_of_ones_own_are_added_to_what_an_export_says(tmp_path: Path) -> None:
    """A table beside the exports is one with what they make."""
    shutil.copytree(SAMPLES / "shopify", tmp_path, dirs_exist_ok=True)
    (tmp_path / "skus.csv").write_text("sku,unit_cost\nMUG-12,5\nLAMP-01,20\n")
    problem = ao.Problem.read(tmp_path, mapping=mappings("shopify"))
    assert dict(zip(problem.skus["sku"], problem.skus["unit_cost"], strict=True)) == {"MUG-12": 5.0, "LAMP-01": 20.0}


def test_workbooks_of_odoo_are_read_as_its_csv(tmp_path: Path) -> None:
    """Odoo exports both; numbers and blanks of a workbook mean the same."""
    for path in (SAMPLES / "odoo").iterdir():
        book = openpyxl.Workbook()
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.reader(lines):
                numbers = [float(cell) if cell.replace(".", "", 1).isdigit() else cell or None for cell in row]
                book.active.append(numbers)  # type: ignore[union-attr]
        book.save(tmp_path / f"{path.stem}.xlsx")
    of_csv = ao.Problem.read(SAMPLES / "odoo", mapping=mappings("odoo"))
    assert ao.Problem.read(tmp_path, mapping=mappings("odoo")).to_dict() == of_csv.to_dict()


def test_a_changed_header_is_a_fault_on_a_line_of_the_mapping(tmp_path: Path) -> None:
    """Exports change: which column is missing, and where the mapping names it."""
    shutil.copytree(SAMPLES / "netsuite", tmp_path, dirs_exist_ok=True)
    path = tmp_path / "SalesOrderResults.csv"
    path.write_text(path.read_text().replace("Item Rate", "Rate"))
    with pytest.raises(ao.DataError) as caught:
        ao.Problem.read(tmp_path, mapping=mappings("netsuite"))
    (issue,) = caught.value.issues
    assert (issue.code, issue.row, issue.column) == ("missing_column", 20, "demand.rename.Item Rate")
