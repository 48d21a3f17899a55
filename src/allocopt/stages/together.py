"""Lines of one turn as a small program: what they take where more than arithmetic decides what is left.

.. code-block:: text

    most      = the best for all of them together                                            gives T[sku], units in all
    fair      = the best with sum_{a of d} ship[a] <= taken[d] + T[sku] want[d] / sum_d want[d]    by largest remainder
    the rest  = the best from there on

each over the arcs of the lines and the columns beside them (stock that is kept idle, switches), the rest as it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.algebra.grouping import runs, starts
from allocopt.algebra.program import Program, restricted, with_rows
from allocopt.problem.facts import Flags, Floats
from allocopt.rounding import largest_remainder
from allocopt.solve import Solution
from allocopt.stages.board import Places
from allocopt.stages.task import Task

FREE = 1e-6
"""What a unit that earns nothing counts, as a part of the dearest: it is served rather than not."""


class Together:
    """Solves the turns of a queue that are small programs, one after the other."""

    def __init__(self, task: Task, x: Floats) -> None:
        """Begin.

        Parameters
        ----------
        task : Task
            Its program says what each unit is worth to its line; what is taken is written into its lower bounds.
        x : float64, shape (columns,)
            What is taken; changed in place.
        """
        cost, beside, arcs = task.program.cost.copy(), task.stated.beside, task.arcs
        nothing = (np.abs(cost) <= 1e-9) & ~beside
        cost[nothing] = FREE * max(np.abs(cost).max(initial=0.0), 1.0)
        self.program, self.arcs, self.solve, self.x = replace(task.program, cost=cost), arcs, task.solve, x
        self.first = task.stated.ship.start + np.searchsorted(arcs.line, np.arange(len(arcs.facts.lines.sku) + 1))
        self.iterations, self.loose, self.message, self.failed = 0, 0, "", ""
        self.parts, self.of_row, self.begins = _beside(task.program, beside)

    def ended(self, level: int, levels: int) -> Solution:
        """Return the outcome, after all turns or up to one that could not be solved."""
        done = Solution("optimal", self.x, method="turns", iterations=self.iterations)
        if self.failed == "interrupted":
            return replace(done, status="feasible", message=f"a limit was reached in turn {level} of {levels}")
        if self.failed:
            return replace(done, status="error", x=None, message=f"turn {level} of {levels} ended as {self.failed}")
        if self.loose:
            message = f"in {self.loose} of {levels} turns the best was not proven: {self.message}"
            return replace(done, status="feasible", message=message)
        return done

    def take(self, lines: Places, activity: Floats) -> bool:
        """Let lines take together, and return whether that could be solved."""
        mine, whose = runs(self.first, lines)
        columns = np.union1d(mine, self._beside(mine))
        small, rows = restricted(self.program, columns, self.x, activity, worth=0.0)
        small = replace(small, constant=0.0)
        start = self.x[columns]
        place = np.searchsorted(columns, mine)
        best = self._solved(small)
        if best is None:
            return False
        shares = self._shares(lines, whose, place, start, best)
        if shares is not None:
            limit = np.bincount(whose, weights=start[place], minlength=len(lines)) + shares
            fair = self._solved(with_rows(small, whose, place, np.ones(len(place)), lower=-np.inf, upper=limit))
            if fair is None:
                return False
            lower = small.lower.copy()
            lower[place] = np.minimum(fair[place], small.upper[place])
            best = self._solved(replace(small, lower=lower))
            if best is None:
                return False
        activity[rows] += small.activity(best - start)
        self.x[columns] = best
        self.program.lower[mine] = np.minimum(best[place], self.program.upper[mine])
        return True

    def _shares(self, lines: Places, whose: Places, place: Places, start: Floats, best: Floats) -> Floats | None:
        """Return what is each line's by its want of what all take together; None where nobody goes short."""
        facts = self.arcs.facts
        count = len(lines)
        before = np.bincount(whose, weights=start[place], minlength=count)
        took = np.bincount(whose, weights=best[place], minlength=count) - before
        want = np.maximum(facts.lines.units[lines] - before, 0.0)
        sku = np.unique(facts.lines.sku[lines], return_inverse=True)[1]
        total = np.bincount(sku, weights=took)
        wanted = np.bincount(sku, weights=want)
        several = np.bincount(sku) > 1
        if not (several & (total < wanted - 1e-9))[sku].any():
            return None
        part = np.divide(total, wanted, out=np.zeros(len(total)), where=wanted > 0)
        pack = np.where(facts.skus.divisible[facts.lines.sku[lines]], 0.0, facts.lines.pack[lines].astype(float))
        free = pack == 0.0
        size = np.where(free, 1.0, pack)
        # Articles that are not short, or wanted by one line only, are nobody else's.
        shares = np.where((several & (total < wanted - 1e-9))[sku], part[sku] * want, want)
        whole = largest_remainder(np.where(free, 0.0, shares / size), sku, len(total)) * size
        return np.where(free, shares, whole)

    def _solved(self, small: Program) -> Floats | None:
        """Return the best of a small program; None where there is no answer."""
        answer = self.solve(small)
        self.iterations += answer.iterations
        if answer.x is None:
            self.failed = answer.status
            return None
        if answer.status != "optimal":
            self.loose, self.message = self.loose + 1, answer.message
        return answer.x

    def _beside(self, mine: Places) -> Places:
        """Return the columns beside arcs that what these take can move."""
        rows = self.program.indices[runs(self.program.indptr, mine)[0]]
        parts = np.unique(self.of_row[rows])
        beside: Places = self.parts[runs(self.begins, parts[parts >= 0])[0]]
        return beside


def _beside(program: Program, beside: Flags) -> tuple[Places, Places, Places]:
    """Return the free columns beside the arcs part by part, the part of each row (-1: none), and where parts begin.

    Columns of one part share rows with each other, or with others of the part.
    """
    from scipy import sparse
    from scipy.sparse import csgraph

    column = program.entry_column
    loose = beside & (program.lower < program.upper)
    free = loose[column]
    ends = (column[free], program.indices[free] + program.columns)
    size = program.columns + program.rows
    graph = sparse.coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(size, size))
    labels = csgraph.connected_components(graph.tocsr(), directed=False)[1]
    members = np.flatnonzero(loose)
    wide, part = np.unique(labels[members], return_inverse=True)
    number = np.full(int(labels.max(initial=0)) + 1, -1)
    number[wide] = np.arange(len(wide))
    return members[np.argsort(part, kind="stable")], number[labels[program.columns :]], starts(part, len(wide))
