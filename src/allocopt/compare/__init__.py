"""Contracts side by side over scenarios, and what each channel is worth."""

from allocopt.compare.batch import compare
from allocopt.compare.comparison import Comparison
from allocopt.compare.protection import Protection, price_of_protection
from allocopt.compare.retirement import admission, retirement
from allocopt.compare.risk import CVaR
from allocopt.compare.screening import screen
from allocopt.compare.worth import Retirement

__all__ = [
    "CVaR",
    "Comparison",
    "Protection",
    "Retirement",
    "admission",
    "compare",
    "price_of_protection",
    "retirement",
    "screen",
]
