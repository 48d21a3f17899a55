"""The plan as an object: what it says, how it travels, and that it has no tables where it has no answer."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from tests import strategies
from tests.rules.small import problem

import allocopt as ao

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart"
TABLES = ("allocation", "channels", "shortfalls", "exceptions", "stock", "exposure", "kpis")


@pytest.fixture(scope="module")
def quick() -> ao.Problem:
    """The quickstart."""
    return ao.Problem.read(QUICKSTART)


@pytest.fixture(scope="module")
def plan(quick: ao.Problem) -> ao.Plan:
    """The quickstart's pooled plan."""
    return ao.allocate(quick)


@pytest.fixture(scope="module")
def refused() -> ao.Plan:
    """A plan that cannot be."""
    supply, demand = "sku node kind units\nA East on_hand 5", "sku channel period units price\nA dtc 0 9 10"
    contract = ao.Contract("Too much", clauses=[ao.Protect("dtc", units=8, mode="serve")])
    return ao.allocate(problem(supply=supply, demand=demand), contract)


def awkward() -> ao.Plan:
    """Return a plan whose ids are formulas, numbers and markup."""
    skus = ["=1+1", "00123", "+A1", "@SUM", "-2", "<script>alert(1)</script>", "NA"]
    count = len(skus)
    ids = pd.DataFrame({"sku": skus, "unit_cost": [1.0] * count})
    supply = pd.DataFrame({"sku": skus, "node": "=N", "kind": "on_hand", "units": 5, "reference": "=cmd|' /C calc'!A0"})
    demand = pd.DataFrame({"sku": skus, "channel": "<b>web</b>", "period": 0, "units": 7, "price": 3.0, "order": "=7"})
    return ao.allocate(
        ao.Problem(
            skus=ids,
            nodes=pd.DataFrame({"node": ["=N"]}),
            channels=pd.DataFrame({"channel": ["<b>web</b>"]}),
            supply=supply,
            demand=demand,
            lanes=pd.DataFrame({"node": ["=N"], "channel": ["<b>web</b>"]}),
            currency="=EUR",
        ),
        ao.Contract("=A contract & <more>"),
    )


def assert_same_tables(one: ao.Plan, other: ao.Plan) -> None:
    """Hold that two plans have equal tables, to the last type."""
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def test_the_summary_says_what_a_planner_asks_first(plan: ao.Plan) -> None:
    """Money, units, the proof, every channel and the company, in that order."""
    assert plan.summary() == (
        "Pooled: contribution 2,415.00 USD, 260 units served, 86.7% of 300 wanted (optimal).\n"
        "No plan under this contract earns more than 2,415.00 USD (gap 0 %; worst violation 0).\n"
        "  amazon: 40 of 50 units (80.0%), contribution 590.00 USD\n"
        "  dtc: 130 of 150 units (86.7%), contribution 1,165.00 USD\n"
        "  wholesale: 90 of 100 units (90.0%), contribution 720.00 USD\n"
        "  company (holding, write-down of unsold stock): -60.00 USD\n"
        "2 exceptions need a person (1 inbound, 1 capacity); the first: Purchase order PO-7001, expected in period 1: "
        "if it slips a period, 40 units miss their date, with 1,050.00 USD of contribution, unless other stock takes "
        "its place.\n"
        "Short because of: capacity (30 units, worth up to 170.00), too_late (10 units, worth up to 50.00)."
    )


def test_the_summary_tells_penalties_notes_and_warnings() -> None:
    """What steers the plan is told apart from what it earns; roundings and oddities follow."""
    odd = problem(
        supply="sku node kind units\nA East on_hand 5",
        demand="sku channel period units price\nA dtc 0 3 9\nA web 0 3 10\nB web 0 1 10",
    )
    contract = ao.Contract("Soft", clauses=[ao.Protect("dtc", share=0.5, penalty=0.25), ao.Cap("web", units=2.5)])
    text = ao.allocate(odd, contract).summary()
    assert "Soft: contribution 47.00, 5 units served, 71.4% of 7 wanted (optimal)." in text
    assert "Note: cap: " in text
    assert "1 warning: demand" in text
    hard = ao.Contract("Costly", clauses=[ao.Protect("dtc", units=3, penalty=0.25)])
    text = ao.allocate(odd, hard).summary()
    assert "Clause penalties 0.25: objective 47.75." in text


def test_a_plan_introduces_itself(plan: ao.Plan, refused: ao.Plan) -> None:
    """The name, how it ended, and what it is worth."""
    assert repr(plan) == "Plan('Pooled', optimal, objective 2,415.00)"
    assert repr(refused) == "Plan('Too much', infeasible)"


def test_notebooks_show_text_never_markup() -> None:
    """Ids and names are escaped."""
    shown = awkward()._repr_html_()
    assert "<b>" not in shown
    assert "<more>" not in shown
    assert "&lt;b&gt;web&lt;/b&gt;" in shown
    assert "=A contract &amp; &lt;more&gt;" in shown


def test_notebooks_show_why_there_is_no_plan(refused: ao.Plan) -> None:
    """Without an answer the words are shown and no table."""
    shown = refused._repr_html_()
    assert "no plan (infeasible)" in shown
    assert "<table" not in shown


def test_plans_travel_as_json(plan: ao.Plan) -> None:
    """The plain form is JSON, and gives the same plan again."""
    content = json.loads(json.dumps(plan.to_dict(), allow_nan=False))
    again = ao.Plan.from_dict(content)
    assert_same_tables(plan, again)
    assert again.to_dict() == content
    assert (again.certificate, again.objective, again.summary()) == (plan.certificate, 2415.0, plan.summary())
    with pytest.raises(ao.SolveError, match="to_pyomo"):
        _ = again.model


@settings(max_examples=20, deadline=None)
@given(strategies.cases())
def test_any_plan_travels_as_json(case: tuple[ao.Problem, tuple[Any, ...]]) -> None:
    """Whatever the outcome, the plain form is strict JSON and gives the same plan again."""
    facts, clauses = case
    plan = ao.allocate(facts, ao.Contract("any", clauses=clauses, stages=[ao.Fill()]))
    again = ao.Plan.from_dict(json.loads(json.dumps(plan.to_dict(), allow_nan=False)))
    assert (again.status, again.conflicts, again.notes) == (plan.status, plan.conflicts, plan.notes)
    assert again.broken == plan.broken
    assert again.warnings == plan.warnings
    if plan.status == "optimal":
        assert_same_tables(plan, again)


def test_bounds_that_prove_nothing_travel_too(quick: ao.Problem) -> None:
    """An endless bound, of a stage or of the plan, is None in JSON and endless again afterwards."""
    stages = [ao.Fill("dtc"), ao.Contribution()]
    plan = ao.allocate(quick, ao.Contract("s", stages=stages), work_limit=1)
    again = ao.Plan.from_dict(json.loads(json.dumps(plan.to_dict(), allow_nan=False)))
    assert again.certificate == plan.certificate


def test_workbooks_hold_text_and_no_formulas(tmp_path: Path) -> None:
    """Ids keep their zeros and signs in a workbook, and none of them is a formula."""
    plan, path = awkward(), tmp_path / "plan.xlsx"
    plan.to_excel(path)
    book = openpyxl.load_workbook(path)
    assert set(book.sheetnames) >= {"summary", *TABLES}
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    sheet = book["allocation"]
    head = [cell.value for cell in sheet[1]]
    last = len(plan.allocation) + 1
    column = [row[head.index("article")].value for row in sheet.iter_rows(min_row=2, max_row=last)]
    assert column == plan.allocation["sku"].tolist()
    assert {"=1+1", "00123", "NA"} <= set(column)
    units = [row[head.index("units")].value for row in sheet.iter_rows(min_row=2, max_row=last)]
    assert units == plan.allocation["units"].tolist()
    assert book["summary"]["A2"].value == "=A contract & <more> earns 70\xa0=EUR and serves 71\xa0% of what is wanted."


def test_workbooks_go_where_they_are_told(quick: ao.Problem, tmp_path: Path) -> None:
    """The folder is made if need be, and a name that no cell can hold is written as far as it can be."""
    path = tmp_path / "new" / "folder" / "plan.xlsx"
    content = ao.allocate(quick).to_dict()
    ao.Plan.from_dict(content | {"contract": content["contract"] | {"name": "bell \x07"}}).to_excel(path)
    assert openpyxl.load_workbook(path)["summary"]["A2"].value.startswith("bell \ufffd earns 2,415")


def test_csv_files_hold_no_formulas(tmp_path: Path) -> None:
    """Text that a spreadsheet would run is quoted; numbers, negative ones too, are not."""
    plan = awkward()
    plan.to_csv(tmp_path / "new" / "folder")
    files = {path.stem: path for path in (tmp_path / "new" / "folder").iterdir()}
    assert set(files) == set(TABLES)
    with files["allocation"].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["sku"].removeprefix("'") for row in rows] == plan.allocation["sku"].tolist()
    assert [row["order"] for row in rows] == ["'=7"] * len(rows)
    assert {row["sku"] for row in rows} >= {"'=1+1", "00123", "'+A1", "'@SUM", "'-2", "NA"}
    with files["channels"].open(newline="", encoding="utf-8") as file:
        assert float(list(csv.DictReader(file))[-1]["write_down"]) == 0.0


def test_files_appear_whole_or_not_at_all(plan: ao.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves the old file and nothing else."""
    path = tmp_path / "plan.xlsx"
    path.write_text("old")

    def broken(*args: object, **options: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        plan.to_excel(path)
    assert [file.name for file in tmp_path.iterdir()] == ["plan.xlsx"]
    assert path.read_text() == "old"


def test_tables_too_long_for_a_worksheet_are_refused(
    plan: ao.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook that would lose rows is not written."""
    monkeypatch.setattr("allocopt.plan.files.SHEET_ROWS", 5)
    with pytest.raises(ao.SolveError, match="promises has 8 rows, more than a worksheet holds: use to_csv"):
        plan.to_excel(tmp_path / "plan.xlsx")
    assert not list(tmp_path.iterdir())


def unsolved(status: str) -> ao.Plan:
    """Return a plan that ended without an answer."""
    return ao.Plan(status=status, message="the reason", certificate=None, contract={"name": "X"})  # type: ignore[arg-type]


@pytest.mark.parametrize("status", ["infeasible", "interrupted", "error"])
@pytest.mark.parametrize(
    "ask",
    [
        *[lambda plan, path, name=name: getattr(plan, name) for name in (*TABLES, "objective", "contribution")],
        lambda plan, path: plan.raise_for_status(),
        lambda plan, path: plan.to_excel(path),
        lambda plan, path: plan.to_csv(path),
    ],
)
def test_no_answer_no_tables(status: str, ask: Any, tmp_path: Path) -> None:
    """A plan without a checked answer never shows one, and says why."""
    with pytest.raises(ao.SolveError, match=rf"There is no plan \({status}\): the reason"):
        ask(unsolved(status), tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("status", ["infeasible", "interrupted", "error"])
def test_no_answer_still_travels(status: str) -> None:
    """A plan without an answer has a plain form without tables."""
    content = json.loads(json.dumps(unsolved(status).to_dict(), allow_nan=False))
    assert [content[name] for name in TABLES] == [None] * len(TABLES)
    again = ao.Plan.from_dict(content)
    assert (again.status, again.message) == (status, "the reason")
    with pytest.raises(ao.SolveError):
        _ = again.allocation


def test_what_cannot_hold_is_named(refused: ao.Plan) -> None:
    """An infeasible plan names the clause, and by how much it would have to give way."""
    (conflict,) = refused.conflicts
    assert (conflict.clause, conflict.units) == (0, pytest.approx(3))
    assert refused.summary() == (
        "Too much: no plan (infeasible): the hard clauses and commitments cannot all hold.\n"
        "A plan would exist if these gave way by so much:\n"
        f"  {conflict.what} (A): 3"
    )


def test_the_model_is_this_plan(plan: ao.Plan) -> None:
    """The Pyomo model holds the plan's values, under labels, and is built once."""
    model = plan.model
    assert model is plan.model
    values = {key: variable.value for key, variable in model.ship.items() if variable.value}
    assert sum(values.values()) == plan.allocation["units"].sum()
    key = ("LAMP/West/on_hand/0", "LAMP/dtc/1", "West>dtc", 1)
    assert values[key] == 20
    assert model.arcs.loc[key, "contribution"] == pytest.approx(22.0)
