"""Whole orders, packs and least shipments: a plan at once, a search that betters it, and a bound by integral lots."""

from allocopt.solve.orders.solving import at_once, solved

__all__ = ["at_once", "solved"]
