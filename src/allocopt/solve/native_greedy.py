"""The functions of `greedy`, compiled.

numba is imported only where a problem is large enough to be worth it. What it compiles is kept on disk beside the
source (or in the user's cache), so that this happens once after an installation.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from numba import njit

from allocopt.solve import greedy

CALLED_FIRST = ("give", "alone", "touch", "pace", "start", "stop", "eat", "more", "settle", "run")
"""Every function, those first that others call."""


def _compiled() -> dict[str, Any]:
    """Return the functions, each compiled to call the compiled ones."""
    known: dict[str, Any] = dict(vars(greedy))
    for name in CALLED_FIRST:
        plain = getattr(greedy, name)
        known[name] = njit(cache=True, nogil=True)(FunctionType(plain.__code__, known, name))
    return known


run: Any = _compiled()["run"]
