"""What the arguments of public calls may be: the one place that says so, and refuses what makes no sense.

`limits` knows the arguments that many calls share by their names; `instance`, `several` and `path` are told what a
call wants. Each names the argument, what it may be and the remedy in a `TypeError` or a `ValueError`, before anything
is read, solved or allocated.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from allocopt.documents.characters import told

Instance = TypeVar("Instance")

WORKERS = 1024
"""Threads or processes at most: each takes memory before it does anything."""
WORK = 2**31 - 1
"""Iterations and nodes at most: what a solver can count to."""
RUNS = 1_000_000
"""Runs of one comparison at most: each is a plan and a file."""

REMEDIES = {
    "Problem": "use ao.Problem.read(...) or ao.Problem.from_dict(...)",
    "Contract": "use ao.Contract.read(...) or a preset such as ao.pooled()",
    "Scenario": "use ao.Scenario.read(...)",
    "Plan": "give what ao.allocate(...) returned, or ao.Plan.from_dict(...)",
}


def _number(name: str, value: Any, least: float, what: str, remedy: str) -> None:
    """Refuse what is no finite number from `least` on."""
    if isinstance(value, bool) or not isinstance(value, Real):
        _refuse(TypeError, name, what, value, remedy)
    try:
        number = float(value)
    except OverflowError:  # a whole number or a fraction that is larger than any float
        number = math.inf
    if not (math.isfinite(number) and number >= least):
        _refuse(ValueError, name, what, value, remedy)


def _whole(name: str, value: Any, least: int, most: int, what: str, remedy: str) -> None:
    """Refuse what is no whole number from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        _refuse(TypeError, name, what, value, remedy)
    if not least <= int(value) <= most:
        _refuse(ValueError, name, what, value, remedy)


def _workers(name: str, value: Any, least: int, what: str) -> None:
    """Refuse what is no number of workers."""
    _whole(name, value, least, WORKERS, f"{what} from 1 to {WORKERS}", "leave it out to let the call choose")
    if value == 0:
        _refuse(ValueError, name, f"{what} from 1 to {WORKERS}", value, "nobody would work")


def _jobs(name: str, value: Any) -> None:
    what = "a whole number of worker processes, -1 for one a core, or"
    _workers(name, value, -1, what)


def _called(name: str, value: Any) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        _refuse(TypeError, name, "a function", value, CALLS[name])


CALLS = {
    "progress": "give a function of words, or leave it out",
    "extend": "give a function that adds Pyomo constraints to the model, or leave it out",
}
LIMITS: dict[str, Callable[[str, Any], None]] = {
    "time_limit": lambda name, value: _number(
        name, value, 0, "a finite number of seconds, at least 0", "leave it out for no limit"
    ),
    "work_limit": lambda name, value: _whole(
        name, value, 0, WORK, f"a whole number from 0 to {WORK:,}", "leave it out for no limit"
    ),
    "gap": lambda name, value: _number(name, value, 0, "a finite number, at least 0", "0.001 is a tenth of a percent"),
    "threads": lambda name, value: _workers(name, value, 1, "a whole number of threads"),
    "jobs": _jobs,
    "number": lambda name, value: _whole(name, value, 0, WORK, "a whole number from 0 on", "0 is the first draw"),
    "progress": _called,
    "extend": _called,
}
"""Arguments that mean the same in every call, each with what refuses wrong values; None says that it was left out."""


def limits(**given: Any) -> None:
    """Refuse wrong values of arguments that many calls share.

    Parameters
    ----------
    **given
        Names of `LIMITS` with their values; None is a value that was left out.

    Raises
    ------
    TypeError
        A value is of another kind: text, true or false, or a fraction where a whole number is meant.
    ValueError
        A number is out of range, infinite, or none (nan).

    Examples
    --------
    >>> limits(time_limit=30, jobs=-1, gap=None)
    >>> limits(time_limit="1")
    Traceback (most recent call last):
    TypeError: time_limit must be a finite number of seconds, at least 0, not '1': leave it out for no limit
    """
    for name, value in given.items():
        if value is not None:
            LIMITS[name](name, value)


def instance(name: str, value: Any, *kinds: type, optional: bool = False) -> None:
    """Raise `TypeError` unless a value is of one of some kinds, or None where it may be left out."""
    if (value is None and optional) or isinstance(value, kinds):
        return
    what = " or ".join(f"an allocopt {kind.__name__}" for kind in kinds)
    raise TypeError(
        f"{name} must be {what}, not {_described(value)}: {REMEDIES.get(kinds[0].__name__, 'see its help')}"
    )


def several(name: str, value: Any, kind: type[Instance]) -> tuple[Instance, ...]:
    """Return a list of one kind as a tuple; raise `TypeError` if it is something else."""
    remedy = REMEDIES.get(kind.__name__, "see its help")
    if isinstance(value, str | bytes | Mapping | kind) or not isinstance(value, Iterable):
        one = f": write [{name.removesuffix('s')}]" if isinstance(value, kind) else f": {remedy} for each"
        raise TypeError(f"{name} must be a list of allocopt {kind.__name__}s, not {_described(value)}{one}")
    found = tuple(value)
    for place, each in enumerate(found):
        if not isinstance(each, kind):
            raise TypeError(f"{name}[{place}] must be an allocopt {kind.__name__}, not {_described(each)}: {remedy}")
    return found


def path(name: str, value: Any) -> Path:
    """Return a path; raise `TypeError` or `ValueError` for what can be none."""
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str):
        raise TypeError(f"{name} must be a path, as text or pathlib.Path, not {_described(value)}")
    if "\0" in os.fspath(value) or not os.fspath(value):
        raise ValueError(f"{name} must be a path, not {told(value)!r}")
    return Path(value)


def runs(number: int) -> None:
    """Raise `ValueError` for more runs than a comparison may have."""
    if number > RUNS:
        raise ValueError(
            f"contracts and scenarios ask for {number:,} runs, and {RUNS:,} are the most: compare fewer, or draw less"
        )


def _described(value: Any) -> str:
    """Return what a value is, as the end of a sentence."""
    return "None" if value is None else f"a {type(value).__name__}"


def _refuse(kind: type[Exception], name: str, what: str, value: Any, remedy: str) -> NoReturn:
    shown = repr(told(value)) if isinstance(value, str) else told(value)
    raise kind(f"{name} must be {what}, not {shown}: {remedy}")
