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
from allocopt.rules.base import Clause, Numbered, Rule, Statement
from allocopt.rules.protect import Protect
from allocopt.rules.quantities import add_breach, gather
from allocopt.rules.scope import whole


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
        least = np.minimum(asked.wanted, asked.own)
        least = whole(on.form, self.name, least, asked.sku + 1, asked.divisible)
        least = np.minimum(least, asked.own)
        sums = list(asked.sums)
        for broken, rows in add_breach(on, "broken_serve", asked, least):
            sums.append(Sum(broken, rows))
        on.form.add_rows(self.name, asked.index, sums, lower=least, clause=asked.clause, elastic=~asked.soft)
