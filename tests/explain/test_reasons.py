"""Reasons add up, and each is what a re-solve of the whole problem says: properties over random problems."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocopt as ao
from allocopt.rules.kit.shortage import CODES

KEYS = ["sku", "channel", "region", "order", "line", "due"]


@st.composite
def problems(draw, *, limits=True):
    """Return tables of a small problem that is short of nearly everything."""
    skus, nodes, channels = ["A", "B"][: draw(st.integers(1, 2))], ["E", "W"], ["dtc", "amazon", "b2b"]
    whole = st.integers(0, 12)
    price = st.integers(2, 30).map(float)
    supply = [
        {"sku": s, "node": n, "kind": "on_hand", "units": draw(whole), "reference": f"{s}{n}"}
        for s in skus
        for n in nodes
    ]
    if draw(st.booleans()):
        supply.append(
            {"sku": "A", "node": "E", "kind": "inbound", "units": draw(whole), "available": draw(st.integers(1, 2))}
        )
    if limits and draw(st.booleans()):
        supply[0]["expires"] = 0
    demand = [
        {"sku": s, "channel": c, "period": t, "units": draw(st.integers(1, 9)), "price": draw(price)}
        for s in skus
        for c in channels
        for t in (0, 1)
        if draw(st.booleans())
    ] or [{"sku": "A", "channel": "dtc", "period": 0, "units": 5, "price": 9.0}]
    lanes = [
        {"node": n, "channel": c, "cost": float(draw(st.integers(0, 3)))}
        for n in nodes
        for c in channels
        if draw(st.booleans())
    ] or [{"node": "E", "channel": "dtc"}]
    tables = {
        "skus": [{"sku": s, "unit_cost": float(draw(st.integers(0, 6)))} for s in skus],
        "nodes": [{"node": n} for n in nodes],
        "channels": [{"channel": c, "owner": f"Head of {c}"} for c in channels],
        "supply": supply,
        "demand": demand,
        "lanes": lanes,
    }
    if limits and draw(st.booleans()):
        tables["capacity"] = [{"node": "E", "period": t, "limit": draw(st.integers(0, 9))} for t in (0, 1)]
    return tables


@st.composite
def clauses(draw):
    """Return up to two clauses."""
    kinds = [
        lambda: ao.Cap(draw(st.sampled_from(["dtc", "amazon"])), units=float(draw(st.integers(0, 6)))),
        lambda: ao.Protect("b2b", units=float(draw(st.integers(1, 6)))),
        lambda: ao.Access("amazon", min_confidence=1.0, from_period=draw(st.integers(0, 1))),
        lambda: ao.MarginFloor("dtc", floor=0.3),
    ]
    chosen = draw(st.lists(st.integers(0, len(kinds) - 1), max_size=2, unique=True))
    return [kinds[number]() for number in chosen]


@settings(max_examples=25)
@given(tables=problems(), agreed=clauses())
def test_units_add_up_for_every_short_line(tables, agreed):
    """The units of a line's reasons are what it is short of, each with a code of the closed set and a sentence."""
    plan = ao.allocate(ao.Problem.from_dict(tables), ao.Contract("Agreed", clauses=agreed))
    if not plan.solved:
        return
    short = plan.shortfalls
    total = short.groupby(KEYS, dropna=False).agg(
        units=("units", "sum"), wanted=("wanted", "first"), served=("served", "first")
    )
    assert np.allclose(total["units"], total["wanted"] - total["served"])
    assert (short["units"] > 0).all()
    assert set(short["reason"]) <= set(CODES)
    assert (short["sentence"] != "").all()
    wanted = sum(row["units"] for row in tables["demand"])
    assert total["units"].sum() == pytest.approx(wanted - plan.allocation["units"].sum())
    for row in short.to_dict("records"):
        assert row["sentence"].startswith(f"{row['units']:,.6g} of {row['wanted']:,.6g} wanted short: ")


@settings(max_examples=20)
@given(tables=problems(limits=False))
def test_where_money_alone_decides_nobody_envies_anybody(tables):
    """At no gap, with supply, demand and lanes only and ranks equal, no line goes short before a worse one."""
    plan = ao.allocate(ao.Problem.from_dict(tables), gap=0.0)
    assert plan.envy().empty
    assert not set(plan.shortfalls["reason"]) & {"not_proven", "rank", "turn", "protected", "cap"}


def own_stock(tables, row, units):
    """Return tables with a lot that only one line can have: a node of its own, a lane to it, from its due period on."""
    nodes = [*tables["nodes"], {"node": "own"}]
    lot = {"sku": row["sku"], "node": "own", "kind": "on_hand", "units": units, "available": row["due"]}
    lane = {"node": "own", "channel": row["channel"], "sku": row["sku"], "cost": 0.0}
    return tables | {"nodes": nodes, "supply": [*tables["supply"], lot], "lanes": [*tables["lanes"], lane]}


@settings(max_examples=20)
@given(tables=problems(), data=st.data())
def test_stock_of_its_own_fills_a_line_that_lacks_stock(tables, data):
    """Who is short for want of stock gets the units from a lot that comes to it alone, and the plan gains.

    Fresh stock has to earn something with the line: one that pays what the stock cost is worth serving only from stock
    that would be written off.
    """
    plan = ao.allocate(ao.Problem.from_dict(tables))
    cost = {sku["sku"]: sku["unit_cost"] for sku in tables["skus"]}
    earns = {
        (line["sku"], line["channel"], line["period"]) for line in tables["demand"] if line["price"] > cost[line["sku"]]
    }
    rows = plan.shortfalls
    rows = rows[rows["reason"].isin(["no_supply", "taken_by_better", "tie"])]
    rows = rows[[key in earns for key in zip(rows["sku"], rows["channel"], rows["due"], strict=True)]]
    if rows.empty:
        return
    row = rows.iloc[data.draw(st.integers(0, len(rows) - 1))]
    other = ao.allocate(ao.Problem.from_dict(own_stock(tables, row, 99.0)))
    got = other.allocation
    mine = got[(got["sku"] == row["sku"]) & (got["channel"] == row["channel"]) & (got["due"] == row["due"])][
        "units"
    ].sum()
    assert mine == row["wanted"]
    assert other.objective >= plan.objective - 1e-6


@settings(max_examples=25)
@given(tables=problems(), agreed=clauses(), data=st.data())
def test_what_a_change_is_said_to_gain_is_what_a_whole_re_solve_gains(tables, agreed, data):
    """Caps and capacities raised by what the explanation says fill the line, and the objective moves as said."""
    contract = ao.Contract("Agreed", clauses=agreed)
    plan = ao.allocate(ao.Problem.from_dict(tables), contract)
    if not plan.solved:
        return
    rows = plan.shortfalls
    rows = rows[rows["reason"].isin(["cap", "no_supply", "taken_by_better", "tie"])]
    if rows.empty:
        return
    row = rows.iloc[data.draw(st.integers(0, len(rows) - 1))]
    found = plan.explain(row["sku"], row["channel"], due=int(row["due"]))
    if not found.change:
        return
    if row["reason"] == "cap" and row["what"] in found.change:
        change = int(row["clause"])
        cap, others = agreed[change], tuple({one["sku"] for one in tables["skus"]} - {row["sku"]})
        raised = [ao.Cap(cap.channel, units=cap.units + found.amount, sku=(row["sku"],))]  # of that article
        raised += [ao.Cap(cap.channel, units=cap.units, sku=others)] if others else []
        agreed = [*agreed[:change], *raised, *agreed[change + 1 :]]
    else:
        named = [lot for lot in tables["supply"] if lot.get("reference", "none") + ")" in found.change]
        lot = named[0] if named else None
        if lot is None:
            return
        added = lot | {"units": lot["units"] + found.amount}
        tables = tables | {"supply": [added if one is lot else one for one in tables["supply"]]}
    other = ao.allocate(ao.Problem.from_dict(tables), ao.Contract("Changed", clauses=agreed))
    assert other.objective >= plan.objective + found.gain - 0.01
    got = other.allocation
    mine = got[(got["sku"] == row["sku"]) & (got["channel"] == row["channel"]) & (got["due"] == row["due"])][
        "units"
    ].sum()
    if "capacity" not in tables:
        assert other.objective == pytest.approx(plan.objective + found.gain, abs=0.01)
    assert mine >= row["served"]


@st.composite
def limited(draw):
    """Return tables and clauses of a problem in which one limit of any kind keeps lines short, besides stock."""
    whole = st.integers(0, 8)
    demand = [
        {
            "sku": "A",
            "channel": c,
            "period": t,
            "units": draw(st.integers(1, 9)),
            "price": float(draw(st.integers(9, 30))),
        }
        for c in ("dtc", "amazon", "b2b")
        for t in (0, 1)
    ]
    tables = {
        "skus": [{"sku": "A", "unit_cost": 3.0}],
        "nodes": [{"node": "E"}],
        "channels": [{"channel": c} for c in ("dtc", "amazon", "b2b")],
        "supply": [{"sku": "A", "node": "E", "kind": "on_hand", "units": draw(st.integers(5, 40)), "reference": "AE"}],
        "demand": demand,
        "lanes": [{"node": "E", "channel": c, "cost": 1.0} for c in ("dtc", "amazon", "b2b")],
    }
    kind = draw(st.sampled_from(["cap", "caps", "protect", "capacity", "lane"]))
    agreed = []
    if kind == "cap":
        agreed = [ao.Cap("dtc", units=float(draw(whole)))]
    elif kind == "caps":
        agreed = [ao.Cap(("dtc", "amazon"), units=float(draw(whole)))]
    elif kind == "protect":
        agreed = [ao.Protect("b2b", units=float(draw(st.integers(1, 20))))]
    elif kind == "capacity":
        tables["capacity"] = [{"node": "E", "period": t, "limit": draw(whole)} for t in (0, 1)]
    else:
        tables["lanes"][0]["capacity"] = draw(whole)
    return tables, agreed, kind


def applied(tables, agreed, kind, found, row):
    """Return tables and clauses as the change of an explanation says; None where it is about something else."""
    if ", AE)" in found.change:
        lot = tables["supply"][0]
        return tables | {"supply": [lot | {"units": lot["units"] + found.amount}]}, agreed
    if kind in ("cap", "caps") and "cap channel" in found.change:
        return tables, [ao.Cap(agreed[0].channel, units=agreed[0].units + found.amount)]
    if kind == "protect" and "less is kept" in found.change:
        kept = min(agreed[0].units, float(tables["supply"][0]["units"]))  # of what there is
        return tables, [ao.Protect("b2b", units=max(0.0, kept - found.amount))]
    if kind == "capacity" and "can handle" in found.change:
        period = int(row["due"])
        more = [one | {"limit": one["limit"] + found.amount * (one["period"] == period)} for one in tables["capacity"]]
        return tables | {"capacity": more}, agreed
    return None


@settings(max_examples=40)
@given(case=limited(), data=st.data())
def test_every_named_change_does_what_it_says(case, data):
    """Caps over one channel or two, a protection, hours, a lot: changed as said, the line is full, the gain there."""
    tables, agreed, kind = case
    plan = ao.allocate(ao.Problem.from_dict(tables), ao.Contract("Agreed", clauses=agreed))
    rows = plan.shortfalls
    if rows.empty:
        return
    assert "not_proven" not in set(rows["reason"])
    row = rows.iloc[data.draw(st.integers(0, len(rows) - 1))]
    found = plan.explain(row["sku"], row["channel"], due=int(row["due"]))
    other = applied(tables, agreed, kind, found, row) if found.change else None
    if other is None:
        return
    tables, agreed = other
    new = ao.allocate(ao.Problem.from_dict(tables), ao.Contract("Changed", clauses=agreed))
    assert new.objective == pytest.approx(plan.objective + found.gain, abs=0.01)
    got = new.allocation
    mine = got[(got["channel"] == row["channel"]) & (got["due"] == row["due"])]["units"].sum()
    even = {one["price"] for one in tables["demand"] if (one["channel"], one["period"]) == (row["channel"], row["due"])}
    tied = [one for one in tables["demand"] if one["price"] in even]
    assert mine == row["wanted"] or len(tied) > 1  # who is worth the same may come before it in the order of ties


@pytest.mark.parametrize(
    ("stock", "wanted", "others", "told"),
    [
        (1, 1, 0, [("store_floor", 1, "S may ship 0 units of A, the rest stays on its shelf")]),
        (1, 3, 0, [("no_supply", 3, "1 unit of A at S (on hand)")]),
        (2, 2, 1, [("taken_by_better", 1, ""), ("no_supply", 1, "2 units of A at S (on hand)")]),
    ],
)
def test_what_a_parcel_would_have_to_be_opened_for_is_told_with_its_own_rows(stock, wanted, others, told):
    """A parcel would pay for itself: what keeps its units is told for as many as it keeps, and by its own rows."""
    demand = [{"sku": "A", "channel": "dtc", "period": 1, "units": wanted, "price": 20.0, "order": "O"}]
    if others:
        demand.append({"sku": "A", "channel": "b2b", "period": 1, "units": others, "price": 60.0, "order": "P"})
    tables = {
        "skus": [{"sku": "A", "unit_cost": 3.0}],
        "nodes": [{"node": "S", "kind": "store", "store_floor": 1}],
        "channels": [{"channel": "dtc"}, {"channel": "b2b"}],
        "supply": [{"sku": "A", "node": "S", "kind": "on_hand", "units": stock}],
        "demand": demand,
        "lanes": [{"node": "S", "channel": channel, "cost": 1.0, "parcel_cost": 4.0} for channel in ("dtc", "b2b")],
    }
    rows = ao.allocate(ao.Problem.from_dict(tables)).shortfalls
    rows = rows[rows["channel"] == "dtc"]
    assert list(zip(rows["reason"], rows["units"], rows["what"], strict=True)) == told


def test_what_stages_make_of_a_change_is_not_promised():
    """Where others come before money no change is named: the units of a larger limit may go to somebody else."""
    tables = {
        "skus": [{"sku": "A", "unit_cost": 0.0}],
        "nodes": [{"node": "N"}],
        "channels": [{"channel": "dtc"}, {"channel": "amazon"}],
        "supply": [{"sku": "A", "node": "N", "kind": "on_hand", "units": 22}],
        "demand": [
            {"sku": "A", "channel": "dtc", "period": 0, "units": 18, "price": 11.0},
            {"sku": "A", "channel": "amazon", "period": 0, "units": 9, "price": 12.0},
        ],
        "lanes": [{"node": "N", "channel": "dtc"}, {"node": "N", "channel": "amazon"}],
        "capacity": [{"node": "N", "period": 0, "limit": 4}],
    }
    problem = ao.Problem.from_dict(tables)
    fair, pooled = ao.allocate(problem, ao.max_min_fair()), ao.allocate(problem)
    assert fair.explain("A", "amazon").change == ""
    assert pooled.explain("A", "amazon").change == "N can handle 4 units in period 0: 5 more"
