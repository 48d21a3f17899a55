"""How a search by prices is begun: who guides it, in how many groups, and from what first prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocopt.solve.prices.apart import Apart, Floats, WholeError
from allocopt.solve.prices.engine import GROUPS, MasterKind
from allocopt.solve.prices.serving import guiding
from allocopt.solve.solution import Clock

LEAST_GROUPS, MOST_GROUPS = 80, 500
"""Groups where centres guide: so many, and one more for each row."""
FEW_ROWS, FEW_PIECES = 15, 200
"""Fewer coupling rows than these, or fewer pieces, are guided by vertices: an interior point gains nothing there."""
MANY_VERTICES = 400
"""Coupling rows beyond which vertices take longer than a solver without prices."""
SAMPLE = 8
"""First prices come from every eighth piece, where there are enough of them."""
SAMPLED_FROM, SAMPLED_PARTS = 2_000, 30
"""Pieces that are enough where vertices guide; and where HiGHS solves all of them: each piece is many blocks then."""
SAMPLED_LEAST, SAMPLED_ROWS = 500, 2
"""Pieces that are enough where centres guide, and pieces in the sample for each coupling row."""
BOX_LEAST = 0.01
"""Half width of the box around given prices, as a part of what a unit of a coupling row may be worth, at least."""
GIVEN_BOX = 0.1
"""The same where prices come from a similar program, as a part of each price."""


@dataclass(frozen=True)
class Manner:
    """How a search is begun.

    Attributes
    ----------
    master : {"centre", "vertex"}
    groups, sample_groups : int
        Groups of pieces that propose together, in all and in the sample.
    fewest : int
        Pieces from which on first prices come from a sample.
    sample_gap : float
        How well the sample is solved.
    first_box : float
        Half width of the first box where there are no prices, as a part of what a unit of a row may be worth.
    sample_box : float
        The same around prices of a sample, as a part of each price.
    """

    master: MasterKind
    groups: int
    sample_groups: int
    fewest: int
    sample_gap: float
    first_box: float
    sample_box: float


def guide(rows: int, pieces: int, clock: Clock, *, native: bool) -> tuple[MasterKind, str]:
    """Return who guides a search where nobody was asked for, and what somebody should know of it; mostly nothing."""
    if not native or rows < FEW_ROWS or pieces < FEW_PIECES:
        return "vertex", ""
    by = guiding(clock)
    return "centre" if by.native else "vertex", by.note


def manner(rows: int, pieces: int, master: MasterKind, *, native: bool) -> Manner:
    """Return how a search is begun.

    Parameters
    ----------
    rows, pieces : int
        Coupling rows, and pieces that propose.
    master : {"centre", "vertex"}
    native : bool
        Whether compiled code solves the blocks that are networks.

    Raises
    ------
    WholeError
        If vertices would have to guide through too many rows.
    """
    if master == "vertex" and rows > MANY_VERTICES:
        raise WholeError(f"{rows:,} rows couple its {pieces:,} pieces, more than vertices get through")
    if master == "vertex":
        return Manner(master, GROUPS, 40, SAMPLED_FROM if native else SAMPLED_PARTS, 3e-4, 0.1, 0.3)
    groups = min(LEAST_GROUPS + rows, MOST_GROUPS)
    fewest = max(SAMPLED_LEAST, SAMPLE * SAMPLED_ROWS * rows) if native else SAMPLED_PARTS
    return Manner(master, groups, groups, fewest, 3e-3, 0.3, 0.1)


def around(prices: Floats, part: float, usual: Floats) -> Floats:
    """Return half the width of a box around prices; `usual` is what a unit of each row may be worth."""
    return np.maximum(part * np.abs(prices), BOX_LEAST * usual)


def allowed(apart: Apart, prices: Floats) -> Floats:
    """Return the prices with zero where a row has no limit on that side."""
    prices = np.where(np.isfinite(prices), prices, 0.0)
    opened = ((prices > 0) & np.isinf(apart.coupling_upper)) | ((prices < 0) & np.isinf(apart.coupling_lower))
    return np.where(opened, 0.0, prices)
