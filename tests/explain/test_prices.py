"""What rules cost: by hand, and against contracts that are made and solved without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import REPOSITORY
from tests.strategies import pressed, thrown

import allocopt as ao
from allocopt.explain.lifted import Proven
from allocopt.explain.neighbours import Neighbour
from allocopt.explain.prices import rules_of
from allocopt.solve.certificate import cleaned
from allocopt.solve.trees.proof import bound_by_leaves

TWO = {
    "skus": [{"sku": "A"}],
    "nodes": [{"node": "W"}],
    "channels": [{"channel": "amazon", "owner": "Ann"}, {"channel": "web", "owner": "Ben"}],
    "lanes": [{"node": "W", "channel": "amazon"}, {"node": "W", "channel": "web"}],
    "supply": [{"sku": "A", "node": "W", "kind": "on_hand", "units": 10}],
    "demand": [
        {"sku": "A", "channel": "amazon", "period": 0, "units": 10, "price": 20.0},
        {"sku": "A", "channel": "web", "period": 0, "units": 10, "price": 10.0},
    ],
}
CAP = ao.Cap("amazon", units=4)


def two(**columns):
    """Return ten units that amazon wants at 20 and the web at 10, with other columns of the web's line."""
    demand = [TWO["demand"][0], TWO["demand"][1] | columns]
    return ao.Problem.from_dict(TWO | {"demand": demand})


def test_a_cap_costs_what_is_earned_without_it():
    """200 without a cap of four, 4 x 20 + 6 x 10 with it: 60."""
    plan = ao.allocate(two(), ao.Contract("Capped", clauses=[CAP]))
    price = plan.price_of(CAP)
    assert (price.low, price.value, price.high) == pytest.approx((60.0, 60.0, 60.0), abs=1e-6)
    assert plan.price_of(0) == price
    assert price.measure == "contribution"


def test_the_rules_of_a_launch_have_their_prices():
    """What the launch plan of the scenario pack pays for each of its clauses, dearest first, and to whom."""
    folder = REPOSITORY / "scenarios" / "launch"
    plan = ao.allocate(ao.Problem.read(folder), ao.Contract.read(folder / "contracts" / "launch_plan.yaml"))
    found = plan.prices()
    assert found["value"].round().tolist() == [10539.0, 3255.0, 878.0]
    assert found["clause"].tolist() == [1, 2, 0]
    assert (found["high"] - found["low"]).max() < 0.01
    assert found["contribution"].tolist() == pytest.approx(found["value"].tolist())
    assert found["owner"].unique().tolist() == ["Head of Brand"]


def test_commitments_and_store_floors_have_prices():
    """Seven units promised to the web take one from amazon (10); a shelf of three keeps three from everybody (30)."""
    promised = ao.allocate(two(min_units=7.0), ao.Contract("Capped", clauses=[CAP])).prices()
    assert promised[["kind", "value", "owner"]].values.tolist() == [["commitment", 10.0, "Ben"], ["clause", 0.0, "Ann"]]
    shelf = ao.Problem.from_dict(TWO | {"nodes": [{"node": "W", "kind": "store", "store_floor": 3}]})
    floors = ao.allocate(shelf).prices()
    assert floors[["kind", "value"]].values.tolist() == [["store_floor", 60.0]]
    assert "W" in floors["what"][0]


def test_commitments_under_stages_have_an_upper_end(monkeypatch):
    """As in large programs, by a local re-solve: what a whole re-solve finds lies below an end that is finite."""
    staged = ao.Contract("Own first", stages=[ao.Contribution("web"), ao.Contribution()])
    plan = ao.allocate(two(min_units=7.0), staged)
    whole = plan.prices().iloc[0]
    monkeypatch.setattr("allocopt.explain.prices.SMALL", 0)
    alone = plan.prices().iloc[0]
    assert alone["kind"] == "commitment"
    assert np.isfinite(alone["high"])
    assert alone["low"] - 1e-6 <= whole["value"] <= alone["high"] + 1e-6


def test_penalties_make_the_objective_what_is_priced():
    """Where what is proven is the objective, the price says so, and the contribution stands beside it."""
    soft = ao.Protect("web", units=6, mode="serve", penalty=12.0)
    plan = ao.allocate(two(), ao.Contract("Soft", clauses=[soft]))
    row = plan.prices().iloc[0]
    assert (row["measure"], row["value"], row["contribution"]) == (
        "objective",
        pytest.approx(60.0),
        pytest.approx(60.0),
    )
    mild = replace(soft, penalty=1.0)
    row = ao.allocate(two(), ao.Contract("Mild", clauses=[mild])).prices().iloc[0]
    assert (row["measure"], row["value"], row["contribution"]) == ("objective", pytest.approx(6.0), pytest.approx(0.0))


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_prices_are_those_of_whole_re_solves(seed, data):
    """Dropping a clause is worth what the contract without it earns more; certificates of both say between what."""
    problem, clauses = thrown(seed)
    contract = ao.Contract("Drawn", clauses=clauses)
    plan = ao.allocate(problem, contract)
    if not plan.solved or not clauses:
        return
    number = data.draw(st.integers(0, len(clauses) - 1))
    without = ao.allocate(problem, replace(contract, clauses=clauses[:number] + clauses[number + 1 :]))
    price = plan.price_of(number)
    if not without.solved:
        assert np.isnan(price.value)
        return
    room = 2e-6 * max(1.0, abs(plan.objective), abs(without.objective))
    assert price.value == pytest.approx(without.objective - plan.objective, abs=room)
    assert price.low - room <= without.certificate.bound - plan.objective
    assert price.high + room >= without.objective - plan.objective


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_a_clause_that_only_takes_away_never_earns(seed, data):
    """Where dropping a clause is known to take limits away and nothing else, no plan without it is worth less."""
    problem, clauses = thrown(seed)
    contract = ao.Contract("Drawn", clauses=clauses)
    plan = ao.allocate(problem, contract)
    if not plan.solved or not clauses:
        return
    near = Neighbour.of(plan, without=data.draw(st.integers(0, len(clauses) - 1)))
    if near.loosens:
        without = ao.allocate(problem, near.contract)
        assert near.keeps
        assert without.objective >= plan.objective - 2e-6 * max(1.0, abs(plan.objective))


WAITING = {
    "channels": [{"channel": "shop", "owner": "Sue"}, {"channel": "trade", "owner": "Tom"}],
    "lanes": [{"node": "W", "channel": "shop"}, {"node": "W", "channel": "trade"}],
    "demand": [
        {"sku": "A", "channel": "trade", "period": 0, "units": 8, "price": 20.0, "order": "T1", "lost_cost": 1.0},
        {"sku": "A", "channel": "trade", "period": 0, "units": 2, "price": 20.0, "order": "T2", "lost_cost": 1.0},
        {"sku": "A", "channel": "shop", "period": 0, "units": 10, "price": 10.0, "order": "", "lost_cost": 0.0},
    ],
}
"""Ten units: two orders of trade at 20 want all of them, the shop at 10 as many."""


@pytest.mark.parametrize(
    ("clause", "owners"),
    [
        (ao.Approval(units=5, channel="trade", holds=True), "Tom"),
        (ao.Approval(units=5, channel="trade", owner="Ann", holds=True), "Ann"),
        (ao.Approval(units=5, holds=True), "Sue, Tom"),
        (ao.Approval(revenue=150, holds=True), "Tom"),
        (ao.Approval(revenue=500, channel=("shop", "trade"), holds=True), ""),
    ],
)
def test_orders_that_wait_have_a_price(clause, owners):
    """Eight units go for 10 instead of 20 while T1 waits; who can agree is named, or is whose orders wait."""
    problem = ao.Problem.from_dict(TWO | WAITING)
    (row,) = ao.allocate(problem, ao.Contract("Held", clauses=[clause])).prices().to_dict("records")
    without = ao.allocate(problem).objective
    held = ao.allocate(problem, ao.Contract("Held", clauses=[clause])).objective
    assert row["kind"] == "clause"
    assert row["owner"] == owners
    assert (row["value"], row["low"], row["high"]) == pytest.approx((without - held,) * 3, abs=1e-6)
    assert row["contribution"] == pytest.approx(without - held)
    if owners in ("Tom", "Ann"):  # the shop's line waits under `units=5` for all
        assert row["value"] == pytest.approx(80.0)


def test_what_only_reports_has_no_price():
    """An approval that holds nothing back changes no plan: there is nothing to drop."""
    problem = ao.Problem.from_dict(TWO | WAITING)
    told = ao.Approval(units=5, channel="trade")
    held = ao.Approval(units=5, channel="trade", holds=True, owner="Ann")
    found = ao.allocate(problem, ao.Contract("Both", clauses=[told, held])).prices()
    assert found[["clause", "owner", "value"]].values.tolist() == [[1, "Ann", 80.0]]


def test_clauses_of_several_channels_belong_to_their_owners():
    """Who could drop a cap over two channels is both of their owners, each once."""
    both = ao.Cap(("amazon", "web"), units=4)
    assert ao.allocate(two(), ao.Contract("Capped", clauses=[both])).prices()["owner"].tolist() == ["Ann, Ben"]


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_prices_of_approvals_are_those_of_whole_re_solves(seed):
    """Each approval that holds something is dropped and re-solved; those that only report are not in the table."""
    problem, clauses = thrown(seed, (ao.Approval, ao.Approval, ao.Cap))
    contract = ao.Contract("Drawn", clauses=clauses)
    plan = ao.allocate(problem, contract)
    if not plan.solved:
        return
    found = plan.prices().query("kind == 'clause'").set_index("clause")
    assert sorted(found.index) == [place for place, clause in enumerate(clauses) if clause.steers]
    for place, row in found.iterrows():
        without = ao.allocate(problem, replace(contract, clauses=clauses[:place] + clauses[place + 1 :]))
        if not without.solved:
            assert np.isnan(row["value"])
            continue
        room = 2e-6 * max(1.0, abs(plan.objective), abs(without.objective))
        assert row["value"] == pytest.approx(without.objective - plan.objective, abs=room)
        assert row["low"] - room <= row["value"] <= row["high"] + room


def test_unknown_clauses_are_named():
    """A clause of another contract, or a position that there is not, is an error that lists what there is."""
    plan = ao.allocate(two(), ao.Contract("Capped", clauses=[CAP]))
    with pytest.raises(ValueError, match="cap channel amazon, units 4"):
        plan.price_of(ao.Cap("web", units=4))
    with pytest.raises(ValueError, match="position from 0 to 0"):
        plan.price_of(3)
    with pytest.raises(TypeError, match="clause must be"):
        plan.price_of("cap")


def test_a_planners_own_constraints_are_not_lost():
    """A contract that is stated anew would not hold them: whole re-solves are refused, local ones keep them."""

    def least(model):
        import pyomo.environ as pyo

        model.mine = pyo.Constraint(
            expr=sum(model.ship[key] for key in model.arcs.query("channel == 'web'").index) >= 8
        )

    plan = ao.allocate(two(), ao.Contract("Capped", clauses=[CAP]), extend=least)
    with pytest.raises(ao.SolveError, match="extend="):
        plan.prices()
    with pytest.raises(ao.SolveError, match="extend="):
        plan.price_of(CAP)
    assert plan.values.set_index("kind").loc["lot", "one_less"] == pytest.approx(20.0)


def test_plans_that_were_read_are_attached():
    """A plan from JSON has no numbers to re-solve from until its problem is given; other facts are refused."""
    problem, contract = two(), ao.Contract("Capped", clauses=[CAP])
    read = ao.Plan.from_dict(ao.allocate(problem, contract).to_dict())
    with pytest.raises(ao.SolveError, match=r"plan\.attach"):
        read.prices()
    plan = read.attach(problem)
    assert plan.price_of(CAP).value == pytest.approx(60.0)
    assert plan.values["kind"].tolist().count("lot") == 1
    assert plan.model.name == "Capped"
    with pytest.raises(ao.DataError, match="other clauses"):
        read.attach(problem, ao.pooled())
    dearer = ao.Problem.from_dict(TWO | {"demand": [row | {"price": 30.0} for row in TWO["demand"]]})
    with pytest.raises(ao.DataError, match="it is worth 300"):
        read.attach(dearer)
    scarcer = ao.Problem.from_dict(TWO | {"supply": [TWO["supply"][0] | {"units": 8}]})
    with pytest.raises(ao.DataError, match="breaks a limit"):
        read.attach(scarcer)
    renamed = ao.Problem.from_dict(TWO | {"supply": [TWO["supply"][0] | {"reference": "PO-1"}]})
    with pytest.raises(ao.DataError, match="no arc of the problem"):
        read.attach(renamed)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_attached_plans_are_what_they_were(seed):
    """Every kind of clause and table: what was read and attached ships the same and is worth the same."""
    problem, clauses = thrown(seed)
    plan = ao.allocate(problem, ao.Contract("Drawn", clauses=clauses))
    if not plan.solved:
        return
    back = ao.Plan.from_dict(plan.to_dict()).attach(problem)
    ship = plan.answer.program.cost @ plan.answer.x, back.answer.program.cost @ back.answer.x
    assert ship[1] == pytest.approx(ship[0], abs=1e-6 * (1 + abs(ship[0])))
    assert np.allclose(plan.answer.ship, back.answer.ship)


STAGED = [
    ao.first_come(),
    ao.fair_share(),
    ao.max_min_fair(),
    ao.priority("amazon", "wholesale", "dtc"),
    ao.Contract("Own first", stages=[ao.Contribution("amazon"), ao.Contribution()]),
    ao.Contract("Once won", stages=[ao.Fill("amazon", lock="plan"), ao.Fill(measure="lines"), ao.Contribution()]),
    ao.Contract("Confirmed", stages=[ao.Confirmed(), ao.Contribution()]),
]


@pytest.mark.parametrize("contract", STAGED, ids=lambda contract: contract.name)
def test_attached_plans_know_what_their_stages_kept(contract):
    """Lines are explained, and limits valued, as by the plan itself, whatever its stages were."""
    tables = ao.example("quickstart").to_dict()
    tables["demand"]["confirmed"] = [10.0] * len(tables["demand"]["sku"])
    problem = ao.Problem.from_dict(tables)
    plan = ao.allocate(problem, contract)
    back = ao.Plan.from_dict(plan.to_dict()).attach(problem, contract)
    assert back.envy().equals(plan.envy())
    assert _sorted(back.values).equals(_sorted(plan.values))
    for row in plan.shortfalls.drop_duplicates(["sku", "channel", "due"]).itertuples():
        asked = {"sku": row.sku, "channel": row.channel, "due": row.due}
        assert str(back.why_not(**asked)) == str(plan.why_not(**asked))
        mine, theirs = back.explain(**asked), plan.explain(**asked)
        assert mine.change == theirs.change
        assert mine.gain == pytest.approx(theirs.gain)
        assert mine.reasons.equals(theirs.reasons)


def _sorted(values):
    """Return what the re-solves say of each limit."""
    return values[["what", "one_more", "one_less"]].sort_values("what", ignore_index=True).round(6)


def test_a_plan_is_not_attached_to_other_stages():
    """What is fair is no plan of strict tiers."""
    problem = ao.example("quickstart")
    read = ao.Plan.from_dict(ao.allocate(problem, ao.fair_share()).to_dict())
    with pytest.raises(ao.DataError, match="other stages"):
        read.attach(problem, ao.pooled())


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_rules_that_are_rows_alone_leave_nothing_else_behind(seed):
    """What caps, floors of totals and store floors say of themselves: a program stated without them lacks their rows.

    So what is proven of the plan's own program without these rows is proven of the contract without the rule.
    """
    problem, clauses = thrown(seed, (ao.Cap, ao.MarginFloor, ao.Cap, ao.Protect, ao.KeepOrRetire))
    contract = ao.Contract("Drawn", clauses=clauses)
    plan = ao.allocate(problem, contract)
    if not plan.solved:
        return
    for rule in rules_of(plan.answer, contract):
        if rule.rows is None:
            continue
        near = Neighbour.of(plan, facts=rule.facts, without=rule.clause if rule.clause >= 0 else None)
        ours, theirs = plan.answer.program, near.stated.program
        left = np.setdiff1d(np.arange(ours.rows), rule.rows)
        for limit in ("row_lower", "row_upper"):
            assert np.array_equal(getattr(ours, limit)[left], getattr(theirs, limit))
        for limit in ("lower", "upper", "cost", "integer", "constant"):
            assert np.array_equal(getattr(ours, limit), getattr(theirs, limit))
        kept = np.isin(ours.indices, left)
        assert np.array_equal(ours.entry_column[kept], theirs.entry_column)
        assert np.array_equal(np.searchsorted(left, ours.indices[kept]), theirs.indices)
        assert np.array_equal(ours.data[kept], theirs.data)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_what_a_plan_proves_of_a_contract_without_a_clause_holds(seed, data):
    """No plan without a clause is worth more than the plan's own multipliers and trees say, whatever the clause is."""
    problem, clauses = thrown(seed)
    contract = ao.Contract("Drawn", clauses=clauses)
    plan = ao.allocate(problem, contract)
    if not plan.solved or not clauses:
        return
    number = data.draw(st.integers(0, len(clauses) - 1))
    near = Neighbour.of(plan, without=number)
    without = ao.allocate(problem, near.contract)
    if without.solved:
        room = 1e-9 * max(1.0, abs(without.objective))
        assert without.objective <= near.above(np.inf) + room


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_what_proved_a_plan_proves_its_neighbours_at_any_prices(seed, data):
    """Searches of the plan's blocks, carried to a contract without a clause: no plan of it is worth more than they say.

    Whether at the prices of its own relaxation or at any others.
    """
    problem, clauses = thrown(seed)
    contract = ao.Contract("Drawn", clauses=clauses)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("allocopt.solve.whole.DIRECT", 0)
        plan = ao.allocate(problem, contract)
    if not plan.solved or not clauses or plan.answer.leaves is None:
        return
    near = Neighbour.of(plan, without=data.draw(st.integers(0, len(clauses) - 1)))
    without = ao.allocate(problem, near.contract)
    if not without.solved:
        return
    program, chance = near.stated.program, np.random.default_rng(seed)
    own = without.answer.multipliers
    prices = [near.akin.price, chance.normal(0.0, 20.0, program.rows)]
    prices += [] if own is None else [own]
    for price in prices:
        bound = bound_by_leaves(program, near.akin.leaves(cleaned(program, price)))
        assert without.objective <= bound + 1e-9 * max(1.0, abs(without.objective))


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_reserves_that_are_not_tried_again_are_granted_the_same(seed, data):
    """Where commitments, tight capacity and reserves meet: the program without a clause is what it is from nothing."""
    problem, clauses = pressed(seed)
    plan = ao.allocate(problem, ao.Contract("Pressed", clauses=clauses))
    if not plan.solved or not clauses:
        return
    number, held = data.draw(st.integers(0, len(clauses) - 1)), Proven(plan.answer).held
    anew, short = Neighbour.of(plan, without=number), Neighbour.of(plan, without=number, held=held)
    ours, theirs = short.stated.program, anew.stated.program
    for name in ("cost", "lower", "upper", "integer", "indptr", "indices", "data", "row_lower", "row_upper"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name))


def test_a_clause_that_is_slack_is_not_solved_again(monkeypatch):
    """A cap that nobody reaches costs no more than the plan leaves open: nothing is stated or solved to know that."""
    plan = ao.allocate(two(), ao.Contract("Wide", clauses=[ao.Cap("web", units=50), CAP]))

    def never(*given, **how):
        raise AssertionError("solved again")

    monkeypatch.setattr("allocopt.explain.neighbours.solve_stages", never)
    monkeypatch.setattr("allocopt.explain.neighbours.formulate", never)
    price = plan.price_of(0)
    assert (price.low, price.value) == (0.0, 0.0)
    assert price.high == pytest.approx(plan.certificate.bound - plan.objective, abs=1e-9)
    with pytest.raises(AssertionError, match="solved again"):
        plan.price_of(1)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_prices_that_had_no_time_are_still_certain_between_their_ends(seed):
    """Where nothing was searched, what a whole re-solve finds lies between what the plan proves by itself."""
    problem, clauses = thrown(seed)
    plan = ao.allocate(problem, ao.Contract("Drawn", clauses=clauses))
    if not plan.solved:
        return
    hasty, whole = (found.set_index(["kind", "what", "clause"]) for found in (plan.prices(time_limit=0), plan.prices()))
    assert sorted(hasty.index) == sorted(whole.index)
    for key, row in whole.dropna(subset=["value"]).iterrows():
        room = 2e-6 * max(1.0, abs(plan.objective), abs(row["value"]))
        quick = hasty.loc[[key]]
        assert (quick["low"] - room <= row["value"]).all()
        assert (row["value"] <= quick["high"] + room).all()


def test_a_plan_without_rows_can_be_priced():
    """An approval that holds the only order leaves a program without columns and rows: what it costs is still known."""
    one = TWO | {"demand": [TWO["demand"][0] | {"order": "T1"}]}
    plan = ao.allocate(ao.Problem.from_dict(one), ao.Contract("Held", clauses=[ao.Approval(units=5, holds=True)]))
    assert plan.prices()["value"].tolist() == pytest.approx([200.0])
