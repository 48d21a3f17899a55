"""InRatio: articles go to a channel together, in a fixed ratio and whole multiples of it.

.. code-block:: text

    sum_{a of SKU s in order o} ship[a] = ratio[s] times[o],   times whole    for each clause, order o, SKU s   [unit]
    times[o] <= min_s floor(units[s, o] / ratio[s])        units wanted, 0 where the order lacks an SKU         [1]

Lines without an order are together where they are due in the same period. The limit cuts off no plan.
Source: kitting in fixed proportions (Leontief); integer multiples as in lot sizing, e.g. Wolsey, Integer Programming
(1998), ch. 8.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from allocopt.algebra.formulation import Sum
from allocopt.algebra.labels import Codes
from allocopt.algebra.program import COUPLES
from allocopt.documents.checked import NUMBER, STRICT
from allocopt.problem.facts import Facts, Flags, Floats
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Clause, Numbered, Rule, Statement
from allocopt.rules.kit.names import grouped
from allocopt.rules.kit.scope import code, lines_of, sold_together

Ratio = Annotated[dict[str, Annotated[float, Field(gt=0), NUMBER]], Field(min_length=1)]


@dataclass(frozen=True, config=STRICT)
class InRatio(Clause):
    """Articles go to a channel together: each order, or what is due in a period without one, gets whole multiples.

    Attributes
    ----------
    channel : str
        Who gets the articles together.
    skus : dict of str to float
        Articles, and the units of each that go together [unit]. An order that wants only some of them gets none.

    Examples
    --------
    >>> InRatio("web", {"console": 1, "pad": 2}).words()
    'in ratio channel web, skus console 1.0, pad 2.0'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "skus")

    channel: str
    skus: Ratio
    clause: Literal["in_ratio"] = "in_ratio"

    def __hash__(self) -> int:
        """Return what equal clauses have in common: a dict has no hash of its own."""
        return hash((self.channel, *sorted(self.skus.items())))

    def lines(self, facts: Facts) -> Flags:
        """Return the demand lines of the channel for these articles, shape (lines,)."""
        return lines_of(facts, self.channel, tuple(self.skus))

    def of(self, facts: Facts, lines: Codes) -> Floats:
        """Return the ratio of the SKU of each of some lines, shape (lines,) [unit]."""
        ratio = np.zeros(len(facts.skus.id))
        ratio[[code(facts.skus.id, sku) for sku in self.skus]] = list(self.skus.values())
        return ratio[facts.lines.sku[lines]]


class InRatioRule(Rule):
    """Articles go to a channel in a ratio, in whole multiples for each order."""

    clause: ClassVar[type[Clause] | None] = InRatio
    short: ClassVar[str] = "ratio"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add how many times each order gets the ratio, and that it gets so much of each SKU."""
        facts, lines = on.facts, on.facts.lines
        wanted = [np.flatnonzero(clause.lines(facts) & (lines.units > 0)) for _, clause in clauses]
        if not sum(map(len, wanted)):
            return
        line, said = np.concatenate(wanted), np.repeat(np.arange(len(clauses)), [len(at) for at in wanted])
        number = np.array([number for number, _ in clauses])[said]
        together, orders = grouped(facts, clause=number, sold=sold_together(facts)[line])
        row, rows = grouped(facts, together=together, sku=lines.sku[line])
        owner, ratio, skus = rows.codes[0], np.zeros(len(rows)), np.zeros(len(orders))
        ratio[row] = np.concatenate([clause.of(facts, at) for (_, clause), at in zip(clauses, wanted, strict=True)])
        skus[together] = np.array([len(clause.skus) for _, clause in clauses])[said]
        most = np.where(np.bincount(owner) < skus, 0.0, np.inf)
        np.minimum.at(most, owner, floor_units(np.bincount(row, weights=lines.units[line]) / ratio))
        times = on.form.add_variable(self.name, orders, upper=most, sku=COUPLES, integer=True)
        sums = [on.shipped(line, row), Sum.of(times, np.arange(len(rows)), owner, -ratio)]
        index = orders.of(owner).extended("sku", rows.codes[1], facts.skus.id)
        clause = orders.codes[0][owner].astype(np.int32)
        on.form.add_rows(f"{self.name}_rows", index, sums, lower=0.0, upper=0.0, clause=clause, elastic=True)
