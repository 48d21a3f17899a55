"""Cap: a channel gets at most so many units.

.. code-block:: text

    sum_{a in scope} ship[a] - over <= cap,   over >= 0        for each clause and SKU (or for the clause)        [unit]
    money: - penalty over        outside contribution; no `over` where the cap is hard        [currency]

Source: allocation quotas ("product allocation" in order promising).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import model_validator
from pydantic.dataclasses import dataclass

from allocopt.algebra.formulation import Sum
from allocopt.documents.checked import STRICT, Ids, Penalty, Share, Units
from allocopt.problem.facts import Facts, Flags, Floats
from allocopt.rules.kit.base import Base, Clause, Numbered, Rule, Statement
from allocopt.rules.kit.cases import Case, bearing, by_case, cases_of, highest, of_rows, worked_out
from allocopt.rules.kit.asking import Quantities, add_breach, aligned, gather, gathered, one_quantity
from allocopt.rules.kit.scope import floored, lines_of


@dataclass(frozen=True, config=STRICT)
class Cap(Clause):
    """A channel gets at most so many units.

    Attributes
    ----------
    channel : str
    units : float or None
        Units of each SKU in scope (``per="sku"``) or of all together (``per="total"``) [unit].
    share : float or None
        Share of what `of` names, instead of units [1].
    of : {"supply", "on_hand", "inbound", "demand"}
        What the share is a share of; ``"on_hand"`` and ``"inbound"`` also limit what is counted to such lots.
    per : {"sku", "total"}
    penalty : float or None
        Cost per unit beyond the cap [currency/unit]; None: the cap is hard.
    sku, node : tuple of str or None
        Only these articles, only lots at these nodes.

    Examples
    --------
    >>> Cap("amazon", share=0.4, of="inbound").words()
    'cap channel amazon, share 0.4, of inbound'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "sku", "node", "of", "per")

    channel: str
    units: Units | None = None
    share: Share | None = None
    of: Base = "supply"
    per: Literal["sku", "total"] = "sku"
    penalty: Penalty | None = None
    sku: Ids = None
    node: Ids = None
    clause: Literal["cap"] = "cap"

    @model_validator(mode="after")
    def _one_quantity(self) -> Cap:
        one_quantity(self.units, self.share)
        return self


class CapRule(Rule):
    """Channels get at most their cap."""

    name: ClassVar[str] = "cap"
    clause: ClassVar[type[Clause] | None] = Cap

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per clause and SKU, or per clause, and the units beyond soft caps."""
        if not clauses:
            return
        asked = gather(on, clauses)
        bears = bearing(on.facts, clauses, lambda clause: self._counted(on.facts, clause))
        cases = cases_of(on, clauses, of_rows(bears, asked.clause, asked.sku))
        limit = worked_out(cases, lambda case: self._limit(on, case, asked))
        most = np.zeros(len(asked.sku))
        for part in asked.sums:
            np.add.at(most, part.group, on.ship.upper[part.members])
        sums = list(asked.sums)
        for over, rows in add_breach(
            on, "over_cap", asked, np.maximum(most + highest(cases, [-value for value in limit], len(most)), 0.0)
        ):
            sums.append(Sum(over, rows, weight=-1.0))
        stated = by_case(cases, limit, most)
        on.form.add_rows(
            self.name,
            stated.index(asked.index, on.facts),
            stated.sums(sums, len(asked.sku), on.switch),
            upper=stated.limit,
            clause=asked.clause[stated.entry],
            elastic=~asked.soft[stated.entry],
        )

    def _counted(self, facts: Facts, clause: Cap) -> Flags | None:
        """Return the demand lines that a cap is a share of, if it is."""
        shares = clause.share is not None and clause.of == "demand"
        return lines_of(facts, clause.channel, clause.sku) if shares else None

    def _limit(self, on: Statement, case: Case, every: Quantities) -> Floats:
        """Return the cap of each row of `every` in one case, in whole units [unit]."""
        asked = gathered(on, case, every)
        return aligned(every, asked, floored(case.form, self.name, asked.wanted, asked.divisible))
