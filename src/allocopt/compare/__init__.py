"""Contracts side by side over scenarios, and what each channel is worth."""

from allocopt.compare.batch import compare
from allocopt.compare.comparison import Comparison

__all__ = ["Comparison", "compare"]
