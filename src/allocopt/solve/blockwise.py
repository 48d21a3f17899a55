"""The blocks of a program one by one, at the prices of the rows between: what our own search finds and proves there.

A search that leaves much open is helped by HiGHS, and by pricing what ties the articles of its block as well; the bound
that counts is that of the trees (`allocopt.solve.trees.proof`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import COUPLES, Program, restricted
from allocopt.arrays import Floats, Places
from allocopt.solve import highs, trees
from allocopt.solve.blocks import between, connected, missed_by_block
from allocopt.solve.certificate import cleaned
from allocopt.solve.known import best_of
from allocopt.solve.leaves import Leaves, Tree
from allocopt.solve.parted import Parts
from allocopt.solve.solution import Clock

DEEP, AGAIN = (1_000, 2e8), (200, 2e7)
"""Nodes, and numbers of the sheet that may be changed, of a search for the bound, and of one over what is left."""
PART = 0.2
"""Part of the gap wanted that the searches in all blocks together may leave open."""
HARD = 0.5
"""A search that leaves this part of the gap wanted open is helped."""
HELP = 5
"""Nodes of HiGHS in a block in which our own search finds no plan."""


class Blockwise:
    """The blocks of one program, each by itself.

    Parameters
    ----------
    parts : Parts
    clock : Clock
    gap : float
        Relative gap at which to stop.

    Attributes
    ----------
    between : bool, shape (rows,)
        Rows between blocks.
    price : float64, shape (rows,)
    open : list of int arrays
        Columns of each block that has fractions.
    proven : float64, shape (blocks,)
        What trees take off the bound of each block [currency].
    wanted, margin : float
        What may be left open in all, and in one block [currency].
    iterations : int
        Work so far.
    """

    def __init__(self, parts: Parts, clock: Clock, gap: float) -> None:
        program = parts.program
        self.parts, self.clock, self.gap = parts, clock, gap
        self.between = between(program, parts.labels)
        self.price = cleaned(program, parts.price)
        self.open = [parts.members[block] for block in np.flatnonzero(parts.open(parts.relaxed)).tolist()]
        self.proven = np.zeros(len(parts.members))
        self.wanted = gap * max(1.0, abs(program.objective(parts.relaxed)))
        self.margin = PART * self.wanted / max(1, len(self.open))
        self.iterations = 0
        self._apart = self._without(self.between)
        self._nowhere, self._nothing = np.zeros(program.columns), np.zeros(program.rows)

    def searched_deep(self, plan: Floats) -> tuple[Leaves, Floats]:
        """Return the trees of the blocks whose relaxation promises more than their plan has, and their best plans."""
        nearer = plan.copy()
        found: list[Tree] = []
        missed = missed_by_block(self.parts.program, plan, self.price, self.parts.labels, self.between)
        for columns in self._members(missed, self.margin):
            if self.clock.left <= 0:
                break
            small, rows = self._alone(columns)
            searched = self._searched(small, DEEP, start=plan[columns])
            if searched is None:
                continue
            block, best = self.parts.labels[columns[0]], searched.x
            proven = missed[block] - max(0.0, searched.bound - float(small.cost @ plan[columns]))
            trees_here = [searched.tree.placed(columns, rows, ~self.between[rows])]
            if best is not None and searched.bound - float(small.cost @ best) > HARD * self.wanted:
                best = best_of(small, best, self._helped(small, best))
                apart = self._apart_by_articles(columns, plan)
                proven, trees_here = max((proven, trees_here), apart, key=lambda each: each[0])
            nearer[columns] = self._kept(small, rows, plan[columns], best)
            self.proven[block] = max(0.0, proven)
            found.extend(trees_here)
        return Leaves(self.price, tuple(found)), nearer

    def _apart_by_articles(self, columns: Places, plan: Floats) -> tuple[float, list[Tree]]:
        """Return what the trees of a block's articles prove where what ties them (a whole order) is priced as well.

        A search in all of them at once has to go through what they may do together, though little ties them.
        """
        program, between = self.parts.program, self.between | (self.parts.program.row_sku == COUPLES)
        apart = self._without(between)
        small, rows = restricted(apart, columns, self._nowhere, self._nothing, 0.0)
        labels = np.full(program.columns, -1)
        labels[columns] = connected(small, between[rows])
        labels[labels < 0] = labels.max() + 1
        missed = missed_by_block(program, plan, self.price, labels, between)
        proven, found = 0.0, []
        for part in np.flatnonzero(missed[:-1] > self.margin).tolist():
            mine = columns[labels[columns] == part]
            small, rows = restricted(apart, mine, self._nowhere, self._nothing, 0.0)
            searched = self._searched(small, DEEP, start=plan[mine])
            if searched is not None:
                proven += max(0.0, missed[part] - max(0.0, searched.bound - float(small.cost @ plan[mine])))
                found.append(searched.tree.placed(mine, rows, ~between[rows]))
        return proven, found

    def _kept(self, small: Program, rows: Places, now: Floats, best: Floats | None) -> Floats:
        """Return the best plan of a block, or one that gives rows which ask for a least sum what they have now."""
        given = self._asked(small, rows, now)
        asked = given.row_lower > small.row_lower
        if best is None or (given.activity(best) < given.row_lower - highs.WHOLE)[asked].any():
            found = self._searched(given, AGAIN, start=now)
            best = None if found is None else found.x
        return now if best is None else best

    def missed(self, plan: Floats) -> Floats:
        """Return what each block of a plan still misses of its bound [currency]."""
        return missed_by_block(self.parts.program, plan, self.price, self.parts.labels, self.between) - self.proven

    def _members(self, missed: Floats, least: float) -> list[Places]:
        """Return the columns of each block that misses more than a least sum, those that miss most first."""
        blocks = np.argsort(-missed, kind="stable")
        return [self.parts.members[block] for block in blocks[missed[blocks] > least].tolist()]

    def _without(self, rows: NDArray[np.bool_]) -> Program:
        """Return the program without the limits of some rows, which are paid for at their prices instead."""
        program = self.parts.program
        return replace(
            program,
            cost=program.priced(np.where(rows, self.price, 0.0)),
            row_lower=np.where(rows, -np.inf, program.row_lower),
            row_upper=np.where(rows, np.inf, program.row_upper),
            constant=0.0,
        )

    def _alone(self, columns: Places) -> tuple[Program, Places]:
        """Return a block by itself, at the prices of the rows between blocks, and its rows."""
        return restricted(self._apart, columns, self._nowhere, self._nothing, 0.0)

    def _searched(
        self,
        small: Program,
        most: tuple[int, float],
        *,
        start: Floats | None = None,
        sums: tuple[Places, ...] | None = None,
    ) -> trees.Searched | None:
        """Return what our own search finds in a block, within so many nodes and so much work, and count the work."""
        found = trees.searched(small, start=start, margin=self.margin, nodes=most[0], work=most[1], sums=sums)
        self.iterations += 0 if found is None else found.work
        return found

    def _asked(self, small: Program, rows: Places, x: Floats) -> Program:
        """Return a block that gives rows between blocks which ask for a least sum what it gives them in a plan."""
        program = self.parts.program
        asked = self.between[rows] & np.isfinite(program.row_lower[rows]) & np.isinf(program.row_upper[rows])
        return replace(small, row_lower=np.where(asked, small.activity(x), small.row_lower))

    def _helped(self, small: Program, start: Floats | None = None) -> Floats | None:
        """Return the plan of HiGHS where our own search has none, or none that is close to its bound."""
        said = highs.branch(small, self.clock, gap=PART * self.gap, work_limit=HELP, start=start, brief=True)
        self.iterations += said.iterations
        if said.x is None or np.shape(said.x) != (small.columns,):
            return None
        return np.where(small.integer, np.rint(said.x), said.x)
