"""Nobody is believed: known plans contradict, our arithmetic refutes, a second search confirms."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solve.programs import allocation, program, small_programs
from tests.solve.test_solve import brute_force

import allocopt as ao
from allocopt.solve import EXACT, Effort, certify, highs, known_plan, relaxation, solve, trusted
from allocopt.solve.known import Known, greedy, holds, mended, movers, promises_only
from allocopt.solve.prices import WholeError
from allocopt.solve.refuted import clashes, refuted, slackened
from allocopt.solve.solution import Clock, Solution

NEVER = Clock.started(None)


def odd(**changes):
    """Return a knapsack whose relaxation leaves a gap of a third: 3 of weight 2 in 5 at 1 each, whole."""
    return program([1, 1, 1], [[2, 2, 2]], [-np.inf], [5], upper=1, integer=True, **changes)


def gapped():
    """Return a program whose own bound is far: an odd cycle of three, of which one may be taken (bound 1.5)."""
    return program([1, 1, 1], [[1, 1, 0], [0, 1, 1], [1, 0, 1]], [-np.inf] * 3, [1, 1, 1], upper=1, integer=True)


@given(small_programs(integer=True))
@settings(max_examples=30)
def test_a_known_plan_keeps_every_row_and_is_never_better_than_the_best(given_program):
    """What is known without a search is a plan, worth no more than the best one of all."""
    found, best = known_plan(given_program), brute_force(given_program)
    if found is not None:
        assert holds(given_program, found)
        assert given_program.objective(found) <= best + 1e-9


@given(small_programs(integer=True))
@settings(max_examples=30)
def test_no_limit_leaves_less_than_what_is_known(given_program):
    """With no time at all: a plan wherever one is known, and no `interrupted` where a plan is."""
    known, answer = known_plan(given_program), solve(given_program, Effort(0.0, gap=EXACT))
    if known is not None:
        assert answer.status in ("optimal", "feasible")
        assert given_program.objective(answer.x) >= given_program.objective(known) - 1e-9


@given(small_programs(integer=False))
@settings(max_examples=50)
def test_what_our_arithmetic_refutes_has_no_plan(given_program):
    """Without whole units it refutes exactly what HiGHS calls infeasible."""
    said = refuted(given_program, NEVER)
    assert (said == "impossible") == (highs.linear(given_program, NEVER).status == "infeasible")


@given(small_programs(integer=False))
@settings(max_examples=30)
def test_no_multipliers_refute_what_has_a_plan(given_program):
    """Any numbers whatever: rows added up with them never clash where a plan keeps them."""
    answer = solve(given_program)
    if answer.x is None:
        return
    random = np.random.default_rng(0)
    for size in (1.0, 1e6):
        assert not clashes(given_program, size * random.normal(size=given_program.rows))


def test_greedy_takes_the_best_first_and_stops_at_every_row():
    """Five units over two rows: the dearest takes all it may, the next what is left, whole units stay whole."""
    tight = program([3, 2, 1], [[1, 1, 1], [2, 0, 0]], [-np.inf] * 2, [5.5, 7], upper=9, integer=True)
    assert greedy(tight, np.zeros(3)).tolist() == [3, 2, 0]


def test_promises_are_mended_by_what_costs_least():
    """Four units are promised: the column that earns more gives them, as far as it may."""
    promise = program([-1, -2], [[1, 1]], [4], [np.inf], upper=3, integer=True)
    assert mended(promise, np.zeros(2)).tolist() == [3, 1]


def test_promises_in_packs_take_a_small_program():
    """A promise of four in packs of six: the pack makes room for its units, and nothing else moves."""
    packs = program(
        [-1, 0, 5], [[1, 0, 0], [1, -6, 0], [0, 0, 1]], [4, 0, -np.inf], [np.inf, 0, 9], upper=9, integer=True
    )
    nothing = np.zeros(3)
    assert movers(packs, nothing).tolist() == [True, True, False]
    assert promises_only(packs, nothing, NEVER).tolist() == [6, 1, 0]
    assert known_plan(packs).tolist() == [6, 1, 9]


def test_a_claim_is_confirmed_by_a_second_search():
    """Where our own bound leaves a gap, two searches that agree make a plan optimal; our own proof alone does not."""
    answer, own = solve(gapped()), solve(gapped(), Effort(gap=EXACT, proof="own"))
    assert (answer.status, answer.confirmed, answer.claimed_bound) == ("optimal", True, pytest.approx(1.0))
    assert (own.status, own.confirmed) == ("feasible", False)
    assert certify(gapped(), own.x, own.multipliers).gap == pytest.approx(0.5)


def test_a_claim_that_nobody_confirms_is_not_optimal(monkeypatch):
    """The second search ends without a bound: the plan is feasible, and says so."""
    honest = highs.branch

    def once(*given, again=0, **how):
        return Solution("interrupted", message="stopped") if again else honest(*given, **how)

    monkeypatch.setattr(highs, "branch", once)
    answer = solve(gapped())
    assert (answer.status, answer.message) == ("feasible", trusted.ALONE)


@pytest.mark.parametrize(("over", "status"), [(3e-8, "optimal"), (1e-6, "optimal"), (1e-5, "feasible")])
def test_a_claim_is_right_to_what_solvers_round_by_and_no_more(monkeypatch, over, status):
    """A second search that claims a hair more than the plan confirms it, also where a gap of nothing is asked for."""
    honest = highs.branch

    def rounded(*given, again=0, **how):
        found = honest(*given, again=again, **how)
        return replace(found, claimed_bound=1.0 + over) if again else found

    monkeypatch.setattr(highs, "branch", rounded)
    assert solve(gapped(), gap=0.0).status == status


@pytest.mark.parametrize("integer", [False, True])
def test_a_false_infeasible_is_contradicted(monkeypatch, integer):
    """Shipping nothing is a plan: whoever says that there is none is asked again, and not believed."""
    for name in ("linear", "branch"):
        monkeypatch.setattr(highs, name, lambda *_, **__: Solution("infeasible", method="liar"))
    given_program = allocation(3, integer=integer)
    answer = solve(given_program)
    assert (answer.status, holds(given_program, answer.x)) == ("feasible", True)
    assert any("infeasible" in note for note in answer.notes)


def test_a_false_infeasible_of_the_first_search_alone_costs_nothing(monkeypatch):
    """The second search finds what the first one denied."""
    honest = highs.branch

    def once(*given, again=0, **how):
        return honest(*given, again=again, **how) if again else Solution("infeasible", method="liar")

    monkeypatch.setattr(highs, "branch", once)
    answer = solve(gapped())
    assert gapped().objective(answer.x) == 1


def test_what_nobody_can_confirm_is_not_called_infeasible(monkeypatch):
    """Rows in the way of every known plan, and a solver that says infeasible to everything: there is no verdict."""
    for name in ("linear", "branch"):
        monkeypatch.setattr(highs, name, lambda *_, **__: Solution("infeasible", method="liar"))
    packs = program([1, 0], [[1, 0], [1, -6]], [4, 0], [np.inf, 0], upper=9, integer=True)
    assert solve(packs).status == "interrupted"


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, ValueError])
def test_what_highs_raises_is_no_exception_of_ours(monkeypatch, error):
    """The known plan is the answer, and a note says what failed."""

    def fails(*_, **__):
        raise error("no more")

    monkeypatch.setattr(highs, "loaded", fails)
    answer = solve(allocation(3))
    assert (answer.status, answer.x is not None) == ("feasible", True)
    assert any(error.__name__ in note for note in answer.notes)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_answers_of_numbers_that_are_none_are_no_answers(monkeypatch, value):
    """From every entrance: plan, multipliers, bound."""
    for name, whole in itertools.product(("linear", "branch"), (False, True)):
        given_program = allocation(3, integer=whole)
        with monkeypatch.context() as patched:
            bad = Solution(
                "optimal", np.full(given_program.columns, value), np.full(given_program.rows, value), value, name
            )
            patched.setattr(highs, name, lambda *_, bad=bad, **__: bad)
            answer = solve(given_program)
        assert holds(given_program, answer.x)


def gated_by_hand_over():
    """Return a program of one switch, so that it is gone through case by case."""
    one = program([-15, 10], [[-2, 1]], [-np.inf], [0], upper=[1, 1], integer=True)
    return replace(one, column_sku=np.array([-1, 0], dtype=np.int32))


@pytest.mark.parametrize("given_program", [gapped(), odd(), allocation(3, integer=False), gated_by_hand_over()])
def test_a_note_of_the_relaxation_is_not_lost(monkeypatch, given_program):
    """Flat, whole, and case by case: what the relaxer has to say is on the answer."""

    def refuses(*_, **__):
        raise WholeError("a reason")

    monkeypatch.setattr(relaxation.prices, "linear", refuses)
    answer = solve(given_program, Effort(gap=EXACT, engine="prices"))
    assert answer.notes == ("The price engine handed over to HiGHS: a reason.",)


@pytest.mark.parametrize(
    "contract",
    [
        ao.pooled(),
        ao.Contract("two", stages=[ao.Fill(), ao.Contribution()]),
        ao.Contract("fair", stages=[ao.MaxMinFill()]),
        ao.first_come(),
        ao.Contract("open", clauses=[ao.KeepOrRetire("amazon")]),
    ],
    ids=lambda contract: contract.name,
)
def test_a_note_reaches_the_plan_from_every_stage(monkeypatch, tiny, contract):
    """A price engine that hands over says so on the plan, whatever the stages are."""

    def refuses(*_, **__):
        raise WholeError("a reason")

    monkeypatch.setattr(relaxation.prices, "linear", refuses)
    notes = ao.allocate(tiny, contract, solver="prices").notes
    assert any("handed over to HiGHS" in note for note in notes)


@pytest.mark.parametrize("limit", [{"time_limit": 0}, {"time_limit": 0.1}, {"work_limit": 0}, {"work_limit": 1}])
@pytest.mark.parametrize(
    "contract",
    [
        ao.pooled(),
        ao.Contract("service", clauses=[ao.Protect("dtc", units=3, mode="serve")]),
        ao.Contract("two", stages=[ao.Fill(), ao.Contribution()]),
        ao.Contract("fair", stages=[ao.MaxMinFill(), ao.Contribution()]),
        ao.first_come(),
        ao.Contract("open", clauses=[ao.KeepOrRetire("amazon")]),
    ],
    ids=lambda contract: contract.name,
)
def test_a_limit_leaves_a_plan(tiny, contract, limit):
    """However early a limit comes, a plan that is known is the answer, checked, with a gap."""
    plan = ao.allocate(tiny, contract, **limit)
    assert plan.status in ("optimal", "feasible")
    assert plan.certificate.passed


def test_only_our_own_proof_counts_where_that_is_asked_for(tiny):
    """`proof="own"` changes nothing where our bound is close, and is refused where it makes no sense."""
    assert ao.allocate(tiny, proof="own").status == "optimal"
    with pytest.raises(ValueError, match="proof must be one of 'any', 'own'"):
        ao.allocate(tiny, proof="mine")


@given(small_programs(integer=True), st.randoms())
@settings(max_examples=60)
def test_rows_give_way_as_far_as_any_plan_breaks_them(given_program, random):
    """Wherever the columns are, rows that may give way can be kept, and by no more than a unit more than that takes."""
    at = np.array(
        [random.uniform(low, high) for low, high in zip(given_program.lower, given_program.upper, strict=True)]
    )
    rows = np.arange(given_program.rows)
    loose, side = slackened(given_program, rows, 1.0)
    room = loose.upper[given_program.columns :]
    activity = given_program.activity(at)
    lifts = loose.data[given_program.nonzeros :] > 0
    short = np.where(
        lifts, given_program.row_lower[side] - activity[side], activity[side] - given_program.row_upper[side]
    )
    assert (short <= room + 1e-9).all()
    least, most = given_program.reach()
    worst = np.where(lifts, (given_program.row_lower - least)[side], (most - given_program.row_upper)[side])
    assert (room <= np.maximum(worst, 0.0) + 2.0).all()


def test_promises_of_many_articles_are_found_one_after_the_other(monkeypatch):
    """Where single columns cannot keep promises, each block is searched alone: together takes ten times as long."""
    columns = []
    branch = highs.branch
    monkeypatch.setattr(
        highs, "branch", lambda small, *given, **how: columns.append(small.columns) or branch(small, *given, **how)
    )
    articles = 6
    matrix = np.zeros((articles + 1, 2 * articles))
    for article in range(articles):
        matrix[article, 2 * article : 2 * article + 2] = 2, 3
    matrix[-1] = 1
    node = program([1.0] * 12, matrix, [7.0] * articles + [-np.inf], [7.0] * articles + [30.0], upper=3, integer=True)
    apart = replace(node, column_sku=np.repeat(np.arange(articles), 2).astype(np.int32))
    apart = replace(apart, row_sku=np.append(np.arange(articles), -1).astype(np.int32))
    plan = promises_only(apart, np.zeros(12), NEVER)
    assert holds(apart, plan)
    assert columns == [2] * articles


def test_what_is_left_of_a_known_plan_is_filled_up_where_no_solver_found_one():
    """An earlier stage's plan, of which nothing else is known, takes in what still fits and earns."""
    given_program = program([0.0, 0.0, 5.0], [[2, 3, 0], [1, 1, 1]], [7, -np.inf], [7, 6], upper=4, integer=True)
    kept = Known(given_program, np.array([2.0, 1.0, 0.0]), NEVER)
    silent = Solution("interrupted", method="nobody", message="too late")
    found = trusted.trusted(given_program, silent, trusted.Wanted(1e-4), kept, Clock.started(0.0))
    assert found.x.tolist() == [2.0, 1.0, 3.0]
