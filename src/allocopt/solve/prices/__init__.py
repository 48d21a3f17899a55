"""The price engine: `linear` solves a linear relaxation over many SKUs by pricing the rows that couple them."""

from allocopt.solve.prices.apart import WholeError
from allocopt.solve.prices.relaxed import EXACT, answered, linear

__all__ = ["EXACT", "WholeError", "answered", "linear"]
