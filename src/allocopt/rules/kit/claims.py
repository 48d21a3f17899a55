"""Claims on the lots of one article, met one after another: a small flow.

.. code-block:: text

    sum_{l in lots of claim i} held[i, l] = met[i],   sum_i held[i, l] <= free units of lot l        [unit]

A claim that is met stays met; it may move to other lots of its own, so that a later one finds what it needs. How much
of a claim is met therefore does not depend on which lots the earlier ones were given first. Lots are bits of a whole
number here, and so are owners: a set of lots is one number, and so is a set of those whom a claim is for. A claim for
several counts for one of them as far as it is narrowed to that one; it is still one of the several then.
Source: augmenting paths, Ford and Fulkerson, Maximal flow through a network (1956).
"""

from __future__ import annotations

from collections.abc import Sequence

TINY = 1e-9
"""Less than this is nothing: only articles that can be divided have fractions at all [unit]."""


class Claims:
    """Claims on the lots of one article.

    Parameters
    ----------
    free : sequence of float
        Usable units of each lot [unit].
    reach : sequence of int
        The lots that each owner can use, as bits, in the order of the owners' bits; none: all.

    Examples
    --------
    Two units that either lot can give move to the second one, and the two that only the first can give are met:

    >>> claims = Claims([2.0, 2.0])
    >>> claims.claim(0b001, 0b11, 2.0), claims.claim(0b010, 0b01, 2.0), claims.claim(0b100, 0b11, 1.0)
    (2.0, 2.0, 0.0)

    Of three units for either of two owners, two are one's own:

    >>> claims = Claims([3.0])
    >>> claims.claim(0b11, 0b1, 3.0), claims.counted(0b01, 0b1, 2.0), claims.counted(0b10, 0b1, 2.0)
    (3.0, 2.0, 1.0)
    """

    def __init__(self, free: Sequence[float], reach: Sequence[int] = ()) -> None:
        self.free = list(free)
        self.reach = list(reach)
        self.owner: list[int] = []
        self.lots: list[int] = []
        self.held: list[dict[int, float]] = []

    def claim(self, owner: int, lots: int, units: float) -> float:
        """Return how many units more some owners are given of some lots."""
        self._open(owner, lots)
        return self._meet(len(self.owner) - 1, units)

    def counted(self, owner: int, lots: int, units: float) -> float:
        """Return how many units of some lots are held for some owners, and move them there: at most so many more.

        What lies inside for good counts in any case. What was moved there, or narrowed to fewer owners, stays so; the
        claims for the fewest owners come first.
        """
        found, wider = 0.0, []
        for number, (mine, places) in enumerate(zip(self.owner, self.lots, strict=True)):
            if mine & ~owner == 0 and places & ~lots == 0:
                found += sum(self.held[number].values()) if mine else 0.0
            elif mine & owner:
                wider.append(number)
        for number in sorted(wider, key=lambda one: self.owner[one].bit_count()):
            both = self.owner[number] & owner
            inside = self.lots[number] & lots & self._reached(both)
            if inside and units - found > TINY:
                found += self._narrowed(number, both, inside, units - found)
        return found

    def _reached(self, owner: int) -> int:
        """Return the lots that one of some owners can use."""
        found = 0 if self.reach else -1
        for number, lots in enumerate(self.reach):
            found |= lots if owner >> number & 1 else 0
        return found

    def _open(self, owner: int, lots: int) -> None:
        self.owner.append(owner)
        self.lots.append(lots)
        self.held.append({})

    def _narrowed(self, wide: int, owner: int, lots: int, units: float) -> float:
        """Move units of a claim to a new claim of fewer owners, or on fewer lots; return how many could move."""
        self._open(owner, lots)
        narrow, moved = len(self.owner) - 1, 0.0
        for lot, held in list(self.held[wide].items()):
            if lots >> lot & 1 and units - moved > TINY:
                step = min(held, units - moved)
                self._hold(wide, lot, -step)
                self._hold(narrow, lot, step)
                moved += step
        if units - moved > TINY:
            outside = sum(self.held[wide].values())
            for lot, held in self.held[wide].items():
                self.free[lot] += held
            self.held[wide] = {}
            more = self._meet(narrow, min(outside, units - moved))
            self._meet(wide, outside - more)
            moved += more
        return moved

    def _meet(self, claim: int, units: float) -> float:
        """Give a claim units of its lots, as many as can be found; return how many."""
        met = 0.0
        while units - met > TINY:
            path = self._path(claim)
            if not path:
                break
            # Each on the path takes a lot and leaves it the one that the one before takes.
            step = min([units - met, self.free[path[-1][0]], *(self.held[who][lot] for lot, who in _left(path))])
            self.free[path[-1][0]] -= step
            for lot, taker in path:
                self._hold(taker, lot, step)
            for lot, who in _left(path):
                self._hold(who, lot, -step)
            met += step
        return met

    def _path(self, claim: int) -> list[tuple[int, int]]:
        """Return who takes which lot so that the claim gets one and a free one is used in the end; empty: nobody can.

        The first entry is the claim with its new lot; each later taker gives up the lot of the entry before.
        """
        came: dict[int, tuple[int, int]] = {}
        seen, waiting = 0, [(claim, -1)]
        while waiting:
            taker, given_up = waiting.pop(0)
            new = self.lots[taker] & ~seen
            seen |= new
            while new:
                lot = (new & -new).bit_length() - 1
                new &= new - 1
                came[lot] = (taker, given_up)
                if self.free[lot] > TINY:
                    return _walked(came, lot)
                waiting += [(who, lot) for who, held in enumerate(self.held) if held.get(lot, 0.0) > TINY]
        return []

    def _hold(self, claim: int, lot: int, units: float) -> None:
        held = self.held[claim].get(lot, 0.0) + units
        if held > TINY:
            self.held[claim][lot] = held
        else:
            self.held[claim].pop(lot, None)


def _walked(came: dict[int, tuple[int, int]], lot: int) -> list[tuple[int, int]]:
    """Return the takers from the first one to the one that takes `lot`."""
    path = []
    while lot >= 0:
        taker, before = came[lot]
        path.append((lot, taker))
        lot = before
    return path[::-1]


def _left(path: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return each lot that is given up on a path, and by whom: by the taker of the next one."""
    return [(lot, path[place + 1][1]) for place, (lot, _) in enumerate(path[:-1])]
