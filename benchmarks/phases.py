"""Where the seconds of a call go: functions of the library, wrapped from outside while one real call runs."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

PARTS = {
    "allocopt.stages.stated": {"build_arcs": "arcs", "allowed": "arcs", "revised": "build", "state": "build"},
    "allocopt.algebra.formulation.Formulation": {"compile": "build"},
    "allocopt.solve.whole": {"solve": "solve"},
    "allocopt.stages.task": {"certify": "certify"},
}
"""Functions of a module, or methods of a class, with the phase that their seconds belong to."""
PHASES = ("arcs", "build", "solve", "certify")


@contextmanager
def timed_phases() -> Iterator[dict[str, float]]:
    """Time the phases of every `allocate()` inside the block.

    Yields
    ------
    dict of str to float
        Seconds of each of `PHASES`. What a phase calls counts as part of it: a certificate that the solver itself
        computes is solving.
    """
    seconds: dict[str, float] = defaultdict(float)
    running: list[str] = []
    before: list[tuple[Any, str, Any]] = []

    def wrapped(function: Callable[..., Any], phase: str) -> Callable[..., Any]:
        @wraps(function)
        def run(*arguments: Any, **options: Any) -> Any:
            if running:
                return function(*arguments, **options)
            running.append(phase)
            begun = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                seconds[phase] += time.perf_counter() - begun
                running.pop()

        return run

    try:
        for place, names in PARTS.items():
            owner = _found(place)
            for name, phase in names.items():
                before.append((owner, name, getattr(owner, name)))
                setattr(owner, name, wrapped(getattr(owner, name), phase))
        yield seconds
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


def _found(place: str) -> Any:
    """Return a module, or the class of a module."""
    module, _, name = place.rpartition(".")
    return getattr(import_module(module), name) if name[0].isupper() else import_module(place)
