"""Golden programs: for every rule a text that a person has checked against its formula.

Where a rule changes on purpose, print the new text with ``lp.text(*MODELS[name])``, check it by hand, and replace the
file. The numbers of each model are small and differ from each other, so that a swapped one shows.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.clauses import TOLD
from tests.rules import lp
from tests.rules.small import problem

import allocopt as ao

GOLDEN = Path(__file__).parent / "golden"

ONE_LOT = "sku node kind units\nA East on_hand 10"
TWO_LOTS = "sku node kind units available\nA East on_hand 7 0\nA East inbound 5 1"
TWO_NODES = "sku node kind units\nA East on_hand 7\nA West on_hand 5"
TWO_LINES = "sku channel period units price\nA dtc 1 6 10\nA shop 1 8 9"

MODELS = {
    "trade": (
        problem(
            skus="sku unit_cost\nA 4",
            channels="""
                channel fee_rate fee_per_unit fixed_cost return_rate return_cost recovery
                dtc     0.1      0.5          50         0.2         3           0.25
                shop    0        0            30         0           0           0
            """,
            supply=ONE_LOT,
            demand="""
                sku channel period units price max_late late_cost
                A   dtc     0      6     10    1        0.7
                A   shop    1      8     9     0        0
            """,
            lanes="node channel cost\nEast dtc 1\nEast shop 2",
        ),
        (),
    ),
    "write_down": (
        problem(
            supply="""
                sku node kind    units unit_cost end_value available
                A   East on_hand 10    4         1.5       0
                A   East inbound 3     5         6         1
            """,
            demand="sku channel period units price\nA dtc 1 6 10",
        ),
        (),
    ),
    "holding": (
        problem(
            nodes="node holding_cost\nEast 0.25\nWest 0",
            supply="sku node kind units available\nA East on_hand 10 0\nA East inbound 3 1\nA West on_hand 2 0",
            demand="sku channel period units price\nA dtc 0 6 10\nA dtc 2 5 10",
        ),
        (),
    ),
    "supply": (
        problem(
            supply="""
                sku node kind    units confidence reserved available
                A   East on_hand 10    1          3        0
                A   East inbound 7     0.5        1        1
                A   West on_hand 4     1          4        0
            """,
            demand=TWO_LINES,
        ),
        (),
    ),
    "demand": (
        problem(
            supply=ONE_LOT,
            demand="""
                sku channel period units price min_units lost_cost
                A   dtc     0      6     10    2         0.5
                A   shop    0      8     9     0         0.25
                B   shop    0      4     9     1         0
            """,
        ),
        (),
    ),
    "capacity": (
        problem(
            supply="sku node kind units\nA East on_hand 10\nB East on_hand 9\nA West on_hand 8",
            demand="""
                sku channel period units price order
                A   dtc     0      6     10    .
                A   shop    0      5     9     PO1
                B   shop    0      4     8     PO1
            """,
            capacity="""
                node period resource limit
                East 0      units    12.5
                East 0      hours    3
                East 0      picks    2
                East 0      labels   0.75
                West 1      units    6
            """,
            workloads="""
                resource sku channel workload per
                hours    .   .       0.1      unit
                hours    A   .       0.2      unit
                hours    A   dtc     0.3      unit
                picks    .   shop    1.5      order
                labels   .   shop    0.5      parcel
            """,
        ),
        (),
    ),
    "lane_capacity": (
        problem(
            supply="sku node kind units\nA East on_hand 10\nB East on_hand 9",
            demand="""
                sku channel period units price region max_early
                A   dtc     0      6     10    north  0
                A   dtc     1      5     10    south  1
                B   dtc     1      4     9     north  0
            """,
            lanes="""
                node channel region sku capacity
                East dtc     .      .   8.5
                East dtc     .      A   5
                East dtc     north  .   .
                East dtc     north  A   3
            """,
        ),
        (),
    ),
    "store_floor": (
        problem(
            nodes="node kind store_floor\nEast store 4\nWest dc 0",
            channels="channel kind\ndtc dtc\nshop store",
            supply=TWO_LOTS + "\nA West on_hand 3 0",
            demand=TWO_LINES,
        ),
        (),
    ),
    "safety_stock": (
        problem(
            supply="sku node kind units\nA East on_hand 7\nA East safety 5\nA West safety 3",
            demand=TWO_LINES,
        ),
        (ao.SafetyStock("dtc", penalty=2), ao.SafetyStock("dtc", penalty=0.5, node="West")),
    ),
    "map_price": (
        problem(
            skus="sku map_price\nA 9.5\nB .",
            channels="channel kind advertised\ndtc dtc .\nresale wholesale .\nshop store false",
            supply=ONE_LOT + "\nB East on_hand 5",
            demand="""
                sku channel period units price
                A   dtc     0      6     9
                A   dtc     1      5     9.5
                A   resale  0      4     9
                A   shop    0      3     9
                B   dtc     0      2     1
            """,
        ),
        (),
    ),
    "access": (
        problem(
            supply="""
                sku node kind    units confidence available
                A   East on_hand 7     1          0
                A   East inbound 5     1          1
                A   West inbound 10    0.4        0
            """,
            demand="sku channel period units price\nA dtc 0 6 10\nA dtc 1 4 10\nA shop 1 8 9",
        ),
        (
            ao.Access("dtc", kinds=("inbound",), node="East"),
            ao.Access("dtc", from_period=1, node="West"),
            ao.Access("shop", min_confidence=0.5),
        ),
    ),
    "margin_floor": (
        problem(
            skus="sku unit_cost\nA 4\nB 6",
            channels="channel fee_rate return_rate\ndtc 0 0\nshop 0.1 0.5",
            supply=ONE_LOT + "\nB East on_hand 5",
            demand="""
                sku channel period units price
                A   dtc     0      6     10
                A   shop    0      8     20
                B   dtc     0      3     7
                B   shop    0      2     40
            """,
        ),
        (ao.MarginFloor("dtc", floor=0.2), ao.MarginFloor(floor=0.55, per="channel", sku="A")),
    ),
    "reserve": (
        problem(
            supply=TWO_LOTS + "\nA West inbound 3 1",
            demand="sku channel period units price\nA dtc 0 6 10\nA dtc 1 4 10\nA shop 1 8 9",
            lanes="node channel\nEast dtc\nEast shop\nWest shop",
        ),
        (ao.Protect("dtc", share=0.5, of="inbound", penalty=3), ao.Protect("shop", units=8, release_from=1)),
    ),
    "serve": (
        problem(
            supply=TWO_LOTS + "\nB East on_hand 4 0",
            demand="""
                sku channel period units price
                A   dtc     0      3     10
                A   dtc     1      9     10
                A   shop    1      8     9
                B   shop    0      2     9
            """,
        ),
        (
            ao.Protect("dtc", share=0.5, of="inbound", mode="serve"),
            ao.Protect("shop", units=5, mode="serve", penalty=3),
            ao.Protect("dtc", units=4, mode="serve", per="total", release_from=1),
        ),
    ),
    "cap": (
        problem(
            supply=TWO_LOTS + "\nB East on_hand 4 0",
            demand="""
                sku channel period units price
                A   dtc     0      3     10
                A   dtc     1      9     10
                B   dtc     0      2     9
                B   shop    0      2     9
            """,
        ),
        (
            ao.Cap("dtc", share=0.5, of="inbound"),
            ao.Cap("dtc", units=6, per="total", penalty=3),
            ao.Cap("shop", units=1),
        ),
    ),
    "protection_levels": (
        problem(
            skus="sku unit_cost\nA 4\nB 2",
            channels="channel fee_rate return_rate return_cost\ndtc 0 0.5 1\nmarket 0.5 0 0\nshop 0 0 0",
            supply=TWO_LOTS + "\nA East safety 9 0\nB East on_hand 6 0",
            demand="""
                sku channel period units price sd firm
                A   dtc     0      3     16    3  false
                A   dtc     1      1     8     4  false
                A   shop    0      4     7     0  false
                A   market  1      8     10    2  false
                B   shop    0      4     9     9  true
                B   market  0      3     9     1  false
                B   dtc     0      2     6     1  false
            """,
        ),
        (ao.ProtectionLevels(), ao.ProtectionLevels(("market", "shop"), value="contribution", penalty=3, sku="A")),
    ),
    "lock": (
        problem(
            supply="""
                sku node kind    units available
                A   East on_hand 7     0
                A   East inbound 5     1
                A   West on_hand 4     0
                B   East on_hand 3     0
            """,
            demand="""
                sku channel period units price order
                A   dtc     0      6     10    .
                A   dtc     1      5     10    O1
                A   shop    1      8     9     O1
                B   dtc     0      2     9     .
            """,
        ),
        (
            ao.Lock("dtc", "A", 9, owner="Ann", reason="shown on the web page"),
            ao.Lock("shop", "A", 4, node="East", kind="inbound", owner="Ann", reason="promised by phone"),
            ao.Lock("dtc", "A", 3, order="O1", owner="Bob", reason="sponsor"),
            ao.Lock("dtc", "A", 6, period=0, owner="Bob", reason="opening day"),
        ),
    ),
    "retire": (
        problem(
            skus="sku pack\nA 3\nB 1",
            channels="""
                channel kind        fixed_cost
                dtc     dtc         30
                market  marketplace 50
                resale  wholesale   20
            """,
            supply=TWO_LOTS + "\nB East on_hand 4 0",
            demand="""
                sku channel period units price region order line min_units lost_cost max_late
                A   market  0      6     8     north  O1    .    2         0.25      1
                A   market  1      5     8     .      O1    L2   0         0         0
                B   market  1      3     7     .      .     .    0         0         0
                A   dtc     0      4     11    north  .     .    0         0         0
                A   dtc     0      1     16    .      .     .    0         0.5       0
                A   resale  1      9     6     .      .     .    0         0         0
            """,
            lanes="node channel\nEast dtc\nEast market\nEast resale",
        ),
        (
            ao.Protect("market", units=2),
            ao.Retire("market", recapture=[ao.Recapture("dtc", 0.4), ao.Recapture("resale", 0.5, "original")]),
            ao.Protect("dtc", units=3, mode="serve"),
        ),
    ),
    "keep_or_retire": (
        problem(
            channels="channel fixed_cost\ndtc 30\nmarket 50",
            supply=TWO_LOTS,
            demand="""
                sku channel period units price
                A   market  1      6     8
                A   dtc     1      4     11
            """,
        ),
        (
            ao.Protect("market", units=5, mode="serve", penalty=3),
            ao.KeepOrRetire("market", recapture=[ao.Recapture("dtc", 0.5)]),
            ao.Protect("market", share=0.5),
            ao.Protect("dtc", share=0.5, of="demand", mode="serve"),
            ao.Cap("dtc", share=0.75, of="demand"),
            ao.Service(0.6, per="sku"),
            ao.Lock("market", "A", 2, owner="Ann", reason="promised", kind="inbound"),
        ),
    ),
    "switches": (
        problem(
            supply=TWO_LOTS,
            demand="""
                sku channel period units price min_units lost_cost
                A   market  1      6     8     2         0.5
                A   dtc     1      4     11    1         0.25
            """,
        ),
        (
            ao.KeepOrRetire("market", recapture=[ao.Recapture("dtc", 0.5)]),
            ao.KeepOrRetire("dtc"),
        ),
    ),
    "promotion": (
        problem(
            supply=TWO_LOTS,
            channels="channel fixed_cost\ndtc 30\nshop 0",
            demand="""
                sku channel period units price min_units lost_cost firm  promotion line
                A   dtc     0      3     10    0         0.5       false P1        .
                A   dtc     1      4     10    4         0         false P2        x
                A   dtc     1      5     10    0         0         true  P2        .
                A   shop    1      6     8     0         0         false P3        .
                A   shop    1      2     9     0         0         false .         y
            """,
        ),
        (
            ao.Promotion("P1", uplift=0.5, discount=0.2, cost=7),
            ao.Promotion("P2", run="no", uplift=0.6, discount=0.2, stated="with", cost=99),
            ao.Promotion("P3", run="yes", uplift=0.25, price=6, cost=11),
            ao.KeepOrRetire("dtc"),
            ao.Protect("dtc", share=0.5, of="demand", mode="serve"),
        ),
    ),
    "campaigns": (
        problem(
            supply=TWO_LOTS + "\nB East on_hand 4 0",
            demand="""
                sku channel period units price promotion line
                A   dtc     0      3     10    P1        .
                A   dtc     1      4     10    P1        x
                A   dtc     1      4     10    P2        y
                A   shop    1      5     10    P3        .
                B   dtc     1      2     8     P1        .
                B   dtc     1      2     8     P2        z
                B   shop    0      2     8     P2        .
            """,
        ),
        (
            ao.Campaigns(),
            ao.Promotion("P1"),
            ao.Promotion("P2"),
            ao.Promotion("P3", run="yes"),
            ao.Campaigns(0, sku="B"),
            ao.Campaigns(1, channel="dtc"),
            ao.Campaigns(0, channel="shop"),
        ),
    ),
    "packs": (
        problem(
            skus="sku pack\nA 4",
            channels="channel kind\ndtc dtc\nresale wholesale",
            supply="sku node kind units available\nA East on_hand 10 0\nA East inbound 5 1\nA West on_hand 3 0",
            demand="""
                sku channel period units price pack
                A   dtc     0      6     10    .
                A   dtc     1      7     10    2
                A   resale  0      9     9     .
            """,
        ),
        (),
    ),
    "min_ship": (
        problem(
            supply=TWO_LOTS,
            demand="sku channel period units price min_ship max_early\nA dtc 1 6 10 3 1\nA shop 1 8 9 1 0",
        ),
        (),
    ),
    "ship_from_one": (
        problem(
            supply=TWO_NODES + "\nB East on_hand 9",
            demand="""
                sku channel period units price order ship_from_one
                A   dtc     0      6     10    O1    true
                B   dtc     0      4     8     O1    true
                A   dtc     1      3     10    .     true
                A   shop    0      8     9     O1    false
                B   shop    0      2     8     O2    true
            """,
        ),
        (),
    ),
    "ship_together": (
        problem(
            supply=TWO_LOTS + "\nB West on_hand 9 0",
            demand="""
                sku channel period units price order ship_together max_late
                A   dtc     0      6     10    O1    true          1
                B   dtc     0      4     8     O1    true          1
                A   dtc     0      3     10    O2    false         1
                A   shop    1      8     9     O1    true          0
                A   shop    0      2     9     .     true          2
            """,
        ),
        (),
    ),
    "parcels": (
        problem(
            supply=TWO_NODES + "\nB East on_hand 9",
            demand="""
                sku channel period units price order max_parcels max_late
                A   dtc     0      6     10    O1    2           1
                B   dtc     0      4     8     O1    2           1
                A   shop    0      8     9     O1    1           0
                A   shop    0      3     9     O2    2           0
                B   shop    0      2     8     .     .           0
                B   store   0      1     8     .     .           0
            """,
            lanes="""
                node channel sku parcel_cost
                East dtc     .   3
                West dtc     .   4
                East shop    .   0
                West shop    .   0
                East shop    B   2.5
                East store   .   0
            """,
        ),
        (),
    ),
    "sealed": (
        problem(
            skus="sku divisible\nA false\nB true",
            supply="""
                sku node kind    units pack
                A   East on_hand 10    4
                A   East inbound 5     1
                A   West on_hand 3     5
                B   East on_hand 7.5   3
            """,
            demand="""
                sku channel period units price pack
                A   dtc     0      9     10    .
                A   dtc     1      3     10    .
                A   shop    0      8     9     2
                B   shop    0      6.5   9     .
            """,
        ),
        (),
    ),
    "min_life": (
        problem(
            supply="""
                sku node kind    units expires
                A   East on_hand 10    2
                A   East inbound 5     4
                A   West on_hand 3     .
            """,
            demand="""
                sku channel period units price min_life max_late
                A   dtc     0      9     10    3        0
                A   dtc     1      3     10    2        1
                A   shop    0      8     9     0        0
            """,
        ),
        (),
    ),
    "reference": (
        problem(
            supply="""
                sku node kind    units reference
                A   East on_hand 10    PO/7
                A   East on_hand 5     PO/8
                A   West on_hand 3     .
            """,
            demand="""
                sku channel period units price reference
                A   dtc     0      9     10    PO/8
                A   dtc     1      3     10    PO/9
                A   shop    0      8     9     .
            """,
        ),
        (),
    ),
    "all_or_none": (
        problem(
            supply=ONE_LOT + "\nB East on_hand 9",
            demand="""
                sku channel period units price order all_or_none
                A   dtc     0      6     10    O1    true
                B   dtc     0      4     8     O1    true
                B   dtc     1      5     8     O3    false
                A   shop    0      3     9     O2    true
                C   shop    0      1     9     O2    true
                A   shop    1      2     9     .     true
            """,
        ),
        (),
    ),
    "otif": (
        problem(
            skus="sku divisible\nA false\nB true",
            channels="channel fixed_cost\ndtc 0\nmarket 3\nshop 0",
            supply=TWO_LOTS + "\nB East on_hand 9 0",
            demand="""
                sku channel period units price otif_share otif_cost max_late lost_cost
                A   dtc     0      6     10    0.75       20        1        0
                A   shop    1      8     9     .          15        0        0
                B   shop    0      5     8     0.75       4         0        0.5
                A   shop    0      8     9     .          7         0        0
                A   market  1      3     9     0.5        5         0        0
                B   market  0      0     9     .          5         0        0
            """,
            lanes="node channel\nEast dtc\nEast shop\nEast market",
        ),
        (ao.KeepOrRetire("market"),),
    ),
    "promised_beyond": (
        problem(
            supply="sku node kind units confidence reserved\nA East on_hand 10 1 4\nA East inbound 20 0.8 18",
            demand=TWO_LINES,
        ),
        (),
    ),
    "approval": (
        problem(
            supply=ONE_LOT,
            demand="""
                sku channel period units price order min_units lost_cost approved
                A   dtc     1      6     10    PO1   2         0.5       false
                A   shop    1      8     9     PO1   0         0         false
                A   shop    1      2     9     PO2   1         0.25      false
                A   shop    0      3     9     PO2   0         0         false
                A   shop    0      9     8     PO3   3         0         true
            """,
        ),
        (
            ao.Approval(units=5),
            ao.Approval(revenue=40, owner="Ann", holds=True, channel=("dtc", "shop")),
            ao.Approval(units=5, channel="shop", holds=True),
        ),
    ),
    "price_parity": (problem(supply=ONE_LOT, demand=TWO_LINES), (ao.PriceParity("dtc", "shop"),)),
}
"""Per rule, the problem and the clauses of its golden program."""
MODELS |= {name: module.MODEL for name, module in TOLD.items()}


@pytest.mark.parametrize("name", MODELS)
def test_a_rule_states_its_golden_program(name):
    """The program is the one that was checked by hand."""
    assert lp.text(*MODELS[name]) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
