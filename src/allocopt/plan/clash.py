"""Which promises clash with which, by what limits of stock and capacity, and how many units short that is.

Rows with a price at the smallest repair hang together where units that ship stand in two of them. Where every price in
such a clash is that of a whole unit, the promises add up (Farkas): what they need less what is given up is what there
is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocopt.algebra.labels import Codes, Family, Labels
from allocopt.algebra.program import Program
from allocopt.arrays import Longs
from allocopt.problem.facts import Facts, Flags, Floats, Ints
from allocopt.rules.capacity import Capacity
from allocopt.rules.lane_capacity import LaneCapacity

CLOSE = 1e-6
"""Prices are those of whole units within this."""
FEW = 4
"""Articles, and limits of a kind, that a clash names; one more is enough to know that there are more."""
STOCK, WANTED = "supply", "demand"
"""Rows that hold what a lot has, and what a line wants."""


@dataclass(frozen=True, eq=False)
class Clashes:
    """Promises that cannot hold together, in groups that have nothing to do with each other.

    Attributes
    ----------
    number : int, shape (rows,)
        Clash of each promise that takes part.
    counted : bool, shape (clashes,)
        Whether `need` says how many units the promises need together.
    need, given : float64, shape (clashes,)
        What they need, and what is given up [unit].
    fixed : int, shape (limits,)
        Rows that nobody promised and that stand against promises, ascending.
    of_fixed : int, shape (limits,)
        Clash of each.
    """

    number: Ints
    counted: Flags
    need: Floats
    given: Floats
    fixed: Longs
    of_fixed: Longs

    def limits(self, program: Program, labels: Labels, facts: Facts, some: list[int]) -> Obstacles:
        """Return what cannot be changed in some clashes: the first few of it."""
        rows = self.fixed[np.isin(self.of_fixed, some)]
        codes = np.unique(program.row_sku[rows])
        skus: list[str] = facts.skus.id[codes[codes >= 0][:FEW]].tolist()
        words, remedies = list[str](), list[str]()
        for family, ranks in labels.of_rows(rows):
            said = _limits(family, ranks[:FEW])
            words += said
            if family.name == STOCK:
                more = f"{', '.join(skus[:2])}, {len(skus) - 2} more" if len(skus) > 3 else ", ".join(skus)
                remedies.append(f"find as many more of {more}")
            elif family.rule in (Capacity.name, LaneCapacity.name):
                remedies.append(f"have more {said[0]}{' and others' if len(ranks) > 1 else ''}")
        return Obstacles(skus, list(dict.fromkeys(words)), remedies)


@dataclass(frozen=True)
class Obstacles:
    """What stands against promises that nobody promised, in words.

    Attributes
    ----------
    skus : list of str
        Articles that are short.
    words : list of str
    remedies : list of str
        What else somebody could do, as phrases that begin with a verb.
    """

    skus: list[str]
    words: list[str]
    remedies: list[str]


def clashes(program: Program, rows: Codes, given: Floats, prices: Floats) -> Clashes:
    """Return which clash each of some rows belongs to, and how many units it is about.

    Parameters
    ----------
    program : Program
    rows : int, shape (rows,), ascending
        Promises that take part: what gives way, or has a price.
    given : float64, shape (rows,)
        By how much each gives way.
    prices : float64, shape (rows of the program,)
        See `Repair`.
    """
    from scipy import sparse
    from scipy.sparse import csgraph

    part = prices != 0
    part[rows] = True
    place, size = np.cumsum(part) - 1, int(part.sum())
    entry = part[program.indices]
    ends = (place[program.indices[entry]], size + program.entry_column[entry])
    graph = sparse.coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(size + program.columns,) * 2)
    group = csgraph.connected_components(graph, directed=False)[1]
    names, number = np.unique(group[place[rows]], return_inverse=True)
    mine = np.zeros(program.rows, dtype=bool)
    mine[rows] = True
    fixed = np.flatnonzero(part & ~mine)
    at = np.searchsorted(names, group[place[fixed]])
    there = names[np.minimum(at, len(names) - 1)] == group[place[fixed]]
    fixed, at = fixed[there], at[there]
    own = prices[rows]
    odd = np.bincount(number, np.abs(np.abs(own) - 1) > CLOSE, len(names)) > 0
    odd |= np.bincount(at, np.abs(np.abs(prices[fixed]) - 1) > CLOSE, len(names)) > 0
    need = np.bincount(number, np.where(own < 0, program.row_lower[rows], 0.0), len(names))
    return Clashes(
        number=number.astype(np.int32),
        counted=~odd & (need > 0),
        need=need.astype(np.float64),
        given=np.bincount(number, given, len(names)).astype(np.float64),
        fixed=fixed,
        of_fixed=at.astype(np.int32),
    )


def _limits(family: Family, ranks: Codes) -> list[str]:
    """Return rows that nobody promised, in words."""
    labels = [dict(zip(family.index.names, family.index.label(rank), strict=True)) for rank in ranks.tolist()]
    if family.name == STOCK:
        return [f"stock {label['lot']}" for label in labels]
    if family.name == WANTED:
        return [f"what {label['line']} wants" for label in labels]
    name = family.name.removesuffix("_rows").replace("_", " ")
    if family.rule == LaneCapacity.name:
        name = "capacity"
    return [f"{name} of {', '.join(_part(*part) for part in label.items())}" for label in labels]


def _part(name: str, value: object) -> str:
    """Return one part of a label in words."""
    return f"period {value}" if name in ("period", "until") else str(value)
