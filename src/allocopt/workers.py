"""Worker processes: how work is spread over them, and that none is left when it ends, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from allocopt.errors import SolveError

GAP = 1e-3
"""Gap of a run unless the caller says otherwise: contracts are told apart by what is proven of both, so a closer look
is worth its time only where that is not enough."""

WATCH = 0.5
"""Seconds between two looks of a worker at whether the process that it works for is still there."""

LAST = 0.5
"""Seconds that a worker that was killed is waited for, so that it does not stay behind as a dead process."""

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)

Progress = Callable[[int, int, str], None]
"""Is told how many runs are done, of how many, and which was the last."""

_watching = threading.Event()


def spread(work: Callable[..., Any], given: Iterable[tuple[Any, ...]], jobs: int | None) -> Iterator[Any]:
    """Call a function with each tuple of arguments in worker processes; yield what it returns as it comes.

    Parameters
    ----------
    work : callable
        A function of a module.
    given : iterable of tuple
    jobs : int or None
        Worker processes; -1: one a core, 1: this process; None: what an active ``joblib.parallel_config`` says.

    Raises
    ------
    SolveError
        If a worker was killed. Whatever ends the loop early (Ctrl-C, an error, a loop that is left), no worker of
        this process works on.
    """
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    pool = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
    answers = pool(joblib.delayed(_watched)(os.getpid(), work, one) for one in given)
    try:
        # `yield from` would let who leaves early close the pool before its workers are gone.
        for answer in answers:  # noqa: UP028
            yield answer
    except TerminatedWorkerError:
        raise SolveError("A worker process was killed, perhaps for want of memory") from None
    except BaseException:
        stop()
        with warnings.catch_warnings(action="ignore"):  # of tasks that nobody waited for: that was the aim
            answers.close()
        stop()  # closing the pool may have begun another
        raise


def stop() -> None:
    """Kill the worker processes of this process, and wait until they are gone; the next call starts new ones."""
    from joblib.externals.loky import reusable_executor
    from joblib.externals.loky.backend.process import LokyProcess

    executor = reusable_executor._executor
    if executor is not None:
        manager = executor._executor_manager_thread
        executor.shutdown(wait=False, kill_workers=True)
        if manager is not None:
            manager.join(LAST)  # it may be starting another worker
    workers = [child for child in multiprocessing.active_children() if isinstance(child, LokyProcess)]
    for worker in workers:
        with suppress(OSError):
            os.kill(worker.pid or 0, KILL)
    for worker in workers:
        with suppress(Exception):  # one that somebody else has waited for is gone as well
            worker.join(LAST)


def end() -> None:
    """End everything that this process has started, as the last thing that it does: workers and what tracks them."""
    from multiprocessing import resource_tracker, util

    from joblib.externals.loky.backend import resource_tracker as loky_tracker

    stop()
    with suppress(Exception):
        util._exit_function()  # type: ignore[attr-defined]  # gives back what the trackers keep, which would start them again
    trackers: tuple[Any, ...] = (loky_tracker._resource_tracker, resource_tracker._resource_tracker)
    for tracker in trackers:
        with suppress(Exception):
            tracker._stop()


def _watched(parent: int, work: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """Do one piece of work, in a process that ends with the one that asked for it."""
    if os.getppid() == parent and os.getpid() != parent and not _watching.is_set():
        _watching.set()
        threading.Thread(target=_watch, args=(parent,), name="allocopt watch", daemon=True).start()
    return work(*given)


def _watch(parent: int) -> None:
    """End this process when its parent has gone."""
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)
