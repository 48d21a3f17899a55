"""The arc table against a plain triple loop, what it counts as lost, and how much memory it takes."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from tests.rules.naive import Naive
from tests.rules.naive_records import blank
from tests.rules.small import problem
from tests.strategies import LINEAR, problems

from allocopt import Problem, arcs
from allocopt.arcs import Arcs, build_arcs, expand
from allocopt.problem.facts import ANY, NEVER
from allocopt.problem.schema import LOT_KINDS

SLOW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def labelled(table: Arcs) -> list[tuple[Any, ...]]:
    """Return every arc as the labels of its lot, line and lane, and its ship period."""
    facts = table.facts
    lots, lines, lanes = facts.lots, facts.lines, facts.lanes

    def name(names: Any, code: int) -> str:
        return "" if code == ANY else names[code]

    found = []
    for lot, line, lane, ship in zip(table.lot, table.line, table.lane, table.ship, strict=True):
        expires = None if lots.expires[lot] == NEVER else int(lots.expires[lot])
        found.append(
            (
                (facts.skus.id[lots.sku[lot]], facts.nodes.id[lots.node[lot]], LOT_KINDS[lots.kind[lot]]),
                (int(lots.available[lot]), expires, lots.reference[lot]),
                (facts.channels.id[lines.channel[line]], int(lines.period[line])),
                (name(facts.regions, lines.region[line]), name(facts.orders, lines.order[line]), lines.line[line]),
                (name(facts.regions, lanes.region[lane]), name(facts.skus.id, lanes.sku[lane])),
                name(facts.vias, lanes.via[lane]),
                int(ship),
            )
        )
    return found


def naive_labels(naive: Naive) -> list[tuple[Any, ...]]:
    """Return every arc of the plain model in the same way."""
    return [
        (
            (arc.lot.sku, arc.lot.node, arc.lot.kind),
            (arc.lot.available, None if blank(arc.lot.expires) else arc.lot.expires, arc.lot.reference),
            (arc.line.channel, arc.line.period),
            (arc.line.region, arc.line.order, arc.line.line),
            (arc.lane.region, arc.lane.sku),
            arc.lane.via,
            arc.ship,
        )
        for arc in naive.candidates
    ]


@SLOW
@given(problems(LINEAR))
def test_the_join_finds_what_a_triple_loop_finds(problem):
    """Every way that a lot can take to a line, and no other, once each."""
    table = build_arcs(problem.facts)
    assert Counter(labelled(table)) == Counter(naive_labels(Naive(problem)))


@SLOW
@given(problems(LINEAR))
def test_arcs_are_sorted_by_line_lot_lane_and_period(problem):
    """The order is fixed by labels, and no arc occurs twice."""
    table = build_arcs(problem.facts)
    keys = list(zip(table.line.tolist(), table.lot.tolist(), table.lane.tolist(), table.ship.tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert all(part.dtype == np.int32 for part in (table.line, table.lot, table.lane, table.ship))


def naive_losses(naive: Naive) -> Counter[tuple[str, int]]:
    """Return how many candidates each reason of physics takes from each line (by position in the user's table)."""
    lost: Counter[tuple[str, int]] = Counter()
    for number, line in enumerate(naive.lines):
        lots = [lot for lot in naive.lots if lot.sku == line.sku]
        lost["no_supply", number] += not lots
        lost["hold", number] += sum(bool(lot.hold) for lot in lots)
        lost["no_units", number] += sum(not lot.hold and lot.usable <= 0 for lot in lots)
        joined = missing = 0
        for lot in lots if line.units > 0 else ():
            if lot.hold or lot.usable <= 0:
                continue
            pair = [lane.via for lane in naive.lanes if (lane.node, lane.channel) == (lot.node, line.channel)]
            ways = naive.ways(lot, line)
            missing += (len(set(pair)) or 1) - len(ways)
            joined += len(ways)
            for lane in ways:
                timely = [
                    ship + lane.lead
                    for ship in range(lot.available, naive.horizon)
                    if line.period - line.max_early <= ship + lane.lead <= line.period + line.max_late
                ]
                fresh = [moment for moment in timely if blank(lot.expires) or moment <= lot.expires]
                lost["too_late", number] += not timely
                lost["expired", number] += bool(timely) and not fresh
        reached = any(
            lane.channel == line.channel and lane.region in ("", line.region) and lane.sku in ("", line.sku)
            for lane in naive.lanes
        )
        lost["no_supply" if reached and not joined else "no_lane", number] += missing
    return +lost


@SLOW
@given(problems(LINEAR))
def test_every_candidate_that_falls_is_counted_with_its_reason(problem):
    """Counted against the line that loses it: once for each way on which it could have come."""
    table = build_arcs(problem.facts)
    row = problem.facts.lines.row
    exclusions = table.exclusions
    counted = Counter(
        {
            (code, int(row[line])): int(count)
            for code, lines, counts in zip(exclusions.codes, exclusions.lines, exclusions.counts, strict=True)
            for line, count in zip(lines, counts, strict=True)
        }
    )
    assert counted == naive_losses(Naive(problem))


@SLOW
@given(problems(LINEAR))
def test_the_join_does_not_depend_on_how_it_is_cut(problem):
    """Looking at two candidates at a time gives the same table and the same counts."""
    whole = build_arcs(problem.facts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arcs, "CHUNK", 2)
        pieces = build_arcs(problem.facts)
    for name in ("lot", "line", "lane", "ship"):
        assert getattr(whole, name).tolist() == getattr(pieces, name).tolist()
    assert whole.exclusions.reasons == pieces.exclusions.reasons
    assert [counts.tolist() for counts in whole.exclusions.counts] == [
        counts.tolist() for counts in pieces.exclusions.counts
    ]


def test_arcs_of_the_tiny_problem(tiny):
    """East serves every line of its SKU, West, where goods come in period 1, those of period 1: 8 arcs."""
    table = build_arcs(tiny.facts)
    assert len(table) == 6 + 2
    assert table.exclusions.reasons == {"too_late": "the lot cannot arrive in time"}
    assert table.contribution().tolist() == pytest.approx([3, 3, 4, 5, 5, 4, 10, 8])


def test_what_a_rule_takes_away_is_counted_and_the_rest_stays(tiny):
    """Taking the first and the last arc leaves the others as they were, and the table it came from untouched."""
    table = build_arcs(tiny.facts)
    forbidden = np.zeros(len(table), bool)
    forbidden[[0, -1]] = True
    less = table.without(forbidden, "closed", "somebody closed it")
    assert less.lot.tolist() == table.lot[1:-1].tolist()
    assert less.exclusions.reasons["closed"] == "somebody closed it"
    assert less.exclusions.counts[-1].tolist() == [1, 1]
    assert "closed" not in table.exclusions.reasons
    assert table.without(np.zeros(len(table), bool), "closed", "nothing") is table


def test_who_took_the_last_candidate_of_a_line_is_known():
    """A line that lost one lot to a hold and the other to time was shut by time, which is looked at later."""
    facts = problem(
        supply="sku node kind units hold available\nA East on_hand 5 true 0\nA East inbound 5 false 1",
        demand="sku channel period units price\nA dtc 0 7 9\nA dtc 1 3 9\nB dtc 1 2 9",
    ).facts
    table = build_arcs(facts)
    reasons = list(table.exclusions.reasons)
    closed = table.exclusions.closed_by(table.served)
    assert [reasons[code] if code >= 0 else "" for code in closed] == ["too_late", "", "no_supply"]
    told = table.exclusions.table(facts.lines.units, table.served).set_index("reason")
    assert told["candidates"].to_dict() == {"no_supply": 1, "hold": 2, "too_late": 1}
    assert told["units_shut_out"].to_dict() == {"no_supply": 2, "hold": 0, "too_late": 7}


def test_a_reason_given_twice_is_one_reason():
    """Two clauses that close arcs for one reason: their lines and candidates are added up under it."""
    facts = problem(
        supply="sku node kind units\nA East on_hand 5",
        demand="sku channel period units price\nA dtc 0 7 9\nA shop 0 3 9",
    ).facts
    table = build_arcs(facts)
    table = table.without(np.array([True, False]), "closed", "closed").without(np.array([True]), "closed", "closed")
    told = table.exclusions.table(facts.lines.units, table.served).set_index("reason")
    assert told.loc["closed", ["candidates", "lines", "lines_shut_out", "units_shut_out"]].tolist() == [2, 2, 2, 10]
    assert table.exclusions.closed_by(table.served).tolist() == [0, 0]


@pytest.mark.parametrize("always", [10, 1_000_000_000, 1_073_741_823])
def test_however_early_or_late_is_a_large_number(always):
    """A line that may be served whenever it likes is served in every period, and nothing overflows."""
    line = f"A dtc 2000 7 9 {always} {always}"
    facts = problem(
        supply="sku node kind units available\nA East on_hand 5 1995",
        demand=f"sku channel period units price max_early max_late\n{line}\nB dtc 2004 1 1 0 0",
        lanes=f"node channel via lead\nEast dtc road 1\nEast dtc ship {min(always, 2_000_000_000)}",
    ).facts
    table = build_arcs(facts)
    assert table.ship[facts.lanes.lead[table.lane] == 1].tolist() == list(range(1995, 2005))


def test_nothing_joins_to_nothing():
    """No lots, no lines or no lanes make an empty table."""
    full = {
        "supply": "sku node kind units\nA East on_hand 5",
        "demand": "sku channel period units price\nA dtc 0 7 9",
    }
    named = {"skus": "sku\nA", "nodes": "node\nEast", "channels": "channel\ndtc"}
    for missing in ({}, {"supply": full["supply"]}, {"demand": full["demand"]}):
        assert len(build_arcs(problem(**named, **missing).facts)) == 0
    alone = problem(**named, **full, lanes=pd.DataFrame({"node": [], "channel": []}).astype(object))
    assert len(build_arcs(alone.facts)) == 0


@given(counts=...)
def test_expand_ranks_the_members_of_each_owner(counts: list[bool]):
    """Owners come in order, each with ranks from 0."""
    sizes = np.array([int(count) * 3 for count in counts], dtype=np.int64)
    owner, rank = expand(sizes)
    assert list(zip(owner.tolist(), rank.tolist(), strict=True)) == [
        (who, k) for who, size in enumerate(sizes.tolist()) for k in range(size)
    ]


def wide(skus: int) -> Problem:
    """Return a problem with 500 arcs a SKU: 5 nodes with a lot each, 10 channels, 10 periods."""
    names = [f"S{number:04d}" for number in range(skus)]
    nodes, channels = [f"N{number}" for number in range(5)], [f"C{number}" for number in range(10)]

    def product(**parts: Iterable[Any]) -> pd.DataFrame:
        return pd.MultiIndex.from_product(list(parts.values()), names=list(parts)).to_frame(index=False)

    return Problem(
        skus=pd.DataFrame({"sku": names}),
        nodes=pd.DataFrame({"node": nodes}),
        channels=pd.DataFrame({"channel": channels}),
        supply=product(sku=names, node=nodes).assign(kind="on_hand", units=10),
        demand=product(sku=names, channel=channels, period=range(10)).assign(units=3, price=9.0),
        lanes=product(node=nodes, channel=channels),
    )


def peak(facts: Any) -> tuple[int, int]:
    """Return how many arcs are joined, and the most memory that it takes on the way [byte]."""
    tracemalloc.start()
    try:
        count = len(build_arcs(facts))
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_join_takes_little_memory_and_grows_with_the_arcs():
    """At 200,000 arcs at most 200 bytes an arc on the way; at a quarter of that no less than a sixth as much."""
    small, large = peak(wide(100).facts), peak(wide(400).facts)
    assert (small[0], large[0]) == (50_000, 200_000)
    assert large[1] / large[0] <= 200
    assert large[1] <= 6 * small[1]
