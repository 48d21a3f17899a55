"""Which runs of a comparison have to be solved, where only the best contract is asked for.

.. code-block:: text

    bound[c, r]  no plan of contract c in run r is worth more                                       [currency]
    most[c, r] = the high end of its plan where the run is solved, else bound[c, r]
    c is out     if  sum_r weight[r] most[c, r]  <  sum_r weight[r] worth[leader, r]
                 or, where runs are draws or a risk ranks,  most[c, r] < worth[leader, r] in each run that counts

Bounds come from the prices of the base (`allocopt.bound`). The contract whose bounds promise most is solved first, then
a few runs of each that is not out yet, those first whose bounds leave most open, until no contract is left that could
come first. Contracts with penalties or stages are solved in every run that counts: their bounds say nothing of the
contribution that they are ranked by. Which runs are solved depends on no number of workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.compare.intervals import NOISE
from allocopt.compare.runs import Request
from allocopt.compare.solving import NOT_SOLVED
from allocopt.compare.standing import Future, weights_of
from allocopt.plan import SOLVED
from allocopt.problem.facts import Flags, Floats

CHUNK = 4
"""Runs of a contract that are solved before it is looked at again."""
DECIDED = "not solved: its bound is enough to know that the contract does not come first"
BESIDE = "not solved: the scenario counts in no ranking"

Outcomes = Mapping[int, Mapping[str, Any]]


class Deciding:
    """What is known of each contract in each run, and what has to be solved next.

    Parameters
    ----------
    inputs : Request
    bound : float64, shape (runs,)
        What no plan of each run is worth more than; not finite where nothing is known, or no plan is there.
    risky : bool
        Whether contracts are ranked by something else than the mean.
    """

    def __init__(self, inputs: Request, bound: Floats, *, risky: bool) -> None:
        self.inputs, runs = inputs, inputs.runs
        futures = [Future.of(scenario) for scenario in inputs.scenarios]
        self.shape = len(inputs.contracts), len(runs) // len(inputs.contracts)
        self.number = np.arange(len(runs)).reshape(self.shape[::-1]).T
        scenario = np.array([run.scenario for run in runs])[self.number[0]]
        weight = np.array(list(weights_of(futures).values()))
        self.weight = weight[scenario] / np.bincount(scenario)[scenario]
        self.counts = self.weight > 0
        drawn = np.array([future.draws > 0 for future in futures])[scenario]
        self.each = risky or bool(drawn[self.counts].any())
        self.most = bound[self.number].astype(np.float64)
        self.least = np.full(self.shape, np.nan)
        self.done = np.zeros(self.shape, dtype=bool)
        plain = np.array([contract.earns_only for contract in inputs.contracts])
        self.whole = ~plain | ~np.isfinite(self.most[:, self.counts]).all(axis=1)
        """Contracts that are solved in every run that counts, shape (contracts,)."""

    def learn(self, outcomes: Outcomes) -> None:
        """Take in what has been solved."""
        for contract, run in np.argwhere(~self.done).tolist():
            found = outcomes.get(int(self.number[contract, run]))
            if found is None or found["status"] in ("error", NOT_SOLVED):
                continue
            self.done[contract, run] = True
            if found["status"] in SOLVED:
                self.least[contract, run] = min(found["objective"], found["contribution"])
                above = found["bound"] if found["bound"] is not None and not found["played"] else -np.inf
                self.most[contract, run] = max(found["objective"], above)
            else:
                self.most[contract, run] = -np.inf

    def give_up(self, numbers: Iterable[int]) -> None:
        """Take in which runs went wrong: their contracts have no plan there."""
        failed = np.isin(self.number, list(numbers))
        self.done[failed], self.most[failed] = True, -np.inf

    def wanted(self) -> list[int]:
        """Return the numbers of the runs to solve next; none where it is decided who comes first."""
        asked: Flags = np.zeros(self.shape, dtype=bool)
        asked[self.whole] = ~self.done[self.whole] & self.counts
        leader = self._leader()
        rest = [place for place in self._promising() if not self.whole[place] and not self._complete(place)]
        if leader is None:
            for place in rest[:1]:
                asked[place] = ~self.done[place] & self.counts
        elif not asked.any():
            for place in rest:
                if not self._out(place, leader):
                    asked[place, self._open(place, leader)] = True
        return sorted(self.number[asked].tolist())

    def left(self) -> dict[int, tuple[float, str]]:
        """Return the bounds of the runs that need not be solved, and why, by their numbers."""
        said = np.where(self.counts, DECIDED, BESIDE)
        return {
            int(self.number[place, run]): (float(self.most[place, run]), str(said[run]))
            for place, run in np.argwhere(~self.done).tolist()
        }

    def _complete(self, place: int) -> bool:
        return bool(self.done[place, self.counts].all())

    def _promising(self) -> list[int]:
        """Return the contracts, those first whose bounds promise most."""
        most = np.nan_to_num(self._mean(self.most), nan=-np.inf)
        return sorted(range(self.shape[0]), key=lambda place: (-most[place], place))

    def _mean(self, values: Floats) -> Floats:
        found: Floats = values[:, self.counts] @ self.weight[self.counts]
        return found

    def _leader(self) -> int | None:
        """Return the contract that earns most of those that have a plan in every run that counts."""
        mean = self._mean(self.least)
        there = np.flatnonzero(~np.isnan(mean))
        return int(there[np.argmax(mean[there])]) if len(there) and self.counts.any() else None

    def _out(self, place: int, leader: int) -> bool:
        """Return whether a contract cannot come first."""
        most, least = self.most[place, self.counts], self.least[leader, self.counts]
        if not self.each:
            weight = self.weight[self.counts]
            most, least = np.array([weight @ most]), np.array([weight @ least])
        return bool((most < least - NOISE * np.maximum(np.abs(least), 1.0)).all())

    def _open(self, place: int, leader: int) -> NDArray[np.intp]:
        """Return the next runs of a contract: those whose bounds leave most open above the leader."""
        runs = np.flatnonzero(self.counts & ~self.done[place])
        above = self.weight[runs] * (self.most[place, runs] - self.least[leader, runs])
        return runs[np.argsort(-above, kind="stable")[:CHUNK]]
