"""Cases that others published are solved to the optimum that they printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests import published

import allocopt as ao

WHOLE = [
    "ampl_multi",
    "ampl_steelT",
    "frepple_material1_item1",
    "frepple_policy_A",
    "frepple_policy_B",
    "gams_trnsport",
    "pyomo_transportation",
    "supplychef_service0_retire",
]
"""Cases whose published optimum is in whole units."""
DIVISIBLE = ["ampl_steel3"]
"""Cases whose published optimum is not."""
ELSEWHERE = ["allocation_rules", "pyomo_transportation_infeasible"]
"""Files with tests of their own below."""
RULES = ["maxmin_keshav", "sap_fair_share_A", "oracle_shortage_scaling", "oracle_target_ratio"]
"""Worked examples of rules for sharing a shortage."""
LEVELS = ["tvr_emsr_b"]
"""Worked examples of protection levels."""


def test_every_published_case_is_used_or_named(cases):
    """A case that is added must be solved, or listed with the reason why it cannot be."""
    files = {path.stem for path in cases.glob("*.json")}
    assert files == {*WHOLE, *DIVISIBLE, *ELSEWHERE}
    rules = {entry["id"] for entry in json.loads((cases / "allocation_rules.json").read_text(encoding="utf-8"))}
    assert rules == {*RULES, *LEVELS}


@pytest.mark.parametrize("name", [*WHOLE, *DIVISIBLE])
def test_the_published_optimum_is_reached_and_proven(cases, name):
    """The objective is the printed one, and our own bound says that there is nothing better."""
    case = published.read(cases, name)
    stated = published.state(case, divisible=name in DIVISIBLE)
    plan = ao.allocate(stated.problem, stated.contract)
    assert plan.status == "optimal"
    assert stated.objective(plan) == pytest.approx(case["published"]["objective"], rel=case["published"]["tol"])
    assert plan.certificate is not None
    assert plan.certificate.gap <= 1e-6
    assert plan.contribution == pytest.approx(plan.objective)


def shipped(plan: ao.Plan, *by: str) -> dict[object, float]:
    """Return the units that ship, added up by some columns of the allocation."""
    units = plan.allocation.groupby(list(by) if len(by) > 1 else by[0])["units"].sum()
    return {key: pytest.approx(value, abs=1e-6) for key, value in units.items()}


@pytest.mark.parametrize(
    ("name", "by", "expected"),
    [
        ("frepple_material1_item1", ("channel", "arrives"), {("prio1", 10): 10, ("prio2", 11): 10, ("prio3", 12): 5}),
        ("frepple_policy_A", ("arrives",), {5: 10, 10: 10}),
        ("frepple_policy_B", ("arrives",), {5: 10}),
        ("ampl_steel3", ("sku",), {"bands": 6000, "coils": 500, "plate": 1028 + 4 / 7}),
    ],
)
def test_the_published_plan_is_found_where_it_is_the_only_one(cases, name, by, expected):
    """Who gets how much when is what the source prints."""
    stated = published.state(published.read(cases, name), divisible=name in DIVISIBLE)
    assert shipped(ao.allocate(stated.problem, stated.contract), *by) == expected


def test_the_transport_problem_ships_what_every_optimum_ships(cases):
    """Dantzig's plan is not unique in New York; Chicago is served from Seattle and Topeka from San Diego in all."""
    stated = published.state(published.read(cases, "gams_trnsport"))
    plan = shipped(ao.allocate(stated.problem, stated.contract), "node", "channel")
    assert plan["seattle", "chicago"] == 300
    assert plan["san-diego", "topeka"] == 275
    assert {pair for pair in plan if pair[1] != "new-york"} == {("seattle", "chicago"), ("san-diego", "topeka")}


def test_one_more_hour_in_the_third_week_is_worth_what_the_book_says(cases):
    """The AMPL book prices an hour at the mill in week 3 at 3400: with one more the plan earns so much more."""
    case = published.read(cases, "ampl_steelT")
    before, after = published.state(case, divisible=True), _with_one_more_hour(case, "make3")
    worth = ao.allocate(after.problem).objective - ao.allocate(before.problem).objective
    assert worth == pytest.approx(case["published"]["duals"]["node|make3"])


def _with_one_more_hour(case: published.Case, node: str) -> published.Stated:
    nodes = [{**row, "capacity": row["capacity"] + 1} if row["id"] == node else row for row in case["data"]["nodes"]]
    return published.state({**case, "data": {**case["data"], "nodes": nodes}}, divisible=True)


def test_more_promised_than_there_is_has_no_plan(cases):
    """Serving 11,500 from 11,000 units is refused, naming commitments 500 units too many; there are no tables."""
    stated = published.state(published.read(cases, "pyomo_transportation_infeasible"))
    plan = ao.allocate(stated.problem, stated.contract)
    assert plan.status == "infeasible"
    assert sum(conflict.units for conflict in plan.conflicts) == pytest.approx(500)
    assert all("min_units" in conflict.what for conflict in plan.conflicts)
    with pytest.raises(ao.SolveError, match="infeasible"):
        _ = plan.allocation


def test_as_lost_sales_the_shortage_is_what_supply_lacks(cases):
    """Where demand may be lost, at a price, 500 units are and no more."""
    stated = published.state(published.read(cases, "pyomo_transportation_infeasible"), lost=1000.0)
    plan = ao.allocate(stated.problem, stated.contract)
    assert plan.status == "optimal"
    assert plan.shortfalls["units"].sum() == 500
    assert plan.channels["penalties"].sum() == pytest.approx(500_000)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"lanes": [{"node": "s1", "channel": c, "sku": "p1", "unit_cost": 1.0} for c in ("c1", "c2")]},
            "channels stay",
        ),
        ({"nodes": [{"id": "s1", "min_if_open": 5.0}]}, "a least amount while it is open"),
        ({"tariffs": []}, "does not read"),
    ],
)
def test_what_cannot_be_expressed_is_said_so(cases, change, reason):
    """The adapter refuses a case that asks for more than allocopt has, and says what."""
    case = published.read(cases, "supplychef_service0_retire")
    with pytest.raises(published.NotExpressibleError, match=reason):
        published.state({**case, "data": case["data"] | change})


def shared(
    supply: float, demands: list[float], contract: ao.Contract, *, divisible: bool, **columns: list[float]
) -> list[float]:
    """Return what each channel gets of one SKU under a contract; the channels are named c0, c1, ..."""
    channels = [f"c{number}" for number in range(len(demands))]
    given = {"sku": "A", "channel": channels, "period": 0, "units": demands, "price": 1.0, **columns}
    problem = ao.Problem(
        skus=pd.DataFrame({"sku": ["A"], "divisible": [divisible]}),
        nodes=pd.DataFrame({"node": ["DC"]}),
        channels=pd.DataFrame({"channel": channels}),
        supply=pd.DataFrame({"sku": ["A"], "node": ["DC"], "kind": ["on_hand"], "units": [supply]}),
        demand=pd.DataFrame(given),
        lanes=pd.DataFrame({"node": "DC", "channel": channels}),
    )
    plan = ao.allocate(problem, contract)
    assert plan.status == "optimal"
    return plan.channels.set_index("channel").loc[channels, "units"].tolist()


def rule(cases: Path, name: str) -> dict[str, Any]:
    """Return one worked example of a rule."""
    entries = json.loads((cases / "allocation_rules.json").read_text(encoding="utf-8"))
    return next(entry for entry in entries if entry["id"] == name)


@pytest.mark.parametrize("name", RULES)
def test_shortages_are_shared_as_published(cases, name):
    """Equal units, shares in proportion to demand, and given ratios are those of the worked example."""
    entry = rule(cases, name)
    demands = entry.get("demands") or [entry["supply"] for _ in entry["ratio"]]
    parts = entry.get("ratio", [])
    contract = {
        "max_min_fair": ao.max_min_fair,
        "proportional": ao.fair_share,
        "ratio": lambda: ao.fixed_split({f"c{number}": part / sum(parts) for number, part in enumerate(parts)}),
    }[entry["kind"]]()
    got = shared(entry["supply"], demands, contract, divisible=True)
    assert got == pytest.approx(entry["expected"], abs=1e-5)
    if entry["kind"] != "max_min_fair":
        whole = entry.get("expected_rounded", entry["expected"])
        assert shared(entry["supply"], demands, contract, divisible=False) == whole


@pytest.mark.parametrize("name", LEVELS)
def test_protection_levels_are_as_published(cases, name):
    """The printed levels are worked out; and where who pays least comes first, just so much is left for the others."""
    entry = rule(cases, name)
    fares, means, sds = entry["fares"], entry["means"], entry["sds"]
    assert ao.emsr_b(fares, means, sds) == pytest.approx(entry["expected"], rel=1e-9)
    contract = ao.Contract("booking", clauses=ao.protection_levels().clauses, stages=ao.first_come().stages)
    arrived = [-fare for fare in reversed(fares)]
    columns = {"price": fares, "sd": sds, "arrived": arrived}
    got = shared(100.0, means, contract, divisible=True, **columns)
    assert np.cumsum(got)[:-1] == pytest.approx(entry["expected"], abs=1e-6)
    whole = shared(100, [round(mean) for mean in means], contract, divisible=False, **columns)
    assert sum(whole) == 100
    levels = ao.emsr_b(fares, [round(mean) for mean in means], sds)
    assert np.cumsum(whole)[:-1].tolist() == np.ceil(levels).tolist()
