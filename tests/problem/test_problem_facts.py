"""Facts are the checked tables as arrays, in an order that does not depend on the user's."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.problem.small import build, frames, nothing, two_days

from allocopt.problem import Problem
from allocopt.problem.facts import ANY, NEVER, Facts
from allocopt.problem.usable import usable_units


def same(left: Facts, right: Facts, *, rows: bool = False) -> bool:
    """Return whether facts are equal; positions in the user's tables are left out unless `rows`."""
    for name, part in vars(left).items():
        other = getattr(right, name)
        if isinstance(part, int | np.ndarray):
            if not np.array_equal(part, other):
                return False
            continue
        for column, array in vars(part).items():
            if column == "row" and not rows:
                continue
            against = getattr(other, column)
            if isinstance(array, bool):
                if array != against:
                    return False
                continue
            if array.dtype != against.dtype or not np.array_equal(array, against, equal_nan=array.dtype == np.float64):
                return False
    return True


def test_lots_stand_in_the_order_of_ties() -> None:
    """Lots are sorted by SKU, expiry (never last), availability, node, kind and reference."""
    problem = build(
        supply={
            "sku": ["B", "A", "A", "A", "A", "A"],
            "node": ["East", "West", "East", "East", "West", "East"],
            "kind": ["on_hand", "on_hand", "inbound", "on_hand", "on_hand", "on_hand"],
            "units": [1, 2, 3, 4, 5, 6],
            "available": [0, 1, 1, 1, 0, 1],
            "expires": [None, None, None, None, None, 5],
            "reference": ["", "", "", "x", "", ""],
        }
    )
    lots = problem.facts.lots
    assert lots.units.tolist() == [6, 5, 4, 3, 2, 1]
    assert lots.row.tolist() == [5, 4, 3, 2, 1, 0]
    assert lots.expires.tolist() == [5, NEVER, NEVER, NEVER, NEVER, NEVER]
    assert lots.expires.dtype == np.int32


def test_lines_stand_in_the_order_of_their_key() -> None:
    """Lines are sorted by SKU, channel, period, region, order and line; blank comes first."""
    problem = build(
        demand={
            "sku": ["B", "A", "A", "A", "A", "A"],
            "channel": ["web", "web", "shop", "web", "web", "web"],
            "period": [0, 1, 3, 0, 0, 0],
            "units": [1, 2, 3, 4, 5, 6],
            "price": [1] * 6,
            "region": ["", "", "", "EU", "", "EU"],
            "order": ["9", "9", "9", "9", "10", "9"],
            "line": ["", "", "", "2", "", "1"],
        }
    )
    facts = problem.facts
    assert facts.lines.units.tolist() == [3, 5, 6, 4, 2, 1]
    assert facts.lines.region.tolist() == [ANY, ANY, 0, 0, ANY, ANY]
    assert facts.regions.tolist() == ["EU"]
    assert list(zip(facts.orders.tolist(), facts.order_channel.tolist(), strict=True)) == [
        ("10", 1),
        ("9", 0),
        ("9", 1),
    ]
    assert facts.lines.order.tolist() == [1, 0, 2, 2, 2, 2]
    assert facts.lines.line.tolist() == ["", "", "1", "2", "", ""]
    assert facts.periods == 4


def test_blanks_with_a_meaning_are_resolved() -> None:
    """A blank cost is the SKU's, a blank end value the lot's cost, a blank pack the SKU's for wholesale and stores."""
    facts = build(
        skus={"unit_cost": [4.0, 6.0], "pack": [6, 10], "map_price": [None, 3.0]},
        channels={"channel": ["web", "shop"], "kind": ["wholesale", "store"]},
        supply={"unit_cost": [None, 1.0, None], "end_value": [None, None, 0.5]},
        demand={"channel": ["web", "web", "shop"], "pack": [None, 2, None]},
    ).facts
    assert facts.lots.unit_cost.tolist() == [4.0, 4.0, 1.0]
    assert sorted(facts.lots.end_value.tolist()) == [0.5, 1.0, 4.0]
    assert facts.channels.id.tolist() == ["shop", "web"]
    assert facts.channels.advertised.tolist() == [True, False]
    assert facts.lines.pack.tolist() == [6, 6, 2]
    assert np.isnan(facts.skus.map_price[0])
    assert facts.lanes.capacity.tolist() == [np.inf] * 4
    plain = build(skus={"pack": [6, 10]}, channels={"advertised": [False, None]}).facts
    assert plain.lines.pack.tolist() == [6, 1, 1]
    assert plain.channels.advertised.tolist() == [True, False]


def test_usable_units_are_whole_unless_the_sku_divides() -> None:
    """Confidence is applied, rounded down to whole units, and reservations are taken off, never below zero."""
    found = usable_units(
        np.array([0.7, 0.1 * 3, 1.0, 0.5, 0.7]),
        np.array([10.0, 10.0, 5.0, 5.0, 9.0]),
        np.array([0.0, 0.0, 6.0, 1.0, 0.25]),
        np.array([False, False, False, False, True]),
    )
    assert found.tolist() == [7.0, 3.0, 0.0, 1.0, 0.7 * 9.0 - 0.25]


def test_other_tables_are_sorted_and_coded() -> None:
    """Lanes, capacities and workloads refer to ids by position; blank means any."""
    facts = build(
        lanes={
            "node": ["West", "East", "East", "East"],
            "channel": ["web", "web", "web", "web"],
            "cost": [1, 2, 3, 4],
            "region": ["", "US", "", ""],
            "sku": ["", "B", "B", ""],
            "via": ["air", "sea", "air", ""],
        },
        capacity={"node": ["West", "East"], "period": [5, 2], "limit": [1, 2], "resource": ["units", "hours"]},
        workloads={"resource": ["hours", "hours"], "workload": [1, 2], "sku": ["A", ""], "per": ["unit", "order"]},
    ).facts
    assert facts.lanes.cost.tolist() == [4, 3, 2, 1]
    assert facts.lanes.via.tolist() == [ANY, 0, 1, 0]
    assert facts.vias.tolist() == ["air", "sea"]
    assert facts.lanes.sku.tolist() == [ANY, 1, 1, ANY]
    assert facts.lanes.region.tolist() == [ANY, ANY, 0, ANY]
    assert facts.resources.tolist() == ["hours", "units"]
    assert facts.capacities.node.tolist() == [0, 1]
    assert facts.capacities.resource.tolist() == [0, 1]
    assert facts.workloads.sku.tolist() == [ANY, 0]
    assert facts.workloads.per.tolist() == [1, 0]
    assert facts.periods == 6


def test_dates_become_periods() -> None:
    """A date is the period that holds it; an expiry beyond the calendar goes on in weeks, one before it is past."""
    weeks: dict[str, list[Any]] = {
        "period": [0, 1],
        "start": ["2026-11-02", "2026-11-09"],
        "end": ["2026-11-08", "2026-11-15"],
    }
    facts = build(
        supply={
            "sku": ["A", "A", "A", "A"],
            "node": ["East"] * 4,
            "kind": ["on_hand"] * 4,
            "units": [1, 2, 3, 4],
            "expires": ["2026-11-15", "2026-11-01", "2026-11-16", "2030-01-01"],
        },
        demand={"period": pd.to_datetime(["2026-11-08 23:59", "2026-11-09 00:00", "2026-11-15 12:00"])},
        periods=weeks,
    ).facts
    assert facts.lots.expires.tolist() == [-1, 1, 2, 2 + (dt.date(2030, 1, 1) - dt.date(2026, 11, 16)).days // 7]
    assert facts.lots.units.tolist() == [2, 1, 3, 4]
    assert sorted(facts.lines.period.tolist()) == [0, 1, 1]
    assert facts.periods == 2


def test_numbers_and_dates_mean_the_same() -> None:
    """A problem in period numbers and one in dates have the same facts."""
    calendar = two_days()
    numbers = build(demand={"period": [0, 1, 1]}, periods=calendar)
    dates = build(demand={"period": [calendar["start"][place] for place in (0, 1, 1)]}, periods=calendar)
    aware = build(
        demand={"period": pd.to_datetime(["2026-11-02", "2026-11-03", "2026-11-03"]).tz_localize("Asia/Tokyo")},
        periods=calendar,
    )
    assert same(numbers.facts, dates.facts)
    assert same(numbers.facts, aware.facts)


def test_two_channels_may_use_one_order_number() -> None:
    """Orders are pairs of channel and number."""
    facts = build(demand={"order": ["1", "1", "1"]}).facts
    assert facts.orders.tolist() == ["1", "1"]
    assert facts.order_channel.tolist() == [0, 1]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_order_of_rows_does_not_matter(data: st.DataObject) -> None:
    """Permuting the rows of every table gives the same facts; `row` finds the user's row again."""
    base = frames(
        supply={"expires": [4, None, None], "reference": ["x", "", "y"]},
        demand={"region": ["EU", "", "US"], "order": ["1", "2", "1"], "line": ["1", "", "2"]},
        lanes={"region": ["EU", "", "US", ""], "via": ["", "sea", "", "air"]},
        capacity={"node": ["East", "West"], "period": [0, 3], "limit": [5, 6]},
        workloads={"resource": ["units", "units"], "workload": [1, 2], "sku": ["A", "B"]},
    )
    mixed = {
        name: frame.iloc[data.draw(st.permutations(range(len(frame))), label=name)].reset_index(drop=True)
        for name, frame in base.items()
    }
    first, second = Problem(**base), Problem(**mixed)
    assert same(first.facts, second.facts)
    assert mixed["demand"]["units"].to_numpy()[second.facts.lines.row].tolist() == second.facts.lines.units.tolist()
    assert mixed["supply"]["units"].to_numpy()[second.facts.lots.row].tolist() == second.facts.lots.units.tolist()


@settings(max_examples=60, deadline=None)
@given(names=st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=4), unique=True, max_size=12))
def test_ids_are_sorted_by_code_point(names: list[str]) -> None:
    """Ids of any script stand in Python's order of texts."""
    tidy = [name for name in names if name == name.strip() and name.isprintable() and name]
    assert Problem(**nothing(skus=pd.DataFrame({"sku": tidy}, dtype="str"))).facts.skus.id.tolist() == sorted(tidy)
