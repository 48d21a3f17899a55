"""The price engine: `linear` solves a linear relaxation over many SKUs by pricing the rows that couple them."""

from allocopt.solve.prices.apart import WholeError
from allocopt.solve.prices.relaxed import EXACT, answered, linear
from allocopt.solve.prices.shards import Cluster

__all__ = ["EXACT", "Cluster", "WholeError", "answered", "linear"]
