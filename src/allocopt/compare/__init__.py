"""Contracts side by side over scenarios."""

from allocopt.compare.batch import compare
from allocopt.compare.comparison import Comparison
from allocopt.compare.protection import Protection, price_of_protection
from allocopt.compare.risk import CVaR
from allocopt.compare.screening import screen

__all__ = [
    "CVaR",
    "Comparison",
    "Protection",
    "compare",
    "price_of_protection",
    "screen",
]
