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
from typing import Any

import numpy as np

LIES = ("infeasible", "worse", "bound", "multipliers", "optimal", "broken row", "fraction", "nothing")
BREAKS = ("exception", "hang")
HANG = 0.3
"""Seconds that a call into the solver hangs."""


def _told(kind: str, answer: Any, program: Any, random: np.random.Generator) -> Any:
    """Return what a solver says that lies about its answer."""
    x = answer.x
    if kind == "infeasible":
        return replace(answer, status="infeasible", x=None, multipliers=None, claimed_bound=None)
    if kind == "nothing":
        return replace(answer, status="optimal", x=None, multipliers=None, claimed_bound=None)
    if kind == "optimal":
        return replace(answer, status="optimal")
    if x is None:
        return answer
    if kind == "worse":  # a plan that keeps the rows, is said to be best, and is not
        low = np.maximum(program.lower, 0.0)
        worth = float(program.cost @ low) + program.constant
        return replace(answer, status="optimal", x=low, claimed_bound=worth)
    if kind == "bound":
        return replace(answer, status="optimal", claimed_bound=float(program.cost @ x) + program.constant - 1.0)
    if kind == "multipliers" and answer.multipliers is not None:
        return replace(answer, multipliers=answer.multipliers + random.normal(0, 10, program.rows))
    if kind == "broken row" and program.columns:
        return replace(answer, x=np.minimum(x + (np.arange(len(x)) == random.integers(len(x))) * 3.0, program.upper))
    if kind == "fraction" and program.columns:
        return replace(answer, x=np.clip(x - 0.25, program.lower, program.upper))
    return answer


@contextmanager
def lying(kind: str, *, always: bool, random: np.random.Generator) -> Iterator[list[int]]:
    """Let HiGHS lie inside: the first time, or each time; yield how often it did (in one list item)."""
    highs = import_module("allocopt.solve.highs")
    honest, times, lock = highs.solved, [0], threading.Lock()

    def solved(solver: Any, program: Any, clock: Any, method: str, **options: Any) -> Any:
        answer = honest(solver, program, clock, method, **options)
        with lock:
            mine = always or not times[0]
            times[0] += mine
        if not mine:
            return answer
        return _told(kind, answer, program, random)

    highs.solved = solved
    try:
        yield times
    finally:
        highs.solved = honest


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
