"""Service: at least so much of what is wanted is served, in a scope that may be cut by channel, region and rank.

.. code-block:: text

    sum_{a in scope} ship[a] + broken >= fill sum_{d in scope} units[d]     for each clause (and SKU)        [unit]
    money: - penalty broken        outside contribution; no `broken` where the clause is hard        [currency]

Units wanted count whether or not a way to them is open. The right side is no whole number of units in general: a hard
row asks for the next whole number where only whole units ship, a soft one is broken by parts of a unit.
Source: fill rate ("beta service level"), e.g. Silver, Pyke and Thomas, Inventory and Production Management in Supply
Chains (2016), ch. 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from allocopt.algebra.formulation import Sum
from allocopt.algebra.labels import Codes
from allocopt.algebra.program import COUPLES
from allocopt.documents.checked import STRICT, Flag, Ids, Penalty, Ranks, Share
from allocopt.problem.facts import Facts, Flags, Floats, Ints
from allocopt.rules.kit.base import Clause, Misfit, Numbered, Rule, Statement
from allocopt.rules.kit.cases import Case, bearing, by_case, cases_of, highest, of_rows, worked_out
from allocopt.rules.kit.asking import Part, Quantities, add_at_least, add_breach, stacked
from allocopt.rules.kit.scope import lines_in, lines_of

if TYPE_CHECKING:
    from allocopt.problem.problem import Problem


@dataclass(frozen=True, config=STRICT)
class Service(Clause):
    """At least a share of what is wanted is served.

    Attributes
    ----------
    fill : float
        Least share of the units wanted in scope [1].
    channel : str or None
        None: all channels together.
    sku : tuple of str or None
        Only these articles.
    region : tuple of str or None
        Only demand lines that state one of these regions.
    priority : tuple of int or None
        Only demand lines of these ranks.
    firm : bool or None
        Only orders (true) or only forecasts (false).
    per : {"total", "sku"}
        Whether the share holds over everything in scope, or for each article by itself.
    penalty : float or None
        Cost per unit that is missing [currency/unit]; None: the clause is hard.

    Examples
    --------
    >>> Service(0.95, "wholesale", priority=1).words()
    'service fill 0.95, channel wholesale, priority 1'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "sku", "region", "priority", "firm", "per")
    FAVOURS: ClassVar[bool] = True

    fill: Share
    channel: str | None = None
    sku: Ids = None
    region: Ids = None
    priority: Ranks = None
    firm: Flag | None = None
    per: Literal["total", "sku"] = "total"
    penalty: Penalty | None = None
    clause: Literal["service"] = "service"

    def lines(self, facts: Facts) -> Flags:
        """Return the demand lines in scope, shape (lines,)."""
        mask = lines_of(facts, self.channel, self.sku) & lines_in(facts, self.region)
        if self.priority is not None:
            mask &= np.isin(facts.lines.priority, self.priority)
        if self.firm is not None:
            mask &= facts.lines.firm == self.firm
        return mask

    def promised(self, facts: Facts) -> float:
        """Return how many units the clause promises its channel [unit]."""
        return self.fill * float(facts.lines.units[self.lines(facts)].sum())

    def check(self, problem: Problem) -> Iterator[Misfit]:
        """Yield that no demand line is in scope, if so."""
        if not self.lines(problem.facts).any():
            yield "no_line", "It matches no demand line.", "Widen what it speaks of, or take it out."


class ServiceRule(Rule):
    """At least a share of the units wanted in scope is served."""

    name: ClassVar[str] = "service"
    clause: ClassVar[type[Clause] | None] = Service

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per clause, or per clause and SKU, and the units by which soft ones are broken."""
        if not clauses:
            return
        asked = stacked(on, clauses, _rows_of)
        bears = bearing(on.facts, clauses, lambda clause: clause.lines(on.facts))
        cases = cases_of(on, clauses, of_rows(bears, asked.clause, _all_of(asked, clauses)))
        wanted = worked_out(cases, lambda case: _wanted(case, clauses, asked))
        sums = list(asked.sums)
        for broken, rows in add_breach(on, "broken_service", asked, highest(cases, wanted, len(asked.sku))):
            sums.append(Sum(broken, rows))
        add_at_least(on, self.name, asked, by_case(cases, wanted), sums)


def _all_of(asked: Quantities, clauses: Numbered) -> Ints:
    """Return the SKU of each row, `COUPLES` where the clause is about all of them, even if there is but one."""
    total = [number for number, clause in clauses if clause.per == "total"]
    return np.where(np.isin(asked.clause, total), COUPLES, asked.sku).astype(np.int32)


def _wanted(case: Case, clauses: Numbered, asked: Quantities) -> Floats:
    """Return the units that each row asks for in one case [unit]."""
    live = {number for number, _ in case.clauses}
    wanted = np.zeros(len(asked.sku))
    for number, clause in clauses:
        if number in live:
            rows = np.flatnonzero(asked.clause == number)
            own = _own(case.facts, clause)
            wanted[rows] = clause.fill * (own.sum() if clause.per == "total" else own[asked.sku[rows]])
    return wanted


def _own(facts: Facts, clause: Service) -> Floats:
    """Return the units wanted in scope, shape (skus,) [unit]."""
    lines = clause.lines(facts)
    own: Floats = np.zeros(len(facts.skus.id))
    np.add.at(own, facts.lines.sku[lines], facts.lines.units[lines])
    return own


def _rows_of(on: Statement, clause: Service, first: int) -> Part:
    """Return the rows of one clause: one per SKU that is wanted in scope, or one of all these."""
    facts = on.facts
    lines, own = clause.lines(facts), _own(facts, clause)
    sku = np.flatnonzero(own > 0).astype(np.int32)
    members = np.flatnonzero(lines[on.arcs.line])
    if clause.per == "total":
        total = np.array([own.sum()])
        one = sku if len(sku) == 1 else np.array([COUPLES], dtype=np.int32)
        group: Codes = np.full(len(members), first)
        return Part(one, clause.fill * total, total, Sum(on.ship, group, members=members))
    row = np.full(len(own), -1)
    row[sku] = first + np.arange(len(sku))
    return Part(sku, clause.fill * own[sku], own[sku], Sum(on.ship, row[on.arcs.sku[members]], members=members))
