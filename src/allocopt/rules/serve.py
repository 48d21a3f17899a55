"""Protected quantity as a guarantee of service: the channel gets at least so much of its own demand.

.. code-block:: text

    sum_{a in scope} ship[a] + broken >= min(quantity, own demand)        for each clause and SKU (or clause)   [unit]
    money: - penalty broken        outside contribution; no `broken` where the clause is hard        [currency]

Source: service-level guarantees in allocation planning, e.g. Meyr, Customer segmentation, allocation planning and
order promising in make-to-stock production, OR Spectrum 31 (2009).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.problem.facts import Floats
from allocopt.rules.kit.base import Clause, Numbered, Rule, Statement
from allocopt.rules.kit.cases import Case, bearing, by_case, cases_of, highest, of_rows, worked_out
from allocopt.rules.protect import Protect
from allocopt.rules.kit.asking import Quantities, add_at_least, add_breach, aligned, gather, gathered
from allocopt.rules.kit.scope import lines_of, whole


class ServeRule(Rule):
    """Channels get at least what was guaranteed to them, of their own demand."""

    name: ClassVar[str] = "serve"
    clause: ClassVar[type[Clause] | None] = Protect

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per clause and SKU, or per clause, and the units by which soft ones are broken."""
        clauses = [(number, clause) for number, clause in clauses if clause.mode == "serve"]
        if not clauses:
            return
        asked = gather(on, clauses)
        bears = bearing(
            on.facts,
            clauses,
            lambda clause: lines_of(on.facts, clause.channel, clause.sku),
            joined=lambda clause: clause.share is not None,
        )
        cases = cases_of(on, clauses, of_rows(bears, asked.clause, asked.sku))
        least = worked_out(cases, lambda case: self._least(on, case, asked))
        sums = list(asked.sums)
        for broken, rows in add_breach(on, "broken_serve", asked, highest(cases, least, len(asked.sku))):
            sums.append(Sum(broken, rows))
        add_at_least(on, self.name, asked, by_case(cases, least), sums)

    def _least(self, on: Statement, case: Case, every: Quantities) -> Floats:
        """Return what each row of `every` asks for in one case, in whole units [unit]."""
        if not case.clauses:
            return np.zeros(len(every.sku))
        asked = gathered(on, case, every)
        least = np.minimum(asked.wanted, asked.own)
        units = [number for number, clause in case.clauses if clause.units is not None]
        stated = np.isin(asked.clause, units)
        least = whole(case.form, self.name, least, asked.sku + 1, asked.divisible, stated)
        return aligned(every, asked, np.minimum(least, asked.own))
