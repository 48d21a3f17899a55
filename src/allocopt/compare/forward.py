"""A random draw played forward: each period is decided on what has been revealed by then, plus the forecast.

.. code-block:: text

    for t = 0, 1, ...:   units[d]  = drawn where revealed[d] <= t, else forecast        for each line d
                         usable[l] = drawn where available[l] <= t, else expected       for each lot l
                         what shipped before t is fixed; the contract is optimised; what ships in t is carried out

A line is revealed when the first shipment for it could leave (its due period less what it may be early and the
longest lead of any lane), a lot when it becomes available: nothing ships that turns out not to be there or not to be
wanted. Later periods are planned without whole units, since nothing of them is carried out yet. Decisions that hold
for the whole horizon (a channel kept, a promotion run) are taken in the first period. Where no plan keeps
every promise, they give way as little as possible: what revealed facts make impossible, and also what no plan could
have kept from the start, for which a contract has no plan without draws.

Re-optimising a draw with full knowledge would make protection worthless and pooling unbeatable by construction.
Source: rolling-horizon play of plans, e.g. Powell, Approximate Dynamic Programming (2011), ch. 6 (deterministic
lookahead policies).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.labels import Labels
from allocopt.algebra.matching import places
from allocopt.algebra.program import Program, fixed, freed
from allocopt.contracts import Contract
from allocopt.plan import Answer, Plan
from allocopt.problem.facts import Facts, Flags, Floats, Ints
from allocopt.problem.lines import take, with_lines
from allocopt.problem.problem import Problem
from allocopt.rules import revised
from allocopt.rules.all_or_none import SERVED
from allocopt.rules.kit.gates import switch_rows
from allocopt.rules.kit.names import line_names
from allocopt.solve import Effort, Start, certify, solve
from allocopt.solve.refuted import slackened
from allocopt.solve.start import NEW
from allocopt.solve.whole import LEFT
from allocopt.stages import StageResult, StartOf, cold, solve_stages
from allocopt.stages.planning import plan_of
from allocopt.stages.starting import carried, starts
from allocopt.stages.stated import Stated, stated_of
from allocopt.stages.task import Settle
from allocopt.ties import settler

WORDS = "played forward: each period was decided on what was known by then"
GIVES_WAY = 1e3
"""What a unit of a promise that gives way weighs, in units of the dearest unit on any arc."""

UNIT, TOLD = 1e-6, 5
"""By less than so much no promise is broken; so many broken ones are named."""


def play(
    expected: Problem, drawn: Problem, contract: Contract, effort: Effort, *, before: Answer | None = None
) -> Plan:
    """Return what a contract comes to in one draw, without foresight.

    Parameters
    ----------
    expected : Problem
        The forecast: a scenario's problem, not drawn.
    drawn : Problem
        What really happens: the same lots and lines, other units.
    contract : Contract
    effort : Effort
        For all periods together.
    before : Answer, optional
        Of a similar problem under the same contract: where the first period starts.

    Returns
    -------
    Plan
        Of the drawn problem. Its bound is what perfect foresight could have earned at most, where promises that gave
        way are held only as far as they were kept. The status is ``"feasible"``, since nobody could have known;
        ``"optimal"`` where the plan earns as much as that bound.
    """
    forecast, real = _aligned(revised(expected.facts, contract.clauses)[0], drawn.facts, contract)
    done: dict[str, NDArray[np.int32]] | None = None
    units: Floats = np.zeros(0)
    choices: Floats | None = None
    first: Answer | None = None
    gave_way = False
    for period in range(real.periods):
        stated = stated_of(_known(forecast, real, period), contract)
        program = _held(stated, period, done, units, choices)
        program = replace(program, integer=program.integer & _decided(stated, period))
        held = replace(stated, program=program)
        start_of = cold if before is None else starts(before, held)
        results, loose = _results(held, contract, effort, start_of, gave_way=gave_way)
        if results[-1].solution.x is None:
            return plan_of(drawn, contract, stated, results, effort)
        x = results[-1].solution.x[: program.columns]
        if loose:
            promised = _promises(stated.labels)
            broken, _ = _broken(program, promised, program.activity(x)[promised])
            gave_way = len(broken) > 0 and len(contract.all_stages) == 1
        arcs = stated.arcs
        ship = x[stated.ship]
        now = np.flatnonzero((arcs.ship <= period) & (ship > 0))
        done = {name: getattr(arcs, name)[now] for name in ("lot", "line", "lane", "ship")}
        units, choices = ship[now], np.rint(x[stated.switch])
        bases = tuple(_carried(result.solution.basis, program, program.columns) for result in results)
        before = replace(stated, program=program).answer(x, bases)
        first = first or before
    return _played(drawn, contract, stated, results, x, effort, _freely(first, stated))


def _aligned(forecast: Facts, drawn: Facts, contract: Contract) -> tuple[Facts, Facts]:
    """Return forecast and drawn facts, revised by the contract, with the same lines in the same order.

    A line that a contract adds can come to nothing in one of them; there it is wanted with no units.
    """
    real = revised(drawn, contract.clauses)[0]
    names, real_names = line_names(forecast), line_names(real)
    if np.array_equal(names, real_names):
        return forecast, real
    only_forecast, only_real = ~np.isin(names, real_names), ~np.isin(real_names, names)
    return (
        with_lines(forecast, forecast.lines, take(real.lines, only_real, units=0.0)),
        with_lines(real, real.lines, take(forecast.lines, only_forecast, units=0.0)),
    )


def _known(forecast: Facts, real: Facts, period: int) -> Facts:
    """Return the facts as they are seen in a period."""
    lines, lots = real.lines, real.lots
    longest = int(real.lanes.lead.max(initial=0))
    seen = lines.period - np.minimum(lines.max_early, real.periods) - longest <= period
    there = lots.available <= period
    expected = forecast.lots
    return replace(
        real,
        lines=replace(lines, units=np.where(seen, lines.units, forecast.lines.units)),
        lots=replace(
            lots,
            units=np.where(there, lots.units, expected.units),
            confidence=np.where(there, lots.confidence, expected.confidence),
            usable=np.where(there, lots.usable, expected.usable),
        ),
    )


def _held(stated: Stated, period: int, done: dict[str, Ints] | None, units: Floats, choices: Floats | None) -> Program:
    """Return the program with what shipped before a period, and what was chosen at first, held."""
    arcs, program = stated.arcs, stated.program
    past = np.flatnonzero(arcs.ship < period)
    shipped = np.zeros(len(past))
    if done is not None:
        shipped[places([getattr(arcs, name)[past] for name in done], list(done.values()))] = units
    program = fixed(program, stated.ship.start + past, shipped)
    return program if choices is None else fixed(program, np.arange(program.columns)[stated.switch], choices)


def _decided(stated: Stated, period: int) -> Flags:
    """Return the columns that are decided by a period: all but those of later ship periods, shape (columns,)."""
    decided = np.ones(stated.program.columns, dtype=bool)
    for family in stated.labels.columns:
        if "period" in family.index.names:
            ship = family.index.codes[family.index.names.index("period")]
            decided[family.slice] = ship <= period
    return decided


def _results(
    held: Stated, contract: Contract, effort: Effort, start_of: StartOf, *, gave_way: bool
) -> tuple[list[StageResult], bool]:
    """Solve the stages, and say whether promises could give way: where no plan keeps every one, as some have to.

    Where one gave way in the period before, and nothing but the objective is asked for, it is not asked again whether
    all can be kept: if they can, nothing is worth more than that. Nor is it asked to the end where no plan is found
    soon: one in which promises give way, and which is proven to be the best, says it as well.
    """
    settle = settler(held.arcs, lambda: effort.left)
    if gave_way:
        return _loosely(held, contract, effort, start_of(0, held.program), settle), True
    alone = len(contract.all_stages) == 1
    results = solve_stages(
        held, contract.all_stages, replace(effort, insists=not alone), start_of=start_of, settle=settle
    )
    if results[-1].solution.x is None and results[-1].solution.message == LEFT:
        loose = _loosely(held, contract, effort, results[-1].solution.basis, settle)
        if loose[-1].solution.status == "optimal":
            return loose, True
        results = solve_stages(held, contract.all_stages, effort, start_of=start_of, settle=settle)
    if results[-1].solution.status != "infeasible":
        return results, False
    return _loosely(held, contract, effort, None, settle), True


def _loosely(
    held: Stated, contract: Contract, effort: Effort, start: Start | None, settle: Settle
) -> list[StageResult]:
    """Solve the stages with promises that may give way; `start` is of the program in which they may not."""
    rows = _promises(held.labels)
    program = freed(held.program, held.labels.implied())
    loose = replace(held, program=_elastic(program, rows, held.labels.rises(rows)))

    def start_of(number: int, stage: Program) -> Start | None:
        return None if number or stage.rows != held.program.rows else _carried(start, held.program, stage.columns)

    return solve_stages(loose, contract.all_stages, effort, start_of=start_of, settle=settle)


def _carried(start: Start | None, program: Program, columns: int) -> Start | None:
    """Return where a program with the same rows starts from, and with so many columns, those of `program` first."""
    if start is None or start.height < program.rows:
        return None
    kept = np.full(columns, NEW, dtype=np.intp)
    kept[: min(columns, program.columns)] = np.arange(min(columns, program.columns))
    return start.carried(kept, np.arange(start.height))


def _freely(first: Answer | None, stated: Stated) -> Start | None:
    """Return where the program without stages starts from, given the first period, in which nothing was held yet."""
    found = None if first is None or first.bases[-1] is None else carried(first, stated)
    return None if found is None or first is None or first.bases[-1] is None else first.bases[-1].carried(*found)


def _promises(labels: Labels) -> NDArray[np.int64]:
    """Return the rows that may give way: what somebody promised, and that an order is served whole or not at all.

    Half of such an order may have left before the other half turns out not to come.
    """
    orders = [np.arange(family.start, family.stop) for family in labels.rows if family.name == switch_rows(SERVED)]
    return np.unique(np.concatenate([labels.elastic(), *orders]))


def _elastic(program: Program, rows: NDArray[np.int64], rises: Flags) -> Program:
    """Return the program with rows that may give way, at a price that nothing else is worth."""
    weight = GIVES_WAY * max(1.0, float(np.abs(program.cost).max(initial=0.0)))
    return slackened(program, rows, weight, upper=1e9, rises=rises)[0]


def _played(
    drawn: Problem,
    contract: Contract,
    stated: Stated,
    results: list[StageResult],
    x: Floats,
    effort: Effort,
    free: Start | None,
) -> Plan:
    """Return the plan that was played, checked against the drawn facts but for promises that had to give way.

    The bound of perfect foresight is found from where the first period ended: nothing was held by then.
    """
    program = stated.program
    rows, activity = _promises(stated.labels), program.activity(x)
    broken = len(_broken(program, rows, activity[rows])[0])
    loose = freed(program, stated.labels.implied()) if broken else program
    loose = replace(loose, row_lower=loose.row_lower.copy(), row_upper=loose.row_upper.copy())
    loose.row_lower[rows] = np.minimum(loose.row_lower[rows], activity[rows])
    loose.row_upper[rows] = np.maximum(loose.row_upper[rows], activity[rows])
    whole = replace(loose, integer=np.zeros(program.columns, dtype=bool))
    bound = solve(whole, effort, start=free)
    certificate = certify(loose, x, bound.multipliers)
    last = replace(results[-1], certificate=certificate, program=loose)
    solution = replace(last.solution, x=x, multipliers=bound.multipliers, status="feasible", message=WORDS)
    last = replace(last, solution=solution)
    plan = plan_of(drawn, contract, replace(stated, program=loose), [*results[:-1], last], replace(effort, gap=0.0))
    if plan.status == "error":
        return plan
    return replace(plan, message=WORDS, played=True, notes=(*plan.notes, *_gave_way(stated, rows, activity[rows])))


def _broken(program: Program, rows: NDArray[np.int64], activity: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return which of some promises were not kept, and by how much each of them fell short."""
    short = np.maximum(program.row_lower[rows] - activity, activity - program.row_upper[rows])
    return np.flatnonzero(short > UNIT), short


def _gave_way(stated: Stated, rows: NDArray[np.int64], activity: Floats) -> tuple[str, ...]:
    """Return a note that says which promises were not kept, and by how much."""
    broken, short = _broken(stated.program, rows, activity)
    if not len(broken):
        return ()
    told = [f"{stated.row_words(int(rows[at]))} by {short[at]:,.6g}" for at in broken[:TOLD]]
    more = f", and {len(broken) - TOLD:,} more" if len(broken) > TOLD else ""
    return (f"Nobody could know what would come, so that promises gave way: {', '.join(told)}{more}.",)
