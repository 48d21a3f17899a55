"""Orders in parcels, and lots in cases, with life left and references: worked by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rules.small import problem, reasons, units

import allocopt as ao

TWO = {
    "supply": "sku node kind units\nX A on_hand 1\nX B on_hand 1\nY B on_hand 1",
    "demand": "sku channel period units price order\nX web 0 1 10 O\nY web 0 1 10 O",
}
"""X lies at A and B, Y at B alone."""


def sent(cost: float, *, cheap: float = 0.0, **more: Any) -> ao.Plan:
    """Return the plan where a parcel costs so much, and a unit from A is so much cheaper."""
    lanes = f"node channel cost parcel_cost\nA web {1 - cheap} {cost}\nB web 1 {cost}"
    return ao.allocate(problem(**TWO | more, lanes=lanes))


@pytest.mark.parametrize(("cost", "nodes"), [(0.0, {"A", "B"}), (0.25, {"A", "B"}), (0.75, {"B"})])
def test_an_order_is_split_only_where_that_is_worth_the_parcel(cost: float, nodes: set[str]) -> None:
    """A unit from A saves 0.50: worth a parcel of 0.25, and none of 0.75."""
    plan = sent(cost, cheap=0.5)
    assert set(plan.allocation["node"]) == nodes
    number = len(nodes)
    assert plan.allocation["parcel"].nunique() == number
    assert plan.channels.set_index("channel")["parcels"]["web"] == pytest.approx(cost * number)
    assert plan.contribution == pytest.approx(18 + (0.5 if number == 2 else 0) - cost * number)


def test_a_parcel_that_costs_more_than_it_earns_is_not_sent() -> None:
    """At 18.50 the two units earn 18 together: nothing ships, and nothing is paid."""
    plan = sent(18.5)
    assert not len(plan.allocation)
    assert plan.contribution == 0


def test_split_orders_are_reported_with_what_that_costs() -> None:
    """Parcels of 2 and 3: beside the dearer one the order pays 2, and nobody's clause says so."""
    lanes = "node channel parcel_cost\nA web 3\nB web 2"
    plan = ao.allocate(problem(**TWO | {"supply": "sku node kind units\nX A on_hand 1\nY B on_hand 1"}, lanes=lanes))
    (row,) = plan.exceptions.to_dict("records")
    assert (row["kind"], row["clause"], row["order"], row["money"], row["units"]) == ("split", None, "O", 2, 2)
    assert row["sentence"].startswith("Order O of web comes in 2 parcels with 2 units")
    assert not len(sent(0.0, cheap=0.5).exceptions)


@pytest.mark.parametrize(("most", "served"), [(1, 1), (2, 2)])
def test_an_order_comes_in_so_many_parcels_at_most(most: int, served: int) -> None:
    """X lies at A alone, Y at B alone: one parcel serves one of them."""
    demand = f"sku channel period units price order max_parcels\nX web 0 1 10 O {most}\nY web 0 1 10 O {most}"
    plan = ao.allocate(problem(supply="sku node kind units\nX A on_hand 1\nY B on_hand 1", demand=demand))
    assert plan.allocation["units"].sum() == served


@pytest.mark.parametrize(("limit", "earned"), [(1, 29.0), (2, 48.0), (3, 58.0)])
def test_work_is_counted_by_parcel(limit: int, earned: float) -> None:
    """O1 (10 + 19 in one parcel), O2 (19) and a line without order (10): so many labels, so many parcels."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units\nX A on_hand 3\nY A on_hand 1",
            demand="""
                sku channel period units price order
                X   web     0      1     10    O1
                Y   web     0      1     19    O1
                X   web     0      1     19    O2
                X   web     0      1     10    .
            """,
            capacity=f"node period resource limit\nA 0 labels {limit}",
            workloads="resource workload per\nlabels 1 parcel",
        )
    )
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(earned)


def test_whatever_ships_for_an_order_leaves_in_one_period() -> None:
    """X is there now, Y in period 1: together they earn more than X alone, and not once a day late costs X 11."""
    supply = "sku node kind units available\nX A on_hand 1 0\nY A inbound 1 1"
    lines = """
        sku channel period units price order ship_together max_late late_cost
        X   web     0      1     10    O     true          1        {0}
        Y   web     0      1     9     O     true          1        0
    """
    plan = ao.allocate(problem(supply=supply, demand=lines.format(1)))
    assert units(plan, "sku", "ship") == {("X", 1): 1, ("Y", 1): 1}
    plan = ao.allocate(problem(supply=supply, demand=lines.format(11)))
    assert units(plan, "sku", "ship") == {("X", 0): 1}


@pytest.mark.parametrize(("wanted", "cases", "loose"), [(3, 0, 3), (5, 4, 1), (9, 8, 1), (14, 8, 5)])
def test_sealed_cases_are_not_opened(wanted: int, cases: int, loose: int) -> None:
    """Ten units in cases of four (two cases and a rest), five loose ones that cost 1 more each."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units pack unit_cost reference\nS W on_hand 10 4 1 C\nS W on_hand 5 1 2 L",
            demand=f"sku channel period units price\nS web 0 {wanted} 10",
        )
    )
    got = units(plan, "reference")
    assert (got.get("C", 0), got.get("L", 0)) == (cases, loose)


@pytest.mark.parametrize(("expires", "served"), [("2026-12-20", 0), ("2026-12-21", 4), (None, 4)])
def test_life_goes_on_after_the_calendar(expires: str | None, served: int) -> None:
    """Two weeks are planned; a lot that has to last four weeks more expires in the fifth one or later, or never."""
    weeks = "period start end\n0 2026-11-16 2026-11-22\n1 2026-11-23 2026-11-29"
    facts = problem(
        supply=f"sku node kind units expires\nS W on_hand 4 {expires or '.'}",
        demand="sku channel period units price min_life\nS shop 1 4 10 4",
        periods=weeks,
    )
    for same in (facts, ao.Problem.from_dict(facts.to_dict())):
        assert ao.allocate(same).channels["units"].sum() == served


def test_lots_that_do_not_fit_are_said_to_be_so() -> None:
    """A case that is too large, too little life, another reference: each is named."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units pack expires reference\nS W on_hand 8 4 5 P1",
            demand="""
                sku channel period units price min_life reference
                S   few     0      3     10    0        .
                S   fresh   0      4     10    6        .
                S   other   0      4     10    0        P2
                S   right   0      4     10    5        P1
            """,
        )
    )
    told = dict(zip(plan.shortfalls["channel"], plan.shortfalls["sentence"], strict=True))
    assert reasons(plan)["few"] == "pack"
    assert "sealed cases" in told["few"]
    assert "less life" in told["fresh"]
    assert "one reference" in told["other"]
    assert units(plan, "channel") == {"right": 4}
    assert [warning.code for warning in plan.warnings if warning.table == "demand"] == ["no_such_reference"]


@pytest.mark.parametrize(
    ("column", "said", "other"),
    [
        ("all_or_none", "true", "false"),
        ("ship_from_one", "true", "false"),
        ("ship_together", "false", "true"),
        ("max_parcels", "1", "."),
        ("arrived", "-1.5", "-1"),
        ("arrived", ".", "-1"),
        ("firm", "true", "false"),
        ("approved", "true", "false"),
    ],
)
def test_lines_of_an_order_agree_on_what_is_said_of_it(column: str, said: str, other: str) -> None:
    """One entry names the column and the rows; another channel's order of the same number is another order."""
    head = f"sku channel period units price order {column}\n"
    with pytest.raises(ao.DataError) as caught:
        problem(
            supply="sku node kind units\nX A on_hand 1",
            demand=head + f"X web 0 1 10 O {said}\nX web 1 1 10 O {other}\nX web 2 1 10 O {other}",
        )
    (issue,) = caught.value.issues
    assert (issue.code, issue.column, issue.rows) == ("order_disagrees", column, (1, 2))
    apart = f"X web 0 1 10 O {said}\nX shop 1 1 10 O {other}\nX web 1 1 10 . {other}"
    problem(supply="sku node kind units\nX A on_hand 1", demand=head + apart)


def test_a_planner_sees_all_of_a_lot_in_the_arcs() -> None:
    """`model.arcs` tells expiry (blank: never), reference, kind and availability, for rules of one's own."""
    facts = problem(
        supply="sku node kind units available expires reference\nX A on_hand 5 0 3 P1\nX A inbound 5 1 . P2",
        demand="sku channel period units price\nX web 1 8 10",
    )

    def no_old_lots(model: Any) -> None:
        import pyomo.environ as pyo

        arcs = model.arcs
        old = arcs[(arcs["expires"] <= 3).fillna(value=False).to_numpy(bool) & (arcs["kind"] == "on_hand")]
        assert set(arcs["reference"]) == {"P1", "P2"}
        assert arcs["available"].tolist() == [0, 1]
        model.old = pyo.Constraint(expr=sum(model.ship[key] for key in old.index) <= 2)

    assert units(ao.allocate(facts, extend=no_old_lots), "reference") == {"P1": 2, "P2": 5}
