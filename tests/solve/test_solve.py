"""Programs in, answers out: held against another solver, brute force and themselves."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from highspy import HighsStatus
from hypothesis import given, settings
from scipy import optimize
from tests.solve.programs import allocation, dense, program, small_programs

from allocopt.algebra.program import with_rows
from allocopt.solve import EXACT, Effort, blocks, certify, highs, highs_run, solve, whole
from allocopt.solve.solution import Clock


def no_columns(*, row_lower: float) -> object:
    """Return a program of one row and no column."""
    return program(np.zeros(0), np.zeros((1, 0)), [row_lower], [5.0], constant=7)


def test_a_linear_program_by_hand():
    """Maximise 3x + 2y over x + y <= 4, x + 3y <= 6, x <= 3: the corner (3, 1)."""
    answer = solve(program([3, 2], [[1, 1], [1, 3]], [-np.inf] * 2, [4, 6], upper=[3, np.inf]))
    assert (answer.status, answer.method) == ("optimal", "simplex")
    assert answer.x == pytest.approx([3, 1])
    assert answer.claimed_bound == pytest.approx(11)


def test_multipliers_are_what_one_more_unit_is_worth():
    """Positive on a binding upper limit, negative on a binding lower one, in currency per unit."""
    answer = solve(program([3, -1], [[1, 0], [0, 1]], [-np.inf, 2], [4, np.inf], upper=[9, 9]))
    assert answer.multipliers == pytest.approx([3, -1])


def test_whole_units_by_hand():
    """A knapsack: 5 and 4 and 3 of weight 2, 3, 1 in 5: the first and the last and nothing half."""
    answer = solve(program([5, 4, 3], [[2, 3, 1.5]], [-np.inf], [5], upper=1, integer=True, constant=100))
    assert answer.status == "optimal"
    assert answer.x.tolist() == [1, 0, 1] or answer.x.tolist() == [1, 1, 0]
    assert answer.claimed_bound == pytest.approx(109)


def brute_force(given_program):
    """Return the best worth of whole-unit plans by trying them all; None without one."""
    matrix = dense(given_program)
    axes = [np.arange(given_program.lower[j], given_program.upper[j] + 1) for j in range(given_program.columns)]
    plans = np.array(list(itertools.product(*axes)))
    activity = plans @ matrix.T
    kept = (activity >= given_program.row_lower - 1e-9) & (activity <= given_program.row_upper + 1e-9)
    worth = (plans @ given_program.cost)[kept.all(1)]
    return None if not len(worth) else worth.max() + given_program.constant


@given(small_programs(integer=True))
@settings(max_examples=60)
def test_whole_units_agree_with_trying_every_plan(given_program):
    """The same worth as brute force, or infeasible where brute force finds nothing."""
    answer, best = solve(given_program), brute_force(given_program)
    if best is None:
        assert (answer.status, answer.x) == ("infeasible", None)
    else:
        assert answer.status == "optimal"
        assert given_program.objective(answer.x) == pytest.approx(best, abs=1e-6)
        assert (answer.x[given_program.integer] == np.rint(answer.x[given_program.integer])).all()


def independent(given_program):
    """Return the worth that SciPy's milp finds, None without a plan; its presolve is not believed alone.

    It loses (0, 1, 1), the best plan of 3x + 4y + 2z = 6, 2x - 4y + 3z <= -1 with x whole, and says infeasible or less.
    """
    asked = [
        optimize.milp(
            -given_program.cost,
            integrality=given_program.integer.astype(int),
            bounds=optimize.Bounds(given_program.lower, given_program.upper),
            constraints=optimize.LinearConstraint(
                dense(given_program), given_program.row_lower, given_program.row_upper
            ),
            options={"presolve": presolve},
        )
        for presolve in (True, False)
    ]
    return max((given_program.constant - peer.fun for peer in asked if peer.status == 0), default=None)


@given(small_programs(bounded=False))
@settings(max_examples=60)
def test_answers_agree_with_an_independent_caller(given_program):
    """SciPy's milp reaches the same status and the same worth, divisible and whole columns mixed."""
    worth, answer = independent(given_program), solve(given_program)
    if worth is None:
        assert answer.status in ("infeasible", "unbounded")
        assert answer.x is None
    else:
        assert answer.status == "optimal"
        assert given_program.objective(answer.x) == pytest.approx(worth, abs=1e-5)
        assert certify(given_program, answer.x, answer.multipliers, answer.claimed_bound).passed


@pytest.mark.parametrize("method", ["simplex", "ipx"])
def test_simplex_and_interior_point_agree(method):
    """Both methods prove the same worth to rounding."""
    given_program = allocation(20, integer=False)
    answer = highs.linear(given_program, Clock.started(None), method=method)
    certificate = certify(given_program, answer.x, answer.multipliers)
    assert certificate.passed
    assert certificate.gap < 1e-9


def test_simplex_that_takes_too_long_gives_way(monkeypatch):
    """Beyond its budget of iterations simplex stops, and interior point finishes; the work of both is counted."""
    given_program = allocation(20, integer=False)
    monkeypatch.setattr(highs, "SIMPLEX", 0)
    monkeypatch.setattr(highs, "PATIENCE", 0.1)
    answer = solve(given_program)
    assert (answer.status, answer.method) == ("optimal", "interior point + crossover")
    assert answer.iterations > 0.1 * given_program.rows
    assert certify(given_program, answer.x, answer.multipliers).gap < 1e-9


def test_large_programs_start_with_interior_point(monkeypatch):
    """From the threshold on simplex is not tried."""
    monkeypatch.setattr(highs, "INTERIOR", 10)
    assert solve(allocation(5, integer=False)).method == "interior point + crossover"


def test_an_empty_program_is_worth_its_constant():
    """No columns: the constant, if every row allows nothing."""
    answer = solve(no_columns(row_lower=-1.0))
    assert (answer.status, answer.claimed_bound, len(answer.x)) == ("optimal", 7, 0)
    assert certify(no_columns(row_lower=-1.0), answer.x, answer.multipliers).passed
    assert solve(no_columns(row_lower=1.0)).status == "infeasible"


def test_no_rows_takes_each_column_at_its_better_bound():
    """Without rows nothing competes."""
    free = program([2, -1, 0], np.zeros((0, 3)), [], [], lower=[0, 1, -3], upper=[2.5, 9, 5], integer=[1, 0, 0])
    answer = solve(free)
    assert answer.x.tolist() == [2, 1, 0]
    assert certify(free, answer.x, answer.multipliers).gap == 0
    assert solve(replace(free, upper=np.full(3, np.inf))).status == "unbounded"


@pytest.mark.parametrize("integer", [False, True])
def test_what_has_no_plan_says_so(integer):
    """Infeasible and unbounded programs have a status, a sentence and no plan."""
    infeasible = program([1, 1], [[1, 1], [1, 1]], [-np.inf, 5], [3, np.inf], upper=9, integer=integer)
    unbounded = program([1, 1], [[1, -1]], [-np.inf], [3], integer=integer)
    for given_program, status in ((infeasible, "infeasible"), (unbounded, "unbounded")):
        answer = solve(given_program)
        assert (answer.status, answer.x, answer.claimed_bound) == (status, None, None)
        assert answer.message


def test_whole_units_can_be_infeasible_where_halves_are_not():
    """2x + 2y = 3 has halves and no whole numbers."""
    odd = program([1, 1], [[2, 2]], [3], [3], upper=5, integer=True)
    assert solve(odd).status == "infeasible"
    assert solve(replace(odd, integer=np.zeros(2, bool))).status == "optimal"


@pytest.mark.parametrize(
    ("name", "value"),
    [("cost", np.nan), ("cost", np.inf), ("data", np.inf), ("lower", np.nan), ("row_upper", np.nan), ("lower", np.inf)],
)
def test_numbers_that_are_none_are_named(name, value):
    """A NaN or an infinity out of place is an error with its place, not an answer."""
    good = program([1, 1], [[1, 1]], [-np.inf], [3], upper=9)
    bad = getattr(good, name).copy()
    bad[0] = value
    answer = solve(replace(good, **{name: bad}))
    assert (answer.status, answer.x) == ("error", None)
    assert name in answer.message or "infinity" in answer.message


def test_crossed_bounds_are_infeasible():
    """A lower bound above its upper bound has no plan; nor has a whole column between two whole numbers."""
    crossed = program([1], [[1]], [-np.inf], [3], lower=[2], upper=[1])
    assert solve(crossed).status == "infeasible"
    between = program([1], [[1]], [-np.inf], [3], lower=[0.2], upper=[0.8], integer=True)
    assert solve(between).status == "infeasible"


@pytest.mark.parametrize("integer", [False, True])
def test_where_nothing_is_left_to_decide_the_plan_is_read_off(integer):
    """All columns fixed: worth, bound and rows are checked without a solver; a broken row is infeasible."""
    fixed = program([3.0, 2.0], [[1, 1]], [-np.inf], [4.0], lower=[1.0, 2.0], upper=[1.0, 2.0], integer=integer)
    answer = solve(fixed)
    assert (answer.status, answer.method, answer.x.tolist()) == ("optimal", "none needed", [1.0, 2.0])
    checked = certify(fixed, answer.x, answer.multipliers)
    assert (checked.objective, checked.gap, checked.passed) == (7.0, 0.0, True)
    assert solve(replace(fixed, row_upper=np.array([2.9]))).status == "infeasible"


def test_a_matrix_that_is_none_is_an_error():
    """An entry outside of the rows comes back as an error with a sentence."""
    good = program([1, 1], [[1, 1]], [-np.inf], [3], upper=9)
    answer = solve(replace(good, indices=np.array([0, 7], np.int32)))
    assert answer.status == "error"
    assert "outside of its rows" in answer.message


@pytest.mark.parametrize("integer", [False, True])
def test_no_time_means_what_is_known_without_a_solver(integer):
    """At a time limit that is over at once the greedy plan is handed on, with the gap that column bounds prove."""
    given_program = allocation(30, integer=integer)
    answer = solve(given_program, Effort(0.0, gap=EXACT))
    proof = certify(given_program, answer.x, answer.multipliers)
    assert (answer.status, proof.passed) == ("feasible", True)
    assert "limit" in answer.message
    assert given_program.constant < proof.objective < proof.bound < np.inf


def test_a_work_limit_stops_at_the_same_place():
    """The same work gives the same answer, plan or not."""
    given_program = allocation(30, integer=False)
    answers = [solve(given_program, Effort(work_limit=20, gap=EXACT)) for _ in range(2)]
    assert answers[0].status in ("interrupted", "feasible")
    assert answers[0].iterations == answers[1].iterations
    assert "work limit" in answers[0].message


def test_an_early_stop_keeps_multipliers_that_bound():
    """Multipliers of an unfinished solve still prove something."""
    given_program = allocation(30, integer=False)
    best = solve(given_program)
    early = solve(given_program, Effort(work_limit=100, gap=EXACT))
    assert early.status != "optimal"
    assert certify(given_program, best.x, early.multipliers).passed


@pytest.mark.parametrize("packs", [0.0, 0.2])
def test_blocks_give_a_whole_plan_with_a_proven_gap(monkeypatch, packs):
    """Block by block a plan in exact whole units is found that keeps every row."""
    monkeypatch.setattr(whole, "DIRECT", 0)
    given_program = allocation(30, packs=packs)
    answer = solve(given_program, gap=0.05)
    certificate = certify(given_program, answer.x, answer.multipliers, answer.claimed_bound)
    assert (answer.status, answer.method) == ("optimal", "blocks")
    assert (answer.x == np.rint(answer.x)).all()
    assert certificate.passed
    assert certificate.gap <= 0.05


def test_blocks_are_the_skus():
    """Without the coupling rows each SKU is a block of its own; short coupling rows join theirs."""
    given_program = allocation(30, cells=2)
    labels = blocks.components(given_program)
    assert len(set(zip(labels, given_program.column_sku, strict=True))) == len(set(labels)) >= 30
    ends = [np.flatnonzero(given_program.column_sku == sku)[0] for sku in (3, 4)]
    joined = blocks.components(with_rows(given_program, [0, 0], ends, [1.0, 1.0], lower=[0], upper=[9]))
    assert joined[ends[0]] == joined[ends[1]]
    assert len(set(joined)) == len(set(labels)) - 1


def test_one_large_block_goes_to_the_search():
    """Where the program does not fall apart there are no blocks, and the answer is found all the same."""
    given_program = allocation(8, lots=4, lines=8, tight=0.4)
    tied = replace(given_program, row_sku=np.zeros(given_program.rows, np.int32))
    assert blocks.components(tied) is None
    assert solve(tied, gap=0.01).status == "optimal"


def test_rounding_is_finished_by_branch_and_bound(monkeypatch):
    """A gap that the blocks leave is closed by the search, which starts from their plan."""
    monkeypatch.setattr(whole, "DIRECT", 0)
    given_program = allocation(6, lots=2, lines=4, cells=3)
    answer = solve(given_program, gap=1e-6)
    monkeypatch.setattr(whole, "DIRECT", 10**9)
    direct = solve(given_program, gap=1e-6)
    assert (answer.status, direct.status) == ("optimal", "optimal")
    assert given_program.objective(answer.x) == pytest.approx(given_program.objective(direct.x))


def test_limits_of_whole_rows_are_moved_in():
    """Half a unit of slack on a row of whole units does not invite fractions: the relaxation is whole already."""
    assignment = program(
        [3, 2, 2, 1], [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]], [0, 0, 0], [1.5, 1.5, 1.5], upper=1, integer=True
    )
    assert solve(assignment).method == "simplex"
    assert assignment.objective(solve(assignment).x) == 4


def test_divisible_columns_follow_exact_whole_numbers():
    """Where making whole numbers exact would break a row, the divisible columns are solved again."""
    mixed = program([1, 1], [[1e6, 1]], [-np.inf], [2e6 + 1], upper=[5, 5], integer=[True, False])
    x = whole.settled(mixed, np.array([2 - 5e-7, 1.5]), Clock.started(None))
    assert x.tolist() == pytest.approx([2, 1])
    assert x[0] == 2


def test_a_plan_that_rounding_breaks_is_refused():
    """Whole units that cannot be made exact without breaking a row are no plan."""
    only_whole = program([1, 1], [[1e6, -1e6]], [-np.inf], [-1], upper=5, integer=True)
    assert whole.settled(only_whole, np.array([1 - 1e-6, 1.0]), Clock.started(None)) is None


@pytest.mark.parametrize("integer", [False, True])
def test_the_same_program_gives_the_same_answer(integer):
    """Two solves agree in every bit."""
    given_program = allocation(10, integer=integer)
    first, second = (solve(given_program, gap=1e-3) for _ in range(2))
    assert (first.x == second.x).all()
    assert (first.multipliers == second.multipliers).all()
    assert (first.iterations, first.method) == (second.iterations, second.method)


def test_an_answer_without_a_plan_is_an_error():
    """A solver that says optimal and vouches for no numbers is not believed."""
    for model_status, planned in (("kOptimal", False), ("kUnknown", True), ("kSolveError", True)):
        assert highs_run.verdict(HighsStatus.kOk, model_status, planned=planned)[0] == "error"
    assert highs_run.verdict(HighsStatus.kError, "kOptimal", planned=True)[0] == "error"
