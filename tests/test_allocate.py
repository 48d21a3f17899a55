"""All the way from tables to a proven plan, whatever is asked and whatever goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.plan.books import broken_promises
from tests.rules.small import problem

import allocopt as ao
from allocopt.algebra.program import Program
from allocopt.problem.schema import TABLES
from allocopt.rules import Clause
from allocopt.solve import Effort, Solution, certify, solve
from allocopt.stages.stated import formulate

solving = import_module("allocopt.solve.whole")
"""The module, which the function of the same name hides."""
PACKS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(scope="module")
def quick() -> ao.Problem:
    """The quickstart."""
    return ao.Problem.read(PACKS / "quickstart")


@pytest.fixture(scope="module")
def promo() -> ao.Problem:
    """The holiday promotion: 200 SKUs, 8 weeks."""
    return ao.Problem.read(PACKS / "holiday_promo")


def protect(share: float, **options: Any) -> ao.Contract:
    """Return a contract that keeps a share of what is inbound for dtc."""
    return ao.Contract("Protect DTC", clauses=[ao.Protect("dtc", share=share, of="inbound", **options)])


def frames(facts: ao.Problem) -> dict[str, pd.DataFrame]:
    """Return the tables of a problem that have rows."""
    return {name: getattr(facts, name) for name in TABLES if len(getattr(facts, name))}


def without(facts: ao.Problem, *gone: str) -> ao.Problem:
    """Return a problem some of whose tables have lost their rows."""
    tables = {name: table[:0] if name in gone else table for name, table in frames(facts).items()}
    return ao.Problem(**tables)


def test_the_tiny_problem_as_worked_out_by_hand(tiny: ao.Problem) -> None:
    """The one best plan is worth 120, and the proof needs no solver."""
    plan = ao.allocate(tiny)
    assert (plan.status, plan.message) == ("optimal", "")
    assert plan.objective == pytest.approx(120)
    assert plan.certificate is not None
    assert plan.certificate.bound == pytest.approx(120)
    assert (plan.certificate.proved_by, plan.certificate.passed) == ("allocopt", True)
    ships = plan.allocation.set_index(["lot", "channel", "due"])["units"].to_dict()
    assert ships == {
        ("A/East/on_hand/0", "amazon", 0): 1,
        ("A/West/inbound/1", "amazon", 1): 5,
        ("A/East/on_hand/0", "dtc", 0): 6,
        ("A/East/on_hand/0", "dtc", 1): 3,
        ("A/West/inbound/1", "dtc", 1): 1,
        ("B/East/on_hand/0", "amazon", 1): 4,
        ("B/East/on_hand/0", "dtc", 0): 1,
    }


@pytest.mark.parametrize(("share", "worth"), [(0.0, 2415), (0.25, 2415), (0.5, 2385), (0.75, 2355)])
def test_the_quickstart_as_its_readme_says(quick: ao.Problem, share: float, worth: float) -> None:
    """Protecting a share of the inbound lamps costs what the README works out."""
    plan = ao.allocate(quick, protect(share))
    assert plan.status == "optimal"
    assert plan.solved
    assert plan.objective == plan.contribution == pytest.approx(worth)


def test_without_amazon_the_quickstart_earns_more(quick: ao.Problem) -> None:
    """The README's plan without amazon: 2,495 once its fixed cost is saved."""
    demand = quick.demand[quick.demand["channel"] != "amazon"]
    assert ao.allocate(quick.replace(demand=demand)).objective + 300 == pytest.approx(2495)


EMPTY: dict[str, tuple[str, ...]] = {
    "no demand": ("demand",),
    "no supply": ("supply",),
    "no lanes": ("lanes",),
    "nothing but names": ("demand", "supply", "lanes", "capacity"),
    "nothing": TABLES,
}
PATHS: tuple[tuple[Any, ...], ...] = (
    (),
    (ao.Fill(), ao.Contribution()),
    (ao.MaxMinFill(),),
    (ao.MaxMinFill(per="channel", measure="units", lock="plan"),),
)


@pytest.mark.parametrize("gone", EMPTY.values(), ids=EMPTY)
@pytest.mark.parametrize("stages", PATHS, ids=["pooled", "fill", "fair", "fair plans"])
def test_empty_problems_have_empty_plans(quick: ao.Problem, gone: tuple[str, ...], stages: tuple[Any, ...]) -> None:
    """Where nothing can ship the plan is proven and empty, and every demand line is short."""
    plan = ao.allocate(without(quick, *gone), ao.Contract("X", stages=stages))
    assert plan.status == "optimal"
    assert plan.allocation.empty
    wanted = [] if "demand" in gone else quick.demand["units"]
    assert sorted(plan.shortfalls["units"]) == sorted(wanted)
    assert (plan.shortfalls["reason"] != "").all()
    assert plan.objective == pytest.approx(plan.contribution)
    assert plan.summary()
    assert plan._repr_html_()


CLAUSES: dict[str, tuple[Clause, ...]] = {
    "reserve": (ao.Protect("dtc", share=0.5),),
    "serve": (ao.Protect("dtc", share=0.5, mode="serve", penalty=1),),
    "cap": (ao.Cap("dtc", units=5, per="total"),),
    "floor": (ao.MarginFloor(floor=0.1, per="channel"),),
    "access": (ao.Access("dtc", kinds=("on_hand",)), ao.SafetyStock("dtc")),
}


@pytest.mark.parametrize("clauses", CLAUSES.values(), ids=CLAUSES)
@pytest.mark.parametrize("gone", ["demand", "supply", "lanes"])
def test_clauses_hold_on_empty_problems(quick: ao.Problem, gone: str, clauses: tuple[Clause, ...]) -> None:
    """Clauses about what is not there are kept by an empty plan."""
    plan = ao.allocate(without(quick, gone), ao.Contract("X", clauses=clauses))
    assert (plan.status, len(plan.allocation)) == ("optimal", 0)


def two_channels(commitments: str = "0 0") -> ao.Problem:
    """Return ten units that two channels want; `commitments` are what they are promised at least."""
    dtc, web = commitments.split()
    return problem(
        supply="sku node kind units\nA East on_hand 10",
        demand=f"sku channel period units price min_units\nA dtc 0 8 10 {dtc}\nA web 0 9 10 {web}",
    )


def test_a_guarantee_above_supply_is_named() -> None:
    """Two units of a delivery that does not come cannot be served: the clause is named with what is missing."""
    promise = ao.Protect("dtc", units=2, of="inbound", mode="serve")
    plan = ao.allocate(two_channels(), ao.Contract("X", clauses=[promise]))
    assert plan.status == "infeasible"
    ((clause, units),) = [(found.clause, found.units) for found in plan.conflicts]
    assert (clause, units) == (0, pytest.approx(2))
    assert plan.certificate is None


def test_both_clauses_that_clash_are_named() -> None:
    """Of two clauses that cannot both hold, both are named, one with what it would have to give up; a third is not."""
    clauses = [ao.Protect("dtc", units=6, mode="serve"), ao.Cap("dtc", units=4), ao.Cap("web", units=9)]
    plan = ao.allocate(two_channels(), ao.Contract("X", clauses=clauses))
    assert plan.status == "infeasible"
    assert {found.clause for found in plan.conflicts} == {0, 1}
    assert [found.units for found in plan.conflicts] == [pytest.approx(2), 0.0]
    assert "stands against it" in plan.summary()


def test_commitments_above_supply_are_named() -> None:
    """Two commitments that exceed supply by a unit: both are named, one of them as a unit too much."""
    plan = ao.allocate(two_channels("6 5"))
    assert plan.status == "infeasible"
    assert all(found.clause is None for found in plan.conflicts)
    assert all(found.what.startswith("commitment (min_units) of A to ") for found in plan.conflicts)
    assert [found.units for found in plan.conflicts] == [pytest.approx(1), 0.0]
    with pytest.raises(ao.SolveError, match="the hard clauses and commitments cannot all hold"):
        plan.raise_for_status()


def test_many_locks_are_told_by_article() -> None:
    """Of a plan that is locked line by line, and whose ship is late, a person is told the articles and whom to ask."""
    skus = [f"S{number}" for number in range(12)]
    problem = ao.Problem.from_dict(
        {
            "skus": [{"sku": sku} for sku in skus],
            "nodes": [{"node": "N"}],
            "channels": [{"channel": "dtc"}, {"channel": "web"}],
            "supply": [
                {"sku": sku, "node": "N", "kind": "inbound", "units": 10 + number, "available": 2}
                for number, sku in enumerate(skus)
            ],
            "demand": [
                {"sku": sku, "channel": channel, "period": period, "units": 5, "price": 10.0}
                for sku in skus
                for channel in ("dtc", "web")
                for period in (1, 2)
            ],
            "lanes": [{"node": "N", "channel": "dtc"}, {"node": "N", "channel": "web"}],
        }
    )
    early = [
        ao.Lock(channel, sku, 3 + (sku == "S7"), period=1, owner=owner, reason="promised")
        for sku in skus
        for channel, owner in (("dtc", "Ann"), ("web", "Bob"))
    ]
    plan = ao.allocate(problem, ao.Contract("Locked", clauses=early))
    assert plan.status == "infeasible"
    assert len(plan.conflicts) == 10
    first, *_, last = sorted(plan.conflicts, key=lambda conflict: conflict.what.startswith("lock of 3 more"))
    assert first.words() == "lock of S7, 2 times (dtc, web; period 1; ask Ann, Bob): 8"
    assert last.words() == "lock of 3 more articles, 6 times (dtc, web; period 1; ask Ann, Bob): 18"
    assert sum(conflict.units for conflict in plan.conflicts) == pytest.approx(6 * 12 + 2)
    again = ao.Plan.from_dict(plan.to_dict())
    assert again.conflicts == plan.conflicts
    few = ao.allocate(problem, ao.Contract("Locked", clauses=early[:4]))
    assert [conflict.what.split(", units")[0] for conflict in few.conflicts] == [
        "lock channel dtc, sku S0",
        "lock channel dtc, sku S1",
        "lock channel web, sku S0",
        "lock channel web, sku S1",
    ]


def test_many_commitments_are_told_by_article() -> None:
    """More commitments than can be met stand together by article, with their channels and periods."""
    demand = "sku channel period units price min_units\n" + "\n".join(
        f"{sku} {channel} {period} 4 10 2" for sku in "AB" for channel in ("dtc", "web") for period in range(3)
    )
    short = problem(supply="sku node kind units\nA East on_hand 5\nB East on_hand 11", demand=demand, skus="sku\nA\nB")
    plan = ao.allocate(short)
    assert plan.status == "infeasible"
    assert [conflict.words() for conflict in plan.conflicts] == [
        "commitment (min_units) of A, 6 times (dtc, web; periods 0 to 2): 7",
        "commitment (min_units) of B, 6 times (dtc, web; periods 0 to 2): 1",
    ]


def test_a_planners_row_that_cannot_hold_is_named() -> None:
    """A constraint of the planner's own is a promise like any other."""
    import pyomo.environ as pyo

    def extend(model: Any) -> None:
        model.campaign = pyo.Constraint(expr=sum(model.ship.values()) >= 12)

    plan = ao.allocate(two_channels(), extend=extend)
    assert plan.status == "infeasible"
    (found,) = plan.conflicts
    assert "campaign" in found.what
    assert found.units == pytest.approx(2)


@pytest.mark.parametrize("limit", [0.0, 0.05, 0.5])
def test_a_time_limit_is_kept(promo: ao.Problem, limit: float) -> None:
    """However little time there is, the plan is none or a checked one, and the call ends in time."""
    begin = time.perf_counter()
    plan = ao.allocate(promo, time_limit=limit)
    assert time.perf_counter() - begin < limit + 3.0
    assert plan.status in ("interrupted", "feasible")
    assert plan.message
    if plan.status == "feasible":
        assert plan.certificate is not None
        assert plan.certificate.passed
        assert plan.certificate.gap >= 0
    else:
        with pytest.raises(ao.SolveError, match=r"There is no plan \(interrupted\)"):
            _ = plan.allocation


@pytest.mark.parametrize("limit", [0, 1, 3, 10, 40])
def test_a_work_limit_stops_at_the_same_place(quick: ao.Problem, limit: int) -> None:
    """An early stop by work repeats exactly, and never shows an unchecked plan."""
    contract = ao.Contract("X", clauses=protect(0.5).clauses, stages=[ao.Fill("wholesale"), ao.MaxMinFill()])
    one, other = (ao.allocate(quick, contract, work_limit=limit) for _ in range(2))
    assert (one.status, one.message, one.certificate) == (other.status, other.message, other.certificate)
    if one.solved:
        pd.testing.assert_frame_equal(one.allocation, other.allocation)
        assert not broken_promises(quick, one.allocation)


def test_a_looser_gap_is_respected(quick: ao.Problem) -> None:
    """What counts as optimal is the caller's to say, and any such plan is within it."""
    plan = ao.allocate(quick, gap=0.1)
    assert plan.status == "optimal"
    assert 2415 * 0.9 - 250 <= plan.objective <= 2415 + 1e-6


def test_many_threads_get_the_same_plans(tiny: ao.Problem, quick: ao.Problem) -> None:
    """Calls from a thread pool do not disturb each other, with Pyomo or without."""
    tasks: list[Callable[[], ao.Plan]] = [
        lambda: ao.allocate(tiny),
        lambda: ao.allocate(quick, protect(0.5)),
        lambda: ao.allocate(quick, ao.Contract("Fair", stages=[ao.MaxMinFill()])),
        lambda: ao.allocate(quick, solver="pyomo"),
    ]
    alone = [task() for task in tasks]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda task: task(), tasks * 2))
    for one, other in zip(alone * 2, together, strict=True):
        pd.testing.assert_frame_equal(one.allocation, other.allocation)
        assert one.objective == other.objective


@pytest.mark.parametrize("seed", range(3))
def test_row_order_changes_nothing(quick: ao.Problem, seed: int) -> None:
    """The same tables in another row order give the same plan, to the last row."""
    shuffled = {name: table.sample(frac=1, random_state=seed) for name, table in frames(quick).items()}
    other = ao.Problem(**shuffled, as_of=quick.as_of, currency=quick.currency)
    for contract in (None, protect(0.5), ao.Contract("Fair", stages=[ao.Fill(lock="plan"), ao.MaxMinFill()])):
        one, two = ao.allocate(quick, contract), ao.allocate(other, contract)
        for name in ("allocation", "channels", "shortfalls"):
            pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def test_the_callers_frames_are_left_alone(quick: ao.Problem) -> None:
    """Neither checking nor solving changes the frames that came in."""
    given = frames(quick)
    before = {name: table.copy(deep=True) for name, table in given.items()}
    _ = ao.allocate(ao.Problem(**given), protect(0.5)).allocation
    for name, table in given.items():
        pd.testing.assert_frame_equal(table, before[name])


@pytest.mark.parametrize(
    "contract",
    [None, protect(0.5), protect(0.9, penalty=1.0), ao.Contract("Fair", stages=[ao.MaxMinFill("dtc"), ao.Fill()])],
    ids=["pooled", "hard", "soft", "stages"],
)
def test_pyomo_and_arrays_give_the_same_plan(quick: ao.Problem, contract: ao.Contract | None) -> None:
    """Stated in Pyomo and compiled back, the program is the same and so is the plan."""
    one, other = ao.allocate(quick, contract), ao.allocate(quick, contract, solver="pyomo")
    assert other.objective == one.objective
    pd.testing.assert_frame_equal(one.allocation, other.allocation)


def test_a_planners_constraint_binds(quick: ao.Problem) -> None:
    """At most 100 units leave East, and the plan earns less for it."""
    import pyomo.environ as pyo

    def extend(model: Any) -> None:
        arcs = model.arcs.query("node == 'East'").index
        model.east = pyo.Constraint(expr=sum(model.ship[arc] for arc in arcs) <= 100)

    plan = ao.allocate(quick, extend=extend)
    assert plan.status == "optimal"
    assert plan.allocation.query("node == 'East'")["units"].sum() == 100
    assert plan.objective < 2415
    assert pyo.value(plan.model.east.body) == pytest.approx(100)


def test_a_planners_constraint_holds_in_every_stage(quick: ao.Problem) -> None:
    """What a planner adds is no less binding where stages come before money."""
    import pyomo.environ as pyo

    def extend(model: Any) -> None:
        arcs = model.arcs.query("channel == 'wholesale' and sku == 'LAMP'").index
        model.lamps = pyo.Constraint(expr=sum(model.ship[arc] for arc in arcs) <= 7)

    plan = ao.allocate(quick, ao.Contract("X", stages=[ao.Fill("wholesale")]), extend=extend)
    assert plan.allocation.query("channel == 'wholesale' and sku == 'LAMP'")["units"].sum() == 7


def changed_objective(model: Any) -> None:
    """Do what is not allowed: pay for something else."""
    import pyomo.environ as pyo

    model.objective.deactivate()
    model.mine = pyo.Objective(expr=sum(model.ship.values()), sense=pyo.maximize)


def fixed_variable(model: Any) -> None:
    """Do what is not allowed: fix a variable of ours."""
    next(iter(model.ship.values())).fix(1)


def dropped_rows(model: Any) -> None:
    """Do what is not allowed: drop supply."""
    model.supply.deactivate()


@pytest.mark.parametrize("extend", [changed_objective, fixed_variable, dropped_rows])
def test_what_is_ours_may_not_be_changed(tiny: ao.Problem, extend: Callable[[Any], None]) -> None:
    """Changing the objective, variables or rows is refused with the component's name and what to do instead."""
    with pytest.raises(ao.ContractError) as caught:
        ao.allocate(tiny, extend=extend)
    assert caught.value.issues
    assert all(issue.message and issue.hint for issue in caught.value.issues)


def test_errors_of_a_planners_function_are_passed_on(tiny: ao.Problem) -> None:
    """A mistake in the function that extends the model is the caller's to see."""

    def extend(model: Any) -> None:
        raise KeyError("no such arc")

    with pytest.raises(KeyError, match="no such arc"):
        ao.allocate(tiny, extend=extend)


def test_unknown_solvers_are_refused(tiny: ao.Problem) -> None:
    """A solver that does not exist, or cannot do what is asked, is refused in words."""
    with pytest.raises(ValueError, match=r"solver must be one of .*'prices'.*, not 'gurobi'"):
        ao.allocate(tiny, solver="gurobi")  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match="extend states its constraints in Pyomo: use solver='auto', 'prices' or 'pyomo'"
    ):
        ao.allocate(tiny, solver="highs", extend=dropped_rows)


def test_what_was_rounded_is_noted() -> None:
    """Half units of a protection are rounded, and the plan says so."""
    facts = two_channels()
    plan = ao.allocate(facts, ao.Contract("X", clauses=[ao.Protect("dtc", share=0.25), ao.Cap("web", units=4.5)]))
    assert plan.notes == (
        "reserve: 1 of 1 quantities were rounded to whole units, by at most 0.5.",
        "cap: 1 of 1 quantities were rounded to whole units, by at most 0.5.",
    )
    assert ao.allocate(facts).notes == ()


def test_progress_is_told_in_words(tiny: ao.Problem) -> None:
    """A caller who wants to know is told what is being done, stage by stage."""
    said: list[str] = []
    ao.allocate(tiny, ao.Contract("X", stages=[ao.Fill("dtc"), ao.MaxMinFill()]), progress=said.append)
    assert said == [
        "stating the program",
        "stage 1 of 3: fill of dtc",
        "stage 2 of 3: max min fill",
        "stage 3 of 3: contribution",
    ]


def test_nothing_is_printed(quick: ao.Problem, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither Python nor the solver writes to the terminal, whatever the outcome."""
    ao.allocate(quick).summary()
    ao.allocate(quick, solver="pyomo")
    ao.allocate(quick, time_limit=0)
    ao.allocate(two_channels("6 5"))
    assert capfd.readouterr() == ("", "")


def test_the_pyomo_model_of_a_problem_needs_no_plan(quick: ao.Problem) -> None:
    """`to_pyomo` states a problem under a contract without solving it."""
    import pyomo.environ as pyo

    model = ao.to_pyomo(quick, protect(0.5))
    assert "Protect DTC" in str(model.name) or model.doc
    key = ("LAMP/West/on_hand/0", "LAMP/dtc/1", "West>dtc", 1)
    assert model.arcs.loc[key, "contribution"] == pytest.approx(22)
    assert model.ship[key].value is None
    assert isinstance(model, pyo.ConcreteModel)
    with pytest.raises(ao.ContractError, match="There is no channel 'shop'"):
        ao.to_pyomo(quick, ao.Contract("X", stages=[ao.Fill("shop")]))


def best(program: Program) -> Solution:
    """Return an honest answer."""
    answer = solve(program)
    assert answer.x is not None
    return answer


def moved(program: Program, by: float) -> Solution:
    """Return an answer whose first shipped unit count is changed."""
    answer = best(program)
    x = np.array(answer.x)
    x[int(np.flatnonzero(x > 0)[0])] += by
    return replace(answer, x=x)


LIES: dict[str, Callable[[Program], Solution]] = {
    "a lot is over-used": lambda program: moved(program, 1000.0),
    "less than nothing ships": lambda program: replace(best(program), x=np.full(program.columns, -1.0)),
    "half a unit ships": lambda program: moved(program, -0.5),
    "numbers that are none": lambda program: replace(best(program), x=np.full(program.columns, np.nan)),
    "endless numbers": lambda program: replace(best(program), x=np.full(program.columns, np.inf)),
    "optimal without a plan": lambda program: Solution("optimal"),
    "unbounded": lambda program: Solution("unbounded"),
    "an error": lambda program: Solution("error", message="the solver said kError"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
@pytest.mark.parametrize("stages", [(), (ao.Fill(),), (ao.MaxMinFill(),)], ids=["money", "fill", "fair"])
def test_a_solver_that_lies_never_makes_a_plan(
    tiny: ao.Problem,
    monkeypatch: pytest.MonkeyPatch,
    lie: Callable[[Program], Solution],
    stages: tuple[Any, ...],
) -> None:
    """An answer that fails its check is an error, without tables and with the reason."""
    monkeypatch.setattr(solving, "solve", lambda program, effort, **options: lie(program))
    plan = ao.allocate(tiny, ao.Contract("X", stages=stages))
    assert plan.status == "error"
    assert not plan.solved
    assert plan.message
    assert plan.answer is None
    for name in ("allocation", "channels", "shortfalls", "objective"):
        with pytest.raises(ao.SolveError, match=r"There is no plan \(error\)"):
            getattr(plan, name)


def test_a_poor_plan_sold_as_optimal_is_not_believed_by_us(tiny: ao.Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver may keep a better plan to itself, but our own bound shows what is missing."""

    def lazy(program: Program, effort: Effort, **options: Any) -> Solution:
        answer = best(program)
        return replace(answer, x=np.zeros(program.columns), claimed_bound=None)

    monkeypatch.setattr(solving, "solve", lazy)
    plan = ao.allocate(tiny)
    assert plan.status == "feasible"
    assert plan.certificate is not None
    assert (plan.certificate.objective, plan.certificate.proved_by) == (0, "")
    assert plan.certificate.bound == pytest.approx(120)
    assert "above the target" in plan.message


def test_a_bound_below_the_plan_is_a_lie(tiny: ao.Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong multipliers make our bound worse, never false."""

    def wrong(program: Program, effort: Effort, **options: Any) -> Solution:
        answer = best(program)
        return replace(answer, multipliers=-1.0 * np.asarray(answer.multipliers), claimed_bound=None)

    monkeypatch.setattr(solving, "solve", wrong)
    plan = ao.allocate(tiny)
    assert plan.status == "feasible"
    assert plan.objective == pytest.approx(120)
    assert plan.certificate is not None
    assert plan.certificate.bound >= 120


def test_an_infeasible_claim_has_no_tables(tiny: ao.Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that says there is no plan leaves none, and nothing is made up to explain it."""
    monkeypatch.setattr(solving, "solve", lambda program, effort, **options: Solution("infeasible"))
    plan = ao.allocate(tiny)
    assert (plan.status, plan.conflicts) == ("infeasible", ())
    with pytest.raises(ao.SolveError):
        _ = plan.channels


def test_the_certificate_is_what_anybody_can_recompute(quick: ao.Problem) -> None:
    """Checking the plan's numbers against the program again gives the certificate of the plan."""
    plan = ao.allocate(quick, protect(0.5))
    stated = formulate(quick.facts, protect(0.5))
    assert plan.answer is not None
    assert plan.certificate is not None
    again = certify(stated.program, plan.answer.x, None)
    assert again.objective == plan.certificate.objective
    assert (again.violation, again.integrality) == (plan.certificate.violation, plan.certificate.integrality)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"contract": "pooled"}, TypeError, "must be an allocopt Contract"),
        ({"time_limit": -1.0}, ValueError, "time_limit must be"),
        ({"gap": float("nan")}, ValueError, "gap must be"),
        ({"work_limit": -5}, ValueError, "work_limit must be"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_with_a_remedy(tiny, arguments, error, words):
    """A contract by name, and limits below zero, are refused before anything is solved."""
    with pytest.raises(error, match=words):
        ao.allocate(tiny, **arguments)
