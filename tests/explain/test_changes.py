"""The change that an explanation names, made in the tables or in the contract, does what it says: one maker a kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocopt as ao

LAUNCH = Path(__file__).parents[2] / "scenarios" / "launch" / "contracts"
Tables = dict[str, Any]
Agreed = list[Any]
Case = tuple[Tables, Agreed, Callable[[float], tuple[Tables, Agreed]]]


def line(channel: str, units: int, price: float, **more: Any) -> dict[str, Any]:
    """Return what a channel wants of A in period 1."""
    return {"sku": "A", "channel": channel, "period": 1, "units": units, "price": price} | more


def base(draw: Any) -> Tables:
    """Return tables in which E serves two channels, and W, with stock of its own, the first of them alone."""
    whole = st.integers(0, 9)
    price = st.integers(5, 30).map(float)
    return {
        "skus": [{"sku": "A", "unit_cost": 3.0}],
        "nodes": [{"node": "E"}, {"node": "W"}],
        "channels": [{"channel": "dtc"}, {"channel": "b2b", "advertised": False}],
        "supply": [
            {"sku": "A", "node": "E", "kind": "on_hand", "units": draw(whole), "reference": "AE"},
            {"sku": "A", "node": "W", "kind": "on_hand", "units": draw(whole), "reference": "AW", "end_value": 3.0},
        ],
        "demand": [
            line("dtc", draw(st.integers(1, 12)), draw(price)),
            line("b2b", draw(st.integers(1, 9)), draw(price)),
        ],
        "lanes": [
            {"node": "E", "channel": "dtc", "cost": 1.0},
            {"node": "E", "channel": "b2b", "cost": 1.0},
            {"node": "W", "channel": "dtc", "cost": 1.5},
        ],
    }


def put(tables: Tables, table: str, row: int, **changes: Any) -> Tables:
    """Return tables with a row otherwise; a value of None takes it out."""
    rows = [dict(one) for one in tables[table]]
    rows[row] |= changes
    rows[row] = {name: value for name, value in rows[row].items() if value is not None}
    return tables | {table: rows}


def of_table(table: str, row: int, **bad: Any) -> Callable[[Any], Case]:
    """Return a maker of cases in which some values of one row stop a line, and whose change takes them out."""

    def make(draw: Any) -> Case:
        good = base(draw)
        before = {name: good[table][row].get(name) for name in bad}
        return put(good, table, row, **bad), [], lambda amount: (put(good, table, row, **before), [])

    return make


def of_clause(*clauses: Any) -> Callable[[Any], Case]:
    """Return a maker of cases in which clauses stop the one line of a channel, and whose change is to be without."""

    def make(draw: Any) -> Case:
        tables = base(draw)
        return tables, list(clauses), lambda amount: (tables, [])

    return make


def amount_of(draw: Any) -> int:
    """Return how large a limit is."""
    return int(draw(st.integers(0, 8)))


def of_cap(channels: Any) -> Callable[[Any], Case]:
    """Return a maker of cases with a cap, which is raised."""

    def make(draw: Any) -> Case:
        tables, units = base(draw), float(amount_of(draw))
        return tables, [ao.Cap(channels, units=units)], lambda by: (tables, [ao.Cap(channels, units=units + by)])

    return make


def of_kept(draw: Any) -> Case:
    """Return a case with stock kept for the other channel, of which less is kept."""
    tables, units = base(draw), float(draw(st.integers(1, 9)))
    kept = min(units, float(tables["supply"][0]["units"]))
    less = lambda by: (tables, [ao.Protect("b2b", units=max(0.0, kept - by))])  # noqa: E731
    return tables, [ao.Protect("b2b", units=units)], less


def of_limit(table: str, row: dict[str, Any], name: str) -> Callable[[Any], Case]:
    """Return a maker of cases with a row of limits, which is raised."""

    def make(draw: Any) -> Case:
        tables, limit = base(draw), amount_of(draw)
        with_limit = lambda by: tables | {table: [*tables.get(table, []), row | {name: limit + by}]}  # noqa: E731
        return with_limit(0), [], lambda by: (with_limit(by), [])

    return make


def of_lane(draw: Any) -> Case:
    """Return a case with a lane of some capacity, which is raised."""
    tables, limit = base(draw), amount_of(draw)
    return put(tables, "lanes", 2, capacity=limit), [], lambda by: (put(tables, "lanes", 2, capacity=limit + by), [])


def of_lot(draw: Any) -> Case:
    """Return a case that lacks stock, of which there is more."""
    tables = base(draw)
    lots = tables["supply"]

    def more(by: float, row: int) -> tuple[Tables, Agreed]:
        return put(tables, "supply", row, units=lots[row]["units"] + by), []

    return tables, [], lambda by: more(by, 0)


def of_shelf(draw: Any) -> Case:
    """Return a case in which a store keeps some units on its shelf, of which it gives some up."""
    tables = put(base(draw), "nodes", 1, kind="store", store_floor=4)
    kept = min(4, tables["supply"][1]["units"])
    return tables, [], lambda by: (put(tables, "nodes", 1, store_floor=kept - by), [])


def of_ratio(draw: Any) -> Case:
    """Return a case in which an order takes two articles one for one, of which the other one is scarce."""
    tables = base(draw)
    b = {"sku": "B", "node": "W", "kind": "on_hand", "units": draw(st.integers(0, 5)), "reference": "BW"}
    tables |= {
        "skus": [*tables["skus"], {"sku": "B", "unit_cost": 3.0}],
        "supply": [*tables["supply"], b],
        "demand": [line("dtc", 6, 20.0, order="O"), line("dtc", 6, 20.0, sku="B", order="O")],
    }
    return tables, [ao.InRatio("dtc", {"A": 1, "B": 1})], lambda amount: (tables, [])


MAKERS: dict[str, Callable[[Any], Case]] = {
    "a cap": of_cap("dtc"),
    "a cap over two": of_cap(("dtc", "b2b")),
    "stock kept": of_kept,
    "access": of_clause(ao.Access("dtc", kinds=("inbound",))),
    "a margin": of_clause(ao.MarginFloor("dtc", floor=0.8)),
    "a share": of_clause(ao.MinShare("b2b", 0.5)),
    "a ratio": of_ratio,
    "an advertised price": of_table("skus", 0, map_price=40.0),
    "hours": of_limit("capacity", {"node": "W", "period": 1}, "limit"),
    "a lane": of_lane,
    "a lot on hold": of_table("supply", 1, hold=True),
    "safety stock": of_table("supply", 1, kind="safety"),
    "an expired lot": of_table("supply", 1, expires=0),
    "a late lot": of_table("supply", 1, kind="inbound", available=3),
    "life left": of_table("demand", 0, min_life=4),
    "packs": of_table("demand", 0, pack=4),
    "sealed cases": of_table("supply", 1, pack=4),
    "a least shipment": of_table("demand", 0, min_ship=5),
    "all or none": of_table("demand", 0, all_or_none=True),
    "one place": of_table("demand", 0, ship_from_one=True),
    "a shelf": of_shelf,
    "a lot": of_lot,
}
NAMED = {
    "a cap": "cap channel",
    "a cap over two": "cap channel",
    "stock kept": "less is kept",
    "hours": "can handle",
    "a lane": "the lane",
    "a lot": ", AE)",
    "a late lot": "earlier",
    "a shelf": "may ship",
}
"""What the change is called where it is not that the line is let through."""
WIDER = ("packs", "sealed cases", "a least shipment", "all or none", "one place")
"""Kinds whose change in the tables lets all shipments of the line be of any size, not only what is short."""


def got(plan: ao.Plan, sku: str, channel: str) -> float:
    """Return what a channel gets of an article."""
    rows = plan.allocation
    return float(rows.loc[(rows["sku"] == sku) & (rows["channel"] == channel), "units"].sum())


@pytest.mark.parametrize("kind", MAKERS)
@settings(max_examples=12)
@given(data=st.data())
def test_the_change_made_gains_what_was_said(kind: str, data: Any) -> None:
    """The line gets all that it wants, and the objective of the whole moves as said."""
    tables, agreed, changed = MAKERS[kind](data.draw)
    plan = ao.allocate(ao.Problem.from_dict(tables), ao.Contract("Agreed", clauses=agreed))
    if not plan.solved or plan.shortfalls.empty:
        return
    assert "not_proven" not in set(plan.shortfalls["reason"])
    for row in plan.shortfalls.drop_duplicates(["sku", "channel"]).to_dict("records"):
        found = plan.explain(row["sku"], row["channel"])
        if NAMED.get(kind, "let it be served") not in found.change or row["channel"] != "dtc" or row["sku"] != "A":
            continue
        assert "_" not in found.change.partition(" although ")[0].replace("store_floor", "")
        more, other = changed(found.amount)
        new = ao.allocate(ao.Problem.from_dict(more), ao.Contract("Changed", clauses=other))
        if kind in WIDER:
            assert new.objective >= plan.objective + found.gain - 0.01
        else:
            assert new.objective == pytest.approx(plan.objective + found.gain, abs=0.01)
        prices = [one["price"] for one in tables["demand"]]
        better = kind in WIDER and new.objective > plan.objective + found.gain + 0.01
        assert got(new, "A", "dtc") == row["wanted"] or better or len(set(prices)) < len(prices)  # ties may decide


def test_the_cap_of_a_launch_raised_brings_the_line_and_the_money() -> None:
    """Amazon's cap keeps a line of the launch short: so many more of its article, and it is full, at the gain said."""
    problem, contract = ao.example("launch"), ao.Contract.read(LAUNCH / "launch_plan.yaml")
    plan = ao.allocate(problem, contract)
    found = plan.explain("aria-black", "amazon", due=0)
    assert (found.reasons["reason"].tolist(), found.amount) == (["cap"], 220.0)
    assert "(aria-black): 220 more" in found.change
    others = tuple(sku for sku in problem.facts.skus.id if sku != "aria-black")
    inbound = problem.to_dict()["supply"]
    units = sum(
        units
        for sku, kind, units in zip(inbound["sku"], inbound["kind"], inbound["units"], strict=True)
        if (sku, kind) == ("aria-black", "inbound")
    )
    agreed = list(contract.clauses)
    raised = ao.Cap("amazon", units=int(0.3 * units) + found.amount, sku="aria-black")
    agreed[1:2] = [ao.Cap("amazon", share=0.3, of="inbound", sku=others), raised]
    new = ao.allocate(problem, ao.Contract("Raised", clauses=agreed))
    assert new.objective - plan.objective == pytest.approx(found.gain, abs=0.01)
    rows = new.allocation
    mine = (rows["sku"] == "aria-black") & (rows["channel"] == "amazon") & (rows["due"] == 0)
    assert rows.loc[mine, "units"].sum() == 55
