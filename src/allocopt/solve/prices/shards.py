"""The best plans of many blocks, found by the workers of a cluster: each keeps a shard of the blocks until the end.

.. code-block:: text

    once        apart.part(begin, end) to each worker      consecutive stretches, as many as it has threads for
    each round  prices (coupling rows) out, sums (groups and stretches, coupling rows + 1) back
    at the end  the plans of the rounds in the mix, and the multipliers at the best prices, back

A stretch is never divided, sums of stretches are added up here in the order in which one process does it, and what
belongs to a stretch is all that its blocks' answers depend on: the outcome is that of one process, bit for bit.

The workers are those of an engine that others run, reached through the three methods of `Cluster`. Nothing here
imports that engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from allocopt.errors import SolveError
from allocopt.solve.prices.apart import Apart, Entries, Floats, Longs, WholeError
from allocopt.solve.prices.oracle import LocalOracle, Offer, Oracle, Stretches
from allocopt.solve.solution import Clock

LOOK = 2.0
"""Seconds to wait for an answer before looking whether its worker is still there."""

Errand = tuple[Any, ...]
"""Name of a method of `Shard`, and what it is given."""


class Cluster(Protocol):
    """What is asked of an engine: `distributed.Client` does it."""

    def nthreads(self) -> Mapping[str, int]:
        """Return the threads of each worker, by its address."""

    def scatter(self, data: Any, **options: Any) -> Any:
        """Send data to workers; return a future of it."""

    def submit(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call a function in a worker; return a future of what it returns, with ``actor=True`` of a handle to it."""


class Shard:
    """Consecutive blocks in a worker, with all that is known of them from round to round.

    Parameters
    ----------
    apart : Apart
        The blocks alone.
    native : bool
        Whether networks are solved by compiled code.
    threads : int
    """

    def __init__(self, apart: Apart, native: bool, threads: int) -> None:
        self.oracle = LocalOracle(_writeable(apart), native=native, threads=threads)
        self._pool = ThreadPoolExecutor(self.oracle.threads)
        self._group, self._pieces = np.zeros(0, np.int32), np.zeros(0, np.int64)
        self._asked = 0

    def ask(self, number: int, orders: Sequence[Errand], question: str, *given: Any) -> Any:
        """Carry out orders, then answer a question.

        Parameters
        ----------
        number : int
            How many questions there were before. A shard that was set up again, or is asked twice, is found out.
        orders : sequence of tuple
        question : str
            A method of this class, or of its oracle.
        *given : object
        """
        if number != self._asked:
            raise RuntimeError(f"question {number} reached a shard that has answered {self._asked}")
        self._asked += 1
        for name, *details in orders:
            self._method(name)(*details)
        return self._method(question)(*given)

    def _method(self, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] = getattr(self if hasattr(self, name) else self.oracle, name)
        return found

    def pieces(self) -> int:
        """Return the number of pieces."""
        return self.oracle.pieces

    def choose(self, group: NDArray[np.int32], pieces: Longs) -> None:
        """Let only some pieces take part from now on, and say whose sums they count in."""
        self._group, self._pieces = group, pieces

    def sums(self, prices: Floats) -> Stretches:
        """Return what the pieces that take part offer."""
        if not len(self._pieces):
            return Stretches(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, len(prices))))
        return self.oracle.sums(prices, self._group, self._pieces, self._pool)

    def marked(self) -> Floats:
        """Return the multipliers that were marked last."""
        return self.oracle.marked


class Shards(Oracle):
    """Finds the best plans in the workers of a cluster.

    Parameters
    ----------
    apart : Apart
    cluster : Cluster
    native : bool
        Whether networks are solved by compiled code.
    threads : int, optional
        In each worker; by default as many as the worker has.

    Raises
    ------
    SolveError
        If there are no workers, or one is lost or fails, now or in any later call.
    """

    def __init__(self, apart: Apart, cluster: Cluster, *, native: bool, threads: int | None = None) -> None:
        super().__init__(apart, 0, 1)
        self._cluster = cluster
        workers = self._workers()
        if not workers:
            raise SolveError("The cluster has no workers: start some, or leave out cluster=.")
        self._addresses, self._blocks = _divided(apart, workers)
        self._made: list[Any] = []
        self._actors: list[Any] = []
        self._asked = 0
        self._orders: list[list[Errand]] = [[] for _ in self._addresses]
        self._numbers: set[int] = set()
        self._group, self._pieces = np.zeros(0, np.int32), np.zeros(0, np.int64)
        try:
            self._set_up(native, workers if threads is None else dict.fromkeys(workers, threads))
            self._ends = np.concatenate([[0], np.cumsum(self._ask("pieces"))])
        except BaseException:
            self.close()
            raise
        self.pieces = int(self._ends[-1])

    def _set_up(self, native: bool, threads: Mapping[str, int]) -> None:
        """Send each worker its shard, all before the first of them is waited for."""
        for address, begin, end in zip(self._addresses, self._blocks[:-1], self._blocks[1:], strict=True):
            there: dict[str, Any] = {"workers": [address]}
            alone = {"allow_other_workers": False, "actor": True, "pure": False}
            try:
                sent = self._cluster.scatter(self.apart.part(int(begin), int(end)), hash=False, **there)
                self._made.append(self._cluster.submit(Shard, sent, native, threads[address], **alone, **there))
            except Exception as error:
                raise _failed(address, error) from error
        self._actors = [self._answer(*each) for each in zip(self._addresses, self._made, strict=True)]

    def best(
        self,
        prices: Floats,
        group: NDArray[np.int32],
        pieces: Longs,
        pool: ThreadPoolExecutor,
        clock: Clock | None = None,
    ) -> Offer:
        """Ask every worker for the best plans at some prices, and add up what comes back; workers know no clock."""
        if not np.array_equal(group, self._group) or not np.array_equal(pieces, self._pieces):
            self._group, self._pieces = group.copy(), pieces.copy()
            cuts = np.searchsorted(pieces, self._ends)
            for number, orders in enumerate(self._orders):
                mine = pieces[cuts[number] : cuts[number + 1]] - self._ends[number]
                orders.append(("choose", group[self._ends[number] : self._ends[number + 1]], mine))
        return Stretches.added(self._ask("sums", prices), int(group[pieces].max()) + 1)

    def keep(self, number: int) -> None:
        """Let every worker keep its last plans, when it is asked for something next."""
        self._numbers.add(number)
        self._order("keep", number)

    def kept(self, number: int) -> tuple[NDArray[np.int32], Floats]:
        """Fetch the plans kept under a number."""
        found = self._ask("kept", number)
        firsts = self.apart.column_ptr[self._blocks[:-1]].astype(np.int32)
        columns = [columns + first for (columns, _), first in zip(found, firsts, strict=True)]
        return np.concatenate(columns), np.concatenate([values for _, values in found])

    def forget(self, but: set[int]) -> None:
        """Let every worker drop plans, when it is asked for something next."""
        if not self._numbers <= but:
            self._numbers &= but
            self._order("forget", set(self._numbers))

    def mark(self) -> None:
        """Let every worker copy the multipliers of its last plans, when it is asked for something next."""
        self._order("mark")

    @property
    def marked(self) -> Floats:
        """The multipliers that were marked last, fetched from the workers."""
        return np.concatenate(self._ask("marked"))

    def piece_of_columns(self) -> NDArray[np.int32]:
        """Fetch the piece of each column."""
        found = self._ask("piece_of_columns")
        return np.concatenate([part + np.int32(first) for part, first in zip(found, self._ends[:-1], strict=True)])

    def close(self) -> None:
        """Let the workers drop their shards."""
        for future in self._made:
            with suppress(Exception):  # of a cluster that is no longer there
                future.cancel()
        self._made, self._actors = [], []

    def _workers(self) -> dict[str, int]:
        """Return the threads of each worker that is there, by its address."""
        try:
            return dict(sorted(self._cluster.nthreads().items()))
        except Exception as error:
            raise SolveError(f"The cluster does not answer: {type(error).__name__}: {error}") from error

    def _order(self, *order: Any) -> None:
        for orders in self._orders:
            orders.append(order)

    def _ask(self, question: str, *given: Any) -> list[Any]:
        """Ask every worker; return the answers in the order of the shards."""
        asked = []
        for address, actor, orders in zip(self._addresses, self._actors, self._orders, strict=True):
            try:
                asked.append(actor.ask(self._asked, orders, question, *given))
            except Exception as error:
                raise _failed(address, error) from error
        self._asked += 1
        self._orders = [[] for _ in self._addresses]
        return [self._answer(*each) for each in zip(self._addresses, asked, strict=True)]

    def _answer(self, address: str, future: Any) -> Any:
        """Wait for an answer as long as its worker is there."""
        while True:
            ended = future.done()
            try:
                return future.result(timeout=LOOK)
            except WholeError:
                raise
            except TimeoutError as error:
                if ended:
                    raise _failed(address, error) from error
                if address not in self._workers():
                    raise SolveError(f"The worker {address} was lost: there is no plan. Solve again.") from None
            except Exception as error:
                raise _failed(address, error) from error


def _failed(address: str, error: Exception) -> SolveError:
    return SolveError(f"The worker {address} failed, there is no plan: {type(error).__name__}: {error}")


def _divided(apart: Apart, workers: Mapping[str, int]) -> tuple[list[str], Longs]:
    """Return the workers that get blocks, and the first block of each, then the number of blocks.

    Columns go by threads, as evenly as whole stretches allow.
    """
    ends = np.append(np.flatnonzero(np.diff(apart.stretch)) + 1, apart.blocks)
    wanted = np.cumsum(list(workers.values())) / sum(workers.values()) * len(apart.columns)
    columns = np.concatenate([[0], apart.column_ptr[ends]])
    after = np.searchsorted(columns, wanted).clip(1, len(columns) - 1)
    nearest = after - (wanted - columns[after - 1] < columns[after] - wanted)
    cuts = np.concatenate([[0], ends])[np.concatenate([[0], nearest])]
    cuts[-1] = apart.blocks
    some = np.diff(cuts) > 0
    return [address for address, has in zip(workers, some, strict=True) if has], np.append(
        cuts[:-1][some], apart.blocks
    )


def _writeable(apart: Apart) -> Apart:
    """Return the same with arrays of its own where they came as read-only: compiled code is made for the others."""

    def own(value: Any) -> Any:
        if isinstance(value, Entries):
            return Entries(own(value.ptr), own(value.place), own(value.value))
        return np.require(value, requirements="W")

    return replace(apart, **{field.name: own(getattr(apart, field.name)) for field in fields(apart)})
