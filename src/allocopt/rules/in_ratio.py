"""InRatio: articles go to a channel together, in a fixed ratio and whole multiples of it.

.. code-block:: text

    sum_{a of SKU s in order o} ship[a] = ratio[s] times[o],   times whole    for each clause, order o, SKU s   [unit]
    times[o] <= min_s floor(units[s, o] / ratio[s])        units wanted, 0 where the order lacks an SKU         [1]

Lines without an order are together where they are due in the same period. The limit cuts off no plan.
Source: kitting in fixed proportions (Leontief); integer multiples as in lot sizing, e.g. Wolsey, Integer Programming
(1998), ch. 8.
"""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from allocopt.algebra.formulation import Sum
from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import COUPLES
from allocopt.documents.checked import STRICT, Amounts
from allocopt.problem.facts import Facts, Flags
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Clause, Numbered, Rule, Statement
from allocopt.rules.kit.names import grouped
from allocopt.rules.kit.scope import lines_of, sold_together


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
    skus: Amounts = field(hash=False)
    clause: Literal["in_ratio"] = "in_ratio"

    def lines(self, facts: Facts) -> Flags:
        """Return the demand lines of the channel for these articles, shape (lines,)."""
        return lines_of(facts, self.channel, tuple(self.skus))


class InRatioRule(Rule):
    """Articles go to a channel in a ratio, in whole multiples for each order."""

    clause: ClassVar[type[Clause] | None] = InRatio
    short: ClassVar[str] = "ratio"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add how many times each order gets the ratio, and that it gets so much of each SKU."""
        facts, lines = on.facts, on.facts.lines
        wanted = [np.flatnonzero(clause.lines(facts) & (lines.units > 0)) for _, clause in clauses]
        line, number = np.concatenate(wanted), np.array([number for number, _ in clauses], dtype=np.int32)
        if not len(line):
            return
        said = np.repeat(number, [len(at) for at in wanted])
        together, orders = grouped(facts, clause=said, sold=sold_together(facts)[line])
        row, rows = grouped(facts, together=together, sku=lines.sku[line])
        owner, sku = rows.codes
        each = np.zeros((len(clauses), len(facts.skus.id)))
        for units, (_, clause) in zip(each, clauses, strict=True):
            units[np.searchsorted(facts.skus.id, list(clause.skus))] = list(clause.skus.values())
        place = np.searchsorted(number, orders.codes[0])
        ratio, whole = each[place[owner], sku], np.bincount(owner) == (each > 0).sum(axis=1)[place]
        fits = floor_units(np.bincount(row, weights=lines.units[line]) / ratio)
        most = np.where(whole, extreme(np.minimum, fits, owner, len(orders), none=np.inf), 0.0)
        times = on.form.add_variable(self.name, orders, upper=most, sku=COUPLES, integer=True)
        sums = [on.shipped(line, row), Sum.of(times, np.arange(len(rows)), owner, -ratio)]
        index, clause = orders.of(owner).extended("sku", sku, facts.skus.id), number[place][owner]
        on.form.add_rows(f"{self.name}_rows", index, sums, lower=0.0, upper=0.0, clause=clause, elastic=True)
