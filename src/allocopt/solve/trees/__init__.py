"""Small programs in whole units, searched by code of our own whose every leaf can be bounded again without it."""

from allocopt.solve.trees.searching import Searched, ready, searched
from allocopt.solve.trees.sums import sums_of

__all__ = ["Searched", "ready", "searched", "sums_of"]
