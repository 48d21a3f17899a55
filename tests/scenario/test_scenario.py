"""Scenarios worked out by hand: what each change does, and what it leaves alone."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies
from tests.problem.small import build, two_days

import allocopt as ao
from allocopt.problem.schema import TABLES

Cells = dict[str, dict[str, list[Any]]]


def one(change: Any, **changes: dict[str, list[Any] | None]) -> ao.Problem:
    """Return the small problem after one change."""
    return ao.Scenario("X", [change]).apply(build(**changes))


def notes(change: Any, **changes: dict[str, list[Any] | None]) -> list[str]:
    """Return what a change did beyond its words."""
    return [issue.message for issue in ao.Scenario("X", [change]).notes(build(**changes))]


def matched(where: str, table: str = "demand", **changes: dict[str, list[Any] | None]) -> list[int]:
    """Return the rows that a `where` is about: those that removing keeps nothing of."""
    problem = build(**changes)
    left = ao.Scenario("X", [ao.Remove(table, where)]).apply(problem)
    kept = {left.row(table, row) for row in range(len(getattr(left, table)))}
    return [row for row in range(len(getattr(problem, table))) if row not in kept]


# What each change does.


def test_scaling_multiplies() -> None:
    """Amounts are multiplied; other rows, other columns and blanks stay."""
    scaled = one(ao.Scale("demand.price", by=1.5, where="channel = web"))
    assert scaled.demand["price"].tolist() == [15.0, 18.0, 11.0]
    assert scaled.demand["units"].tolist() == [6.0, 5.0, 8.0]
    prices = one(ao.Scale("skus.map_price", by=2), skus={"map_price": [None, 5.0]}).skus["map_price"]
    assert prices.isna().tolist() == [True, False]
    assert prices[1] == 10.0
    assert notes(ao.Scale("skus.map_price", by=2), skus={"map_price": [None, 5.0]}) == [
        "scale skus.map_price by 2: 1 of 2 rows have no map_price and stay so."
    ]


LINES: dict[str, list[Any]] = {
    "sku": ["A", "A", "A", "B"],
    "channel": ["web", "web", "shop", "web"],
    "period": [1, 0, 0, 0],
    "units": [5, 5, 5, 3],
    "price": [1.0, 1.0, 1.0, 1.0],
}


def test_units_are_rounded_by_largest_remainder() -> None:
    """Per SKU and channel the total stays, rounded down; ties go to the earlier row in the order of labels."""
    change = ao.Scale("demand.units", by=1.3)
    # A at web: 6.5 + 6.5 = 13, the tie goes to period 0; A at the shop: 6.5, rounded down; B: 3.9, rounded down.
    assert one(change, demand=LINES).demand["units"].tolist() == [6.0, 7.0, 6.0, 3.0]
    assert notes(change, demand=LINES) == [
        "scale demand.units by 1.3: 4 of 4 rows were rounded to whole units by largest remainder per SKU and channel: "
        "22 units, unrounded 23.4."
    ]
    backwards = {name: cells[::-1] for name, cells in LINES.items()}
    assert one(change, demand=backwards).demand["units"].tolist() == [3.0, 6.0, 7.0, 6.0]


def test_divisible_skus_keep_their_fractions() -> None:
    """Only what cannot be divided is rounded."""
    change = ao.Scale("demand.units", by=1.3)
    scaled = one(change, demand=LINES, skus={"divisible": [False, True]})
    assert scaled.demand["units"].tolist() == [6.0, 7.0, 6.0, 3.9000000000000004]


def test_firm_orders_keep_their_units() -> None:
    """Scaling demand leaves orders alone and says so; setting is explicit."""
    firm = {"firm": [True, False, False]}
    assert one(ao.Scale("demand.units", by=2), demand=firm).demand["units"].tolist() == [6.0, 10.0, 16.0]
    assert notes(ao.Scale("demand.units", by=2), demand=firm) == [
        "scale demand.units by 2: 1 of 3 rows are firm orders and keep their units."
    ]
    assert one(ao.Scale("demand.price", by=2), demand=firm).demand["price"].tolist() == [20.0, 24.0, 22.0]
    assert one(ao.Put("demand.units", to=1), demand=firm).demand["units"].tolist() == [1.0, 1.0, 1.0]


def test_a_promise_is_never_rounded_above_the_units() -> None:
    """Units and commitments scaled alike still fit each other, whatever the remainders."""
    lines: dict[str, list[Any]] = {
        "sku": ["A", "A", "A"],
        "channel": ["web"] * 3,
        "period": [0, 1, 2],
        "units": [5, 5, 7],
        "price": [1.0] * 3,
        "min_units": [0, 5, 1],
    }
    scenario = ao.Scenario("Half", [ao.Scale(f"demand.{name}", by=0.5) for name in ("units", "min_units")])
    demand = scenario.apply(build(demand=lines, supply={"available": [0, 0, 2]})).demand
    assert demand["units"].tolist() == [3.0, 2.0, 3.0]  # 2.5, 2.5, 3.5: 8, ties to the earlier ones
    assert demand["min_units"].tolist() == [0.0, 2.0, 0.0]  # 2.5, 0.5: 3, but one more would be above the units


@pytest.mark.parametrize(
    ("column", "to", "expected"),
    [
        ("channels.fee_rate", 0.17, [0.17, 0.0]),
        ("channels.kind", "marketplace", ["marketplace", "store"]),
        ("channels.owner", "Ä B", ["Ä B", ""]),
        ("channels.advertised", False, [False, None]),
        ("channels.advertised", None, [None, None]),
    ],
)
def test_setting_writes_one_value(column: str, to: Any, expected: list[Any]) -> None:
    """Numbers, choices, texts, flags and blanks, in the rows that match."""
    table = one(ao.Put(column, to=to, where="channel = web"), channels={"fee_rate": [0.1, 0.0]}).channels
    series = table[column.split(".")[1]].astype(object)
    assert series.where(series.notna(), None).tolist() == expected


def test_setting_a_text_to_blank_and_to_what_others_say() -> None:
    """Texts that nobody says any more are forgotten, and known ones are not doubled."""
    supply = {"reference": ["PO-2", "PO-1", "PO-2"]}
    blank = one(ao.Put("supply.reference", to="", where="reference = PO-1"), supply=supply)
    assert blank.supply["reference"].tolist() == ["PO-2", "", "PO-2"]
    same = one(ao.Put("supply.reference", to="PO-1"), supply=supply)
    assert same.supply["reference"].tolist() == ["PO-1"] * 3
    new = one(ao.Put("demand.region", to="East", where="sku = B"))
    assert new.demand["region"].tolist() == ["", "East", ""]
    assert new.facts.regions.tolist() == ["East"]


def test_setting_units_is_rounded_too() -> None:
    """Two and a half units for each of two lots of a SKU at a node are five."""
    supply = {"node": ["East"] * 3, "available": [0, 0, 1]}
    assert one(ao.Put("supply.units", to=2.5), supply=supply).supply["units"].tolist() == [3.0, 2.0, 2.0]


def test_setting_a_period_takes_a_number_or_a_day() -> None:
    """With a calendar a day says the same as its period."""
    for to in (1, "2026-11-03", dt.date(2026, 11, 3)):
        later = one(ao.Put("demand.period", to=to, where="channel = web"), periods=two_days())
        assert later.demand["period"].tolist() == [1, 1, 1]


def test_shifting_moves_periods() -> None:
    """Lots come later or earlier by whole periods; blank ones stay blank."""
    late = one(ao.Shift("supply.available", by=1, where="kind = on_hand"), supply={"available": [0, 1, 0]})
    assert late.supply["available"].tolist() == [1, 1, 1]
    fresh = one(ao.Shift("supply.expires", by=-1), supply={"expires": pd.array([None, 2, 0], "Int64")})
    assert fresh.supply["expires"].fillna(99).tolist() == [99, 1, -1]
    early = one(ao.Shift("demand.period", by=-1, where="sku = B"))
    assert early.demand["period"].tolist() == [0, 0, 1]


@pytest.mark.parametrize("calendar", [False, True])
def test_the_number_of_periods_stays(calendar: bool) -> None:
    """A late lot does not lengthen the horizon and a channel that goes does not shorten it."""
    changes: dict[str, dict[str, list[Any] | None]] = {"periods": two_days()} if calendar else {}  # type: ignore[dict-item]
    late = one(ao.Shift("supply.available", by=7, where="kind = inbound"), **changes)
    assert late.supply["available"].tolist() == [0, 7, 0]
    assert late.facts.periods == 2
    assert ao.Problem.from_dict(late.to_dict()).facts.periods == 2
    assert one(ao.Remove("demand", where="period = 1"), **changes).facts.periods == 2
    again = ao.Scenario("X", [ao.Shift("supply.available", by=1, where="available = 7")]).apply(late)
    assert (again.facts.periods, again.supply["available"].max()) == (2, 8)
    assert one(ao.Scale("demand.units", by=2), **changes).horizon is None


def test_a_lot_that_comes_too_late_serves_nobody() -> None:
    """The plan is that of a problem without the lot."""
    late = ao.allocate(one(ao.Shift("supply.available", by=9, where="sku = B")))
    without = ao.allocate(one(ao.Remove("supply", where="sku = B")))
    assert late.objective == without.objective


def test_removing_takes_the_rows_that_refer_along() -> None:
    """A node goes with its lots, lanes and capacity, a channel with its lines and lanes, a SKU with all of it."""
    capacity: dict[str, list[Any] | None] = {"node": ["East", "West"], "period": [0, 0], "limit": [9, 9]}
    workloads: dict[str, list[Any] | None] = {
        "resource": ["units", "units", "units"],
        "workload": [1.0, 2.0, 3.0],
        "sku": ["", "A", "B"],
        "channel": ["", "shop", "web"],
    }
    tables = {"capacity": capacity, "workloads": workloads}

    def left(change: ao.Remove) -> dict[str, int]:
        problem = one(change, **tables)
        return {name: len(getattr(problem, name)) for name in TABLES if len(getattr(problem, name))}

    full = {"skus": 2, "nodes": 2, "channels": 2, "supply": 3, "demand": 3, "lanes": 4, "capacity": 2, "workloads": 3}
    assert left(ao.Remove("nodes", "node = West")) == {**full, "nodes": 1, "supply": 2, "lanes": 2, "capacity": 1}
    assert left(ao.Remove("channels", "channel = web")) == {
        **full,
        "channels": 1,
        "demand": 1,
        "lanes": 2,
        "workloads": 2,
    }
    assert left(ao.Remove("skus", "sku = A")) == {**full, "skus": 1, "supply": 1, "demand": 1, "workloads": 2}
    assert left(ao.Remove("lanes", "node = East and channel = web")) == {**full, "lanes": 3}
    assert left(ao.Remove("nodes")) == {"skus": 2, "channels": 2, "demand": 3, "workloads": 3}
    assert notes(ao.Remove("nodes", "node = West"), **tables) == [
        "remove from nodes where node = West: with 1 of nodes go the rows that refer to them: "
        "1 of supply, 2 of lanes, 1 of capacity."
    ]


def test_adding_appends_rows_with_defaults() -> None:
    """What a row leaves out is the default, and new rows may refer to rows added before them."""
    scenario = ao.Scenario(
        "Launch",
        [
            ao.Add("skus", [{"sku": "N", "unit_cost": 3.0}]),
            ao.Add(
                "demand",
                [
                    {"sku": "N", "channel": "web", "period": 1, "units": 10, "price": 9.5, "region": "East"},
                    {"sku": "A", "channel": "web", "period": 1, "units": 1, "price": 9},
                ],
            ),
            ao.Scale("demand.units", by=2, where="sku = N"),
        ],
    )
    launched = scenario.apply(build())
    assert launched.skus["sku"].tolist() == ["A", "B", "N"]
    assert launched.demand["units"].tolist() == [6.0, 5.0, 8.0, 20.0, 1.0]
    assert launched.demand["region"].tolist() == ["", "", "", "East", ""]
    assert launched.demand["firm"].tolist() == [False] * 5
    assert launched.row("demand", 3) == "row 1 of change 2"


def test_later_changes_see_earlier_ones() -> None:
    """Changes are made one after the other."""
    scenario = ao.Scenario(
        "X",
        [
            ao.Put("demand.channel", to="shop", where="sku = B"),
            ao.Scale("demand.units", by=2, where="channel = shop"),
            ao.Remove("channels", where="channel = web"),
            ao.Scale("demand.units", by=3),
        ],
    )
    assert scenario.apply(build()).demand["units"].tolist() == [30.0, 48.0]


def test_what_stays() -> None:
    """Name, day, currency, row order, names of rows and the problem itself stay as they are."""
    problem = build().replace(name="Small", as_of="2026-11-27", currency="EUR")
    before = problem.to_dict()
    changed = ao.Scenario("X", [ao.Remove("demand", "sku = B"), ao.Scale("demand.units", by=2)]).apply(problem)
    assert (changed.name, changed.currency, changed.as_of) == ("Small", "EUR", dt.date(2026, 11, 27))
    assert changed.demand["sku"].tolist() == ["A", "A"]
    assert [changed.row("demand", row) for row in range(2)] == [0, 2]
    assert changed.row("supply", 2) == 2
    assert problem.to_dict() == before
    assert ao.Scenario("Nothing").apply(problem) is problem


# Which rows: where.

WHERE = {
    "sku = A": [0, 2],
    "sku != A": [1],
    "sku in (A, B)": [0, 1, 2],
    "sku not in (A)": [1],
    "region = ''": [1],
    "region != ''": [0, 2],
    "region = 'New York'": [0],
    'region = "O\'Hare"': [2],
    "region in ('', 'O''Hare')": [1, 2],
    "period = 0": [0],
    "period in 0..0": [0],
    "period in 0 .. 1": [0, 1, 2],
    "period not in 0..0": [1, 2],
    "period in (0, 1)": [0, 1, 2],
    "period >= 1": [1, 2],
    "period < 1": [0],
    "price > 10": [1, 2],
    "price <= 10.0": [0],
    "price in 10.5..11.5": [2],
    "price = 1.2e1": [1],
    "priority = ''": [0, 1],
    "priority != ''": [2],
    "priority != 3": [0, 1, 2],
    "priority < 9": [2],
    "priority not in (9)": [0, 1, 2],
    "priority in (2, '')": [0, 1, 2],
    "priority not in 3..9": [0, 1, 2],
    "priority not in 1..9": [0, 1],
    "firm = true": [1],
    "firm != true": [0, 2],
    "firm in (false)": [0, 2],
    "sku = A and price > 10 and firm = false": [2],
    "sku=A AND price>10": [2],
}


@pytest.mark.parametrize("where", WHERE)
def test_where_says_which_rows(where: str) -> None:
    """Every comparison, by the type of its column."""
    demand = {
        "region": ["New York", "", "O'Hare"],
        "priority": [None, None, 2.0],
        "firm": [False, True, False],
    }
    assert matched(where, demand=demand) == WHERE[where]


def test_where_knows_days_choices_and_optional_flags() -> None:
    """Days are periods of the calendar, choices are words, and a flag may be blank."""
    assert matched("period = 2026-11-03", periods=two_days()) == [1, 2]
    assert matched("period <= 2026-11-02", periods=two_days()) == [0]
    assert matched("kind in (inbound, safety)", "supply") == [1]
    assert matched("kind != on_hand", "supply") == [1]
    assert matched("advertised = ''", "channels", channels={"advertised": [None, True]}) == [0]
    with pytest.raises(ao.ScenarioError, match="outside the periods table, which covers 2026-11-02 to 2026-11-03"):
        matched("period = 2026-12-01", periods=two_days())


# What comes of it: diff, notes, errors.


def test_notes_have_a_place_and_a_code() -> None:
    """What a change did beyond its words is a warning at that change."""
    changes = [
        ao.Scale("demand.units", by=1.3),
        ao.Scale("skus.map_price", by=2),
        ao.Remove("nodes", where="node = West"),
    ]
    problem = build(skus={"map_price": [None, 5.0]}, demand={"firm": [True, False, False]})
    found = ao.Scenario("X", changes).notes(problem)
    assert [(issue.column, issue.code, issue.severity) for issue in found] == [
        ("changes[0]", "firm_stays", "warning"),
        ("changes[0]", "rounded", "warning"),
        ("changes[1]", "blank_stays", "warning"),
        ("changes[2]", "cascade", "warning"),
    ]


def test_the_diff_names_every_cell_and_row() -> None:
    """One row for each cell that is another one, and for each row that went or came."""
    scenario = ao.Scenario(
        "X",
        [
            ao.Scale("demand.units", by=2, where="sku = A"),
            ao.Put("demand.price", to=11, where="sku = A"),
            ao.Remove("nodes", where="node = West"),
            ao.Add("nodes", [{"node": "North"}]),
            ao.Scale("demand.units", by=0.5, where="channel = shop"),
            ao.Put("supply.hold", to=True, where="sku = B"),
        ],
    )
    assert scenario.diff(build()).to_numpy().tolist() == [
        [1, "demand", "sku A, channel web, period 0", "units", 6.0, 12.0],
        [2, "demand", "sku A, channel web, period 0", "price", 10.0, 11.0],
        [3, "nodes", "node West", "(row)", "there", "removed"],
        [3, "supply", "sku A, node West, kind on_hand, available 0", "(row)", "there", "removed"],
        [3, "lanes", "node West, channel web", "(row)", "there", "removed"],
        [3, "lanes", "node West, channel shop", "(row)", "there", "removed"],
        [4, "nodes", "node North", "(row)", "", "added"],
        [6, "supply", "sku B, node East, kind inbound, available 0", "hold", False, True],
    ]


def test_the_diff_of_nothing_is_empty() -> None:
    """No changes, changes that undo each other, and rows that come and go."""
    scenario = ao.Scenario(
        "X",
        [
            ao.Scale("demand.units", by=2),
            ao.Scale("demand.units", by=0.5),
            ao.Add("nodes", [{"node": "North"}]),
            ao.Remove("nodes", "node = North"),
        ],
    )
    for each in (scenario, ao.Scenario("Nothing")):
        table = each.diff(build())
        assert table.empty
        assert table.columns.tolist() == ["change", "table", "row", "column", "before", "after"]


def test_all_faults_of_all_changes_come_at_once() -> None:
    """Faults of the language, of the problem and of the values, each at its change, in their order."""
    scenario = ao.Scenario(
        "Typos",
        [
            ao.Shift("demand.period", by=-1),
            ao.Scale("demand.units", by=2, where="channel = wep"),
            ao.Put("channels.fee_rate", to=0.5),
            ao.Scale("channels.fee_rate", by=3),
            ao.Remove("nodes", where="node = West and kind = store"),
        ],
    )
    with pytest.raises(ao.ScenarioError) as caught:
        scenario.check(build())
    assert [(issue.table, issue.column, issue.code) for issue in caught.value.issues] == [
        ("scenario 'Typos'", "changes[0]", "negative"),
        ("scenario 'Typos'", "changes[1].where", "unknown_id"),
        ("scenario 'Typos'", "changes[3]", "out_of_bounds"),
        ("scenario 'Typos'", "changes[4].where", "no_row"),
    ]
    assert "Typos', key 'changes[3]': channels (channel web): `fee_rate` is 1.5; it must be at" in str(caught.value)


def test_what_only_follows_from_another_fault_is_not_told() -> None:
    """A promise above the units is no fault while the change that would have lowered it could not be made."""
    lower = [ao.Scale("demand.min_units", by=0.5, where="sku = C"), ao.Scale("demand.units", by=0.5)]
    with pytest.raises(ao.ScenarioError) as caught:
        ao.Scenario("X", lower).check(build(demand={"min_units": [6, 0, 0]}))
    assert [issue.code for issue in caught.value.issues] == ["unknown_id"]


def test_numbers_that_grow_out_of_hand_are_faults() -> None:
    """Nothing overflows in silence."""
    for by, code in ((1e300, "number_too_large"), (1e308, "not_finite")):
        with pytest.raises(ao.ScenarioError) as caught:
            one(ao.Scale("demand.units", by=by))
        assert {issue.code for issue in caught.value.issues} == {code}


def test_a_fault_in_very_many_rows_is_told_once() -> None:
    """One change that is wrong everywhere is one fault."""
    skus: dict[str, list[Any] | None] = {"sku": [f"S{k}" for k in range(1500)], "unit_cost": None, "pack": [3] * 1500}
    with pytest.raises(ao.ScenarioError) as caught:
        one(ao.Scale("skus.pack", by=0.5), skus=skus, supply={"sku": ["S1"] * 3}, demand={"sku": ["S1"] * 3})
    (issue,) = caught.value.issues
    assert "So it is in more than 1000 rows." in issue.message


PYTHON: dict[str, tuple[Any, str]] = {
    "unknown key": (
        lambda: ao.Scenario("X", change=[]),  # type: ignore[call-arg]
        "Scenario, key 'change': There is no key 'change' here. Did you mean 'changes'?",
    ),
    "unknown table": (lambda: ao.Scale("demnd.units", by=2), "Scale, key 'scale': There is no table 'demnd'."),
    "where": (
        lambda: ao.Scale("demand.units", by=2, where="x = 1"),
        "Scale, key 'where': `x = 1`: the table demand has no column 'x'.",
    ),
    "two at once": (lambda: ao.Scale("a.b", by=2, where="x ="), "2 faults:"),
    "no change": (lambda: ao.Scenario("X", changes=["x"]), "key 'changes[0]': It must be a mapping"),  # type: ignore[list-item]
    "a table": (lambda: ao.Scenario.from_dict([]), "A scenario is a mapping of keys"),  # type: ignore[arg-type]
    "no amount": (lambda: ao.Put("demand.price", to=float("nan")), "It must be a finite number, not nan."),
    "no cell": (lambda: ao.Put("demand.price", to=[1]), "It must be text, a number, true or false, or blank"),  # type: ignore[arg-type]
    "in a scenario": (
        lambda: ao.Scenario("X", changes=[{"scale": "demand.units", "by": -1}]),  # type: ignore[list-item]
        "Scenario, key 'changes[0].by': It must be at least 0, not -1.",
    ),
}


@pytest.mark.parametrize(("make", "words"), PYTHON.values(), ids=PYTHON)
def test_faults_in_python_name_the_argument(make: Any, words: str) -> None:
    """A wrong argument is a `ScenarioError` with the argument's name and what to do."""
    with pytest.raises(ao.ScenarioError) as caught:
        make()
    assert words in str(caught.value)


def test_numbers_of_numpy_are_cells() -> None:
    """What comes out of a frame can go into a change."""
    assert ao.Put("demand.price", to=np.float64(2.5)).to == 2.5  # type: ignore[arg-type]
    assert ao.Put("demand.period", to=np.int64(1)).to == 1  # type: ignore[arg-type]


def test_a_scenario_survives_a_process(tmp_path: Any) -> None:
    """Read from a file and pickled, it is the same and still knows its lines."""
    file = tmp_path / "x.yaml"
    file.write_text("name: X\nchanges:\n  - {remove: nodes, where: node = Wst}\n")
    again = pickle.loads(pickle.dumps(ao.Scenario.read(file)))
    assert again == ao.Scenario.read(file)
    with pytest.raises(ao.ScenarioError, match=r"x\.yaml, line 3, key 'changes\[0\]\.where'"):
        again.check(build())


# Properties.

factors = st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.3, 2.0])


@st.composite
def scenarios(draw: st.DrawFn, problem: ao.Problem) -> ao.Scenario:
    """Draw a scenario that the problem bears, or nearly so."""
    channel = st.sampled_from(problem.channels["channel"].tolist())
    sku = st.sampled_from(problem.skus["sku"].tolist())
    where = st.one_of(
        st.just(""), channel.map("channel = {}".format), sku.map("sku = {}".format), st.just("period in 0..2")
    )
    kinds: list[st.SearchStrategy[Any]] = [
        st.builds(ao.Scale, st.sampled_from(["demand.units", "demand.price", "demand.lost_cost"]), factors, where),
        st.builds(ao.Scale, st.just("supply.units"), factors, sku.map("sku = {}".format)),
        st.builds(ao.Put, st.sampled_from(["demand.sd", "demand.max_late"]), st.integers(0, 3), where),
        st.builds(ao.Put, st.just("demand.region"), st.sampled_from(["", "North"]), where),
        st.builds(ao.Shift, st.just("supply.available"), st.integers(-1, 6)),
        st.builds(ao.Remove, st.just("channels"), channel.map("channel = {}".format)),
        st.builds(ao.Remove, st.just("demand"), where),
        st.builds(ao.Add, st.just("skus"), st.just([{"sku": "new"}])),
    ]
    draws = st.none() | st.builds(ao.Draws, st.integers(1, 3), st.integers(0, 9), st.booleans(), st.booleans())
    return ao.Scenario("X", draw(st.lists(st.one_of(kinds), max_size=4)), draw(draws))


@settings(max_examples=30)
@given(st.data())
def test_a_scenario_leaves_the_problem_alone_and_its_diff_tells_all(data: st.DataObject) -> None:
    """The old problem is as it was; the diff is empty if and only if the new one is the same; its rows are so."""
    problem = data.draw(strategies.problems())
    scenario = data.draw(scenarios(problem))
    before = problem.to_dict()
    places: list[str] = []
    changed = problem
    try:
        changed = scenario.apply(problem)
    except ao.ScenarioError as error:
        places = [str(issue.column) for issue in error.issues]
    assert problem.to_dict() == before
    assert all(place.startswith("changes[") for place in places)
    if places:
        return
    told = scenario.diff(problem)
    after = {key: value for key, value in changed.to_dict().items() if key != "horizon"}
    assert (len(told) == 0) == (after == {key: value for key, value in before.items() if key != "horizon"})
    assert changed.facts.periods == problem.facts.periods
    assert ao.Problem.from_dict(changed.to_dict()).to_dict() == changed.to_dict()
    went = told[told["after"].eq("removed") & told["column"].eq("(row)")]
    came = told[told["after"].eq("added") & told["column"].eq("(row)")]
    for table in TABLES:
        balance = int(came["table"].eq(table).sum()) - int(went["table"].eq(table).sum())
        assert len(getattr(changed, table)) == len(getattr(problem, table)) + balance


@settings(max_examples=25)
@given(st.data())
def test_scenarios_survive_their_plain_form(data: st.DataObject) -> None:
    """Any scenario is JSON, and the same scenario afterwards."""
    scenario = data.draw(scenarios(data.draw(strategies.problems())))
    assert ao.Scenario.from_dict(json.loads(json.dumps(scenario.to_dict(), allow_nan=False))) == scenario


@settings(max_examples=25)
@given(st.data())
def test_the_order_of_rows_does_not_matter(data: st.DataObject) -> None:
    """The facts after a scenario are the same whatever the order of the user's rows, rounding included."""
    plain = data.draw(strategies.tables())
    mixed = {name: data.draw(st.permutations(records)) for name, records in plain.items()}
    one, other = ao.Problem.from_dict(plain), ao.Problem.from_dict(mixed)
    scenario = data.draw(scenarios(one))
    try:
        first = scenario.apply(one)
    except ao.ScenarioError:
        return
    second = scenario.apply(other)
    for part in ("lots", "lines"):
        for name, array in vars(getattr(first.facts, part)).items():
            if name != "row":
                np.testing.assert_array_equal(array, vars(getattr(second.facts, part))[name])
