"""Protected quantity as a guarantee of service: the channel gets at least so much of its own demand.

.. code-block:: text

    sum_{a in scope} ship[a] + broken >= min(quantity, own demand)        for each clause and SKU (or clause)   [unit]
    money: - penalty broken        outside contribution; no `broken` where the clause is hard        [currency]

Source: service-level guarantees in allocation planning, e.g. Meyr, Customer segmentation, allocation planning and
order promising in make-to-stock production, OR Spectrum 31 (2009).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from allocopt.problem.facts import Facts
from allocopt.rules.kit.asking import Ask, Asking
from allocopt.rules.kit.base import Clause
from allocopt.rules.kit.scope import counted_lots, due_before, lines_within, lots_of, quantity, wanted_in
from allocopt.rules.protect import Protect


class ServeRule(Asking):
    """Channels get at least what was guaranteed to them, of their own demand."""

    name: ClassVar[str] = "serve"
    clause: ClassVar[type[Clause] | None] = Protect

    def asks(self, facts: Facts, clause: Protect) -> Iterator[Ask]:
        """Yield the guarantee, in whole units."""
        if clause.mode == "serve":
            lines = lines_within(facts, clause) & due_before(facts, clause.release)
            wanted = quantity(facts, clause, lots_of(facts, clause, clause.of), lines)
            yield Ask(
                lines,
                "at_least",
                np.minimum(wanted, wanted_in(facts, lines, clause.per)),
                lots=counted_lots(facts, clause),
                per=clause.per,
                follows=True,
                rounded="together" if clause.units is None else "down",
            )
