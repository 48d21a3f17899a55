"""One channel leaves: the plans with and without it, and what the difference between them is made of.

.. code-block:: text

    P0 = plan under the contract,  P1 = the same with the channel retired,  P2 = the same with recapture
    contribution_lost = - (contribution[channel, P0] + fixed_cost[channel, P0])
    freed             = sum_{other channels} contribution[P1] - contribution[P0]
    fixed_cost_saved  = fixed_cost[channel, P0]
    recaptured        = sum_{other channels} contribution[P2] - contribution[P1]
    stranded          = contribution[company, P2] - contribution[company, P0]
    net               = contribution[P2] - contribution[P0], the sum of these                     [currency]
    net certainly in    [objective[P2] - bound[P0],  bound[P2] - objective[P0]]

What is proven is the objective, contribution less clause penalties. Where the contract has penalties, or stages before
the last, the range is made to hold both: the difference of the objectives, and that of the contributions found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from allocopt.allocate import allocate, bound
from allocopt.contracts import Contract
from allocopt.errors import AllocoptError, SolveError
from allocopt.plan import Broken, Plan
from allocopt.problem.facts import Floats
from allocopt.problem.problem import Problem
from allocopt.retire.break_even import NO_NET, STEPS, UNKNOWN, BreakEven, NetGain, find_break_even, scaled, spread
from allocopt.rules import Recapture, Retire, retired
from allocopt.rules.kit.scope import code

PARTS = ("contribution_lost", "freed", "fixed_cost_saved", "recaptured", "stranded")
"""What the worth of a retirement is made of [currency]."""
SKIPPED = "skipped"
"""Status of a channel about which the contract itself has decided."""

How = dict[str, Any]
Heirs = tuple[Recapture, ...]


@dataclass(frozen=True)
class Books:
    """What is compared of a plan: its profit and loss, and how much better a plan could be.

    Attributes
    ----------
    contribution, fixed_cost : float64, shape (channels + 1,)
        Per channel, the company last [currency].
    objective, bound : float
        What was reached, and what is possible at most [currency].
    notes : tuple of str
    """

    contribution: Floats
    fixed_cost: Floats
    objective: float
    bound: float
    notes: tuple[str, ...]

    @classmethod
    def of(cls, plan: Plan) -> Books:
        """Return the books of a plan that was found."""
        assert plan.certificate is not None
        frame = plan.channels
        contribution, fixed = (frame[name].to_numpy(np.float64) for name in ("contribution", "fixed_cost"))
        return cls(contribution, fixed, plan.objective, max(plan.certificate.bound, plan.objective), plan.notes)

    @property
    def total(self) -> float:
        """Contribution of all channels and the company [currency]."""
        return float(self.contribution.sum())

    def above(self, other: Books) -> NetGain:
        """Return how much more this plan is worth than another one; without penalties the three are of one kind."""
        found = self.total - other.total
        low, high = self.objective - other.bound, self.bound - other.objective
        return NetGain(found, min(found, low), max(found, high))


@dataclass(frozen=True)
class Leaving:
    """What it means that a channel leaves.

    Attributes
    ----------
    channel : str
    status : str
        The worse of the two plans', with and without the channel; ``"skipped"``; ``"error"``.
    message : str
        Why there is no answer, or none that is proven.
    parts : dict of str to float
        Money by the names in `PARTS`; nan where it is not known [currency].
    net : NetGain
    break_even : BreakEven
    broken : tuple of Broken
        Promises to it that nobody keeps.
    notes : tuple of str
        What was rounded or is not recaptured.
    receivers : tuple of dict
        Who takes demand over: to, proportion, share, price_from, asked, served.
    unlisted : tuple of (str, float)
        SKUs that no receiver sells, with the units that the channel wants of them.
    plans : int
        Plans that were made.
    """

    channel: str
    status: str
    message: str = ""
    parts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, math.nan))
    net: NetGain = NO_NET
    break_even: BreakEven = UNKNOWN
    broken: tuple[Broken, ...] = ()
    notes: tuple[str, ...] = ()
    receivers: tuple[dict[str, Any], ...] = ()
    unlisted: tuple[tuple[str, float], ...] = ()
    plans: int = 0


def without(contract: Contract, channel: str, parts: Heirs = ()) -> Contract:
    """Return the contract with a channel retired on top of it."""
    clause = Retire(channel, recapture=parts)
    return replace(contract, name=f"{contract.name} without {channel}", clauses=(*contract.clauses, clause))


def settled(contract: Contract, channel: str) -> str:
    """Return why a contract leaves nothing to ask about a channel; blank if it does."""
    for clause in contract.clauses:
        kind, whose = getattr(clause, "clause", ""), getattr(clause, "channel", None)
        if whose == channel and kind == "retire":
            return "the contract itself retires it"
        if whose == channel and kind == "keep_or_retire":
            return "the contract lets the plan decide whether it stays"
        if any(part.to == channel for part in getattr(clause, "recapture", ())):
            return f"the contract lets it take over demand of {whose}"
    return ""


def leave(problem: Problem, contract: Contract, channel: str, parts: Heirs, kept: Books, how: How) -> Leaving:
    """Return what it means that a channel leaves; whatever goes wrong becomes the answer.

    Parameters
    ----------
    problem : Problem
    contract : Contract
    channel : str
    parts : tuple of Recapture
        Who takes its demand over; none: it is lost.
    kept : Books
        Of the plan in which it stays.
    how : dict
        What each plan is solved with, as `allocate` takes it.
    """
    try:
        return _Case(problem, contract, channel, parts, kept, how).answer()
    except AllocoptError as error:
        return Leaving(channel, "error", str(error))
    except Exception as error:  # one channel that goes wrong must not take the others with it
        return Leaving(channel, "error", f"{type(error).__name__}: {error}")


class _Case:
    """The plans in which one channel is gone, each starting where the one before ended."""

    def __init__(self, problem: Problem, contract: Contract, channel: str, parts: Heirs, kept: Books, how: How) -> None:
        self.problem, self.contract, self.channel, self.kept = problem, contract, channel, kept
        self.parts, self.how = parts, how
        given = tuple(part for part in parts if part.share > 0)
        self.receivers = given or spread(problem.facts, channel, retired(contract.clauses))
        self.last: Plan | None = None
        self.plans = 0

    def plan(self, parts: Heirs) -> Plan:
        """Return the plan without the channel, parts of whose demand are taken over."""
        agreed = without(self.contract, self.channel, parts)
        plan = allocate(self.problem, agreed, start=self.last, **self.how)
        self.plans += 1
        if plan.solved:
            self.last = plan
        return plan

    def answer(self) -> Leaving:
        """Return what it means that the channel leaves."""
        lost = self.plan(())
        gone = self.plan(self.parts) if self.parts else lost
        broken = tuple(found for found in gone.broken if found.channel == self.channel)
        if not gone.solved:
            message = f"without {self.channel}: {gone.message}"
            return Leaving(self.channel, gone.status, message, broken=broken, plans=self.plans)
        books = Books.of(gone)
        between = Books.of(lost) if lost.solved else None
        said = [f"without {self.channel}: {gone.message}"] if gone.message else []
        receivers = self._receivers(gone)  # before other plans are made, which may take long
        break_even = UNKNOWN
        if between is None:
            said.append(f"without {self.channel} and any recapture: no plan ({lost.status}): {lost.message}")
        else:
            try:
                break_even = self._break_even(between, books)
            except SolveError as error:
                said.append(f"break-even: {error}")
        return Leaving(
            channel=self.channel,
            status=gone.status,
            message="; ".join(said),
            parts=self._parts(between, books),
            net=books.above(self.kept),
            break_even=break_even,
            broken=broken,
            notes=tuple(note for note in gone.notes if note not in self.kept.notes),
            receivers=receivers,
            unlisted=self._unlisted(),
            plans=self.plans,
        )

    def _parts(self, lost: Books | None, gone: Books) -> dict[str, float]:
        """Return what the worth of the retirement is made of."""
        mine, company = code(self.problem.facts.channels.id, self.channel), -1
        fixed = float(self.kept.fixed_cost[mine])
        others = np.ones(len(gone.contribution), dtype=bool)
        others[[mine, company]] = False

        def gain(after: Books | None, before: Books | None) -> float:
            if after is None or before is None:
                return math.nan
            return float((after.contribution - before.contribution)[others].sum())

        return {
            "contribution_lost": 0.0 - float(self.kept.contribution[mine]) - fixed,
            "freed": gain(lost, self.kept),
            "fixed_cost_saved": fixed,
            "recaptured": gain(gone, lost),
            "stranded": float(gone.contribution[company] - self.kept.contribution[company]),
        }

    def _break_even(self, lost: Books, gone: Books) -> BreakEven:
        """Return the share that the receivers must take over, in their proportions."""
        total = sum(part.share for part in self.parts) * STEPS
        known = {0: lost.above(self.kept)}
        if abs(total - round(total)) < 1e-9:
            known[round(total)] = gone.above(self.kept)

        def net_at(hundredths: int) -> NetGain:
            if not self.receivers:  # nobody else sells any of it
                return known[0]
            plan = self.plan(scaled(self.receivers, hundredths / STEPS))
            if not plan.solved:
                raise SolveError(f"no plan at a recapture of {hundredths} % ({plan.status}): {plan.message}")
            return Books.of(plan).above(self.kept)

        def most_at(hundredths: int) -> float:
            if hundredths in known or not self.receivers:
                return known.get(hundredths, known[0]).high
            agreed = without(self.contract, self.channel, scaled(self.receivers, hundredths / STEPS))
            most = bound(self.problem, agreed, start=self.last) - self.kept.objective
            return most if math.isfinite(most) else math.inf  # where there is no plan at all, that has to be said

        bounded = self.contract.earns_only and self.how.get("time_limit") is None  # a bound keeps no limit
        return find_break_even(net_at, known, most_at if bounded else None)

    def _receivers(self, gone: Plan) -> tuple[dict[str, Any], ...]:
        """Return who takes demand over, and how much of it a plan serves."""
        assert gone.answer is not None
        answer = gone.answer
        facts = answer.arcs.facts
        lines = facts.lines
        new = np.flatnonzero(lines.origin == code(facts.channels.id, self.channel))
        served = np.bincount(answer.arcs.line, weights=answer.ship, minlength=len(lines.sku))
        total = sum(part.share for part in self.receivers)
        rows: list[dict[str, Any]] = []
        for part in self.receivers:
            own = new[lines.channel[new] == code(facts.channels.id, part.to)]
            rows.append(
                {
                    "to": part.to,
                    "proportion": part.share / total,
                    "share": part.share if part in self.parts else 0.0,
                    "price_from": part.price_from,
                    "asked": float(lines.units[own].sum()),
                    "served": float(served[own].sum()),
                }
            )
        return tuple(rows)

    def _unlisted(self) -> tuple[tuple[str, float], ...]:
        """Return the SKUs of the channel that no receiver sells, with the units that are wanted."""
        facts = self.problem.facts
        lines, skus = facts.lines, len(facts.skus.id)
        mine = lines.channel == code(facts.channels.id, self.channel)
        theirs = np.isin(lines.channel, [code(facts.channels.id, part.to) for part in self.receivers])
        wanted = np.bincount(lines.sku[mine], weights=lines.units[mine], minlength=skus)
        listed = np.bincount(lines.sku[theirs], minlength=skus) > 0
        return tuple((str(facts.skus.id[sku]), float(wanted[sku])) for sku in np.flatnonzero((wanted > 0) & ~listed))
