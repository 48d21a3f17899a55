"""The units around fair levels, what each of them is worth, and the program that has their values as its objective."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.grouping import ranges
from allocopt.algebra.program import Program, with_loose_columns, with_rows
from allocopt.problem.facts import Flags, Floats
from allocopt.stages.groups import Groups, Places
from allocopt.stages.levels import MARGIN

EARNS = 1e-5
"""What the best unit on any arc counts beside a unit of fairness, when fair levels are reached in whole units."""
BASE = 10.0
"""What a unit counts that every fair split gives."""
TALL = 40
"""Doublings after which any number of packs is reached."""


@dataclass(frozen=True)
class Window:
    """Units around fair levels; beyond some of them there may be lumps of several units, to see who goes there.

    Attributes
    ----------
    base : float64, shape (groups,)
        Units that every split gives [unit].
    least, most : float64, shape (groups,)
        Between these each unit (or pack) stands for itself [unit].
    whole : bool, shape (groups,)
        Groups in whole units.
    group : int, shape (pieces,)
        Whose each unit (pack, lump) is.
    begin, size : float64, shape (pieces,)
        Units of the group before it, and its own [unit].
    value : float64, shape (pieces,)
        What each of these counts.
    constant : float
        What every split counts that is not to be seen in the objective.
    """

    base: Floats
    least: Floats
    most: Floats
    whole: Flags
    group: Places
    begin: Floats
    size: Floats
    value: Floats
    constant: float
    lumps: bool

    def least_gain(self, groups: Groups) -> float:
        """Return half of the least difference between two pieces of one pool: what is worth less is no exchange."""
        return 0.5 / float(np.bincount(groups.pool[self.group], minlength=1).max(initial=1))


def window_around(
    groups: Groups, levels: Floats, looked: Flags, whole: Flags, reach: np.ndarray, *, lumps: bool = False
) -> Window:
    """Return the units around the levels of the groups that are looked at.

    Parameters
    ----------
    groups : Groups
    levels : float64, shape (groups,)
    looked, whole : bool, shape (groups,)
        Groups that are looked at, and those in whole units.
    reach : int, shape (pools,)
        Packs below and above the level.
    lumps : bool
        Whether all other units are looked at in lumps.
    """
    step = groups.step
    near, full = np.floor((levels + 1e-5) / step), np.floor(groups.wanted / step + 1e-9)
    far = reach[groups.pool].astype(float)
    least = np.where(looked, np.maximum(near - far, 0.0), near)
    most = np.where(looked, np.maximum(np.minimum(near + far, full), least), least)
    low, high = least, most
    if lumps:
        low, high = np.where(looked, 0.0, near), np.where(looked, np.maximum(full, most), near)
    begin, end, group = _pieces(low, least, most, high, far)
    size = (end - begin) * step[group]
    under = end <= least[group]
    # A lump of units below counts what its last unit does, one above what its first does: then splitting a lump that is
    # taken, or left, as a whole changes nothing.
    level = np.where(under, end - 1.0, begin) * step[group] / groups.weight[group]
    lift = step[group] / groups.weight[group]
    # Equal levels are told apart by the label only where weights are equal too; rounding must not do it.
    order = np.lexsort((group, -_rounded(lift), _rounded(level), groups.pool[group]))
    sizes = np.bincount(groups.pool[group], minlength=groups.pools)
    place, pool = ranges(np.zeros_like(sizes), sizes)
    value = np.empty(len(group))
    value[order] = 2.0 - place / sizes[pool]
    base = np.where(whole, low * step, np.maximum(levels - MARGIN, 0.0))
    constant = BASE * float(base.sum()) + float(value[under] @ size[under])
    least, most, begin = least * step, most * step, begin * step[group]
    return Window(base, least, most, whole, group, begin, size, value=value, constant=constant, lumps=lumps)


def _pieces(low: Floats, least: Floats, most: Floats, high: Floats, far: Floats) -> tuple[Floats, Floats, Places]:
    """Return where pieces begin and end: packs from `least` to `most`, and beyond lumps of twice as many each time."""
    rank, group = ranges(np.zeros(len(least), np.int64), (most - least).astype(np.int64))
    begins, ends, owners = [least[group] + rank], [least[group] + rank + 1.0], [group]
    every = np.arange(len(least))
    down, up = least.copy(), most.copy()
    for turn in range(TALL):
        lower = np.maximum(down - far * 2.0**turn, low)
        upper = np.minimum(up + far * 2.0**turn, high)
        if turn == TALL - 1:
            lower, upper = low, high
        below, above = lower < down, upper > up
        if not (below.any() or above.any()):
            break
        begins += [lower[below], up[above]]
        ends += [down[below], upper[above]]
        owners += [every[below], every[above]]
        down, up = lower, upper
    return np.concatenate(begins), np.concatenate(ends), np.concatenate(owners)


def _rounded(values: Floats) -> Floats:
    """Return values without the rounding of their last digits."""
    with np.errstate(divide="ignore"):
        size = np.where(values > 0, np.floor(np.log10(np.where(values > 0, values, 1.0))), 0.0)
    unit = 10.0 ** (size - 11)
    rounded: Floats = np.rint(values / unit) * unit
    return rounded


def valued(program: Program, groups: Groups, window: Window, earns: float = EARNS) -> Program:
    """Return the program whose objective is the values of the units of a window.

    `earns` is what the best unit counts for what it earns.
    """
    worth = program.cost * (earns / max(np.abs(program.cost).max(initial=0.0), 1.0))
    rows, columns, values = groups.entries()
    worth[columns] += BASE
    free = np.flatnonzero(~window.whole)
    # Beyond their level groups of divisible goods may take what they like, and it counts nothing.
    owner = np.concatenate([window.group, free])
    trial = with_loose_columns(
        replace(program, cost=worth, constant=-window.constant),
        cost=np.concatenate([window.value, np.zeros(len(free))]) - BASE,
        upper=np.concatenate([window.size, groups.wanted[free]]),
        sku=groups.sku[owner],
    )
    return with_rows(
        trial,
        np.concatenate([rows, owner]),
        np.concatenate([columns, program.columns + np.arange(len(owner))]),
        np.concatenate([values, -np.ones(len(owner))]),
        lower=np.full(len(window.base), -np.inf),
        upper=window.base,
        sku=groups.sku,
    )


def placed(program: Program, groups: Groups, window: Window, x: Floats) -> Floats:
    """Return a plan of a program over the columns of `valued`."""
    units, free = groups.units(x), np.flatnonzero(~window.whole)
    pieces = np.clip(units[window.group] - window.begin, 0.0, window.size)
    return np.concatenate([x, pieces, np.maximum(units - window.base, 0.0)[free]])


def at_the_edge(groups: Groups, window: Window, units: Floats) -> Flags:
    """Return the pools in which a group ended at the first or last unit that was looked at, shape (pools,).

    Where lumps tell whether the next units would be taken too, it is those in which a group ended inside of one.
    """
    here = window.most > window.least
    near = 1e-6 if not window.lumps else -1e-6
    low = here & (units <= window.least + near) & (window.least > 0)
    high = here & (units >= window.most - near) & (window.most + groups.step <= groups.wanted + 1e-6)
    edge: Flags = np.bincount(groups.pool[low | high], minlength=groups.pools) > 0
    return edge
