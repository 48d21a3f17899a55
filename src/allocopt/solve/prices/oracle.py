"""The best plan of every block at given prices of the coupling rows."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.solve.highs_blocks import LiveBlock, StuckError
from allocopt.solve.prices.apart import Apart, Floats, Longs, WholeError
from allocopt.solve.prices.networks import Networks
from allocopt.solve.solution import Clock

TOGETHER = 1_500
"""Columns of blocks that HiGHS solves together, at least one block."""
AT_ONCE = 10_000
"""Networks that compiled code solves before it looks at the clock (25 microseconds each at the most)."""


class LateError(Exception):
    """The time was up before every block had answered."""


@dataclass(frozen=True, eq=False)
class Offer:
    """What groups of pieces offer at some prices.

    Attributes
    ----------
    value : float64, shape (groups,)
        Worth of their plans, before prices [currency].
    usage : float64, shape (groups, coupling rows)
        What the plans take of the coupling rows.
    """

    value: Floats
    usage: Floats


@dataclass(frozen=True, eq=False)
class Stretches:
    """The same, stretch by stretch: each entry is what the pieces of one group offer in one stretch.

    Attributes
    ----------
    group : int64, shape (sums,), ascending
    value : float64, shape (sums,)
    usage : float64, shape (sums, coupling rows)
    """

    group: Longs
    value: Floats
    usage: Floats

    @staticmethod
    def added(parts: Sequence[Stretches], groups: int) -> Offer:
        """Return what so many groups offer: always added up in the order of the stretches."""
        group = np.concatenate([part.group for part in parts])
        usage = np.concatenate([part.usage for part in parts])
        offer = Offer(np.zeros(groups), np.zeros((groups, usage.shape[1])))
        np.add.at(offer.value, group, np.concatenate([part.value for part in parts]))
        np.add.at(offer.usage, group, usage)
        return offer


class Oracle(ABC):
    """Finds the best plan of each piece: a block that is a network, or several other blocks together.

    Parameters
    ----------
    apart : Apart
        The program, taken apart.
    pieces : int
    threads : int
        That work in this process.
    """

    def __init__(self, apart: Apart, pieces: int, threads: int) -> None:
        self.apart, self.pieces, self.threads = apart, pieces, threads
        self.worth, self.lower, self.upper = apart.worth, apart.lower, apart.upper

    @abstractmethod
    def best(
        self,
        prices: Floats,
        group: NDArray[np.int32],
        pieces: Longs,
        pool: ThreadPoolExecutor,
        clock: Clock | None = None,
    ) -> Offer:
        """Find the best plans of some pieces; `keep` and `mark` speak of the last ones found.

        Parameters
        ----------
        prices : float64, shape (coupling rows,)
        group : int32, shape (all pieces,)
            Whose sums each piece counts in; ascending over `pieces`.
        pieces : int64, ascending
        pool : ThreadPoolExecutor
        clock : Clock, optional
            Whose limit is kept.

        Raises
        ------
        WholeError
            If a block has no best plan.
        LateError
            If the time is up first. Plans and multipliers found so far stay where they are, kept or marked by nobody.
        """

    @abstractmethod
    def keep(self, number: int) -> None:
        """Keep the last plans under a number."""

    @abstractmethod
    def kept(self, number: int) -> tuple[NDArray[np.int32], Floats]:
        """Return the columns that are not zero in the plans kept under a number, and their values."""

    @abstractmethod
    def forget(self, but: set[int]) -> None:
        """Drop the plans kept, but for some numbers."""

    @abstractmethod
    def mark(self) -> None:
        """Remember the multipliers of the last plans in `marked`."""

    @property
    @abstractmethod
    def marked(self) -> Floats:
        """The multipliers of the blocks' rows that were marked last."""

    @abstractmethod
    def piece_of_columns(self) -> NDArray[np.int32]:
        """Return the piece of each column, shape (columns,)."""

    def linked(self, columns: NDArray[np.integer]) -> tuple[Longs, Longs]:
        """Return which of some columns their entries in the coupling rows belong to, and these entries."""
        return self.apart.links.of(columns)

    def close(self) -> None:
        """Let go of whatever works elsewhere."""
        return


@dataclass(eq=False)
class _Part:
    """Blocks that HiGHS solves together: their columns and rows, as positions in the program taken apart."""

    blocks: Longs
    columns: Longs
    rows: Longs
    live: LiveBlock | None = None


class LocalOracle(Oracle):
    """Finds the best plans in this process.

    Parameters
    ----------
    apart : Apart
    native : bool
        Whether networks are solved by compiled code; else HiGHS solves everything.
    threads : int
        The answer is the same for any number.
    """

    def __init__(self, apart: Apart, *, native: bool, threads: int) -> None:
        super().__init__(apart, 0, max(1, threads))
        self.flow, self.multipliers = np.zeros(len(apart.columns)), np.zeros(len(apart.rows))
        self._marked = self.multipliers
        self._kept: dict[int, tuple[NDArray[np.int32], Floats]] = {}
        self._native = Networks(apart, self.flow, self.multipliers) if native else None
        self.scale = np.ones(len(apart.columns)) if self._native is None else self._native.scale
        network = np.zeros(apart.blocks, dtype=bool) if self._native is None else self._native.are
        self.networks = np.flatnonzero(network)
        others = np.flatnonzero(~network)
        members = self._together(others)
        self._parts = [self._part(blocks) for blocks in members]
        first = np.concatenate([self.networks, [blocks[0] for blocks in members]]).astype(np.int64)
        rank = np.argsort(np.argsort(first, kind="stable"), kind="stable")
        self._piece_of_block, self._piece_of_part = rank[: len(self.networks)], rank[len(self.networks) :]
        self.pieces = len(first)
        self._stretch_of_piece = apart.stretch[np.sort(first)]

    def _together(self, blocks: Longs) -> list[Longs]:
        """Part blocks into those that HiGHS solves together, none across the end of a stretch."""
        if not len(blocks):
            return []
        stretch, size = self.apart.stretch[blocks], np.diff(self.apart.column_ptr)[blocks]
        ends = np.cumsum(size)
        begins = np.flatnonzero(np.diff(stretch, prepend=-1))
        before = np.repeat(ends[begins] - size[begins], np.diff(begins, append=len(blocks)))
        cuts = (np.diff((ends - before - 1) // TOGETHER) != 0) | (np.diff(stretch) != 0)
        return np.split(blocks, np.flatnonzero(cuts) + 1)

    def _part(self, blocks: Longs) -> _Part:
        """Put some blocks together; HiGHS gets them when they are first asked."""
        apart = self.apart
        columns = np.concatenate([np.arange(*apart.column_ptr[block : block + 2]) for block in blocks])
        rows = np.concatenate([np.arange(*apart.row_ptr[block : block + 2]) for block in blocks])
        return _Part(blocks, columns, rows)

    def _alive(self, part: _Part) -> LiveBlock:
        """Return a part's blocks as HiGHS holds them."""
        if part.live is None:
            part.live = LiveBlock(self._program(part))
        return part.live

    def _program(self, part: _Part) -> Program:
        """Return a part's blocks as a program."""
        apart, columns, rows = self.apart, part.columns, part.rows
        spans = [slice(*apart.own.ptr[apart.column_ptr[block : block + 2]]) for block in part.blocks]
        place = np.concatenate([apart.own.place[span] for span in spans])
        lengths = np.diff(apart.own.ptr)[columns]
        codes = np.zeros(0, np.int32)
        return Program(
            cost=self.worth[columns],
            lower=self.lower[columns],
            upper=self.upper[columns],
            integer=np.zeros(len(columns), dtype=bool),
            indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
            indices=np.searchsorted(rows, place).astype(np.int32),
            data=np.concatenate([apart.own.value[span] for span in spans]),
            row_lower=apart.row_lower[rows],
            row_upper=apart.row_upper[rows],
            column_sku=codes,
            row_sku=codes,
        )

    def best(
        self,
        prices: Floats,
        group: NDArray[np.int32],
        pieces: Longs,
        pool: ThreadPoolExecutor,
        clock: Clock | None = None,
    ) -> Offer:
        """Find the best plans of some pieces on the threads of a pool."""
        return Stretches.added([self.sums(prices, group, pieces, pool, clock)], int(group[pieces].max()) + 1)

    def sums(
        self,
        prices: Floats,
        group: NDArray[np.int32],
        pieces: Longs,
        pool: ThreadPoolExecutor,
        clock: Clock | None = None,
    ) -> Stretches:
        """Find the best plans of some pieces, as `best` does; return what they offer stretch by stretch."""
        prices = np.require(prices, requirements="W")  # compiled code is made for arrays that can be written
        of_piece = np.zeros(self.pieces, np.int32)
        new = np.diff(group[pieces], prepend=-1) != 0
        new |= np.diff(self._stretch_of_piece[pieces], prepend=-1) != 0
        of_piece[pieces] = np.cumsum(new) - 1
        count = int(new.sum())
        sums = Stretches(group[pieces[new]].astype(np.int64), np.zeros(count), np.zeros((count, len(prices))))
        chosen = np.zeros(self.pieces, dtype=bool)
        chosen[pieces] = True
        blocks, whose = self.networks[chosen[self._piece_of_block]], np.zeros(self.apart.blocks, np.int32)
        whose[self.networks] = of_piece[self._piece_of_block]
        # Each sum belongs to one thread, so that it is added up in the same order on any number of threads.
        middle = blocks[np.arange(1, self.threads) * len(blocks) // self.threads] if len(blocks) else blocks
        cuts = np.searchsorted(whose[blocks], whose[middle])
        clock = clock or Clock.started(None)
        each = [part for part in np.split(blocks, cuts) if len(part)]
        work = [pool.submit(self._natively, part, whose, prices, sums, clock) for part in each]
        parts = np.flatnonzero(chosen[self._piece_of_part])
        shares = np.array_split(parts, self.threads)
        done = [pool.submit(self._by_highs, share, prices, clock) for share in shares if len(share)]
        wait([*work, *done])
        for future in [*work, *done]:
            future.result()
        for part in parts:
            self._count(self._parts[part], int(of_piece[self._piece_of_part[part]]), sums)
        return sums

    def _natively(self, blocks: Longs, group: NDArray[np.int32], prices: Floats, sums: Stretches, clock: Clock) -> None:
        assert self._native is not None
        nets, trees = self._native.nets, self._native.trees
        for begin in range(0, len(blocks), AT_ONCE):
            _in_time(clock)
            some = blocks[begin : begin + AT_ONCE]
            self._native.best_plans(some, group, nets, trees, self.worth, prices, sums.value, sums.usage)
        bad = np.flatnonzero(trees.fate[blocks])
        if len(bad):
            infeasible = trees.fate[blocks[bad[0]]] == 1
            raise WholeError("a block of it has no plan" if infeasible else "the network simplex does not end")

    def _by_highs(self, parts: Longs, prices: Floats, clock: Clock) -> None:
        priced = self.priced(prices) if len(parts) > len(self._parts) // 4 else None
        for number in parts:
            _in_time(clock)
            part = self._parts[number]
            cost = self.priced(prices, part.columns) if priced is None else priced[part.columns]
            try:
                self.flow[part.columns], self.multipliers[part.rows] = self._alive(part).best(cost)
            except StuckError as error:
                raise WholeError(str(error)) from error

    def keep(self, number: int) -> None:
        """Keep the last plans, without the columns that are zero."""
        columns = np.flatnonzero(self.flow)
        self._kept[number] = columns.astype(np.int32), self.flow[columns] / self.scale[columns]

    def kept(self, number: int) -> tuple[NDArray[np.int32], Floats]:
        """Return the plans kept under a number."""
        return self._kept[number]

    def forget(self, but: set[int]) -> None:
        """Drop plans kept."""
        self._kept = {number: plan for number, plan in self._kept.items() if number in but}

    def mark(self) -> None:
        """Copy the multipliers of the last plans."""
        self._marked = self.multipliers.copy()

    @property
    def marked(self) -> Floats:
        """The copy made last; before, the multipliers of the last plans."""
        return self._marked

    def piece_of_columns(self) -> NDArray[np.int32]:
        """Return the piece of each column."""
        of_block = np.zeros(self.apart.blocks, np.int32)
        of_block[self.networks] = self._piece_of_block
        piece = np.repeat(of_block, np.diff(self.apart.column_ptr))
        for number, part in zip(self._piece_of_part, self._parts, strict=True):
            piece[part.columns] = number
        return piece

    def priced(self, prices: Floats, columns: Longs | None = None) -> Floats:
        """Return what a unit of each column is worth beyond the prices."""
        links = self.apart.links
        if columns is None:
            return self.worth - links.priced(prices)
        line, entry = self.linked(columns)
        taken = np.bincount(line, weights=links.value[entry] * prices[links.place[entry]], minlength=len(columns))
        return self.worth[columns] - taken

    def _count(self, part: _Part, place: int, sums: Stretches) -> None:
        """Add the plan of a part to the sums that it counts in."""
        links = self.apart.links
        x = self.flow[part.columns]
        line, entry = self.linked(part.columns)
        sums.value[place] += (self.worth[part.columns] * x).sum()
        rows = sums.usage.shape[1]
        sums.usage[place] += np.bincount(links.place[entry], weights=links.value[entry] * x[line], minlength=rows)


def _in_time(clock: Clock) -> None:
    if clock.left <= 0:
        raise LateError


def usable_threads() -> int:
    """Return the number of cores that this process may use, as those say who start workers (``OMP_NUM_THREADS``)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(allowed)) if allowed.isdigit() and int(allowed) else cores
