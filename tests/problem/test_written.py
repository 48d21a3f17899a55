"""What is written is read as the same problem, and helps whoever fills it in."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from tests.problem.small import build, frames, two_days
from tests.strategies import problems

import allocopt as ao
from allocopt.problem.book import meanings
from allocopt.problem.schema import TABLES
from allocopt.problem.template import ROWS, template
from allocopt.problem.written import write

FORMS = ("folder", "book.xlsx")


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problem=problems())
def test_what_is_written_is_read_as_the_same_problem(problem: ao.Problem, form: str, tmp_path_factory) -> None:
    """Whatever a problem holds, a folder and a workbook give it back."""
    path = tmp_path_factory.mktemp("written") / form
    problem.write(path)
    assert ao.Problem.read(path).to_dict() == problem.to_dict()


@pytest.mark.parametrize("form", FORMS)
def test_awkward_texts_and_settings_come_back(form: str, tmp_path: Path) -> None:
    """Ids that look like numbers, dates or formulas, money in fractions, dates and settings stay what they are."""
    ids = ["00123", "=1+1", "NA", "1E5", "TRUE", 'Ä,"ö"', "2026-01-01"]
    problem = ao.Problem(
        **frames(
            skus={"sku": ["A", "B", *ids], "unit_cost": [0.1, 1 / 3, *range(len(ids))]},
            channels={"channel": ["web", "shop"], "owner": ["=cmd", 'a, "b"'], "advertised": [True, None]},
            demand={"period": ["2026-11-02", "2026-11-03", "2026-11-03"]},
            periods=two_days(),
        ),
        name="A: b # c",
        currency="EUR",
        as_of="2026-11-02",
        horizon=2,
    )
    problem.write(tmp_path / form)
    assert ao.Problem.read(tmp_path / form).to_dict() == problem.to_dict()


def test_only_what_was_stated_is_written(tmp_path: Path) -> None:
    """Columns at their defaults and tables without rows are left out; whole numbers have no decimals."""
    build().write(tmp_path / "p")
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == sorted(
        f"{name}.csv" for name in ("skus", "nodes", "channels", "supply", "demand", "lanes")
    )
    assert (tmp_path / "p" / "supply.csv").read_text().splitlines()[:2] == ["sku,node,kind,units", "A,East,on_hand,10"]


@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_is_there_is_overwritten(form: str, tmp_path: Path) -> None:
    """A folder that holds a problem, or a workbook, stays as it is; a folder of other files is written into."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("mine")
    build().write(tmp_path / form)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ao.DataError, match="is not overwritten"):
        template().write(tmp_path / form)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert (tmp_path / "folder" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["book.xls", "book.csv"])
def test_other_forms_are_refused(name: str, tmp_path: Path) -> None:
    """A name that looks like another form is no folder."""
    with pytest.raises(ao.DataError, match=r"neither an \.xlsx workbook"):
        build().write(tmp_path / name)


def test_a_workbook_offers_kinds_flags_and_ids(tmp_path: Path) -> None:
    """Every column says what it means, and offers what may be picked."""
    write(template(), tmp_path / "book.xlsx", every=True)
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    rules = {
        (sheet.title, sheet[str(rule.sqref).split(":")[0].replace("2", "1")].value): rule
        for sheet in book.worksheets
        for rule in sheet.data_validations.dataValidation
    }
    assert {(table.name, column.name) for table in TABLES.values() for column in table.columns} == set(rules)
    assert rules["supply", "kind"].formula1 == '"on_hand,inbound,safety,returns"'
    assert rules["demand", "firm"].formula1 == '"TRUE,FALSE"'
    assert "skus!$A$2" in rules["demand", "sku"].formula1
    assert rules["demand", "price"].prompt == TABLES["demand"].column("price").meaning


def test_meanings_tell_every_column_with_an_example() -> None:
    """No column is without meaning and example; amounts have a unit."""
    told = meanings()
    assert {(row[0], row[1]) for row in told} >= {(table, c.name) for table in TABLES for c in TABLES[table].columns}
    assert all(row[7] and (row[8] or row[3] == "setting") for row in told)
    assert next(row[4] for row in told if row[:2] == ("lanes", "cost")) == "currency/unit"


@pytest.mark.parametrize("form", FORMS)
def test_the_form_to_fill_in_can_be_solved_as_it_is(form: str, tmp_path: Path) -> None:
    """Every table has two example rows, without a fault or a warning."""
    write(template(), tmp_path / form, every=True)
    problem = ao.Problem.read(tmp_path / form)
    assert not problem.warnings
    assert {len(rows) for rows in ROWS.values()} == {2}
    assert ao.allocate(problem).status == "optimal"
