"""Whole orders, packs and least shipments: a plan at once, a search that betters it, and a bound by integral lots."""

from allocopt.solve.orders.solving import MANY, at_once, bounded, few, in_passes, solved

__all__ = ["MANY", "at_once", "bounded", "few", "in_passes", "solved"]
