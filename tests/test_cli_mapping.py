"""``--mapping``: every command that reads a problem reads exports, by name, by program, from a file or a database."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.conftest import REPOSITORY
from tests.test_cli import BAD_INPUT, SOLVED, run

import allocopt as ao

EXPORTS = REPOSITORY / "tests" / "data" / "exports"
SHOP = EXPORTS / "shopify"
ASKED = ("--sku", "LAMP-01", "--channel", "shopify")
COMMANDS = {
    "check": (),
    "allocate": ("--quiet",),
    "compare": ("--contract", "pooled", "--contract", "first_come", "--quiet"),
    "retire": ("--quiet",),
    "price": ("--quiet",),
    "explain": (*ASKED, "--quiet"),
    "report": ("--quiet",),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_reads_exports(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of exports with no file of ours in it, and one word."""
    monkeypatch.chdir(tmp_path)
    result = run(command, SHOP, *COMMANDS[command], "--mapping", "shopify")
    assert result.exit_code == SOLVED, result.output
    refused = run(command, SHOP, *COMMANDS[command])
    assert refused.exit_code == BAD_INPUT


@pytest.mark.parametrize("page", [["--compare"], ["--retire"]])
def test_the_other_pages_read_exports_too(page: list[str], tmp_path: Path) -> None:
    """Comparisons of the contracts beside the exports, and retirements."""
    folder = shutil.copytree(SHOP, tmp_path / "shop")
    (folder / "contracts").mkdir()
    for stage in ("contribution", "first_come"):
        text = f"name: By {stage}\nstages:\n  - stage: {stage}\n"
        (folder / "contracts" / f"{stage}.yaml").write_text(text, encoding="utf-8")
    result = run("report", folder, *page, "--mapping", "shopify", "--out", tmp_path / "page.html", "--quiet")
    assert result.exit_code == SOLVED, result.output
    assert (tmp_path / "page.html").is_file()


@pytest.mark.parametrize("program", sorted(path.name for path in EXPORTS.iterdir()))
def test_one_command_leads_from_exports_to_a_page(program: str, tmp_path: Path) -> None:
    """For every program whose mappings come with allocopt."""
    page = tmp_path / "report.html"
    result = run("report", EXPORTS / program, "--mapping", program, "--out", page, "--quiet")
    assert result.exit_code == SOLVED, result.output
    assert "LAMP-01" in page.read_text(encoding="utf-8") or program == "amazon"


def test_several_mappings_are_one_problem(tmp_path: Path) -> None:
    """By name and as a file; a file may use a program, and says what else is to be known."""
    for program in ("shopify", "amazon"):
        shutil.copytree(EXPORTS / program, tmp_path, dirs_exist_ok=True)
    named = run("allocate", tmp_path, "--mapping", "shopify", "--mapping", "amazon", "--json", "--quiet")
    assert named.exit_code == SOLVED, named.output
    (tmp_path / "mine.yaml").write_text("use: [shopify, amazon]\n", encoding="utf-8")
    written = run("allocate", tmp_path, "--mapping", "mine.yaml", "--json", "--quiet")
    tables = [ao.Plan.from_dict(json.loads(each.stdout)).allocation for each in (named, written)]
    assert tables[0].equals(tables[1])
    assert set(tables[0]["channel"]) == {"shopify", "amazon"}


def test_what_databases_hold_alone_needs_no_folder(tmp_path: Path) -> None:
    """Where all tables are queries the folder may be anything."""
    base = tmp_path / "warehouse.db"
    with sqlite3.connect(base) as connection:
        connection.execute("CREATE TABLE line (sku, node, kind, channel, units, price, period, cost)")
        connection.execute("INSERT INTO line VALUES ('A', 'East', 'on_hand', 'web', 5, 9, 0, 1)")
    connection.close()
    columns = {
        "skus": "sku",
        "nodes": "node",
        "channels": "channel",
        "supply": "sku, node, kind, units",
        "demand": "sku, channel, period, units, price",
        "lanes": "node, channel, cost",
    }
    entries = [
        f"{name}: {{from: {{sql: 'SELECT {held} FROM line', address: 'sqlite:///{base}'}}}}"
        for name, held in columns.items()
    ]
    path = tmp_path / "warehouse.yaml"
    path.write_text("\n".join(entries), encoding="utf-8")
    result = run("allocate", tmp_path / "nowhere", "--mapping", path, "--json", "--quiet")
    assert result.exit_code == SOLVED, result.output
    assert ao.Plan.from_dict(json.loads(result.stdout)).contribution == 40.0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((SHOP, "--mapping", "shopfy"), "Did you mean 'shopify'?"),
        ((SHOP, "--mapping", "none.yaml"), "There is no mapping 'none.yaml'"),
        ((SHOP / "nowhere", "--mapping", "shopify"), "There is no folder, workbook or file"),
        ((SHOP, "--mapping", "odoo"), "There is no file '*sale.order*'"),
    ],
)
def test_what_cannot_be_mapped_is_bad_input(words: tuple[object, ...], told: str) -> None:
    """Every command says so alike, and what is there instead."""
    for command in ("check", "allocate"):
        result = run(command, *words)
        assert (result.exit_code, told in result.output) == (BAD_INPUT, True), result.output
