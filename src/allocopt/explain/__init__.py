"""Why a plan is as it is: everything that re-solves to be sure."""

from allocopt.explain.beforehand import conflicts

__all__ = ["conflicts"]
