"""What a solver says is taken for what it is worth: nobody is believed.

A plan counts if it keeps every row, whoever found it; of several the best one does. *Optimal* is a plan whose gap to
our own bound is small enough, or else one for which the bound that a solver claims was confirmed by a second search
from other settings. *Infeasible* is what our own arithmetic refutes, or else, where only whole units leave no plan,
what two searches from different settings say. A claim below a plan that we know is a lie: it is void, and somebody else
is asked.

The second search begins with the plan that was found, looks for no other (no heuristics), and ends after `NODES` nodes
at the latest. It takes place only where our own gap is above the target.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from allocopt.algebra.program import Program
from allocopt.arrays import Floats
from allocopt.solve import highs, loosened
from allocopt.solve.akin import Akin
from allocopt.solve.certificate import own_bound, relative_gap, upper_bound
from allocopt.solve.inside import inside
from allocopt.solve.known import Known, best_of, greedy, holds
from allocopt.solve.refuted import refuted
from allocopt.solve.solution import Clock, Ending, Solution
from allocopt.solve.trivial import NO_SOLVER

ProofAsked = Literal["any", "own"]

NODES, WORK = 500, 2_000_000
"""Nodes of a second search: so many at most, and this number over the columns where that is less."""
LIE = 1e-6
"""A claim below a known plan by more than this part of its worth is a lie: less is what solvers round by."""
OWN = 1e-9
"""What a gap may be over its target, relatively, and the least gain of a plan that counts as one."""
NOTHING = 1e-9
"""What a gap to our own bound may be over a target of zero: sums of money are rounded by as much."""
CLAIMED, CUTOFF = 1e-7, 2e-6
"""What claims are rounded by: a part of the worth, by tolerances, and money, by the cutoff of branch and bound."""

LARGE = 10_000
"""Columns above which a search takes so long that one other is asked, and not two."""

NO_PLAN = "a solver found no plan that keeps every row, and neither our arithmetic nor a second search confirmed it"
ALONE = "the solver's claim was not confirmed by a second search"
UNPROVEN = "our own bound does not reach the gap that was asked for"
KNOWN = "the best plan that was known without the solver"


@dataclass(frozen=True)
class Wanted:
    """What a call asks for, and how much of it a search may take.

    Attributes
    ----------
    gap : float
        A plan this close to a bound is called optimal.
    nodes : int or None
        Nodes that branch and bound may take.
    exact_nodes : int
        How many of these aim at `wish`.
    wish : float
        The gap that is tried for first.
    after_blocks : bool
        Whether branch and bound is asked where rounding gave a plan.
    proof : {"any", "own"}
        Whether a confirmed claim of a solver counts, or our own arithmetic alone.
    akin : Akin or None
        See `Effort`.
    insists : bool
        Whether a plan is looked for to the end where our own search in blocks comes to none.
    """

    gap: float
    nodes: int | None = None
    exact_nodes: int = 0
    wish: float = 0.0
    after_blocks: bool = True
    proof: ProofAsked = "any"
    akin: Akin | None = field(default=None, compare=False)
    insists: bool = True


def sane(program: Program, answer: Solution) -> Solution:
    """Return an answer without what cannot be one: numbers that are none, or too few, or a plan that breaks rows."""
    x, y, bound = answer.x, answer.multipliers, answer.claimed_bound
    if y is not None and (np.shape(y) != (program.rows,) or not np.isfinite(y).all()):
        y = None
    if bound is not None and np.isnan(bound):
        bound = None
    if x is None or (np.shape(x) == (program.columns,) and np.isfinite(x).all()):
        return replace(answer, multipliers=y, claimed_bound=bound)
    return replace(
        answer, status="error", x=None, multipliers=y, claimed_bound=None, message="the solver's answer is no plan"
    )


def relaxed_bound(program: Program, answer: Solution) -> Solution:
    """Return the answer of a relaxation with the bound that its multipliers prove in place of the one it claims."""
    answer = sane(program, answer)
    if answer.multipliers is None:
        return answer
    own = upper_bound(program, answer.multipliers)
    return replace(answer, claimed_bound=own) if np.isfinite(own) else answer


def trusted(program: Program, answer: Solution, wanted: Wanted, known: Known, clock: Clock) -> Solution:
    """Return what is left of an answer once nobody is believed, after a second search where that is needed.

    Parameters
    ----------
    program : Program
    answer : Solution
        What a solver says.
    wanted : Wanted
    known : Known
        Plans of the program that need no solver.
    clock : Clock

    Returns
    -------
    Solution
        ``"optimal"``: proven by our own bound, or (unless ``wanted.proof`` is ``"own"``) `confirmed`.
        ``"infeasible"``: refuted, or said by two searches. ``"feasible"`` wherever a plan is known and neither is so.
    """
    answer = _checked(program, sane(program, answer), clock)
    if answer.method == NO_SOLVER and answer.x is None:
        return answer
    own = _own_bound(program, answer)
    if answer.x is not None and _within(program, answer.x, own, wanted.gap):
        return _proven(program, answer, answer.x, own)
    possible = refuted(program, clock, answer.multipliers) if answer.status == "infeasible" else "possible"
    if possible == "impossible":
        return answer
    if answer.x is None and answer.status == "interrupted" and not wanted.insists:
        return answer if known.given is None else replace(answer, status="feasible", x=known.given)
    plan = known.best if answer.x is None else answer.x
    if plan is not None and (answer.x is not None or known.given is not None):
        plan = _polished(program, plan, known)
    hearing = _Hearing(program, wanted, answer, plan, own, whole_alone=possible == "possible")
    searches = (2, 1) if answer.status == "infeasible" else (1, 2)
    for again in searches[: 1 if program.columns > LARGE else 2]:
        if clock.left <= 0 or hearing.over:
            break
        said = sane(program, _asked(program, answer, clock, wanted, again, hearing.x))
        hearing.hear(_checked(program, said, clock))
    return hearing.outcome()


class _Hearing:
    """What was said about a program: the best plan, our own bound, and the claims that no plan contradicts."""

    def __init__(
        self,
        program: Program,
        wanted: Wanted,
        first: Solution,
        plan: Floats | None,
        own: float,
        *,
        whole_alone: bool,
    ) -> None:
        self.program, self.wanted, self.first, self.x, self.own = program, wanted, first, plan, own
        self.multipliers, self.iterations = first.multipliers, 0
        self.whole_alone = whole_alone and bool(program.integer.any())
        self.claims: list[float] = []
        self.denials: list[Ending] = []
        self.lies: list[str] = []
        self.asked = 0
        self.hear(first)
        if first.confirmed:
            self.claims *= 2

    def hear(self, said: Solution) -> None:
        """Take down what a solver says, and strike out what is contradicted."""
        self.iterations += said.iterations
        if said is not self.first:
            self.asked += 1
            self.x = best_of(self.program, self.x, said.x)
            bound = _own_bound(self.program, said)
            if bound < self.own:
                self.own, self.multipliers = bound, said.multipliers
        if said.status == "infeasible" and self.x is not None:
            self.lies.append("A solver called infeasible what a plan is known for; it was not believed.")
        elif said.status == "unbounded" and np.isfinite(self.own):
            self.lies.append("A solver called unbounded what has a bound; it was not believed.")
        elif said.status in ("infeasible", "unbounded"):
            self.denials.append(said.status)
        elif said.status == "error":
            self.lies.append(f"A solver failed, and another search was tried: {said.message}.")
        elif said.claimed_bound is not None:
            self.claims.append(said.claimed_bound)
        if self.x is not None:
            honest = [claim for claim in self.claims if _not_below(self.program, self.x, claim)]
            if len(honest) < len(self.claims):
                self.lies.append("A solver claimed less than a known plan is worth; it was not believed.")
            self.claims = honest

    @property
    def over(self) -> bool:
        """Whether nobody else has to be asked."""
        if self.x is None:
            return len(self.denials) > 1 or self.first.status == "interrupted"
        if _within(self.program, self.x, self.own, self.wanted.gap):
            return True
        if self.denials:
            return len(self.denials) > 1
        if not self.lies:
            stopped = self.first.status in ("feasible", "interrupted")
            return stopped or self.wanted.proof == "own" or len(self.claims) > 1 or self.asked > 0
        return len(self.claims) > 1

    def outcome(self) -> Solution:
        """Return what is left."""
        notes = (*self.first.notes, *dict.fromkeys(self.lies))
        heard = replace(self.first, multipliers=self.multipliers, iterations=self.iterations, notes=notes)
        impossible = self.x is None and self.denials.count("infeasible") > 1 and self.whole_alone
        if self.denials.count("unbounded") > 1 or impossible:
            return replace(heard, x=None, status=self.denials[0], claimed_bound=None)
        if self.x is None:
            unconfirmed = self.first.status in ("infeasible", "unbounded")
            return replace(heard, status="interrupted", message=NO_PLAN) if unconfirmed else heard
        if _within(self.program, self.x, self.own, self.wanted.gap):
            return _proven(self.program, heard, self.x, self.own)
        bound = max(self.claims, default=None)
        agreed = len(self.claims) > 1 and self.wanted.proof == "any"
        shown = max(self.wanted.gap, claims_show(self.program.objective(self.x)))
        if agreed and bound is not None and _within(self.program, self.x, bound, shown):
            return replace(heard, status="optimal", x=self.x, claimed_bound=bound, message="", confirmed=True)
        method = heard.method if self.first.x is not None else "known"
        return replace(
            heard, status="feasible", x=self.x, claimed_bound=bound, message=self._why(), method=method, confirmed=False
        )

    def _why(self) -> str:
        """Return why the plan is not called optimal."""
        if self.first.x is None:
            return f"{KNOWN}: {self.first.message}" if self.first.message else KNOWN
        if self.first.status == "optimal":
            return UNPROVEN if self.wanted.proof == "own" else ALONE
        return self.first.message or UNPROVEN


def _asked(program: Program, first: Solution, clock: Clock, wanted: Wanted, again: int, x: Floats | None) -> Solution:
    """Ask somebody else: the same program from other settings."""
    if not program.integer.any() or (first.status == "unbounded" and again == 1):
        return highs.linear(program, clock, again=True)
    nodes = max(1, min(NODES, WORK // program.columns, NODES if wanted.nodes is None else wanted.nodes))
    return loosened.branch(program, clock, gap=wanted.wish, work_limit=nodes, start=x, again=again)


def _checked(program: Program, answer: Solution, clock: Clock) -> Solution:
    """Return the answer with its plan exactly whole and inside its limits, or without it where it is none."""
    if answer.x is None or holds(program, answer.x):
        return answer
    nearest = np.rint(answer.x)
    whole = np.where(program.integer & (np.abs(nearest - answer.x) <= highs.WHOLE), nearest, answer.x)
    x = inside(program, np.clip(whole, program.lower, program.upper), clock)
    if holds(program, x):
        return replace(answer, x=x)
    message = "the solver's plan breaks a row, a bound or a whole unit"
    return replace(answer, status="error", x=None, claimed_bound=None, message=message)


def _polished(program: Program, x: Floats, known: Known) -> Floats:
    """Return the plan, or a better one that takes no solver to find."""
    grown = greedy(program, x)
    found = best_of(program, x, known.quick, grown if holds(program, grown) else None)
    assert found is not None
    gain = program.objective(found) - program.objective(x)
    return found if gain > OWN * max(1.0, abs(program.objective(x))) else x


def _own_bound(program: Program, answer: Solution) -> float:
    """Return what our own arithmetic makes of an answer's multipliers and cases."""
    return own_bound(program, answer.multipliers, answer.cases, answer.rents, answer.leaves)


def _proven(program: Program, answer: Solution, x: Floats, own: float) -> Solution:
    """Return the answer as one that our own bound proves."""
    claim = answer.claimed_bound
    honest = claim is not None and claim <= own and _not_below(program, x, claim)
    return replace(answer, status="optimal", x=x, claimed_bound=claim if honest else own, message="", confirmed=False)


def claims_show(worth: float) -> float:
    """Return the least gap that a solver's claim can show for a plan of some worth."""
    return max(CLAIMED, CUTOFF / max(1.0, abs(worth)))


def _within(program: Program, x: Floats, bound: float, gap: float) -> bool:
    """Return whether a plan is as close to a bound as was asked for."""
    return relative_gap(program.objective(x), bound) <= gap * (1 + OWN) + NOTHING


def _not_below(program: Program, x: Floats, claim: float) -> bool:
    """Return whether a claim is not below the worth of a plan."""
    worth = program.objective(x)
    return claim >= worth - LIE * max(1.0, abs(worth))
