"""What takers choose from, made of a program: their arcs from the best to the worst, and the limits on these.

A row limits takers by plain arithmetic where nothing but arcs can change in it. A column beside the arcs that an
equality ties to a single arc (the number of packs on it) follows that arc: it is put in its place in all rows, and
where it is whole the arc is taken in whole packs. Lines whose arcs are in rows with other free columns (stock that is
kept idle, switches), or in equalities, are left to small programs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocopt.algebra.grouping import starts
from allocopt.algebra.program import Program
from allocopt.arcs import Arcs
from allocopt.arrays import Places as Places
from allocopt.problem.facts import Flags, Floats
from allocopt.solve.greedy import Taking, run

NATIVE, COMPILED = 50_000, 500_000
"""Arcs from which on it is worth it to read back what was compiled, and to compile."""
SLIP = 4e-13
"""Rounding of a row's own sums, relative to its limit."""


@dataclass(frozen=True, eq=False)
class OpenEntries:
    """The matrix as entries of columns that can still change.

    Attributes
    ----------
    column, row : int, shape (entries,)
    value : float64, shape (entries,)
    """

    column: Places
    row: Places
    value: Floats

    def of(self, mask: Flags) -> OpenEntries:
        """Return some of the entries."""
        return OpenEntries(self.column[mask], self.row[mask], self.value[mask])


@dataclass(frozen=True, eq=False)
class Dependents:
    """Columns that follow an arc each: ``x[column] = ... + ratio * ship[arc]``.

    Attributes
    ----------
    column, arc : int, shape (followers,)
    ratio : float64, shape (followers,)
    grain : float64, shape (arcs,)
        What is taken of an arc at a time; 0: anything.
    """

    column: Places
    arc: Places
    ratio: Floats
    grain: Floats


@dataclass(frozen=True, eq=False)
class Limits:
    """What limits arcs: ``sum value ship <= limit``, as far as plain arithmetic goes.

    Attributes
    ----------
    plain : bool, shape (arcs,)
        Arcs of which every row is so.
    entries : OpenEntries
        Of plain arcs, in one-sided rows.
    row, side : shape (one-sided rows,)
        Row of the program, and 1 for its upper limit, -1 for its lower one.
    limit : float64, shape (one-sided rows,)
    followers : Dependents
    """

    plain: Flags
    entries: OpenEntries
    row: Places
    side: Floats
    limit: Floats
    followers: Dependents


def limits_of(program: Program, ship: slice) -> Limits:
    """Return what limits the arcs of a program, whose units stand at `ship` among its columns."""
    arc = np.full(program.columns, -1, dtype=np.intp)
    arc[ship] = np.arange(ship.stop - ship.start)
    column = program.entry_column
    free = (program.lower < program.upper)[column]
    entries = OpenEntries(column[free], program.indices[free].astype(np.intp), program.data[free])
    equal = program.row_lower == program.row_upper
    followers, tie = _followers(program, entries, equal, arc)
    # A follower's entries become its arc's.
    ratio = np.ones(program.columns)
    arc[followers.column], ratio[followers.column] = followers.arc, followers.ratio
    entries = OpenEntries(arc[entries.column], entries.row, entries.value * ratio[entries.column])
    bound = equal & ~tie
    bound[entries.row[entries.column < 0]] = True
    entries = _added_up(entries.of(~tie[entries.row] & (entries.column >= 0)), program.rows)
    plain = followers.grain == np.rint(followers.grain)
    plain[entries.column[bound[entries.row]]] = False
    entries = entries.of(plain[entries.column])
    return _one_sided(program, entries, plain, followers)


def _added_up(entries: OpenEntries, rows: int) -> OpenEntries:
    """Return the entries with those at one place as one."""
    key = entries.column * rows + entries.row
    places, which = np.unique(key, return_inverse=True)
    if len(places) == len(key):
        return entries
    value: Floats = np.bincount(which, weights=entries.value).astype(np.float64)
    return OpenEntries(places // rows, places % rows, value)


def _followers(program: Program, entries: OpenEntries, equal: Flags, arc_of: Places) -> tuple[Dependents, Flags]:
    """Return the columns that follow an arc, and the rows that say so, shape (rows,)."""
    beside = arc_of[entries.column] < 0
    number = np.bincount(entries.row, weights=beside, minlength=program.rows)
    of_arcs = np.bincount(entries.row, minlength=program.rows) - number
    tie = equal & (number == 1) & (of_arcs == 1)
    here = tie[entries.row]
    one, other = entries.of(here & beside), entries.of(here & ~beside)
    one_order, other_order = np.argsort(one.row), np.argsort(other.row)
    column, arc = one.column[one_order], arc_of[other.column[other_order]]
    ratio = -other.value[other_order] / one.value[one_order]
    # A column in two such rows, or of two arcs, follows nobody.
    alone = (np.bincount(column, minlength=program.columns)[column] == 1) & (np.bincount(arc)[arc] == 1)
    tie[one.row[one_order][~alone]] = False
    column, arc, ratio = column[alone], arc[alone], ratio[alone]
    grain = np.where(program.integer[arc_of >= 0], 1.0, 0.0)
    whole = program.integer[column]
    grain[arc[whole]] = np.abs(1.0 / ratio[whole])
    return Dependents(column, arc, ratio, grain), tie


def _one_sided(program: Program, entries: OpenEntries, plain: Flags, followers: Dependents) -> Limits:
    """Return limits with each finite side of a row as a row of its own."""
    used = np.bincount(entries.row, minlength=program.rows) > 0
    parts, before = [], 0
    for sign, limits in ((1.0, program.row_upper), (-1.0, -program.row_lower)):
        rows = np.flatnonzero(used & np.isfinite(limits))
        place = np.full(program.rows, -1)
        place[rows] = before + np.arange(len(rows))
        mine = entries.of(place[entries.row] >= 0)
        parts.append((mine.column, place[mine.row], sign * mine.value, rows, np.full(len(rows), sign), limits[rows]))
        before = len(rows)
    column, at, value, row, side, limit = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Limits(plain, OpenEntries(column, at, value), row, side, limit, followers)


class Takers:
    """Lines that take by plain arithmetic, in their order."""

    def __init__(self, arcs: Arcs, limits: Limits, lines: Places, own: Floats, room: Floats, want: Floats) -> None:
        """Line up the takers.

        Parameters
        ----------
        arcs : Arcs
        limits : Limits
        lines : int, shape (takers,)
            In the order in which they come.
        own : float64, shape (arcs,)
            What a unit is worth to its line [currency/unit].
        room : float64, shape (arcs,)
            What may be taken of each arc [unit].
        want : float64, shape (lines,)
            What each line still wants [unit].
        """
        self.limits = limits
        count = len(lines)
        taker = np.full(len(arcs.facts.lines.sku), -1)
        taker[lines] = np.arange(len(lines))
        mine = np.flatnonzero((taker[arcs.line] >= 0) & (own >= -LOSS) & (room > 0))
        self.arcs: Places = mine[_best_first(arcs, taker[arcs.line], own, mine)]
        grain, article = np.zeros(count), arcs.facts.lines.sku[lines]
        grain[taker[arcs.line[mine]]] = limits.followers.grain[mine]
        self.first = starts(taker[arcs.line[self.arcs]], count)
        board = self._board(taker[arcs.line[self.arcs]], want[lines], grain, article.astype(np.intp), room[self.arcs])
        self.native = len(self.arcs) >= NATIVE and _serves(len(self.arcs))
        if self.native:
            from allocopt.solve import native_greedy

            self.board = native_greedy.typed(board)
        else:
            self.board = Taking(*(part.tolist() for part in board))

    def _board(self, taker: Places, want: Floats, grain: Floats, article: Places, room: Floats) -> Taking:
        """Return the board of choices that stand in their order."""
        count, rows = len(want), len(self.limits.row)
        place = np.full(len(self.limits.plain), -1)
        place[self.arcs] = np.arange(len(self.arcs))
        entries = self.limits.entries.of(place[self.limits.entries.column] >= 0)
        choice = place[entries.column]
        by_choice, by_row = np.argsort(choice, kind="stable"), np.lexsort((choice, entries.row))
        zeros = {name: np.zeros(rows) for name in ("slack", "flow", "rate", "since")}
        return Taking(
            first=self.first,
            entry_first=starts(choice[by_choice], len(self.arcs)),
            entry_row=entries.row[by_choice],
            entry_value=entries.value[by_choice],
            row_first=starts(entries.row[by_row], rows),
            row_choice=choice[by_row],
            row_value=entries.value[by_row],
            taker=taker,
            want=want,
            grain=grain,
            article=article,
            room=room.copy(),
            slip=SLIP * np.abs(self.limits.limit),
            took=np.zeros(len(self.arcs)),
            stamp=np.zeros(rows, dtype=np.int64),
            seen=np.full(rows, -1, dtype=np.int64),
            at=np.zeros(count, dtype=np.int64),
            begun=np.zeros(count),
            turn=np.zeros(count, dtype=np.int64),
            eaten=np.zeros(len(self.arcs)),
            got=np.zeros(count),
            left=np.zeros(int(article.max(initial=-1)) + 1),
            **zeros,
        )

    def take(self, levels: Places, begin: int, end: int, activity: Floats) -> tuple[Places, Floats]:
        """Let the takers of some levels take, and return the arcs and units that they took.

        Parameters
        ----------
        levels : int, shape (levels + 1,)
            First taker of each level.
        begin, end : int
        activity : float64, shape (rows,)
            Of the program, before.
        """
        slack = self.limits.limit - self.limits.side * activity[self.limits.row]
        low, high = self.first[levels[begin]], self.first[levels[end]]
        if self.native:
            from allocopt.solve import native_greedy

            self.board.slack[:] = slack
            native_greedy.run(self.board, levels.astype(np.int64), begin, end)
        else:
            self.board.slack[:] = slack.tolist()
            run(self.board, levels.tolist(), begin, end)
        units = np.array(self.board.took[low:high], dtype=np.float64)
        some = np.flatnonzero(units)
        return self.arcs[low + some], units[some]


def _serves(arcs: int) -> bool:
    """Return whether compiled code serves: where it is kept already, or where compiling pays; it does the same."""
    from allocopt.solve import native_greedy
    from allocopt.solve.prices import native_store

    return native_store.kept(native_greedy.run) or arcs >= COMPILED


LOSS = 1e-9
"""A unit that loses no more than this is taken [currency/unit]: rounding."""


def _best_first(arcs: Arcs, taker: Places, own: Floats, mine: Places) -> Places:
    """Return the order of some arcs: by taker, and for each the best one first.

    Of arcs worth the same: the least late, the lot that expires first, that is there first, with the shortest lead,
    and the one that ships first.
    """
    lots = arcs.facts.lots
    lot = arcs.lot[mine]
    keys = (
        arcs.ship[mine],
        lot,
        arcs.facts.lanes.lead[arcs.lane[mine]],
        lots.available[lot],
        lots.expires[lot],
        arcs.late(mine),
        -np.round(own[mine], 9),
        taker[mine],
    )
    return np.lexsort(keys)
