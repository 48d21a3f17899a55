"""The master program of the price engine, kept alive in HiGHS: which mix of proposals the coupling rows allow.

.. code-block:: text

    maximise    sum_kp value[kp] share[kp] + sum_j cost[j] z[j] - sum_i (high[i] bought[i] - low[i] sold[i])
    coupling    lower[i] <= sum_kp usage[kp, i] share[kp] + A z + sold[i] - bought[i] <= upper[i]     for each row i
    mix         sum_p share[kp] = 1                                                                for each group k

`bought` and `sold` keep the multipliers of the coupling rows between ``low`` and ``high``. Source: du Merle,
Villeneuve, Desrosiers, Hansen, Stabilized column generation, Discrete Mathematics 194 (1999).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.arrays import Floats
from allocopt.solve.highs_blocks import PRIMAL
from allocopt.solve.highs_quiet import new_solver
from allocopt.solve.highs_run import HighsError, answered, checked, option, run_here

NOTHING = 1e-12
"""A share below is a rounding residue."""
ALL = 0.5
"""The shares of a group add up to one; less than this is no mix."""
FRESH = 4
"""Solves that a proposal stays without being used before it may be dropped."""


class Master:
    """The master program.

    Parameters
    ----------
    lower, upper : float64, shape (coupling rows,)
    groups : int
    columns : tuple
        Of the loose columns: cost, lower, upper, and their entries as ``(ptr, row, value)``.
    unit : float
        What counts as one inside: money is divided by it.
    sizes : float64, shape (coupling rows,)
        The same for each row.
    """

    def __init__(self, lower: Floats, upper: Floats, groups: int, columns: Any, unit: float, sizes: Floats) -> None:
        import highspy

        self.rows, self.groups, self.unit, self.sizes = len(lower), groups, unit, sizes
        self.at_most, self.at_least = np.isinf(lower), np.isinf(upper)
        self._solver = new_solver()
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 0),
            ("presolve", "off"),
            ("solver", "simplex"),
            ("simplex_strategy", PRIMAL),
            ("simplex_scale_strategy", 0),
        ):
            option(self._solver, name, value)
        checked(self._solver.changeObjectiveSense(highspy.ObjSense.kMaximize), "refused to maximise")
        one, none = np.ones(groups), np.zeros(0)
        limits = (np.concatenate([lower / sizes, one]), np.concatenate([upper / sizes, one]))
        code = self._solver.addRows(
            self.rows + groups, *limits, 0, np.zeros(self.rows + groups, np.int32), np.zeros(0, np.int32), none
        )
        checked(code, "refused the rows of the master")
        every, side = np.arange(self.rows), np.ones(self.rows)
        self._add(
            np.zeros(2 * self.rows),
            np.zeros(2 * self.rows),
            np.full(2 * self.rows, np.inf),
            np.arange(2 * self.rows),
            np.concatenate([every, every]),
            np.concatenate([-side, side]),
        )
        cost, low, high, (ptr, row, value) = columns
        self.loose = len(cost)
        self._add(cost / unit, low, high, ptr[:-1], row, value / sizes[row])
        self._first = 2 * self.rows + self.loose
        self.value, self.usage = np.zeros(0), np.zeros((0, self.rows))
        self.group, self.round = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self.bought, self.sold, self.z = np.zeros(self.rows), np.zeros(self.rows), np.zeros(self.loose)
        self.objective, self._worth = np.inf, np.zeros(groups)
        self.share, self._idle = np.zeros(0), np.zeros(0, np.int64)

    def _add(self, cost: Floats, lower: Floats, upper: Floats, starts: Any, rows: Any, values: Floats) -> None:
        code = self._solver.addCols(
            len(cost),
            np.ascontiguousarray(cost, np.float64),
            np.ascontiguousarray(lower, np.float64),
            np.ascontiguousarray(upper, np.float64),
            len(rows),
            np.ascontiguousarray(starts, np.int32),
            np.ascontiguousarray(rows, np.int32),
            np.ascontiguousarray(values, np.float64),
        )
        checked(code, "refused columns of the master")

    def take(self, group: NDArray[np.int64], number: NDArray[np.int64], value: Floats, usage: Floats) -> None:
        """Add proposals: of which group, from which round, what they are worth and take of the coupling rows."""
        count = len(value)
        scaled = np.hstack([usage / self.sizes, np.ones((count, 1))])
        proposal, row = np.nonzero(scaled)
        starts = np.searchsorted(proposal, np.arange(count))
        rows = np.where(row == self.rows, self.rows + group[proposal], row)
        zero, endless = np.zeros(count), np.full(count, np.inf)
        self._add(value / self.unit, zero, endless, starts, rows, scaled[proposal, row])
        self.value, self.usage = np.concatenate([self.value, value]), np.vstack([self.usage, usage])
        self.group, self.round = np.concatenate([self.group, group]), np.concatenate([self.round, number])
        self._idle = np.concatenate([self._idle, np.zeros(count, np.int64)])

    def hold(self, low: Floats, high: Floats) -> None:
        """Keep the multipliers between two limits."""
        low = np.where(self.at_most, np.maximum(low, 0.0), low)
        high = np.where(self.at_least, np.minimum(high, 0.0), high)
        places = np.arange(2 * self.rows, dtype=np.int32)
        # A row without a lower limit needs no column that sells at nothing: its own slack does that.
        most = np.concatenate(
            [
                np.where(self.at_least & (high >= 0), 0.0, np.inf),
                np.where(self.at_most & (low <= 0), 0.0, np.inf),
            ]
        )
        cost = np.concatenate([-high, low]) * np.tile(self.sizes, 2) / self.unit
        checked(self._solver.changeColsBounds(len(places), places, np.zeros(len(places)), most), "refused the box")
        checked(self._solver.changeColsCost(len(places), places, cost), "refused the box")

    def solve(self) -> Floats:
        """Solve; return the multipliers of the coupling rows.

        Raises
        ------
        HighsError
            If HiGHS finds no mix, or its answer is none.
        """
        for _ in range(2):
            run_here(self._solver)
            said = answered(self._solver, self._first + len(self.value), self.rows + self.groups)
            if said.status == "kOptimal":
                break
            checked(self._solver.clearSolver(), "would not forget the master's basis")
        else:
            raise HighsError(f"HiGHS ended the master with {said.status}")
        if said.x is None or said.multipliers is None or not np.isfinite(said.value):
            raise HighsError("HiGHS calls the master optimal and vouches for no plan or no multipliers")
        x, multipliers = said.x, said.multipliers * self.unit
        traded = np.maximum(x[: 2 * self.rows], 0.0).reshape(2, self.rows)
        self.bought, self.sold = traded * self.sizes
        self.z = x[2 * self.rows : self._first]
        share = np.where(x[self._first :] > NOTHING, x[self._first :], 0.0)
        mixed = np.bincount(self.group, weights=share, minlength=self.groups)
        if (mixed < ALL).any():
            raise HighsError("HiGHS mixes less of the master's proposals than a whole plan")
        self.share = share / mixed[self.group]
        self.objective = said.value * self.unit
        self._worth = multipliers[self.rows :]
        self._idle = np.where(share > 0, 0, self._idle + 1)
        return multipliers[: self.rows] / self.sizes

    def forget(self, most: int, prices: Floats) -> None:
        """Drop the proposals that are worth least, where there are more than `most`."""
        count = len(self.value)
        if count <= most:
            return
        below = self._worth[self.group] - (self.value - self.usage @ prices)
        idle = np.flatnonzero(self._idle >= FRESH)
        drop = idle[np.argsort(-below[idle], kind="stable")][: count - (2 * most) // 3]
        places = np.sort(drop) + self._first
        checked(self._solver.deleteCols(len(places), places.astype(np.int32)), "would not drop proposals")
        keep = np.ones(count, dtype=bool)
        keep[drop] = False
        for name in ("value", "usage", "group", "round", "share", "_idle"):
            setattr(self, name, getattr(self, name)[keep])
