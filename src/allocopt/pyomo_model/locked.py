"""Building and compiling models, one at a time."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.RLock()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep other threads from building or compiling meanwhile, and the garbage collector from looking.

    Pyomo fills tables of its own on first use and promises nothing about threads. A model is some ten objects a
    column, none of them garbage; the collector, started again and again by their number, would take longer than
    the work itself. Never held while a planner's function runs.
    """
    with _LOCK:
        collects = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if collects:
                gc.enable()
