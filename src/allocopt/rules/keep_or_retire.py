"""Keep or retire: the optimiser decides whether a channel stays.

.. code-block:: text

    keep in {0, 1};   units[d], min_units[d] and lost_cost[d] of its lines count while keep = 1  (`rules.switches`)
    units[d'] of the lines that others take over count while keep = 0                            (`rules.kit.recapture`)
    money: - fixed_cost[channel] keep        [currency]
    what clauses promise the channel holds while keep = 1                                        (`rules.kit.cases`)

The plan is worth as much as the better of two: with the channel, and with `Retire` and the same recapture.
Source: keep-or-drop decisions as fixed charges, e.g. Williams, Model Building in Mathematical Programming (2013),
ch. 9.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import STRICT
from allocopt.problem.facts import Facts, Lines
from allocopt.problem.lines import with_lines
from allocopt.rules.kit.base import Clause, Numbered, Rule
from allocopt.rules.kit.decisions import keep_name
from allocopt.rules.kit.leaving import OfLeaving
from allocopt.rules.kit.recapture import recaptured
from allocopt.rules.kit.scope import code


@dataclass(frozen=True, config=STRICT)
class KeepOrRetire(OfLeaving):
    """A channel is kept or retired, whichever is worth more.

    Attributes
    ----------
    channel : str
        Channel that is in question.
    recapture : tuple of Recapture
        Which shares of its demand other channels take over if it is retired; shares add up to at most 1.
    reason : str
        Why the question is asked, in a sentence.
    owner : str
        Person who answers for it.

    Examples
    --------
    >>> from allocopt import Recapture
    >>> KeepOrRetire("amazon", recapture=[Recapture("dtc", share=0.4)]).words()
    'keep or retire channel amazon, recapture 0.4 to dtc'

    Amazon earns 10 x (8 - 4) and costs 25 to run; without it DTC would sell 4 of the 10 units at 9, and earn 20:

    >>> import allocopt as ao
    >>> problem = ao.Problem.from_dict({
    ...     "skus": [{"sku": "A", "unit_cost": 4.0}],
    ...     "nodes": [{"node": "DC"}],
    ...     "channels": [{"channel": "amazon", "fixed_cost": 25.0}, {"channel": "dtc", "fixed_cost": 0.0}],
    ...     "supply": [{"sku": "A", "node": "DC", "kind": "on_hand", "units": 20}],
    ...     "demand": [
    ...         {"sku": "A", "channel": "amazon", "period": 0, "units": 10, "price": 8.0},
    ...         {"sku": "A", "channel": "dtc", "period": 0, "units": 2, "price": 9.0},
    ...     ],
    ...     "lanes": [{"node": "DC", "channel": "amazon"}, {"node": "DC", "channel": "dtc"}],
    ... })
    >>> open_ = ao.Contract("Amazon?", clauses=[KeepOrRetire("amazon", recapture=[Recapture("dtc", share=0.4)])])
    >>> plan = ao.allocate(problem, open_)
    >>> plan.objective, plan.decisions
    (30.0, {'keep/amazon': False})
    """

    clause: Literal["keep_or_retire"] = "keep_or_retire"


class KeepOrRetireRule(Rule):
    """Channels whose switch is off sell nothing and cost nothing; others take part of their demand over."""

    clause: ClassVar[type[Clause] | None] = KeepOrRetire
    short: ClassVar[str] = "retired"

    def revise(self, facts: Facts, clauses: Numbered, note: Callable[[str, str], None]) -> Facts:
        """Return the facts with a switch per channel, and with what others take over while it is off."""
        keep, first = facts.channels.keep.copy(), len(facts.switches)
        added: list[Lines] = []
        for number, (_, clause) in enumerate(clauses):
            keep[code(facts.channels.id, clause.channel)] = first + number
            added += recaptured(facts, clause.channel, clause.recapture, note, switch=first + number, when=False)
        names = np.array([keep_name(clause.channel) for _, clause in clauses], dtype=object)
        changed = replace(
            facts,
            channels=replace(facts.channels, keep=keep),
            switches=np.concatenate([facts.switches, names]),
        )
        return with_lines(changed, facts.lines, *added)
