"""Price parity: articles that two channels sell at prices too far apart are reported.

.. code-block:: text

    reported  if  |price_c - price_b| > tolerance price_b        for each SKU, period and region of channel c
    worth     |price_c - price_b| x units that ship to channel c        [currency]

``price`` is the mean price of the demand lines, weighted by their units. Lines of c that state a region are held
against the lines of channel b for that region, or else against those of b without one; lines of c without a region
against those of b without one, or else against all of b. Where both state regions and these differ, nothing is
compared. It steers nothing: the plan is what it would be without the clause.
Source: price parity clauses between brands and marketplaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass as plain_dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator
from pydantic.dataclasses import dataclass

from allocopt.algebra.grouping import places
from allocopt.documents.checked import STRICT, Share
from allocopt.problem.days import spoken_periods
from allocopt.problem.facts import Floats
from allocopt.rules.kit.base import Clause, Numbered, Rule
from allocopt.rules.kit.exceptions import Exceptions, Outcome, spoken_money
from allocopt.rules.kit.names import spelled
from allocopt.rules.kit.scope import code

Keys = NDArray[np.int64]
SLACK = 1e-9
"""Prices differ if they do by more than this, relative to 1 + the price: less is rounding of the mean."""


@dataclass(frozen=True, config=STRICT)
class PriceParity(Clause):
    """A channel sells at about the prices of another one.

    Attributes
    ----------
    channel : str
        Whose prices are looked at.
    against : str
        Whose prices they are held against.
    tolerance : float
        By which share of the other price they may differ, up or down [1].

    Examples
    --------
    >>> PriceParity("amazon", against="dtc", tolerance=0.05).words()
    'price parity channel amazon, against dtc, tolerance 0.05'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "against")
    STEERS: ClassVar[bool] = False

    channel: str
    against: str
    tolerance: Share = 0.0
    clause: Literal["price_parity"] = "price_parity"

    @model_validator(mode="after")
    def _two_channels(self) -> PriceParity:
        if self.channel == self.against:
            raise ValueError("a channel is not held against itself: name another one in 'against'")
        return self


class PriceParityRule(Rule):
    """Articles whose prices in two channels are too far apart are reported."""

    clause: ClassVar[type[Clause] | None] = PriceParity

    def exceptions(self, outcome: Outcome, clauses: Numbered) -> Iterator[Exceptions]:
        """Yield the articles, periods and regions whose prices are too far apart."""
        arcs, facts = outcome.arcs, outcome.arcs.facts
        shipped = np.bincount(arcs.line, weights=outcome.ship, minlength=len(facts.lines.sku)).astype(np.float64)
        for number, clause in clauses:
            mine = _prices(outcome, clause.channel, shipped)
            other = _opposite(mine, _prices(outcome, clause.against, shipped), len(facts.regions) + 1)
            # Where there is nothing to compare with, the difference is not a number and never too large.
            apart = np.abs(mine.price - other)
            far = np.flatnonzero(apart > clause.tolerance * other + SLACK * (1 + other))
            yield _reported(outcome, mine, other, far, number, clause)


@plain_dataclass(frozen=True)
class _Prices:
    """Mean prices of a channel by ascending key, which holds SKU, period and region (0: none); shape (keys,)."""

    key: Keys
    price: Floats
    wanted: Floats
    shipped: Floats

    def at(self, keys: Keys) -> Floats:
        """Return the prices of some keys, not a number where there is none."""
        return np.append(self.price, np.nan)[places(self.key, keys)]

    def by(self, key: Keys) -> _Prices:
        """Return the same under coarser keys."""
        present, group = np.unique(key, return_inverse=True)
        size = len(present)
        wanted = np.bincount(group, weights=self.wanted, minlength=size).astype(np.float64)
        price = np.bincount(group, weights=self.wanted * self.price, minlength=size) / wanted
        shipped = np.bincount(group, weights=self.shipped, minlength=size).astype(np.float64)
        return _Prices(present, price, wanted, shipped)


def _prices(outcome: Outcome, channel: str, shipped: Floats) -> _Prices:
    """Return the prices of a channel by SKU, period and region; lines that want nothing have none."""
    facts, wanted = outcome.arcs.facts, outcome.wanted
    lines = facts.lines
    rows = np.flatnonzero((lines.channel == code(facts.channels.id, channel)) & (wanted > 0))
    moment = lines.sku[rows].astype(np.int64) * facts.periods + lines.period[rows]
    key = moment * (len(facts.regions) + 1) + lines.region[rows] + 1
    return _Prices(key, lines.price[rows], wanted[rows], shipped[rows]).by(key)


def _opposite(mine: _Prices, theirs: _Prices, regions: int) -> Floats:
    """Return the price that each of mine is held against, not a number where there is none, shape (keys,)."""
    other = theirs.at(mine.key)
    region = mine.key % regions
    general = np.where(
        region > 0, theirs.at(mine.key - region), theirs.by(theirs.key // regions).at(mine.key // regions)
    )
    return np.where(np.isnan(other), general, other)


def _reported(
    outcome: Outcome, mine: _Prices, other: Floats, at: NDArray[np.intp], number: int, clause: PriceParity
) -> Exceptions:
    """Return the keys at some positions as rows, each with both prices."""
    facts, regions = outcome.arcs.facts, len(outcome.arcs.facts.regions) + 1
    moment, region = np.divmod(mine.key[at], regions)
    sku, due = facts.skus.id[moment // facts.periods], (moment % facts.periods).astype(np.int32)
    apart = np.abs(mine.price[at] - other[at])
    where = spelled(facts.regions, (region - 1).astype(np.int32))
    own, theirs, gap = (spoken_money(prices, outcome.currency) for prices in (mine.price[at], other[at], apart))
    sells = f"{clause.channel} sells " + sku + " in " + spoken_periods(facts, due)
    sells = sells + np.where(where != "", " in " + where, "") + " at " + own + f", {clause.against} at " + theirs
    limit = f" apart, with {100 * clause.tolerance:.4g}% allowed." if clause.tolerance else " apart."
    channel = np.full(len(at), code(facts.channels.id, clause.channel), dtype=np.int32)
    units = mine.shipped[at]
    said = sells + ": " + gap + limit
    return Exceptions.of(
        facts, "price_parity", number, channel, sku=sku, due=due, units=units, money=apart * units, sentence=said
    )
