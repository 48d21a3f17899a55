"""What a table says of all its rows together: which columns may be added up, declared for each table, never guessed.

A sum is shown where its rows are parts of one whole: units that ship, money that is booked. Ratios of a whole are those
of the sums. Where a table brings a row of its own for all together, that row is its total, and nothing is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Totals:
    """How the total row of a table is found; what is not named stays blank in it.

    Attributes
    ----------
    add : sequence of str
        Columns that may be added up.
    booked : bool
        Whether every other column of numbers but ratios is booked row by row, and may be added up: rules may book
        columns of their own.
    over : mapping of str to (str, str)
        Ratios of all rows: of the sum of one column over that of another.
    given : bool
        Whether the last row of the table is that of all others together, and is the total as it stands.
    """

    add: tuple[str, ...] = ()
    booked: bool = False
    over: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    given: bool = False

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table without the one that is its total."""
        return frame.iloc[:-1] if self.given else frame

    def of(self, frame: pd.DataFrame) -> dict[str, float]:
        """Return the totals of a table by column.

        >>> told = Totals(("units", "wanted"), over={"fill_rate": ("units", "wanted")})
        >>> told.of(pd.DataFrame({"units": [1.0, 5.0], "wanted": [2.0, 6.0], "fill_rate": [0.5, 5 / 6]}))
        {'units': 6.0, 'wanted': 8.0, 'fill_rate': 0.75}
        """
        numbers = [name for name in frame if frame[name].dtype.kind in "iuf"]
        values = {str(name): frame[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in numbers}
        if self.given:
            return {name: float(column[-1]) for name, column in values.items() if len(column)}
        names = [name for name in values if name not in self.over and (self.booked or name in self.add)]
        found = {name: settled(float(np.nansum(values[name])), values[name]) for name in names}
        for name, (part, whole) in self.over.items():
            if found.get(whole) and part in found:
                found[name] = found[part] / found[whole]
        return found


def settled(total: float, parts: np.ndarray) -> float:
    """Return a sum without what is the rounding of its parts."""
    return 0.0 if abs(total) <= rounding(parts) else total


def rounding(values: np.ndarray, least: float = 1e-9) -> float:
    """Return what is no more than the rounding of sums among values of such a size, and so much at least."""
    sizes = np.abs(values[np.isfinite(values)])
    return max(least, 1e-12 * float(sizes.max(initial=0.0)))


TOTALS = {
    "exceptions": Totals(("money",)),
    "promises": Totals(("wanted", "promised")),
    "stock": Totals(("units", "usable", "shipped", "kept", "left", "expired", "write_down")),
    # What is wanted and served stands beside each reason of a line: only what is short is parted by reasons.
    "shortfalls": Totals(("units",)),
    "allocation": Totals(("units", "revenue", "contribution")),
    "channels": Totals(booked=True, over={"fill_rate": ("units", "demand"), "margin": ("contribution", "revenue")}),
    "kpis": Totals(given=True),
    "deliveries": Totals(("units", "ordered", "usable", "revenue", "contribution")),
    "short-channels": Totals(("demand", "units", "short", "money"), over={"fill_rate": ("units", "demand")}),
    "short-reasons": Totals(("units", "money")),
}
"""By table. Others have no total: quantities that may be published are cumulative, values and prices stand each for
itself, means and differences of contracts are parts of nothing."""
