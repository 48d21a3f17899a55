"""Total rows: only what may be added is added, a table's own row of all stands once, and they agree with each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from gallery.edges import EDGES

import allocopt as ao
from allocopt.report.columns import View, view
from allocopt.report.plan_book import sheets
from allocopt.report.plan_page import page_of
from allocopt.report.proof import dearest
from allocopt.report.seen import Seen
from allocopt.report.totals import TOTALS, Totals
from allocopt.words import ALONE

NBSP = "\N{NO-BREAK SPACE}"


def book(plan: ao.Plan) -> dict[str, View]:
    """Return the sheets of a plan by name."""
    return {each.key: each for each in sheets(Seen(plan, priced=False))}


def parted() -> ao.Plan:
    """Return a plan in which one line is short for two reasons, and a channel wants what it cannot reach."""
    problem = ao.Problem(
        currency="USD",
        skus=pd.DataFrame({"sku": ["LAMP"], "unit_cost": [4.0]}),
        nodes=pd.DataFrame({"node": ["East", "West"]}),
        channels=pd.DataFrame({"channel": ["web", "all"]}),
        supply=pd.DataFrame({"sku": "LAMP", "node": ["East", "West"], "kind": "on_hand", "units": [30, 10]}),
        demand=pd.DataFrame({"sku": "LAMP", "channel": ["web", "all"], "period": 0, "units": [50, 20], "price": 9.0}),
        lanes=pd.DataFrame({"node": ["East", "East", "West"], "channel": ["web", "all", "web"]}),
    )
    return ao.allocate(problem, ao.Contract("Capped", clauses=[ao.Cap("web", units=25)]))


PLANS: dict[str, Callable[[], ao.Plan]] = {
    **{name: make for name, make in EDGES.items() if name != "no-plan"},
    "parted": parted,
    "quickstart": lambda: ao.allocate(ao.example("quickstart")),
}


@pytest.mark.parametrize("name", PLANS)
def test_totals_are_what_the_tables_say(name: str) -> None:
    """Every total is declared; sums are those of the rows, and equal totals of other tables and the key figures."""
    plan = PLANS[name]()
    assert name != "parted" or plan.shortfalls["sku"].size > plan.shortfalls["due"].nunique()
    found, kpis = book(plan), plan.kpis.iloc[-1]
    for key, sheet in found.items():
        cells = {column.name: column.cells for column in sheet.columns}
        for column, total in (sheet.totals or {}).items():
            told = TOTALS[key]
            assert told.given or told.booked or column in (*told.add, *told.over)
            if not told.given and column not in told.over:
                assert total == pytest.approx(np.nansum(np.array(cells[column], dtype=float)), abs=1e-6)
    assert found["exposure"].totals is None
    same = [("kpis", "units"), ("channels", "units"), ("allocation", "units"), ("promises", "promised")]
    same += [("kpis", "wanted"), ("channels", "demand"), ("promises", "wanted"), ("kpis", "left"), ("stock", "left")]
    meant = {"promised": "units", "demand": "wanted"}
    for key, column in same:
        totals = found[key].totals or {}
        if column in totals:
            assert totals[column] == pytest.approx(kpis[meant.get(column, column)], abs=1e-6)
    short = found["shortfalls"].totals or {}
    assert set(short) <= {"units"}
    if short:
        assert short["units"] == pytest.approx(kpis["wanted"] - kpis["units"], abs=1e-6)
    assert plan.contribution == pytest.approx((found["channels"].totals or {}).get("contribution", 0.0), abs=1e-6)


def test_the_row_of_all_stands_once(tmp_path: Path) -> None:
    """Key figures bring their own row of all: it is the total, beside a channel of that name; parcels are counted."""
    plan = parted()
    plan.to_excel(tmp_path / "plan.xlsx")
    page = openpyxl.load_workbook(tmp_path / "plan.xlsx")["kpis"]
    heads = [cell.value for cell in page[1]]
    rows = [dict(zip(heads, (cell.value for cell in row), strict=True)) for row in page.iter_rows(min_row=2)]
    assert [row["channel"] for row in rows] == ["all", "web", "in all"]
    own = plan.kpis.iloc[-1]
    told = {"units wanted": "wanted", "lines": "lines", "parcels": "parcels", "fill rate": "fill_rate"}
    assert {name: rows[-1][name] for name in told} == {name: pytest.approx(own[of]) for name, of in told.items()}
    assert page.cell(2, heads.index("parcels") + 1).number_format == "#,##0"


def test_ratios_of_all_are_those_of_the_sums() -> None:
    """In the profit and loss; where there is nothing to divide by they stay blank."""
    plan = ao.allocate(ao.example("quickstart"))
    totals, frame = book(plan)["channels"].totals, plan.channels
    assert totals is not None
    assert totals["fill_rate"] == pytest.approx(frame["units"].sum() / frame["demand"].sum())
    assert totals["margin"] == pytest.approx(frame["contribution"].sum() / frame["revenue"].sum())
    assert "margin" not in (book(EDGES["nothing-wanted"]())["channels"].totals or {})


def test_rounding_is_no_number() -> None:
    """What sums leave of rounding is shown as zero, a column of nothing else not at all; small numbers stay."""
    frame = pd.DataFrame(
        {
            "channel": ["a", "b"],
            "units": [5.0, -5.8e-11],
            "money": [2e6, 1e-7],
            "left": [1e-12, -1e-12],
            "fees": [3e-8, 0.0],
        }
    )
    shown = view(frame.assign(price=[1e-6, math.nan]), "t", "T", totals=Totals(("units", "money")))
    cells = {column.name: column.cells for column in shown.columns}
    assert cells["units"] == [5.0, 0.0]
    assert cells["money"] == [2e6, 0.0]
    assert cells["price"][0] == 1e-6
    assert not {"left", "fees"} & set(cells)
    assert Totals(("units",)).of(pd.DataFrame({"units": [0.1, 0.2, -0.3]}))["units"] == 0.0


def test_what_an_exception_is_about_is_an_amount(quick_plan: ao.Plan) -> None:
    """Units, hours or parcels: no heading says that they are units, and nobody adds them."""
    found = book(quick_plan)["exceptions"]
    assert "amount" in [column.heading for column in found.columns]
    assert set(found.totals or {}) == {"money"}


def priced(rows: list[tuple[float, float, float]]) -> pd.DataFrame:
    """Return prices of rules: value, low, high."""
    frame = pd.DataFrame(rows, columns=["value", "low", "high"])
    return frame.assign(what="commitment", owner="", kind="commitment", status="feasible", clause=-1)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (
            [(0.0, 0.0, 40.0), (0.0, 0.0, 7.0)],
            f"2 were found to cost nothing, and none of them more than 40{NBSP}USD",
        ),
        ([(0.2, 0.0, 7.0)], f"1 was found to cost less than 0.5, and 7{NBSP}USD at most"),
        (
            [(0.0, 0.0, math.inf), (math.nan, -math.inf, math.inf)],
            "1 was found to cost nothing, but it is not known how much at most; of 1 it is not known what it costs",
        ),
    ],
)
def test_rules_found_to_cost_nothing(
    quick_plan: ao.Plan, others: list[tuple[float, float, float]], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is only found is told as found, with the most that it may cost: in the headline and above the rows."""
    frame = priced([(90.0, 80.0, 95.0), *others])
    assert f"Of the others, {said}." in dearest(frame, "USD")
    monkeypatch.setattr(Seen, "prices", property(lambda _: frame))
    section = next(one for one in page_of(quick_plan).sections if one.key == "rules")
    folded = [block.view.caption for block in section.blocks if block.kind == "table" and block.folded]
    assert folded == [f"All {len(frame)} rules: {said}"]
    texts = [text for block in section.blocks if block.kind == "text" for text in block.said]
    assert [text for text in texts if ALONE in text] == [ALONE]


def test_what_the_contract_as_a_whole_costs(quick_plan: ao.Plan) -> None:
    """It is said where the page is held against a plan without clauses, and only there."""
    pooled = ao.allocate(ao.example("quickstart"))
    less = pooled.contribution - quick_plan.contribution
    assert less > 1
    capped = ao.Contract("Two", clauses=[ao.Protect("dtc", share=0.5, of="inbound"), ao.Cap("amazon", units=1e6)])
    plan = ao.allocate(ao.example("quickstart"), capped)
    for baseline, told in ((pooled, True), (quick_plan, False), (None, False)):
        section = next(one for one in page_of(plan, baseline).sections if one.key == "rules")
        texts = " ".join(text for block in section.blocks if block.kind == "text" for text in block.said)
        assert ALONE in texts
        assert (f"as a whole earns {pooled.contribution - plan.contribution:.0f}{NBSP}USD less" in texts) == told


def test_a_part_of_a_table_has_no_total() -> None:
    """Where not all rows are shown, or one alone, nothing is told of all."""
    frame = pd.DataFrame({"sku": ["a", "b", "c"], "units": [1.0, 2.0, 4.0]})
    told = Totals(("units",))
    assert view(frame, "t", "T", totals=told).totals == {"units": 7.0}
    assert view(frame, "t", "T", totals=told, most=2).totals is None
    assert view(frame.head(1), "t", "T", totals=told).totals is None
    assert view(frame, "t", "T", totals=replace(told, add=("money",))).totals is None
