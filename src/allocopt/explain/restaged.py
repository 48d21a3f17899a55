"""One unit more or less under a contract with stages: solved again whole, for earlier stages come to other things too.

What an earlier stage reached is kept to the unit in the program of the last one, and what was taken in turn is held:
with a unit less no plan might keep that, with a unit more nobody might take it. So all stages are solved anew.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property

from allocopt.explain.limits import Limit
from allocopt.explain.neighbours import Neighbour
from allocopt.plan import Plan


class Restaged:
    """Solves a contract with stages anew, with one unit more or less of a limit."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @cached_property
    def _own(self) -> Neighbour:
        """The contract as it was, stated anew."""
        return Neighbour.of(self.plan)

    def gain(self, limit: Limit, more: bool) -> float:
        """Return what the objective gains by one unit more or less; minus infinity where no plan is left."""
        change = limit.more if more else limit.less
        assert change is not None
        own = self._own
        near = replace(own, stated=replace(own.stated, program=change.made_in(own.stated.program)))
        price = near.price()
        return -math.inf if price.status == "infeasible" else price.value
