"""The numbers of a plan, before anybody spells them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import Formulation
from allocopt.algebra.grouping import summed
from allocopt.algebra.labels import Labels
from allocopt.algebra.program import Program
from allocopt.arcs import Arcs
from allocopt.contracts.stages import Stage
from allocopt.plan.kept import Kept, find_kept
from allocopt.problem.facts import ANY, Facts, Flags, Floats
from allocopt.rules import Clause, retired
from allocopt.rules.kit.decisions import live_lines
from allocopt.solve import Leaves, Start


@dataclass(frozen=True)
class Answer:
    """A checked solution with what its columns mean.

    Attributes
    ----------
    arcs : Arcs
        What the contract left of the arc table.
    form : Formulation
        Where each kind of money is booked.
    program : Program
    labels : Labels
    x : float64, shape (columns,)
        The plan.
    bases : tuple of (Basis or Prices or None)
        What the relaxation of each stage ended with, for a similar problem to start from.
    clauses : sequence of Clause
        Those of the contract, in its order.
    currency : str
    facts : Facts or None
        Of the problem, before the contract changed anything in them; None: nothing was changed.
    solved : Program or None
        What the last stage solved: the program with the rows that keep what earlier stages reached; None: the program.
    multipliers : float64, shape (rows of `solved`,), or None
        What one more unit of the limit of each row is worth in the relaxation of the last stage, positive on a binding
        upper limit, whoever solved it (`allocopt.solve.multipliers`); None where the last stage has none.
    stages : sequence of Stage
        Those of the contract, in their order.
    leaves : Leaves or None
        What proves the bound of the last stage by blocks in whole units, where it was proven so.
    """

    arcs: Arcs
    form: Formulation
    program: Program
    labels: Labels
    x: Floats
    bases: tuple[Start | None, ...] = ()
    clauses: Sequence[Clause] = ()
    currency: str = ""
    facts: Facts | None = None
    solved: Program | None = None
    multipliers: Floats | None = None
    stages: Sequence[Stage] = ()
    leaves: Leaves | None = None

    @property
    def in_turn(self) -> bool:
        """Whether some stage serves lines in the order in which they come."""
        return any(stage.IN_TURN for stage in self.stages)

    @property
    def last(self) -> Program:
        """The program with the rows that keep what stages before the last one reached."""
        return self.program if self.solved is None else self.solved

    @property
    def ship(self) -> Floats:
        """Units on each arc, shape (arcs,) [unit]."""
        return self.x[self.labels.place("ship")]

    @cached_property
    def shipped_lots(self) -> Floats:
        """Units of each lot that ship, shape (lots,) [unit]."""
        return summed(self.ship, self.arcs.lot, len(self.arcs.facts.lots.sku))

    @cached_property
    def served_lines(self) -> Floats:
        """Units that each demand line gets, shape (lines,) [unit]."""
        return summed(self.ship, self.arcs.line, len(self.arcs.facts.lines.sku))

    @cached_property
    def kept(self) -> tuple[Kept, Kept]:
        """What reserves keep to the end, and what they keep beyond that for some time only."""
        return find_kept(self.arcs.facts, self.program, self.labels, self.x)

    @cached_property
    def left(self) -> Floats:
        """Usable units of each lot that neither ship nor are kept to the end, shape (lots,) [unit]."""
        lots = self.arcs.facts.lots
        free = lots.usable - self.shipped_lots - self.kept[0].of_lots(len(lots.sku))
        return np.where(free < 1e-9, 0.0, free)

    @property
    def decided(self) -> Flags:
        """The decisions of ``arcs.facts.switches``, shape (switches,): on or off."""
        return self.x[self.labels.place("switch")] > 0.5

    @property
    def decisions(self) -> dict[str, bool]:
        """The decisions by their names."""
        return dict(zip(self.arcs.facts.switches.tolist(), self.decided.tolist(), strict=True))

    @property
    def wanted(self) -> Floats:
        """Units of each demand line, none of lines that are not live in this plan, shape (lines,) [unit]."""
        facts = self.arcs.facts
        if not len(facts.switches):
            return facts.lines.units
        return np.where(live_lines(facts, self.decided), facts.lines.units, 0.0)

    @property
    def given_up(self) -> set[str]:
        """Channels that the plan retires where that was left open."""
        channels = self.arcs.facts.channels
        open_ = np.flatnonzero(channels.keep != ANY)
        return set(channels.id[open_[~self.decided[channels.keep[open_]]]].tolist())

    @property
    def gone(self) -> set[str]:
        """Channels that are retired, by the contract or by the plan."""
        return retired(self.clauses) | self.given_up

    @property
    def stated(self) -> Facts:
        """The facts of the problem, before the contract changed anything in them."""
        return self.arcs.facts if self.facts is None else self.facts

    @property
    def shipped(self) -> NDArray[np.intp]:
        """Positions of the arcs that ship something."""
        return np.flatnonzero(self.ship > 1e-9)
