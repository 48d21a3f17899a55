"""The tables by which a plan is worked with: what becomes of lots, what channels may publish, key figures, promises."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from tests import strategies
from tests.rules.small import problem

import allocopt as ao
from allocopt.problem.schema import NEEDED

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart"
some = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Case = tuple[ao.Problem, tuple[Any, ...]]
WEEKS = ao.weeks("2026-11-30", 4)


def agreed(*clauses: Any) -> ao.Contract:
    """Return a contract of some clauses."""
    return ao.Contract("agreed", clauses=clauses)


@pytest.fixture(scope="module")
def quick() -> ao.Plan:
    """The quickstart, pooled."""
    return ao.allocate(ao.Problem.read(QUICKSTART))


# -- stock ------------------------------------------------------------------------------------------------------------


@some
@given(strategies.cases(kinds=(ao.Protect, ao.Cap, ao.SafetyStock, ao.Access)))
def test_what_was_usable_ships_or_is_kept_or_is_left(case: Case) -> None:
    """Lot by lot, for any problem and reserves; and the write-downs are those of the profit and loss."""
    facts, clauses = case
    plan = ao.allocate(facts, agreed(*clauses))
    if not plan.solved:
        return
    stock = plan.stock
    assert (stock["usable"] - stock["shipped"] - stock["kept"] - stock["left"]).abs().max() < 1e-6 or stock.empty
    assert (stock[["shipped", "kept", "left", "expired"]] >= 0).all(axis=None)
    assert ((stock["kept"] > 0) == (stock["kept_for"] != "")).all()
    shipped = plan.allocation.groupby("lot")["units"].sum().reindex(stock["lot"], fill_value=0.0)
    assert shipped.to_numpy() == pytest.approx(stock["shipped"].to_numpy())
    assert stock["write_down"].sum() == pytest.approx(plan.channels["write_down"].sum(), abs=1e-6)


def test_no_more_is_kept_than_reserves_need() -> None:
    """Dtc keeps 4 of 10 and gets 2 of them: 2 more are kept for it, however much a solver left idle."""
    one = problem(
        supply="sku node kind units\nA East on_hand 10",
        demand="sku channel period units price\nA dtc 0 2 9\nA web 0 3 9",
    )
    (row,) = ao.allocate(one, agreed(ao.Protect("dtc", units=4))).stock.to_dict("records")
    assert [row[name] for name in ("usable", "shipped", "kept", "kept_for", "left")] == [10, 5, 2, "dtc", 3]


def test_age_and_expiry_are_told_in_periods_and_days() -> None:
    """A lot that lies there for two weeks is 2 periods old; what expires unsold is told; without a date, no age."""
    one = problem(
        skus="sku unit_cost\nA 3",
        supply="sku node kind units since expires\nA East on_hand 4 2026-11-16 2026-12-07\nA West on_hand 5 . .",
        demand="sku channel period units price\nA dtc 0 1 9",
        periods=WEEKS,
    )
    old, new = ao.allocate(one).stock.to_dict("records")
    assert (old["age"], old["expired"], old["left"]) == (2.0, 3.0, 3.0)
    assert (old["expires"], str(old["expires_date"].date())) == (1, "2026-12-07")
    assert old["write_down"] == 9.0
    assert math.isnan(new["age"])
    assert pd.isna(new["expires"])
    assert new["expires_date"] is pd.NaT


# -- exposure ---------------------------------------------------------------------------------------------------------


@some
@given(strategies.cases(kinds=(ao.Protect, ao.Cap, ao.Access)))
def test_all_that_is_safe_can_be_sold_at_once(case: Case) -> None:
    """Whoever sells first: with all safe units as commitments, from the stated periods on, a plan exists."""
    facts, clauses = case
    plan = ao.allocate(facts, agreed(*clauses))
    if not plan.solved:
        return
    table = plan.exposure
    keys = ["channel", "sku", "region"]
    more = table.groupby(keys)["safe"].diff().fillna(table["safe"])
    assert (more > -1e-9).all()
    sold = table.assign(units=more)[more > 1e-9]
    lines = sold[[*keys, "units"]].assign(period=sold["from_period"], min_units=sold["units"], price=1e6, pack=1)
    horizon = max(facts.facts.periods, int(sold["from_period"].max()) + 1 if len(sold) else 1)
    everything = facts.replace(demand=lines, lanes=facts.lanes.assign(lead=0, capacity=None), horizon=horizon)
    everything = everything.replace(capacity=facts.capacity.head(0))
    assert ao.allocate(everything).status == "optimal"


@some
@given(strategies.cases(kinds=(ao.Protect,)))
def test_units_are_what_one_channel_alone_could_sell(case: Case) -> None:
    """What is usable in its reach, less what ships to others and what is kept for them: counted from the tables."""
    facts, clauses = case
    clauses = tuple(clause for clause in clauses[:1] if clause.mode == "reserve" and clause.release_from is None)
    plan = ao.allocate(facts, agreed(*clauses))
    if not plan.solved or facts.lanes["region"].ne("").any() or facts.nodes["store_floor"].any():
        return
    last = plan.exposure.groupby(["channel", "sku"])["units"].last()
    blocked = facts.supply["hold"].to_numpy()
    stock = plan.stock.set_index("lot")
    held = {lot for lot, hold in zip(lots_in_order(facts), blocked, strict=True) if hold}
    theirs = plan.allocation.groupby(["lot", "channel"])["units"].sum()
    lanes = {(row.node, row.channel, row.sku) for row in facts.lanes.itertuples()}
    for (channel, sku), units in last.items():
        total = 0.0
        for lot, row in stock[stock["sku"] == sku].iterrows():
            reach = (row["node"], channel, "") in lanes or (row["node"], channel, sku) in lanes
            own = theirs.get((lot, channel), 0.0)
            dead = (
                row["kind"] == "safety"
                or lot in held
                or (not pd.isna(row["expires"]) and row["expires"] < row["available"])
            )
            if dead or not reach:
                total += own
                continue
            kept = row["kept"] if row["kept_for"] == channel else 0.0
            total += own + kept + row["left"]
        assert units <= total + 1e-6
        loose = facts.supply["pack"].fillna(1).le(1).all()  # less than a sealed case is nothing that could ship
        if loose and facts.skus["map_price"].isna().all() and facts.lanes["lead"].eq(0).all():
            assert units == pytest.approx(total)


def lots_in_order(facts: ao.Problem) -> list[str]:
    """Return the names of lots in the order of the supply table."""
    table = facts.supply
    names = table["sku"] + "/" + table["node"] + "/" + table["kind"] + "/" + table["available"].astype(str)
    expires = ["" if pd.isna(value) else f"/expires={value}" for value in table["expires"]]
    reference = ["" if not value else f"/ref={value}" for value in table["reference"]]
    return [a + b + c for a, b, c in zip(names, expires, reference, strict=True)]


TWO = "channel\ndtc\nweb"
TEN = "sku node kind units\nS W on_hand 10"
BOTH = "sku channel period units price\nS dtc 0 2 10\nS amazon 0 3 10"


def published(plan: ao.Plan, column: str) -> dict[Any, float]:
    """Return a column of the exposure by channel and period."""
    return {(row["channel"], row["from_period"]): row[column] for row in plan.exposure.to_dict("records")}


def test_free_stock_is_offered_to_all_and_safe_for_one_at_a_time() -> None:
    """10 units, 4 kept for dtc, which gets 2 and amazon 3: 3 are free, both offer them, and they share them in turn."""
    plan = ao.allocate(problem(supply=TEN, demand=BOTH), agreed(ao.Protect("dtc", units=4)))
    assert published(plan, "units") == {("dtc", 0): 7, ("amazon", 0): 6}
    assert published(plan, "safe") == {("amazon", 0): 5, ("dtc", 0): 5}


def test_free_stock_is_safe_for_who_earns_most_with_it() -> None:
    """At 11 against 10 all three free units are dtc's; amazon may sell no more than its 3."""
    plan = ao.allocate(problem(supply=TEN, demand=BOTH.replace("2 10", "2 11")), agreed(ao.Protect("dtc", units=4)))
    assert published(plan, "safe") == {("amazon", 0): 3, ("dtc", 0): 7}


def test_caps_hold_for_what_is_published() -> None:
    """Amazon is capped at 4 and sells 3: one more, however much is free; dtc gets the rest of what is safe."""
    plan = ao.allocate(problem(supply=TEN, demand=BOTH), agreed(ao.Cap("amazon", units=4)))
    assert published(plan, "units") == {("amazon", 0): 4, ("dtc", 0): 7}
    assert published(plan, "safe") == {("amazon", 0): 4, ("dtc", 0): 6}


def test_what_arrives_later_may_be_published_from_then_on() -> None:
    """Cumulative: 4 now and 6 more from period 2; what is released in period 2 is everybody's alone from then on."""
    later = "sku node kind units available\nS W on_hand 4 0\nS W inbound 6 2"
    plan = ao.allocate(problem(supply=later, demand="sku channel period units price\nS dtc 0 1 10\nS web 0 1 9"))
    assert published(plan, "units") == {("dtc", 0): 3, ("dtc", 2): 9, ("web", 0): 3, ("web", 2): 9}
    assert published(plan, "safe") == {("dtc", 0): 3, ("dtc", 2): 9, ("web", 0): 1, ("web", 2): 1}
    released = agreed(ao.Protect("dtc", units=3, release_from=2))
    web = problem(supply=TEN, demand="sku channel period units price\nS web 0 4 9\nS web 3 1 9", channels=TWO)
    assert published(ao.allocate(web, released), "units") == {("dtc", 0): 5, ("web", 0): 7, ("web", 2): 10}


# -- key figures ------------------------------------------------------------------------------------------------------


def test_key_figures_of_the_quickstart_are_those_counted_by_hand(quick: ao.Plan) -> None:
    """Units and lines served, what is late or unsure (40 units of PO-7001), parcels, and 20 mugs left in two weeks."""
    table = quick.kpis.set_index("channel")
    told = table.loc["all"]
    assert [told[name] for name in ("wanted", "units", "lines", "lines_full")] == [300, 260, 8, 5]
    assert told["cover"] == pytest.approx(20 / (300 / 2))
    assert told["sell_through"] == pytest.approx(260 / 280)
    assert told["cancellation_risk"] == pytest.approx(40 / 260)
    assert (told["orders"], told["parcels"], told["parcels_per_order"]) == (8, 10, 1.25)
    assert (told["aged_unknown"], told["left"]) == (20, 20)
    assert table["fill_rate"].tolist() == pytest.approx([0.8, 130 / 150, 0.9, 260 / 300])
    assert table["line_fill_rate"].tolist() == pytest.approx([1 / 2, 3 / 4, 1 / 2, 5 / 8])


@some
@given(strategies.cases(kinds=strategies.AS_STATED))
def test_key_figures_equal_counts_over_the_tables(case: Case) -> None:
    """Service, timeliness, risk and parcels, counted again row by row from what ships."""
    facts, clauses = case
    plan = ao.allocate(facts, agreed(*clauses))
    if not plan.solved:
        return
    table, shipped, promised = plan.kpis.set_index("channel"), plan.allocation, plan.promises()
    sure = dict(zip(lots_in_order(facts), facts.supply["confidence"], strict=True))
    for channel in [*facts.channels["channel"], "all"]:
        mine = shipped if channel == "all" else shipped[shipped["channel"] == channel]
        lines = promised if channel == "all" else promised[promised["channel"] == channel]
        got, row = mine["units"].sum(), table.loc[channel]
        assert row["wanted"] == pytest.approx(lines["wanted"].sum())
        assert row["units"] == pytest.approx(got)
        assert row["lines"] == len(lines)
        assert row["lines_full"] == (lines["promised"] >= lines["wanted"] - 1e-6).sum()
        if lines["wanted"].sum():
            assert row["on_time"] == pytest.approx(mine.loc[mine["late"] == 0, "units"].sum() / lines["wanted"].sum())
        risky = mine[(mine["late"] > 0) | (mine["lot"].map(sure) < 1)]["units"].sum()
        if got:
            assert row["cancellation_risk"] == pytest.approx(risky / got)
        alone = ["channel", "order", *(name for name in ("sku", "region", "line", "due"))]
        order = [
            (r.channel, r.order) if r.order else tuple(getattr(r, name) for name in alone) for r in mine.itertuples()
        ]
        parcels = set(zip(order, mine["lane"], mine["ship"], strict=True))
        assert (row["orders"], row["parcels"]) == (len(set(order)), len(parcels))


# -- promises ---------------------------------------------------------------------------------------------------------


def test_promises_say_how_much_and_when(quick: ao.Plan) -> None:
    """Every line that wants something, with its units and last arrival; nothing moved since the plan itself."""
    table = quick.promises()
    assert (table["wanted"].sum(), table["promised"].sum()) == (300, 260)
    assert table["date"].tolist() == table["arrives"].tolist() == table["due"].tolist()
    assert quick.promises(since=quick).empty
    again = ao.Plan.from_dict(json.loads(json.dumps(quick.to_dict())))
    pd.testing.assert_frame_equal(
        again.promises().sort_values(list(table)), table.sort_values(list(table)), check_like=True
    )


def week(start: str, supply: str, demand: str) -> ao.Problem:
    """Return a problem of four weeks from a day on."""
    return problem(supply=supply, demand=demand, periods=ao.weeks(start, 4))


def test_exactly_the_lines_that_moved_are_told_also_a_week_later_and_from_a_file() -> None:
    """Days are compared, not numbers: the plan of the week before counted its periods from another Monday."""
    demand = "sku channel period units price\nA dtc 2026-12-07 5 9\nB dtc 2026-12-07 4 9\nA web 2026-12-14 3 8"
    old = ao.allocate(week("2026-11-30", "sku node kind units\nA W on_hand 8\nB W on_hand 4", demand))
    more = demand + "\nB web 2026-12-21 2 9"
    new = ao.allocate(week("2026-12-07", "sku node kind units\nA W on_hand 6\nB W on_hand 6", more))
    for before in (old, ao.Plan.from_dict(json.loads(json.dumps(old.to_dict())))):
        moved = new.promises(since=before)
        told = [(r.sku, r.channel, r.promised, r.old_promised, r.how) for r in moved.itertuples()]
        assert told == [("A", "web", 1, 3, "less"), ("B", "web", 2, 0, "new")]
        assert moved["changed"].all()
        assert str(moved["due_date"][0].date()) == "2026-12-14"


@some
@given(strategies.cases(kinds=(ao.Protect, ao.Cap)))
def test_what_moved_between_two_plans_is_what_differs(case: Case) -> None:
    """Against a count over both tables of promises, from numbers as from files; and the two ways round agree."""
    facts, clauses = case
    one, other = ao.allocate(facts), ao.allocate(facts, agreed(*clauses))
    if not other.solved:
        return
    key = ["sku", "channel", "region", "order", "line", "due"]
    tables = [plan.promises().set_index(key)[["promised", "arrives"]] for plan in (one, other)]
    beside = {"left_index": True, "right_index": True, "suffixes": ("_now", "_then")}
    both = tables[1].merge(tables[0], how="outer", **beside)
    apart = (both["promised_now"] - both["promised_then"]).abs() > 1e-6
    apart |= both["arrives_now"].fillna(-1) != both["arrives_then"].fillna(-1)
    sent = ao.Plan.from_dict(json.loads(json.dumps(one.to_dict())))
    for before in (one, sent):
        assert sorted(other.promises(since=before).set_index(key).index) == sorted(both.index[apart])
    assert len(one.promises(since=other)) == apart.sum()


# -- dates ------------------------------------------------------------------------------------------------------------


def test_dates_stand_beside_every_period() -> None:
    """In every table, in JSON, in files and in sentences, wherever the problem has a calendar, and nowhere else."""
    dated = problem(
        supply="sku node kind units available expires\nA W on_hand 5 2026-11-30 2026-12-07\nA W inbound 5 2026-12-14 .",
        demand="sku channel period units price\nA dtc 2026-12-09 9 10\nA web 2026-12-15 4 9",
        periods=WEEKS,
    )
    plan = ao.allocate(dated, agreed(ao.Approval(units=1)))
    for table in (plan.allocation, plan.shortfalls, plan.exceptions, plan.stock, plan.exposure, plan.promises()):
        for name in ("available", "expires", "due", "ship", "arrives", "from_period", "period"):
            if name in table:
                beside = "date" if name == "arrives" and "date" in table else f"{name}_date"
                days = table[beside].dropna()
                assert days.tolist() == [WEEKS["start"][period] for period in table[name].dropna()]
    assert "2026-12-07" in plan.exceptions["sentence"].str.cat()
    assert "2026-12-07" in json.dumps(plan.to_dict())
    again = ao.Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    pd.testing.assert_frame_equal(again.allocation, plan.allocation)
    pd.testing.assert_frame_equal(again.exceptions, plan.exceptions)
    plain = ao.allocate(dated.replace(periods=pd.DataFrame()))
    assert not [name for name in (*plain.allocation, *plain.stock, *plain.exposure) if name.endswith("date")]


def test_tables_of_nothing_are_there() -> None:
    """A problem without rows has every table, empty but for the rows of all channels."""
    plan = ao.allocate(ao.Problem(**dict.fromkeys(NEEDED, pd.DataFrame())))
    assert [len(table) for table in (plan.stock, plan.exposure, plan.promises(), plan.kpis)] == [0, 0, 0, 1]
    assert plan.kpis["channel"].tolist() == ["all"]
