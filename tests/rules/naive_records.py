"""What the naive model is made of: records, a linear program, and roundings."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.optimize import LinearConstraint, milp

Row = Any
Terms = dict[int, float]
BLANK = (None, "")


def blank(cell: Any) -> bool:
    """Return whether a cell holds nothing."""
    return cell in BLANK or (isinstance(cell, float) and math.isnan(cell))


def floor(value: float) -> float:
    """Return the whole units in a quantity; 2.9999999999 are three."""
    return math.floor(value + 1e-9)


@dataclass(eq=False)
class Arc:
    """One lot that may serve one line over one lane, shipped in one period."""

    lot: Row
    line: Row
    lane: Row
    ship: int
    at: int = -1

    @property
    def arrives(self) -> int:
        """Period of arrival."""
        return self.ship + self.lane.lead


@dataclass
class Model:
    """A linear program under construction."""

    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[Terms, float, float]] = field(default_factory=list)
    constant: float = 0.0

    def var(self, upper: float, cost: float = 0.0, *, whole: bool = False) -> int:
        """Add a column."""
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, terms: Iterable[tuple[int, float]], low: float = -math.inf, high: float = math.inf) -> None:
        """Add a row; terms of the same column are added up."""
        total: Terms = defaultdict(float)
        for column, weight in terms:
            total[column] += weight
        self.rows.append((total, low, high))

    def best(self) -> float | None:
        """Return the optimal value; None where no plan exists."""
        matrix = np.zeros((len(self.rows), len(self.cost)))
        for number, (terms, _, _) in enumerate(self.rows):
            for column, weight in terms.items():
                matrix[number, column] = weight
        low, high = np.array([row[1] for row in self.rows]), np.array([row[2] for row in self.rows])
        if not self.cost:
            return self.constant if (low <= 0).all() and (high >= 0).all() else None
        for presolve in (True, False):  # some builds of HiGHS fail on what they presolved
            found = milp(
                -np.array(self.cost),
                integrality=np.array(self.whole, dtype=int),
                bounds=(0, np.array(self.upper)),
                constraints=LinearConstraint(matrix, low, high) if len(self.rows) else None,
                options={"mip_rel_gap": 0, "presolve": presolve},
            )
            if found.status != 4:
                break
        if found.status == 2:
            return None
        assert found.status == 0, found.message
        return float(-found.fun) + self.constant


def largest_remainder(
    parts: Sequence[tuple[Hashable, float]], exact: Sequence[tuple[Hashable, float]] | None = None
) -> list[float]:
    """Round parts to whole units so that those of one key keep their total; keep parts that are not to be rounded."""
    result = [floor(units) for _, units in parts]
    for key in {key for key, _ in parts}:
        mine = [number for number, (other, _) in enumerate(parts) if other == key]
        spare = floor(sum(parts[number][1] for number in mine)) - sum(result[number] for number in mine)
        rest = {number: round(max(parts[number][1] - result[number], 0), 9) for number in mine}
        for number in sorted(mine, key=lambda number: (-rest[number], number))[:spare]:
            result[number] += 1
    if exact is not None:
        result = [exact[k][1] if parts[k][1] == 0 else result[k] for k in range(len(parts))]
    return result


def in_scope(clause: Any, lot: Row) -> bool:
    """Return whether a clause speaks of a lot's SKU and node."""
    return named(clause.sku, lot.sku) and named(clause.node, lot.node)


def whose(clause: Any) -> tuple[str, ...]:
    """Return the channels that a clause names; none where it speaks of all."""
    named = clause.channel
    return () if named is None else (named,) if isinstance(named, str) else named


def covers(clause: Any, line: Row) -> bool:
    """Return whether a clause speaks of a line: its channel, SKU, region and due period, as far as it says."""
    first, last = getattr(clause, "from_period", None), getattr(clause, "to_period", None)
    inside = (first is None or line.period >= first) and (last is None or line.period <= last)
    there = getattr(clause, "region", None) is None or line.region in clause.region
    return named(whose(clause) or None, line.channel) and named(clause.sku, line.sku) and there and inside


def named(wanted: tuple[str, ...] | None, name: str) -> bool:
    """Return whether a name is among those wanted; None: all are."""
    return wanted is None or name in wanted


def counts_on(used: Row, lane: Row) -> bool:
    """Return whether units over one lane row count toward the capacity of another one."""
    pair = (used.node, used.channel, used.via) == (lane.node, lane.channel, lane.via)
    return pair and lane.region in ("", used.region) and lane.sku in ("", used.sku)


def rows_of(frame: Any) -> list[Row]:
    """Return the rows of a table as records."""
    return [SimpleNamespace(**record) for record in frame.to_dict("records")]


def rows_by(frame: Any, key: str) -> dict[str, Row]:
    """Return the rows of a table by their ids."""
    return {getattr(row, key): row for row in rows_of(frame)}
