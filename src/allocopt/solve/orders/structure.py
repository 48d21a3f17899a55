"""A program as orders: which columns are units, what they use up, and which switches stand over them.

.. code-block:: text

    sum_j coef[r, j] x[j]  <= limit[r]                    a resource, hard or at a price
    sum_{a in g} x[a]      <= units on[s]                 a switch that has to be on before anything ships
    sum_{a of d} x[a]      == units on[s]                 a line that is served in full, or not at all
    sum_{a in g} x[a]      == pack n                      a shipment in whole packs
    sum_{a in g} x[a]      >= least on[s]                 a shipment of at least so much, or money for so much
                                                          where no other row holds it back while the switch is off

Everything is told from the matrix and from the lines that columns ship to (`Program.column_line`); rows that ask for
at least so much are resources of which units give. Rows that can never bind are left out. A program with anything else
in it is not for this engine: `UnreadableError` says what.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import extreme, starts
from allocopt.algebra.program import Program
from allocopt.arrays import Floats, Longs

ALIKE = 1e-9
"""Relative difference of what two orders take of a resource up to which it is rounding."""


class UnreadableError(Exception):
    """The program holds something that orders do not know."""


@dataclass(frozen=True, eq=False)
class Listed:
    """Lists of pairs, one list an owner: those of owner i are ``[ptr[i]:ptr[i + 1]]``."""

    ptr: Longs
    item: Longs
    value: Floats

    @classmethod
    def of(cls, owner: Longs, item: Longs, value: Floats, size: int) -> Listed:
        """Return the lists of `size` owners, each in the order given."""
        order = np.argsort(owner, kind="stable")
        return cls(starts(owner, size), item[order], value[order])


@dataclass(frozen=True, eq=False)
class Orders:
    """A program as orders of lines of shipments of arcs, each level contiguous in the next.

    Attributes
    ----------
    column, row : int
        Column of each arc, row of each resource, in the program.
    sign : float64, shape (resources,)
        1 where the resource is the upper limit of its row, -1 where it is the lower one: then units give of it.
    value, most : float64, shape (arcs,)
        Money per unit, and the most units.
    shipment, line, option : int, shape (arcs,)
    pack, least : float64, shape (shipments,)
        Whole multiples of this, and nothing below that.
    pays : bool, shape (shipments,)
        Whether the program lets less ship, for less money: here it ships so much, or nothing.
    units : float64, shape (lines,)
        The most, and where the order is whole also the least, if anything ships.
    order : int, shape (lines,)
    whole : bool, shape (orders,)
        Whether it is served in full or not at all.
    choice : int, shape (orders,)
        The resource that says that only one of its options may be used; -1: several may.
    option_order : int, shape (options,)
        Options of an order are the sets of switches that its arcs need.
    needs : Listed
        Switches of each option.
    fee : float64, shape (switches,)
        Money once, where the switch is on.
    limit : float64, shape (resources,)
    rate : float64, shape (resources,)
        What it costs to take a unit more than there is; 0: that must not be. Where the program says that it must not
        be, and units may be missing at first, it costs more than it can ever be worth (``insisted``).
    insisted : bool, shape (resources,)
    integral : bool, shape (resources,)
        Whether all that takes of it comes in whole units.
    uses, once : Listed
        What a unit of each arc, and each switch, takes of which resources.
    scale : float64, shape (resources,)
        What the row of the program was multiplied by.
    base : float64, shape (columns of the program,)
        Values of the columns that nothing is left to decide about; zero for the others.
    followers : Followers
        The switches and packs that follow from the units.
    gates : Gates
        The rows of the program that say all this, to give them multipliers.
    """

    column: Longs
    row: Longs
    sign: Floats
    value: Floats
    most: Floats
    shipment: Longs
    line: Longs
    option: Longs
    pack: Floats
    least: Floats
    pays: NDArray[np.bool_]
    units: Floats
    order: Longs
    whole: NDArray[np.bool_]
    choice: Longs
    option_order: Longs
    needs: Listed
    fee: Floats
    limit: Floats
    rate: Floats
    insisted: NDArray[np.bool_]
    integral: NDArray[np.bool_]
    uses: Listed
    once: Listed
    scale: Floats
    base: Floats
    followers: Followers
    gates: Gates

    @property
    def whole_truth(self) -> bool:
        """Whether every plan of the program is one of these orders, so that what bounds them bounds the program."""
        return not bool(self.pays.any())

    @property
    def alike(self) -> bool:
        """Whether all that take of a resource take as much of it: a matching, whose relaxation is often whole."""
        units = np.repeat(self.units[self.line], np.diff(self.uses.ptr))
        item = np.concatenate([self.uses.item, self.once.item])
        taken = np.concatenate([self.uses.value * units, self.once.value])
        least = extreme(np.minimum, taken, item, len(self.limit), none=np.inf)
        most = extreme(np.maximum, taken, item, len(self.limit), none=-np.inf)
        return bool((most - least <= ALIKE * np.abs(most))[np.isfinite(most)].all())

    @cached_property
    def knotted(self) -> int:
        """How many orders are more than lines that take what they get: whole, over one option, or with a fee.

        A line that takes what it gets, and pays for getting enough, is none: articles are solved one by one then.
        """
        knots = self.whole | self.single
        knots[self.order[self.line[((self.least > 1) & ~self.pays)[self.shipment]]]] = True
        option = np.repeat(np.arange(len(self.option_order)), np.diff(self.needs.ptr))
        knots[self.option_order[option[self.fee[self.needs.item] > 0]]] = True
        return int(knots.sum())

    @cached_property
    def mostly_orders(self) -> bool:
        """Whether at least every other order is whole, or ships over one option."""
        return bool(2 * (self.whole | self.single).sum() >= len(self.whole))

    @cached_property
    def forced(self) -> NDArray[np.bool_]:
        """Whether an arc gives of what there has to be at least: it ships for an order that must be served."""
        owner = np.repeat(np.arange(len(self.column)), np.diff(self.uses.ptr))
        found = np.zeros(len(self.column), dtype=bool)
        found[owner[(self.uses.value < 0) & self.insisted[self.uses.item]]] = True
        return found

    @property
    def single(self) -> NDArray[np.bool_]:
        """Whether only one option of each order may be used, shape (orders,)."""
        return self.choice >= 0

    def plan(self, program: Program, units: Floats) -> Floats:
        """Return all columns of the program, given the units on each arc."""
        x = self.base.copy()
        x[self.column] += units
        return self.followers.put(program, x)


@dataclass(frozen=True, eq=False)
class Gates:
    """Rows over arcs: of which kind, which line they are of, and their arcs.

    Attributes
    ----------
    row, kind, line, size : shape (gates,)
        Row of the program, `LINE` and so on, line (the first one, of a switch over several), entry of its switch.
    switch : int, shape (gates,)
        Column of the program that stands over it; -1: none.
    gate, arc : int, shape (members,)
    """

    row: Longs
    kind: Longs
    line: Longs
    size: Floats
    switch: Longs
    gate: Longs
    arc: Longs


LINE, WHOLE, LINK, PACK, LEAST = range(5)
"""Kinds of gates: the most of a line, all or nothing of it, a switch that counts, packs, a least quantity."""


@dataclass(frozen=True, eq=False)
class Followers:
    """Columns that follow from units.

    Attributes
    ----------
    column : int, shape (switches,)
        On where any of its members ships, or so many packs where there is a ``divisor`` above 0.
    owner, member : int, shape (members,)
    divisor : float64, shape (switches,)
    row, breach, each : shape (soft rows,)
        Rows that may be broken, the columns that say by how much, and their entries.
    """

    column: Longs
    owner: Longs
    member: Longs
    divisor: Floats
    row: Longs
    breach: Longs
    each: Floats

    def put(self, program: Program, x: Floats) -> Floats:
        """Return a plan with these columns written."""
        total = np.bincount(self.owner, weights=x[self.member], minlength=len(self.column))
        x[self.column] = np.where(self.divisor > 0, total / np.maximum(self.divisor, 1.0), total > 0)
        if len(self.row):
            x[self.breach] = program.lower[self.breach]
            used = program.activity(x)[self.row]
            missing = np.maximum(
                np.maximum(program.row_lower[self.row] - used, used - program.row_upper[self.row]), 0.0
            )
            x[self.breach] += missing / self.each
        return x
