"""Retire: a channel is given up, and part of its demand comes back through others.

.. code-block:: text

    units[d] = min_units[d] = lost_cost[d] = 0        for each line d of the channel
    fixed_cost[channel] = 0
    + the lines that `rules.kit.recapture` adds to other channels
    clauses in favour of the channel lapse

Everything else stays: its fees and lanes cost nothing because nothing ships. What is given up besides sales (clauses
that lapse, commitments of the channel's lines) is listed as ``plan.broken``, and in ``plan.exceptions``
with who is to be told (`rules.broken`).
Source: keep-or-drop decisions on contribution and avoidable fixed cost, e.g. Horngren, Datar, Rajan, Cost Accounting
(2012), ch. 11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import STRICT
from allocopt.problem.facts import Facts
from allocopt.problem.lines import emptied, with_lines
from allocopt.rules.kit.base import Clause, Numbered, Rule
from allocopt.rules.kit.leaving import OfLeaving
from allocopt.rules.kit.recapture import recaptured
from allocopt.rules.kit.scope import code


@dataclass(frozen=True, config=STRICT)
class Retire(OfLeaving):
    """A channel is retired.

    Attributes
    ----------
    channel : str
        Channel that goes.
    recapture : tuple of Recapture
        Which shares of its demand other channels take over; shares add up to at most 1.
    reason : str
        Why, in a sentence.
    owner : str
        Person who answers for it.

    Examples
    --------
    >>> from allocopt import Recapture
    >>> Retire("amazon", recapture=[Recapture("dtc", share=0.4)]).words()
    'retire channel amazon, recapture 0.4 to dtc'

    What DTC takes over of Amazon's 10 units is worth 4 x (9 - 4), and Amazon's fixed cost is saved:

    >>> import allocopt as ao
    >>> problem = ao.Problem.from_dict({
    ...     "skus": [{"sku": "A", "unit_cost": 4.0}],
    ...     "nodes": [{"node": "DC"}],
    ...     "channels": [{"channel": "amazon", "fixed_cost": 100.0}, {"channel": "dtc", "fixed_cost": 1.0}],
    ...     "supply": [{"sku": "A", "node": "DC", "kind": "on_hand", "units": 20}],
    ...     "demand": [
    ...         {"sku": "A", "channel": "amazon", "period": 0, "units": 10, "price": 8.0},
    ...         {"sku": "A", "channel": "dtc", "period": 0, "units": 2, "price": 9.0},
    ...     ],
    ...     "lanes": [{"node": "DC", "channel": "amazon"}, {"node": "DC", "channel": "dtc"}],
    ... })
    >>> without = ao.Contract("No Amazon", clauses=[Retire("amazon", recapture=[Recapture("dtc", share=0.4)])])
    >>> ao.allocate(problem).objective, ao.allocate(problem, without).objective
    (-51.0, 29.0)
    """

    FOR_SURE: ClassVar[bool] = True

    clause: Literal["retire"] = "retire"


class RetireRule(Rule):
    """Retired channels sell nothing and cost nothing; others take part of their demand over."""

    clause: ClassVar[type[Clause] | None] = Retire

    def revise(self, facts: Facts, clauses: Numbered, note: Callable[[str, str], None]) -> Facts:
        """Return the facts without the demand and fixed cost of retired channels, and with what others take over."""
        gone = np.zeros(len(facts.channels.id), dtype=bool)
        gone[[code(facts.channels.id, clause.channel) for _, clause in clauses]] = True
        off, lines = gone[facts.lines.channel], facts.lines
        kept = emptied(lines, off)
        added = [part for _, c in clauses for part in recaptured(facts, c.channel, c.recapture, note)]
        channels = replace(facts.channels, fixed_cost=np.where(gone, 0.0, facts.channels.fixed_cost))
        return with_lines(replace(facts, channels=channels), kept, *added)
