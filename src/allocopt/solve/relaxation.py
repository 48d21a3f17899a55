"""Who solves a linear relaxation: the price engine or HiGHS."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.solve import highs, prices
from allocopt.solve.certificate import upper_bound
from allocopt.solve.highs_blocks import StuckError
from allocopt.solve.highs_run import HighsError
from allocopt.solve.scaling import narrowed
from allocopt.solve.solution import Clock, Solution
from allocopt.solve.start import Basis, Prices, Start

Engine = Literal["auto", "highs", "prices"]

PRICED = 50_000
"""Columns from which on prices are tried first: below, HiGHS is as quick."""
SMALL, SKUS, EACH = 5_000, 500, 20
"""The same where there are so many SKUs of at most so many columns each, on the average."""
CLOSER, LOOSEST = 0.1, 1e-5
"""Before whole units are looked for, the relaxation is solved to this part of the gap wanted, and at least so well."""
PART = 0.6
"""Part of the time that prices may take where whole units are still to be found."""


@dataclass(frozen=True)
class Relaxer:
    """Solves the relaxations of one call.

    Attributes
    ----------
    engine : {"auto", "highs", "prices"}
        ``"auto"`` and ``"prices"`` hand over to HiGHS what does not come apart.
    threads : int or None
        Threads of the price engine; the answer is the same for any number.
    gap : float
        Of the whole call.
    work_limit : int or None
        Iterations of HiGHS, or rounds of prices.
    cluster : Cluster or None
        Whose workers find the best plans of the blocks for the price engine.
    rounds : int or None
        Rounds after which prices give up; what they have by then is the answer.
    bases : bool
        Whether anybody starts from where it ended.
    """

    engine: Engine = "auto"
    threads: int | None = None
    gap: float = prices.EXACT
    work_limit: int | None = None
    cluster: prices.Cluster | None = None
    rounds: int | None = None
    bases: bool = True

    def __call__(
        self,
        program: Program,
        clock: Clock,
        *,
        start: Start | None = None,
        flat: bool = False,
        known: NDArray[np.float64] | None = None,
    ) -> Solution:
        """Solve the relaxation of a program; see `highs.linear`.

        Parameters
        ----------
        program : Program
        clock : Clock
        start : Basis or Prices, optional
            Of a similar program.
        flat : bool
            Whether the objective leaves much open.
        known : float64, shape (columns,), optional
            A plan that keeps every row.
        """
        scaled = narrowed(program)
        small, start = scaled.program, scaled.start(start)
        notes: tuple[str, ...] = ()
        if self.engine == "prices" or (self.engine == "auto" and not flat and by_prices(program)):
            try:
                return scaled.back(self._by_prices(small, clock, start, None if known is None else scaled.into(known)))
            except (prices.WholeError, HighsError, StuckError) as reason:
                notes = (f"The price engine handed over to HiGHS: {str(reason).rstrip('.')}.",)
        basis = start if isinstance(start, Basis) else None
        method = "ipx" if flat else None
        answer = highs.linear(small, clock, work_limit=self.work_limit, method=method, start=basis, keep=self.bases)
        return scaled.back(replace(answer, notes=notes))

    def _by_prices(
        self, program: Program, clock: Clock, start: Start | None, known: NDArray[np.float64] | None
    ) -> Solution:
        whole = bool(program.integer.any())
        found = prices.linear(
            program,
            clock,
            gap=min(self.gap * CLOSER, LOOSEST) if whole else self.gap,
            work_limit=min((limit for limit in (self.work_limit, self.rounds) if limit is not None), default=None),
            start=start if isinstance(start, Prices) else None,
            threads=self.threads,
            pure=whole,
            part=PART if whole else 1.0,
            known=known,
            cluster=self.cluster,
        )
        for values, count in ((found.x, program.columns), (found.multipliers, program.rows)):
            if values is not None and (np.shape(values) != (count,) or not np.isfinite(values).all()):
                raise prices.WholeError("its answer holds values that are no numbers, or too few")
        return found


def by_prices(program: Program) -> bool:
    """Return whether prices are tried before HiGHS: told from the number of columns and of SKUs."""
    if program.columns >= PRICED or program.columns < SMALL:
        return program.columns >= PRICED
    skus = int(np.count_nonzero(np.bincount(program.column_sku[program.column_sku >= 0])))
    return skus >= max(SKUS, program.columns / EACH)


def bound_from(program: Program, start: Start | None, *, threads: int | None = None) -> float:
    """Return a bound on every plan of a program: at the prices of a similar one, or from its relaxation.

    Parameters
    ----------
    program : Program
    start : Basis or Prices or None
        Of a similar program.
    threads : int, optional
        Threads of the price engine.

    Returns
    -------
    float
        ``-inf`` where no plan keeps the rows, ``inf`` where nothing is proven.
    """
    if isinstance(start, Prices) and start.fits(program):
        try:
            return upper_bound(program, prices.answered(program, start, threads=threads))
        except (prices.WholeError, HighsError, StuckError):
            pass
    found = Relaxer(threads=threads)(program, Clock.started(None), start=start)
    if found.status == "infeasible":
        return -math.inf
    return upper_bound(program, found.multipliers)
