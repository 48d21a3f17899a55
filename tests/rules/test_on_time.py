"""On time in full: charges that are met exactly, missed by one, and left to the plan."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.rules.small import problem

import allocopt as ao
from allocopt.solve.orders.reading import read


def plan_of(units: int, share: object = 0.9, cost: float = 300, *said: object, more: str = "") -> ao.Plan:
    """Return the plan for a line of 20 at 5, of which some share must arrive in period 0, and one of 20 at 6."""
    tables = {
        "supply": f"sku node kind units available\nA East on_hand {units} 0\nA East inbound 40 1",
        "demand": f"""
            sku channel period units price otif_share otif_cost max_late
            A   retail  0      20    5     {share}    {cost}    1
            A   web     0      20    6     .          0         0{more}
        """,
    }
    return ao.allocate(problem(**tables), ao.Contract("agreed", clauses=said))  # type: ignore[arg-type]


def in_time(plan: ao.Plan) -> dict[str, float]:
    """Return what arrives in period 0, by channel."""
    return plan.allocation.query("arrives == 0").groupby("channel")["units"].sum().to_dict()


@pytest.mark.parametrize(("units", "charge"), [(18, 0), (17, 300)])
def test_the_share_met_exactly_and_missed_by_one(units, charge):
    """18 of 20 are 90 percent: with 18 retail is spared, with 17 it pays, and the web gets its dearer units."""
    plan = plan_of(units)
    books = plan.channels.set_index("channel")
    assert books.loc["retail", "otif"] == charge
    assert in_time(plan) == ({"retail": 18} if not charge else {"web": 17})
    # What comes late is served all the same, and the charge is cash.
    assert books.loc["retail", "units"] == 20
    assert plan.contribution == plan.objective == 100 + (0 if not charge else 6 * 17 - charge)


def test_the_plan_pays_where_that_is_cheaper():
    """18 units to the web earn 18 more than a charge of 17 costs, and less than one of 19... as lateness is free."""
    assert in_time(plan_of(18, cost=107)) == {"web": 18}
    assert in_time(plan_of(18, cost=109)) == {"retail": 18}


def test_a_blank_share_is_all_of_it_and_a_share_of_nothing_costs_nothing():
    """The default is in full; 0 is always met."""
    assert plan_of(19, ".").channels.set_index("channel").loc["retail", "otif"] == 300
    assert plan_of(20, ".", 200).channels.set_index("channel").loc["retail", "otif"] == 0
    assert "otif" not in plan_of(0, 0.0).channels


def test_what_can_never_arrive_in_time_costs_what_it_costs():
    """No column is needed: the charge is a constant."""
    plan = plan_of(0)
    assert plan.channels.set_index("channel").loc["retail", "otif"] == 300
    assert not any("in_full" in str(name) for name in [family.name for family in plan.answer.labels.columns])


def test_no_charge_without_the_channel():
    """Neither where it is retired, nor where it is given up, nor while the order waits."""
    for said in (ao.Retire("retail"), ao.Approval(units=19, channel="retail", holds=True)):
        plan = plan_of(17, 0.9, 300, said)
        assert "otif" not in plan.channels or plan.channels["otif"].sum() == 0
    plan = plan_of(0, 0.9, 500, ao.KeepOrRetire("retail"))
    assert plan.decisions == {"keep/retail": False}
    assert plan.channels["otif"].sum() == 0


@pytest.mark.parametrize("solver", ["highs", "prices", "pyomo"])
def test_all_solvers_agree(solver):
    """The charge is a column of the program like any other."""
    tables = {
        "supply": "sku node kind units available\nA East on_hand 9 0\nA East inbound 9 1\nB East on_hand 7 0",
        "demand": """
            sku channel period units price otif_share otif_cost max_late late_cost
            A   retail  0      6     5     0.5        8         1        0.5
            A   club    0      7     5     0.8        12        1        0.5
            A   web     0      6     6     .          0         0        0
            B   retail  0      6     5     .          9         0        0
            B   web     0      3     7     .          0         0        0
        """,
    }
    plan = ao.allocate(problem(**tables), solver=solver)
    # A: 3 to retail in time, 6 to the web, 9 late, club pays; B: 6 of 7 to retail, 1 to the web.
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(3 * 5 + 6 * 6 + 9 * 4.5 - 12 + 6 * 5 + 7)


CHARGE, WANTED, LEAST = 3.0, 10, 9


def many_charged(articles: int) -> tuple[ao.Problem, float]:
    """Return articles of 25 units for four charged lines of ten each, and what the best plan is worth, enumerated."""
    rng = np.random.default_rng(3)
    prices = rng.integers(5, 10, (articles, 4)).astype(float)
    rows = [
        {"sku": f"S{sku:03d}", "channel": "retail", "period": 0, "units": WANTED, "line": f"{sku}-{line}"}
        | {"price": prices[sku, line], "otif_cost": CHARGE, "otif_share": LEAST / WANTED}
        for sku in range(articles)
        for line in range(4)
    ]
    skus = [{"sku": f"S{sku:03d}"} for sku in range(articles)]
    made = {
        "skus": skus,
        "nodes": [{"node": "W"}],
        "channels": [{"channel": "retail"}],
        "lanes": [{"node": "W", "channel": "retail"}],
        "supply": [row | {"node": "W", "kind": "on_hand", "units": 25} for row in skus],
        "demand": rows,
    }
    return ao.Problem.from_dict(made), sum(_best(each) for each in prices)


def _best(price: np.ndarray) -> float:
    """Return the best that 25 units earn of four lines of ten: every set of lines in full, the rest by price."""
    best = -np.inf
    for full in itertools.product((0, 1), repeat=4):
        got, left = LEAST * np.array(full), 25 - LEAST * sum(full)
        if left >= 0:
            for line in np.argsort(-price, kind="stable"):
                more = min(WANTED - got[line], left)
                got[line], left = got[line] + more, left - more
            best = max(best, float(price @ got) - CHARGE * float((got < LEAST).sum()))
    return best


@pytest.mark.parametrize("articles", [80, 600])
def test_many_charged_lines_are_solved_to_the_end(articles):
    """Hundreds of lines that take what they get, and pay for too little: the best plan, proven, in no long search."""
    given, best = many_charged(articles)
    plan = ao.allocate(given, gap=1e-6)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best, rel=1e-6)


def test_charges_make_no_orders_of_lines():
    """What only pays for so much is told from a least shipment, which may not ship less."""
    given, _ = many_charged(80)
    assert read(ao.allocate(given).answer.program).knotted == 0
    least = given.demand.assign(otif_cost=0.0, min_ship=LEAST)
    assert read(ao.allocate(given.replace(demand=least)).answer.program).knotted == 320
