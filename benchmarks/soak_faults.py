"""Faults that the soak puts in: a solver that lies, breaks or hangs, a disk that is full, a worker that is killed."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from itertools import count
from typing import Any

import numpy as np

LIES = ("infeasible", "worse", "bound", "multipliers", "optimal", "broken row", "fraction", "nothing")
BREAKS = ("exception", "hang")
HANG = 0.3
"""Seconds that a call into the solver hangs."""


def _told(kind: str, said: Any, solver: Any, random: np.random.Generator) -> Any:
    """Return what a solver says that lies about its answer."""
    x = said.x
    if kind == "infeasible":
        return replace(said, status="kInfeasible", x=None, multipliers=None)
    if kind == "nothing":
        return replace(said, status="kOptimal", x=None)
    if kind == "optimal":
        return replace(said, status="kOptimal")
    if x is None or not len(x):
        return said
    program = solver.getLp()
    low, high = np.array(program.col_lower_), np.array(program.col_upper_)
    if kind == "worse":  # a plan of nothing is said to be best, and is not
        worth = float(np.array(program.col_cost_) @ np.maximum(low, 0.0)) + program.offset_
        return replace(said, status="kOptimal", x=np.maximum(low, 0.0), value=worth, bound=worth)
    if kind == "bound":
        return replace(said, status="kOptimal", value=said.value - 1.0, bound=said.bound - 1.0)
    if kind == "multipliers" and said.multipliers is not None:
        return replace(said, multipliers=said.multipliers + random.normal(0, 10, len(said.multipliers)))
    if kind == "broken row":
        return replace(said, x=np.minimum(x + 3.0 * (np.arange(len(x)) == random.integers(len(x))), high))
    if kind == "fraction":
        return replace(said, x=np.clip(x - 0.25, low, high))
    return said


@contextmanager
def lying(kind: str, *, always: bool, random: np.random.Generator) -> Iterator[None]:
    """Let HiGHS lie inside: the first time that it is asked, or each time."""
    highs = import_module("allocopt.solve.highs_run")
    honest, asked = highs.read, count()

    def read(solver: Any) -> Any:
        said = honest(solver)
        return _told(kind, said, solver, random) if always or next(asked) == 0 else said

    highs.read = read
    try:
        yield
    finally:
        highs.read = honest


@contextmanager
def breaking(kind: str, *, always: bool) -> Iterator[None]:
    """Let runs of HiGHS end with an exception, or hang for a while, inside: the first time, or each time."""
    import highspy

    honest, left = highspy.Highs.run, [10**9 if always else 1]

    def run(solver: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0 and kind == "exception":
            raise RuntimeError("the solver broke")
        if left[0] >= 0:
            time.sleep(HANG)
        return honest(solver)

    highspy.Highs.run = run
    try:
        yield
    finally:
        highspy.Highs.run = honest


@contextmanager
def full_disk(after: int) -> Iterator[None]:
    """Let the disk be full inside once so many answers of run folders have been written."""
    runs = import_module("allocopt.compare.runs")
    write, left = runs.written_whole, [after]

    def written_whole(path: Any, fill: Callable[[Any], object]) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, fill)

    runs.written_whole = written_whole
    try:
        yield
    finally:
        runs.written_whole = write


@contextmanager
def killed_worker(seconds: float) -> Iterator[None]:
    """Kill one worker process of this process after a while."""
    from multiprocessing import active_children

    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(seconds):
            children = [child for child in active_children() if type(child).__name__ == "LokyProcess"]
            if children:
                os.kill(children[0].pid or 0, signal.SIGKILL)
                return

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        yield
    finally:
        ended.set()
        killer.join()
