"""A new HiGHS that has said nothing: some versions greet on standard output when the first one of a process is made.

That is before any option can be set, and from C, past ``sys.stdout``: so the file descriptor itself looks away.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

STDOUT = 1
"""The file descriptor that C prints to, whatever ``sys.stdout`` is."""

_first = threading.Lock()
_greeted = threading.Event()


def new_solver() -> Any:
    """Return an empty HiGHS; nothing that it has to say is heard."""
    import highspy

    make: Any = highspy.Highs
    if _greeted.is_set():
        return make()
    with _first:
        if _greeted.is_set():
            return make()
        with _unheard():
            solver = make()
        _greeted.set()
    return solver


@contextmanager
def _unheard() -> Iterator[None]:
    """Point standard output to nowhere. Where it is not open, or nowhere cannot be opened, it stays as it is."""
    with ExitStack() as after:
        try:
            kept = os.dup(STDOUT)
            after.callback(os.close, kept)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            after.callback(os.close, nowhere)
        except OSError:
            yield
            return
        inheritable = os.get_inheritable(STDOUT)
        after.callback(os.dup2, kept, STDOUT, inheritable)
        os.dup2(nowhere, STDOUT, inheritable)
        yield
