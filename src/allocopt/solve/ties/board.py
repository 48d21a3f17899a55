"""What moves look at and change: a program, a plan, the order of ties, and room to work in.

Everything is a thing with places: lists where the program is small, arrays where `native_moves` has compiled the moves.
"""

from __future__ import annotations

from typing import Any, NamedTuple

EQUAL = 1e-9
"""Plans are equal within this part of the money on the arcs that move."""
ROUNDING = 1e-12
"""Less than this part of the money on the arcs that move is not given up: it is rounding."""
FOLLOWERS, SEARCHED, LONG = 12, 64, 64
"""So many columns may follow a move; so many of a row are looked at, none that is in more rows than that."""
SWEEPS = 200
"""So often an article is gone through."""
HALVINGS = 12
"""So often a move that cannot be made is tried with half of the units."""
NOWHERE = -1e300
"""What a line gains from a lot that cannot serve it."""
UNKNOWN = -2e300
"""What has not been worked out yet."""

TOUCHED, FOLLOWING, WORK, MADE, CUT, PLACES = 0, 1, 2, 3, 4, 5
"""Places in `Hand.count`: rows and followers of the move in hand, work done, moves made, articles not finished."""


class Columns(NamedTuple):
    """The columns of a program, of which the first ones are arcs, its matrix, and the plan ``x``."""

    cost: Any
    lower: Any
    upper: Any
    whole: Any
    ptr: Any
    row: Any
    value: Any
    x: Any


class TiedRows(NamedTuple):
    """The rows of a program.

    ``slack`` is what a row may be off by for rounding; ``ptr``, ``column`` and ``value`` are its entries in columns
    that are no arcs. ``activity`` is what the plan comes to, ``full`` whether a row in which nothing can follow has no
    room above (1) or below (-1). ``barred`` says that a row with some room stood in the way of a move, ``freed`` is the
    number of the last move that made room in a row that was full or stood in the way.
    """

    lower: Any
    upper: Any
    slack: Any
    ptr: Any
    column: Any
    value: Any
    activity: Any
    full: Any
    barred: Any
    freed: Any


class TiedArcs(NamedTuple):
    """Of arcs: lot, line, periods late, key (smaller is better, within a line), money that moves with a unit."""

    lot: Any
    line: Any
    late: Any
    key: Any
    money: Any


class TiedLines(NamedTuple):
    """Of lines: where their arcs begin, their place in the order of ties, what they want, what they are given.

    ``least`` is what is no unit: half of one, or of divisible lines what is lost in rounding. ``of_sku`` is where the
    lines of an article begin, ``ordered`` the lines article by article, best first, and ``changed`` the number of the
    last move that changed a line.
    """

    ptr: Any
    place: Any
    wanted: Any
    served: Any
    least: Any
    of_sku: Any
    ordered: Any
    changed: Any


class TiedLots(NamedTuple):
    """Of lots: what there is, what is used, and where the lots of an article begin."""

    stock: Any
    used: Any
    of_sku: Any


class TieBoard(NamedTuple):
    """A program, a plan, and the order of ties."""

    columns: Columns
    rows: TiedRows
    arcs: TiedArcs
    lines: TiedLines
    lots: TiedLots


class Hand(NamedTuple):
    """Room for the move in hand.

    ``column`` and ``sign`` are the arcs that move; ``touched`` the rows of all columns that do (``marked`` says which),
    ``per_unit`` what a unit of the move adds to them and ``change`` what the whole move adds; ``follower`` and
    ``amount`` the columns that follow; ``count`` see `TOUCHED`.
    """

    column: Any
    sign: Any
    touched: Any
    marked: Any
    per_unit: Any
    change: Any
    follower: Any
    amount: Any
    count: Any


class Desk(NamedTuple):
    """Room for one article.

    ``active`` are its arcs that ship, of the last line first; ``woken`` says which of its arcs are looked at again as
    arcs to ship on, ``stirred`` which lines have such arcs, and ``fresh`` are the places of theirs in ``active``;
    ``lot_ptr`` and ``lot_arcs`` its arcs lot by lot, of the first line first. ``gain``, ``late`` and ``key`` say, for
    each arc and lot, what its line would gain from that lot instead, at best.
    """

    active: Any
    woken: Any
    stirred: Any
    fresh: Any
    lot_ptr: Any
    lot_arcs: Any
    gain: Any
    late: Any
    key: Any
