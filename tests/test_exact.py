"""Exact to the unit, through the front door: nothing is sold twice, however large or small the numbers are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocopt as ao
from benchmarks import exactness


def one_article(lot: int, wants: dict[str, tuple[float, int]], **more: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of one article in one lot, and what channels want of it at which price."""
    return {
        "skus": [{"sku": "A", "unit_cost": 1.0}],
        "nodes": [{"node": "DC"}],
        "channels": [{"channel": channel} for channel in wants],
        "supply": [{"sku": "A", "node": "DC", "kind": "on_hand", "units": lot}],
        "demand": [
            {"sku": "A", "channel": channel, "period": 0, "price": price, "units": units}
            for channel, (price, units) in wants.items()
        ],
        "lanes": [{"node": "DC", "channel": channel} for channel in wants],
        **more,
    }


def shipped(plan: ao.Plan) -> dict[str, float]:
    """Return the units that each channel gets."""
    units: dict[str, float] = plan.allocation.groupby("channel")["units"].sum().to_dict()
    return units


@pytest.mark.parametrize("solver", ["highs", "prices"])
@pytest.mark.parametrize("lot", [2**31, 10**12, 3 * 10**15])
def test_a_large_lot_is_not_sold_twice_by_a_unit(lot: int, solver: Any) -> None:
    """Three channels want half of a lot each: the two that pay most take it, to the unit."""
    wants = {"c0": (10.0, lot // 2), "c1": (11.0, lot // 2), "c2": (12.0, lot // 2)}
    plan = ao.allocate(ao.Problem.from_dict(one_article(lot, wants)), solver=solver)
    assert plan.status == "optimal"
    assert shipped(plan) == {"c1": lot // 2, "c2": lot // 2}
    assert plan.objective == lot // 2 * 21
    assert plan.certificate.gap == 0


@pytest.mark.parametrize("size", [1e-9, 1e-6, 1e-3, 1.0, 1e6])
def test_a_limit_in_figures_of_any_size_is_kept_to_the_unit(size: float) -> None:
    """A unit takes so much and the limit is 500 times as much: 500 units ship, the dearer ones."""
    limit = float(f"{size * 500:.9g}")
    tables = one_article(
        1000,
        {"web": (5.0, 300), "shop": (4.0, 600)},
        capacity=[{"node": "DC", "period": 0, "resource": "h", "limit": limit}],
        workloads=[{"resource": "h", "workload": size}],
    )
    plan = ao.allocate(ao.Problem.from_dict(tables))
    assert plan.status == "optimal"
    assert shipped(plan) == {"web": 300, "shop": 200}


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_nothing_is_oversold_at_any_size(data: st.DataObject) -> None:
    """Lots and lines of any sizes side by side, and a capacity with decimals: every sum is kept in whole numbers."""
    amounts = st.integers(0, 15).flatmap(lambda power: st.integers(0, 10**power))
    lots = data.draw(st.lists(amounts, min_size=1, max_size=2))
    lines = data.draw(st.lists(st.tuples(st.integers(1, 99), amounts), min_size=1, max_size=3))
    load, limit = data.draw(st.integers(1, 300)), data.draw(amounts)
    wants = {f"c{i}": (price / 4, units) for i, (price, units) in enumerate(lines)}
    tables = one_article(
        lots[0],
        wants,
        capacity=[{"node": "DC", "period": 0, "resource": "h", "limit": float(limit)}],
        workloads=[{"resource": "h", "workload": load / 100}],
    )
    tables["supply"] += [{"sku": "A", "node": "DC", "kind": "returns", "units": units} for units in lots[1:]]
    plan = ao.allocate(ao.Problem.from_dict(tables), solver=data.draw(st.sampled_from(["highs", "prices"])))
    assert plan.status == "optimal"
    table = plan.allocation
    assert all(units == int(units) for units in table["units"])
    by_kind, by_channel = table.groupby("kind")["units"], table.groupby("channel")["units"]
    for kind, units in zip(("on_hand", "returns"), lots, strict=False):
        assert sum(map(int, by_kind.get_group(kind) if kind in by_kind.groups else ())) <= units
    for channel, (_, units) in wants.items():
        assert sum(map(int, by_channel.get_group(channel) if channel in by_channel.groups else ())) <= units
    assert sum(map(int, table["units"])) * load <= limit * 100


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 11), st.integers(0, 5))
def test_ten_times_the_units_are_worth_ten_times_as_much(power: int, seed: int) -> None:
    """Where nothing has to be rounded, ``10^k`` times all units are worth exactly so much more."""
    tables = exactness.drawn(3, seed).tables
    larger = {**tables, "capacity": [], "workloads": []}
    plan = ao.allocate(ao.Problem.from_dict(larger))
    for name in ("supply", "demand"):
        larger[name] = [{**row, "units": row["units"] * 10**power} for row in tables[name]]
    times = ao.allocate(ao.Problem.from_dict(larger))
    assert times.status == "optimal"
    assert times.objective == pytest.approx(plan.objective * 10**power, rel=1e-15)


@pytest.mark.parametrize("solver", exactness.SOLVERS)
@pytest.mark.parametrize("decade", [5, 8, 11, 15])
def test_plans_are_the_exact_optimum(decade: int, solver: str) -> None:
    """Solved again in rational arithmetic, from the tables: not a unit too many, and the optimum to the cent."""
    for found in exactness.outcomes(decade, solver, range(2)):
        assert found.proven
        assert not found.oversold
        assert found.optimal
        assert found.same
        assert found.difference <= exactness.EQUAL


def test_stages_are_locked_to_the_unit_in_large_numbers() -> None:
    """What an earlier stage filled stays filled to the unit while the next one earns."""
    lot = 10**13 + 7
    tables = one_article(lot, {"dtc": (2.0, 6 * 10**12 + 1), "amazon": (9.0, 10**13)})
    contract = ao.Contract("First dtc", stages=[ao.Fill(("dtc",)), ao.Contribution()])
    plan = ao.allocate(ao.Problem.from_dict(tables), contract)
    assert plan.status == "optimal"
    assert shipped(plan) == {"dtc": 6 * 10**12 + 1, "amazon": lot - 6 * 10**12 - 1}


def test_a_channel_that_may_be_retired_is_weighed_in_large_numbers() -> None:
    """Cases of a decision are solved to the unit as well: a channel whose fixed cost eats what it earns goes."""
    lot = 10**12 + 1
    tables = one_article(lot, {"a": (3.0, 10**12), "b": (2.0, 10**12)})
    tables["channels"] = [{"channel": "a", "fixed_cost": 2.5e12}, {"channel": "b"}]
    plan = ao.allocate(ao.Problem.from_dict(tables), ao.Contract("Decide", clauses=[ao.KeepOrRetire("a")]))
    assert plan.status == "optimal"
    assert shipped(plan) == {"b": 10**12}
    assert plan.objective == 10**12


@pytest.mark.parametrize("more", [2**53 + 1, 2**60, 1e17])
@pytest.mark.parametrize("table", ["supply", "demand"])
def test_more_units_than_a_double_tells_apart_are_refused(table: str, more: float) -> None:
    """Above 2^53 a table's value is a fault with table, row and remedy; 2^53 itself is a number like any other."""
    tables = one_article(2**53, {"a": (2.0, 2**53)})
    assert ao.allocate(ao.Problem.from_dict(tables)).allocation["units"].tolist() == [2**53]
    tables[table][0]["units"] = more
    with pytest.raises(ao.DataError, match="9007199254740992") as fault:
        ao.Problem.from_dict(tables)
    (issue,) = fault.value.issues
    assert (issue.table, issue.row, issue.column, issue.code) == (table, 0, "units", "number_too_large")
    assert "larger units" in issue.hint


def test_usable_units_of_a_large_lot_are_rounded_down_exactly() -> None:
    """Nine tenths of 1,111,111,111,111,111 units are 999,999,999,999,999, not a unit more."""
    lot = 1_111_111_111_111_111
    tables = one_article(lot, {"a": (2.0, lot)})
    tables["supply"][0]["confidence"] = 0.9
    assert shipped(ao.allocate(ao.Problem.from_dict(tables))) == {"a": 999_999_999_999_999}


MARGINS = {
    "a": (10.0, 9.0),
    "b": (0.7, 0.63),
    "c": (19.9, 17.91),
    "d": (10.0, 9.01),
    "e": (8e8, 7.2e8),
    "f": (3e-4, 2.7e-4),
}
"""Price and cost: 10 % of the price is left, but for d, where it is 9.9 %."""


@pytest.mark.parametrize("per", ["unit", "channel"])
def test_a_unit_exactly_at_its_margin_floor_may_be_sold(per: Any) -> None:
    """What is at the floor when a person works it out in decimals is at it; a cent below is below."""
    tables = {
        "skus": [{"sku": sku, "unit_cost": cost} for sku, (_, cost) in MARGINS.items()],
        "nodes": [{"node": "W"}],
        "channels": [{"channel": "web"}],
        "supply": [{"sku": sku, "node": "W", "kind": "on_hand", "units": 5} for sku in MARGINS],
        "demand": [
            {"sku": sku, "channel": "web", "period": 0, "price": price, "units": 5}
            for sku, (price, _) in MARGINS.items()
        ],
        "lanes": [{"node": "W", "channel": "web"}],
    }
    floor = ao.MarginFloor("web", floor=0.1, per=per)
    plan = ao.allocate(ao.Problem.from_dict(tables), ao.Contract("Floor", clauses=[floor]))
    assert plan.status == "optimal"
    assert plan.allocation.groupby("sku")["units"].sum().to_dict() == {sku: 5 for sku in MARGINS if sku != "d"}


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 99), st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_margins_are_compared_in_cents(percent: int, prices: list[int]) -> None:
    """Of each price in whole money, a cost that leaves just the floor sells and one that is a cent more does not."""
    cost = [price * (100 - percent) + more for price in prices for more in (0, 1)]
    names = [f"s{i}" for i in range(len(cost))]
    tables = {
        "skus": [{"sku": sku, "unit_cost": cents / 100} for sku, cents in zip(names, cost, strict=True)],
        "nodes": [{"node": "W"}],
        "channels": [{"channel": "web"}],
        "supply": [{"sku": sku, "node": "W", "kind": "on_hand", "units": 1} for sku in names],
        "demand": [
            {"sku": sku, "channel": "web", "period": 0, "price": float(prices[i // 2]), "units": 1}
            for i, sku in enumerate(names)
        ],
        "lanes": [{"node": "W", "channel": "web"}],
    }
    clause = ao.MarginFloor("web", floor=percent / 100)
    plan = ao.allocate(ao.Problem.from_dict(tables), ao.Contract("Floor", clauses=[clause]))
    assert sorted(plan.allocation["sku"]) == sorted(names[::2])


def test_nothing_is_lost_by_acting_alone_where_that_earns_more() -> None:
    """A plan of a loose gap may be beaten by who acts alone: what coordination is worth is at least nothing then."""
    tables = one_article(10, {"a": (3.0, 10), "b": (2.0, 10)})
    found = ao.compare(ao.Problem.from_dict(tables), [ao.pooled(), ao.first_come()])
    outcomes = found._outcomes
    outcomes.loc[outcomes["contract"] == found.contracts[0], ["contribution", "objective"]] = 15.0
    gap = found.coordination_gap()
    assert gap["gap_low"].tolist() == [0, 0]
    assert (gap["gap_high"] >= 0).all()
