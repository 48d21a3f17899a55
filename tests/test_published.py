"""Cases that others published are solved to the optimum that they printed.

``data/published`` holds each as tables, with where it is printed. What is minimised there is stated at price 0, so that
the objective is the published cost with its sign turned; goods cost nothing and are worth nothing in the end.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import allocopt as ao

DATA = Path(__file__).parent / "data"
CASES = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((DATA / "published").glob("*.json"))
}
SHARING = json.loads((DATA / "published_sharing.json").read_text(encoding="utf-8"))
Case = dict[str, Any]


def changed(case: Case, table: str, where: Case | None = None, **columns: Any) -> Case:
    """Return a case with some columns set in the rows of a table, or in those where others have these values."""
    rows = [
        {**row, **columns} if all(row[name] == value for name, value in (where or {}).items()) else row
        for row in case["problem"][table]
    ]
    return {**case, "problem": {**case["problem"], table: rows}}


def solved(case: Case) -> ao.Plan:
    """Return the plan of a published case."""
    contract = ao.Contract.from_dict({"name": "as published", "clauses": case.get("clauses", [])})
    return ao.allocate(ao.Problem.from_dict(case["problem"]), contract)


def test_there_is_something_to_solve() -> None:
    """The tests here find what they are meant to find, each case with its source."""
    assert len(CASES) == 10
    assert all(case["title"] and case["source"] for case in CASES.values())


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "objective" in case])
def test_the_published_optimum_is_reached_and_proven(name: str) -> None:
    """The objective is the printed one, and our own bound says that there is nothing better."""
    case = CASES[name]
    plan = solved(case)
    assert plan.status == "optimal"
    counted = {"max": 1.0, "min": -1.0}[case["sense"]] * plan.objective + case.get("constant", 0.0)
    assert counted == pytest.approx(case["objective"], rel=case["tolerance"])
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
        ("orders_by_rank", ("channel", "arrives"), {("prio1", 10): 10, ("prio2", 11): 10, ("prio3", 12): 5}),
        ("order_late", ("arrives",), {5: 10, 10: 10}),
        ("order_never_late", ("arrives",), {5: 10}),
        ("steel_products", ("sku",), {"bands": 6000, "coils": 500, "plate": 1028 + 4 / 7}),
    ],
)
def test_the_published_plan_is_found_where_it_is_the_only_one(
    name: str, by: tuple[str, ...], expected: dict[object, float]
) -> None:
    """Who gets how much when is what the source prints."""
    assert shipped(solved(CASES[name]), *by) == expected


def test_the_transport_problem_ships_what_every_optimum_ships() -> None:
    """Dantzig's plan is not unique in New York; Chicago is served from Seattle and Topeka from San Diego in all."""
    plan = shipped(solved(CASES["canning_plants"]), "node", "channel")
    assert plan["seattle", "chicago"] == 300
    assert plan["san-diego", "topeka"] == 275
    assert {pair for pair in plan if pair[1] != "new-york"} == {("seattle", "chicago"), ("san-diego", "topeka")}


def test_one_more_hour_in_the_third_week_is_worth_what_the_book_says() -> None:
    """The AMPL book prices an hour at the mill in week 3 at 3400: with one more the plan earns so much more."""
    before = changed(CASES["steel_weeks"], "skus", divisible=True)
    after = changed(before, "capacity", {"node": "make3"}, limit=33)
    assert solved(after).objective - solved(before).objective == pytest.approx(3400)


def test_more_promised_than_there_is_has_no_plan() -> None:
    """Serving 11,500 from 11,000 units is refused, naming commitments 500 units too many; there are no tables."""
    plan = solved(CASES["warehouses_too_empty"])
    assert plan.status == "infeasible"
    assert sum(conflict.units for conflict in plan.conflicts) == pytest.approx(500)
    assert all("min_units" in conflict.what for conflict in plan.conflicts)
    with pytest.raises(ao.SolveError, match="infeasible"):
        _ = plan.allocation


def test_as_lost_sales_the_shortage_is_what_supply_lacks() -> None:
    """Where demand may be lost, at a price, 500 units are and no more."""
    plan = solved(changed(CASES["warehouses_too_empty"], "demand", min_units=0, lost_cost=1000))
    assert plan.status == "optimal"
    assert plan.shortfalls["units"].sum() == 500
    assert plan.channels["penalties"].sum() == pytest.approx(500_000)


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


@pytest.mark.parametrize("example", SHARING, ids=lambda example: example["name"])
def test_shortages_are_shared_as_published(example: Case) -> None:
    """Equal units, shares in proportion to demand, and given parts are those of the worked example."""
    parts = {f"c{number}": part for number, part in enumerate(example.get("parts", ()))}
    contract = ao.fixed_split(parts) if parts else getattr(ao, example["rule"])()
    got = shared(example["supply"], example["demands"], contract, divisible=True)
    assert got == pytest.approx(example["shares"], abs=1e-5)
    if "whole" in example:
        assert shared(example["supply"], example["demands"], contract, divisible=False) == example["whole"]


def test_protection_levels_are_as_published() -> None:
    """The printed levels are worked out; and where who pays least comes first, just so much is left for the others.

    Talluri and van Ryzin, The Theory and Practice of Revenue Management (2004), section 2.2: four fares, normal demand.
    """
    fares, means, sds = [1050, 567, 534, 520], [17.3, 45.1, 39.6, 34.0], [5.8, 15.0, 13.2, 11.3]
    levels = [16.717484421033475, 50.94418638163152, 83.1548385006148]
    assert ao.emsr_b(fares, means, sds) == pytest.approx(levels, rel=1e-9)
    contract = ao.Contract("booking", clauses=ao.protection_levels().clauses, stages=ao.first_come().stages)
    columns = {"price": fares, "sd": sds, "arrived": [-fare for fare in reversed(fares)]}
    got = shared(100.0, means, contract, divisible=True, **columns)
    assert np.cumsum(got)[:-1] == pytest.approx(levels, abs=1e-6)
    whole = shared(100, [round(mean) for mean in means], contract, divisible=False, **columns)
    assert sum(whole) == 100
    levels = ao.emsr_b(fares, [round(mean) for mean in means], sds)
    assert np.cumsum(whole)[:-1].tolist() == np.ceil(levels).tolist()
