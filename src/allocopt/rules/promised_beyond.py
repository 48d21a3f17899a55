"""Promised beyond what is sure: lots of which more was promised beforehand than is usable, reported.

.. code-block:: text

    units[l] = reserved[l] - floor(confidence[l] units[l]),  where that is more than 0        for each lot l    [unit]
    money[l] = units[l] x mean price, net of returns, of what is wanted of the SKU; its unit cost where nothing is

It steers nothing: nothing of such a lot is left to ship. Source: available to promise of purchase orders, e.g. Ball,
Chen and Zhao, Available to promise, in Handbook of Quantitative Supply Chain Analysis (2004), ch. 11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from allocopt.arcs import net_price
from allocopt.problem.facts import Facts, Floats, Ints, Names
from allocopt.problem.usable import usable_units
from allocopt.rules.kit.base import Numbered, Rule
from allocopt.rules.kit.exceptions import Exceptions, Outcome, owners_of, spoken_money, spoken_units
from allocopt.rules.kit.names import lot_words


class PromisedBeyond(Rule):
    """Lots that were promised beyond what is sure of them are reported."""

    name: ClassVar[str] = "promised_beyond"

    def exceptions(self, outcome: Outcome, clauses: Numbered) -> Iterator[Exceptions]:
        """Yield the lots, most of all with what they are called."""
        facts = outcome.stated
        lots = facts.lots
        sure = usable_units(lots.confidence, lots.units, np.zeros(len(lots.sku)), facts.skus.divisible[lots.sku])
        rows = np.flatnonzero(lots.reserved > sure)
        if not len(rows):
            return
        units = (lots.reserved - sure)[rows]
        money = units * _worth(facts)[lots.sku[rows]]
        company = np.full(len(rows), len(facts.channels.id), dtype=np.int32)
        more = spoken_units(units) + " of the units promised beforehand of " + lot_words(facts)[rows]
        said = more + " are beyond the " + spoken_units(sure[rows]) + " that are sure of it: worth "
        yield Exceptions.of(
            facts,
            self.name,
            -1,
            company,
            owner=_owners(facts, lots.sku[rows]),
            sku=facts.skus.id[lots.sku[rows]],
            due=lots.available[rows],
            units=units,
            money=money,
            sentence=said + spoken_money(money, outcome.currency) + ".",
        )


def _owners(facts: Facts, skus: Ints) -> Names:
    """Return who owns the channels that want each of some SKUs."""
    wants = np.unique(facts.lines.sku.astype(np.int64) * len(facts.channels.id) + facts.lines.channel)
    sku, channel = np.divmod(wants, max(len(facts.channels.id), 1))
    return np.array([owners_of(facts, facts.channels.id[channel[sku == one]]) for one in skus.tolist()], dtype=object)


def _worth(facts: Facts) -> Floats:
    """Return what a unit of each SKU is worth: what those that are wanted bring on average [currency/unit]."""
    lines, size = facts.lines, len(facts.skus.id)
    wanted = np.bincount(lines.sku, weights=lines.units, minlength=size)
    worth = np.bincount(lines.sku, weights=lines.units * net_price(facts), minlength=size)
    return np.divide(worth, wanted, out=facts.skus.unit_cost.astype(np.float64).copy(), where=wanted > 0)
