"""What is worth a person's time: thresholds of exceptions, and how many of a kind are shown."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Thresholds:
    """What is worth a person's time.

    Attributes
    ----------
    least : float
        Exceptions about less money than this are left out [currency].
    more : float
        How much more of a limit that binds is looked at, as a share of it (a unit or an hour at least) [1].
    sure : float
        Lots below this confidence are not sure [1].
    each : int or None
        Rows of one kind; those with less money are gathered into one. None: all.

    Raises
    ------
    ValueError
        If one makes no sense.
    """

    least: float = 0.0
    more: float = 0.1
    sure: float = 1.0
    each: int | None = 20

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "each" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int if field.name == "each" else int | float):
                kind = "a whole number or None" if field.name == "each" else "a number"
                raise TypeError(f"{field.name} must be {kind}, not {value!r}")
            if not math.isfinite(value) or value < (1 if field.name == "each" else 0):
                raise ValueError(f"{field.name} is {value!r}, which makes no sense")
