"""What every test may use: the problem that can be solved by hand, and the root of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from tests.rules.small import problem

from allocopt import Problem

REPOSITORY = Path(__file__).parents[1]

# A busy machine is no fault: how long an example takes is for the benchmarks to say.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def tiny() -> Problem:
    """Two SKUs, two nodes, two channels, two periods; the one optimum is worth 120.

    Contribution per unit:

    ======  ===========  ==================  ==================
    SKU     demand line  from East           from West
    ======  ===========  ==================  ==================
    A       dtc 0        10 - 4 - 1 = 5      (arrives too late)
    A       dtc 1        10 - 4 - 1 = 5      10 - 4 - 2 = 4
    A       amazon 0     9 - 4 - 2 = 3       (arrives too late)
    A       amazon 1     9 - 4 - 2 = 3       9 - 4 - 1 = 4
    B       dtc 0        15 - 6 - 1 = 8      (no stock)
    B       amazon 1     18 - 6 - 2 = 10     (no stock)
    ======  ===========  ==================  ==================

    B: amazon's 4 units first, the fifth goes to dtc: 4 x 10 + 1 x 8 = 48.

    A: East serves dtc 0 with 6 (30) and dtc 1 with 3 (15), and its last unit goes to amazon 0 (3); West serves
    amazon 1 with 5 (20) and dtc 1 with 1 (4): 72. No plan is worth more: at 3 for a unit in East, 2 for one in West
    and 2 for a unit of demand of dtc 0, dtc 1 and amazon 1, every arc is paid for, and
    10 x 3 + 6 x 2 + (6 + 4 + 5) x 2 = 72.
    """
    return problem(
        skus="""
            sku unit_cost
            A   4
            B   6
        """,
        channels="""
            channel kind        fee_rate
            dtc     dtc         0
            amazon  marketplace 0.1
        """,
        supply="""
            sku node kind    units available
            A   East on_hand 10    0
            A   West inbound 6     1
            B   East on_hand 5     0
        """,
        demand="""
            sku channel period units price
            A   dtc     0      6     10
            A   dtc     1      4     10
            A   amazon  0      8     10
            A   amazon  1      5     10
            B   dtc     0      3     15
            B   amazon  1      4     20
        """,
        lanes="""
            node channel cost
            East dtc     1
            East amazon  2
            West dtc     2
            West amazon  1
        """,
    )
