"""Campaigns: of the promotions that touch an article in a period, at most so many run.

.. code-block:: text

    sum_{p of s in t} run[p] <= at_most - number of promotions of s in t that run in any case

for each SKU s and period t in which demand lines in scope belong to promotions p that the contract speaks of. Articles
and periods with the same promotions say the same: the row stands for all of them, under the first one.
Source: promotion calendars with exclusive slots, e.g. Cohen et al., Promotion optimization for multiple items in
supermarkets, Management Science 67 (2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from allocopt.algebra.formulation import Sum
from allocopt.algebra.labels import Codes
from allocopt.documents.checked import STRICT, Ids
from allocopt.problem.facts import ANY, Facts, Flags
from allocopt.rules.kit.base import Clause, Numbered, Rule, Statement
from allocopt.rules.kit.decisions import runs_of
from allocopt.rules.kit.names import labels
from allocopt.rules.kit.scope import lines_of
from allocopt.rules.promotion import OfPromotions, Promotion, promotion_of


@dataclass(frozen=True, config=STRICT)
class Campaigns(OfPromotions):
    """At most so many promotions run for an article at a time.

    Attributes
    ----------
    at_most : int
        Promotions that may run for the same article in the same period; those that run in any case count.
    sku : tuple of str or None
        Only these articles.
    channel : str or None
        Only promotions on demand lines of this channel.

    Examples
    --------
    >>> Campaigns(2, channel="dtc").words()
    'campaigns at most 2, channel dtc'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("sku", "channel")

    at_most: Annotated[int, Field(ge=0, strict=True)] = 1
    sku: Ids = None
    channel: str | None = None
    clause: Literal["campaigns"] = "campaigns"

    def grown(self, units: float) -> Self | None:
        """Return the clause with so many more promotions that may run."""
        most = self.at_most + units
        if most < 0 or most != int(most):
            raise ValueError(f"{self.words()} with {units:+,.10g} would allow {most:,.10g} promotions")
        return replace(self, at_most=int(most))

    def about(self, facts: Facts, clauses: Sequence[Clause], label: Mapping[str, Any]) -> str:
        """Return which promotions meet, and on which articles and periods."""
        running = running_promotions(clauses)
        cell = np.flatnonzero(facts.skus.id == label["sku"])[0] * facts.periods + int(label["period"])
        cells, meet = _meetings(facts, self, running)
        alike = (meet == meet[np.searchsorted(cells, cell)]).all(axis=1)
        names = [clause.promotion for clause, there in zip(running, meet[alike][0], strict=True) if there]
        more = f" and {alike.sum() - 1} more articles or periods" if alike.sum() > 1 else ""
        return f"promotions {', '.join(names)} on {label['sku']} in period {label['period']}{more}"


class CampaignsRule(Rule):
    """No article is in more promotions at a time than agreed."""

    clause: ClassVar[type[Clause] | None] = Campaigns
    reads: ClassVar[type[Clause] | None] = OfPromotions
    short: ClassVar[str] = "promotion_off"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per clause and set of promotions that meet."""
        facts, running = on.facts, running_promotions([clause for _, clause in clauses])
        limits = [(number, clause) for number, clause in clauses if isinstance(clause, Campaigns) and running]
        parts = [_distinct(*_meetings(facts, clause, running)) for _, clause in limits]
        sizes = [len(cell) for cell, _ in parts]
        if not sum(sizes):
            return
        cell, meet = (np.concatenate(each) for each in zip(*parts, strict=True))
        number = np.repeat([number for number, _ in limits], sizes).astype(np.int32)
        most = np.repeat([clause.at_most for _, clause in limits], sizes)
        chosen = np.array([clause.run == "choose" for clause in running])
        sums = []
        if on.switch is not None:
            row, column = np.nonzero(meet & chosen)
            sums = [Sum.of(on.switch, row, runs_of(facts, running)[column])]
        index = labels(facts, clause=number, sku=cell // facts.periods, period=cell % facts.periods)
        upper = most - (meet & ~chosen).sum(axis=1)
        on.form.add_rows(self.name, index, sums, upper=upper.astype(np.float64), clause=number, elastic=True)


def _meetings(facts: Facts, clause: Campaigns, running: list[Promotion]) -> tuple[Codes, Flags]:
    """Return where more promotions meet than a clause allows, and which these are.

    Returns
    -------
    cell : int64, shape (cells,)
        Article and period: SKU x periods + period.
    meet : bool, shape (cells, promotions)
    """
    lines = facts.lines
    which = promotion_of(lines, running)
    inside = (which != ANY) & (lines.row != ANY) & lines_of(facts, clause.channel, clause.sku)
    cell = lines.sku[inside].astype(np.int64) * facts.periods + lines.period[inside]
    present, place = np.unique(cell, return_inverse=True)
    meet = np.zeros((len(present), len(running)), dtype=bool)
    meet[place, which[inside]] = True
    crowded = meet.sum(axis=1) > clause.at_most
    return present[crowded], meet[crowded]


def _distinct(cell: Codes, meet: Flags) -> tuple[Codes, Flags]:
    """Return each set of promotions that meet once, where it does so first."""
    first = np.sort(np.unique(np.packbits(meet, axis=1), axis=0, return_index=True)[1])
    return cell[first], meet[first]


def running_promotions(clauses: Sequence[Clause]) -> list[Promotion]:
    """Return the promotions that run or may run."""
    return [clause for clause in clauses if isinstance(clause, Promotion) and clause.run != "no"]
