"""Small plans at the edges: nobody short, one channel, a loss, nothing wanted, names that break things."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

import allocopt as ao


def problem(
    wanted: dict[str, int], *, units: int = 10, price: float = 9.0, fixed: float = 0.0, weeks: int = 0
) -> ao.Problem:
    """Return one article at one node, wanted by some channels."""
    names = list(wanted)
    tables = {
        "skus": {"sku": ["LAMP"], "unit_cost": [4.0]},
        "nodes": {"node": ["East"]},
        "channels": {
            "channel": names,
            "owner": [f"Head of {name}" for name in names],
            "fixed_cost": [fixed] * len(names),
        },
        "supply": {"sku": ["LAMP"], "node": ["East"], "kind": ["on_hand"], "units": [units]},
        "demand": {
            "sku": ["LAMP"] * len(names),
            "channel": names,
            "period": list(range(len(names))),
            "units": list(wanted.values()),
            "price": [price] * len(names),
        },
        "lanes": {"node": ["East"] * len(names), "channel": names},
    }
    frames = {name: pd.DataFrame(columns) for name, columns in tables.items()}
    if weeks:
        frames["periods"] = ao.weeks("2026-11-30", weeks)
    return ao.Problem(currency="EUR", **frames)


def hostile() -> ao.Plan:
    """Return a plan whose every name tries to be markup, a formula, mathematics, markdown or a colour."""
    sku, channel, node = (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(2)>',
        "=cmd|'/c calc'!A1 $x^2$ #1d5c96",
    )
    other = "</svg></style><b>{{ 7*7 }}</b> url(#x) **$\\frac{1}{2}$** [a](b)"
    tables = {
        "skus": {"sku": [sku], "unit_cost": [1.0]},
        "nodes": {"node": [node]},
        "channels": {"channel": [channel, other], "owner": ["<i>Head & Co</i>", ""]},
        "supply": {
            "sku": [sku] * 2,
            "node": [node] * 2,
            "kind": ["on_hand", "inbound"],
            "units": [3, 4],
            "reference": ["", "<PO>"],
        },
        "demand": {
            "sku": [sku] * 2,
            "channel": [channel, other],
            "period": [0, 1],
            "units": [5, 9],
            "price": [9.0, 8.0],
            "order": ["<o>", ""],
        },
        "lanes": {"node": [node] * 2, "channel": [channel, other]},
    }
    facts = ao.Problem(currency="<EUR>", **{name: pd.DataFrame(columns) for name, columns in tables.items()})
    contract = ao.Contract("<Contract> & co", reason="<b>why</b>", owner="O'Hara", clauses=[ao.Approval(units=2)])
    return ao.allocate(facts, contract)


def nobody_short() -> ao.Plan:
    """Return a plan in which everybody gets everything."""
    return ao.allocate(problem({"dtc": 3, "amazon": 4}))


def one_channel() -> ao.Plan:
    """Return a plan for one channel, in one week of a calendar."""
    return ao.allocate(problem({"dtc": 30}, weeks=1))


def nothing_earned() -> ao.Plan:
    """Return a plan in which nothing is worth selling."""
    return ao.allocate(problem({"dtc": 3, "amazon": 4}, price=3.0))


def at_a_loss() -> ao.Plan:
    """Return a plan whose fixed costs are more than it earns."""
    return ao.allocate(problem({"dtc": 3, "amazon": 40}, fixed=500.0))


def nothing_wanted() -> ao.Plan:
    """Return a plan with stock and no demand."""
    return ao.allocate(problem({"dtc": 0}))


def same_names() -> ao.Plan:
    """Return a plan whose channels are called as parts of pictures are."""
    return ao.allocate(problem({"left over": 8, "in all": 8, "served by nobody": 8, "2 others": 8}))


def no_plan() -> ao.Plan:
    """Return what there is to say where rules cannot hold together."""
    return ao.allocate(problem({"dtc": 30}), ao.Contract("Too much", clauses=[ao.Service(1.0, "dtc")]))


EDGES: dict[str, Callable[[], ao.Plan]] = {
    "hostile": hostile,
    "nobody-short": nobody_short,
    "one-channel": one_channel,
    "nothing-earned": nothing_earned,
    "at-a-loss": at_a_loss,
    "nothing-wanted": nothing_wanted,
    "same-names": same_names,
    "no-plan": no_plan,
}
"""Plans by name."""
