"""What a reason is."""

from __future__ import annotations

from dataclasses import dataclass, field

from allocopt.explain.board import SUPPLY, Givers, Item, item
from allocopt.explain.ways import FLAT


@dataclass(frozen=True)
class Reason:
    """One reason why a line is short.

    Attributes
    ----------
    line : int
    item : Item
    units : float
        Short for this reason [unit].
    worth : float
        What a unit more would be worth, given that the reason were lifted [currency/unit].
    rows : tuple of int
        Rows of the wide program that were lifted and mattered.
    arcs : tuple of int
        Arcs of the wide table over which the units would come.
    besides : tuple of Item
        What else has to be lifted for it.
    solved : bool
        Whether others would give the units up; else they flow without touching anybody.
    givers : Givers
        Lines that would give units up, or that hold the stock, and how many units.
    """

    line: int
    item: Item
    units: float
    worth: float = 0.0
    rows: tuple[int, ...] = ()
    arcs: tuple[int, ...] = ()
    besides: tuple[Item, ...] = ()
    solved: bool = False
    givers: Givers = field(default_factory=Givers)

    @property
    def code(self) -> str:
        """One of `rules.kit.shortage.CODES`."""
        return self.item.code


__all__ = ["FLAT", "SUPPLY", "Item", "Reason", "item"]
