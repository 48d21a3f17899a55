"""What proves a bound by integral lots (`allocopt.solve.orders.lots`): numbers only."""

from __future__ import annotations

from dataclasses import dataclass

from allocopt.arrays import Floats


@dataclass(frozen=True, eq=False)
class Rents:
    """What proves a bound by integral lots.

    Attributes
    ----------
    price : float64, shape (rows of the program,)
        Of a unit of each resource, in the program's own units; those of lots and choices do not count.
    toll, rent : float64, shape (columns of the program,)
        Of the pair that each arc belongs to, and of the arc.
    """

    price: Floats
    toll: Floats
    rent: Floats
