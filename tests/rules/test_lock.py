"""Locks: units that somebody has given their word for ship exactly, or the contract is refused with the numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.rules.small import problem, units
from tests.strategies import clauses, problems

import allocopt as ao
from allocopt.rules import Clause

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TABLES = {
    "supply": """
        sku node kind    units available hold
        A   East on_hand 7     0         false
        A   East inbound 5     1         false
        A   West on_hand 4     0         false
        A   West returns 9     0         true
        C   East on_hand 2.5   0         false
    """,
    "skus": "sku divisible\nA false\nB false\nC true",
    "demand": """
        sku channel period units price order
        A   dtc     0      6     10    .
        A   dtc     1      5     10    O1
        A   market  0      8     30    .
        A   market  1      8     30    O1
        B   dtc     0      2     10    .
        C   dtc     0      6     10    .
    """,
}
"""Pooled, market gets all 16 units of A."""


def lock(units: float, sku: str = "A", **scope: Any) -> ao.Lock:
    """Return a lock for dtc."""
    return ao.Lock("dtc", sku, units, **({"owner": "Ann", "reason": "promised by phone"} | scope))


def plan_of(*said: ao.Lock, **more: Any) -> ao.Plan:
    """Return the plan under locks."""
    return ao.allocate(problem(**(TABLES | more)), ao.Contract("locked", clauses=said))


def test_without_a_lock_the_best_channel_takes_all():
    """The cases below are about something."""
    assert units(plan_of(), "sku", "channel") == {("A", "market"): 16, ("C", "dtc"): 2.5}


@pytest.mark.parametrize(
    ("said", "by", "got"),
    [
        (lock(9), (), 9),
        (lock(0), (), 0),
        (lock(3, order="O1"), ("order",), {"O1": 3}),
        (lock(6, period=0), ("due",), {0: 6}),
        (lock(4, kind="inbound"), ("kind",), {"inbound": 4}),
        (lock(4, node="West"), ("node",), {"West": 4}),
        (lock(8, node=("East", "West"), kind="on_hand"), ("kind",), {"on_hand": 8}),
        (lock(11, expires=dt.date(2026, 11, 27)), (), 11),
    ],
)
def test_exactly_the_locked_units_ship(said, by, got):
    """As many as promised, to the lines and from the lots that were promised, although another channel pays more."""
    ships = plan_of(said).allocation.query("sku == 'A' and channel == 'dtc'")
    assert (ships.groupby(list(by))["units"].sum().to_dict() if by else ships["units"].sum()) == got


def test_units_of_a_divisible_article_may_be_locked_in_parts():
    """Of C, that can be divided, 1.25 units ship, no more, although 2.5 would sell."""
    assert units(plan_of(lock(1.25, "C")), "sku")["C"] == 1.25


REFUSED = {
    "more than is wanted": (lock(12), "lock_demand", "It locks 12 units, and the demand lines in scope want 11."),
    "more than the order wants": (lock(6, order="O1"), "lock_demand", "want 5. Lock at most 5,"),
    "more than is there": (
        lock(6, period=0, kind="inbound"),
        "lock_supply",
        "It locks 6 units, and the lots in scope hold 5 usable ones. Lock at most 5,",
    ),
    "only lots on hold": (lock(1, node="West", kind="returns"), "lock_supply", "hold 0 usable ones"),
    "no stock at all": (lock(1, "B"), "lock_supply", "hold 0 usable ones"),
    "half a unit": (lock(2.5), "lock_fraction", "2.5 units are no whole units. Lock 2 or 3 units."),
    "no such line": (lock(1, period=3), "no_line", "It matches no demand line."),
    "an order of nobody's": (lock(1, order="O12"), "unknown_id", "There is no order 'O12'. Did you mean 'O1'?"),
    "another channel's order": (lock(1, "C", order="O1"), "no_line", "It matches no demand line."),
    "expired": (
        lock(1, expires=dt.date(2026, 11, 26)),
        "expired",
        "held until 2026-11-26 and the problem is as of 2026-11-27. Take it out, or have it renewed by Ann.",
    ),
}


@pytest.mark.parametrize(("said", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_locks_that_can_never_hold_are_refused_with_the_numbers(said, code, words):
    """Before anything is solved: what is locked, what there is, and what would do."""
    facts = problem(**TABLES).replace(as_of="2026-11-27")
    with pytest.raises(ao.ContractError) as caught:
        ao.allocate(facts, ao.Contract("locked", clauses=[said]))
    (issue,) = caught.value.issues
    assert (issue.code, issue.column) == (code, "clauses[0]")
    assert words in f"{issue.message} {issue.hint}"


def test_an_expired_lock_holds_where_nobody_says_what_day_it_is():
    """Expiry is judged by the problem's day, never by the clock."""
    assert plan_of(lock(2, expires=dt.date(2000, 1, 1))).status == "optimal"


def test_locked_units_are_whole_packs():
    """Lines in packs of 4: 6 units are refused, and of lots with 7 and 5 units 4 + 4 can be locked, 12 cannot."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 7\nA West on_hand 5",
        "demand": "sku channel period units price pack\nA dtc 0 14 10 4",
    }
    facts = problem(**tables)
    for number, words in (
        (6, "6 units are no packs of 4 units. Lock 4 or 8 units."),
        (12, "hold 8 usable ones in packs"),
    ):
        with pytest.raises(ao.ContractError, match=words):
            ao.allocate(facts, ao.Contract("locked", clauses=[lock(number)]))
    assert units(ao.allocate(facts, ao.Contract("locked", clauses=[lock(4)])), "sku") == {"A": 4}


def test_locks_that_exclude_each_other_are_named_with_their_owner():
    """9 and 8 of the 16 units there: no plan, and a lock stands among what would have to give way by 1."""
    other = ao.Lock("market", "A", 8, owner="Bob", reason="launch")
    contract = ao.Contract("locked", clauses=[lock(9), other])
    plan = ao.allocate(problem(**TABLES), contract)
    assert plan.status == "infeasible"
    assert {conflict.clause for conflict in plan.conflicts} == {0, 1}
    assert sum(conflict.units for conflict in plan.conflicts) == pytest.approx(1)
    assert any("owner Ann, reason promised by phone" in conflict.what for conflict in plan.conflicts)


@pytest.mark.parametrize("said", [{"owner": ""}, {"reason": ""}, {"owner": " "}, {"reason": "\t"}])
def test_nobody_locks_without_a_name_and_a_reason(said):
    """Owner and reason have to be said."""
    with pytest.raises(ao.ContractError, match=r"It is (empty|blank)\."):
        lock(1, **said)


def test_a_lock_is_about_its_lines_and_lots():
    """Two locks of the same lines and lots contradict each other; of other orders or kinds they do not."""
    with pytest.raises(ao.ContractError, match="speaks of the same thing"):
        ao.Contract("X", clauses=[lock(1), lock(2, owner="Bob")])
    assert ao.Contract("X", clauses=[lock(1), lock(1, order="O1"), lock(0, kind="inbound")])


def retired(plan: ao.Plan, agreed: Iterable[Clause]) -> set[str]:
    """Return the channels that are given up, as agreed or as the plan decided: locks in their favour lapse."""
    stated = {said.channel for said in agreed if isinstance(said, ao.Retire)}
    open_ = {said.channel for said in agreed if isinstance(said, ao.KeepOrRetire)}
    return stated | {channel for channel in open_ if not plan.decisions[f"keep/{channel}"]}


@few
@given(st.data(), problems())
def test_locks_hold_in_any_plan(data: st.DataObject, facts: ao.Problem) -> None:
    """Whatever else is agreed on: where there is a plan, the locked units are in it, unless it retires the channel."""
    agreed = data.draw(clauses(facts))
    plan = ao.allocate(facts, ao.Contract("any", clauses=agreed, stages=[ao.Fill()]))
    assert plan.status in ("optimal", "infeasible")
    if plan.status == "infeasible":
        return
    gone = retired(plan, agreed)
    for said in agreed:
        if isinstance(said, ao.Lock) and said.channel not in gone:
            ships = plan.allocation
            for column, value in (("channel", said.channel), ("sku", said.sku), ("due", said.period)):
                ships = ships[ships[column] == value] if value is not None else ships
            for column, value in (("order", said.order), ("kind", said.kind)):
                ships = ships[ships[column] == value] if value is not None else ships
            if said.node is not None:
                ships = ships[ships["node"].isin(said.node)]
            assert ships["units"].sum() == pytest.approx(said.units)
