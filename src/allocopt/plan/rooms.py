"""What a plan is asked for and is worked out in rooms above it: looked up by name when somebody asks.

`allocopt` alone says which room answers to which name (`ROOMS`); a plan holds numbers and no functions.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

ROOMS: dict[str, tuple[str, str]] = {}
"""Rooms above that work out what a plan is asked for: module and function by name. `allocopt` alone fills it."""


def asked(name: str, plan: Any, *given: Any, **how: Any) -> Any:
    """Return what a plan is asked for by a name, worked out in the room that `ROOMS` says.

    Parameters
    ----------
    name : str
    plan : Plan
    *given, **how
        What the question says besides, handed on as it is.
    """
    module, function = ROOMS[name]
    return getattr(import_module(module), function)(plan, *given, **how)
