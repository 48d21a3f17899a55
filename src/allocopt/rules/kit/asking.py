"""What clauses ask of what ships: at least, at most or exactly so much in a scope.

.. code-block:: text

    sum_{a in scope} weight[a] ship[a] + broken >= units     at least        for each clause (and SKU, or channel)
    sum_{a in scope} weight[a] ship[a] - over   <= units     at most
    sum_{a in scope} weight[a] ship[a]           = units     exactly
    money: - penalty broken        outside contribution; no `broken` where the clause is hard        [currency]

A rule says only what its clauses ask (`Asking.asks`). Everything else follows here: rounding, what decisions change in
it, that a promise lapses where its channel is not kept, what breaking it costs and to whom that is booked, labels, and
what may be relaxed to explain why there is no plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import Sum, reach
from allocopt.algebra.labels import Codes
from allocopt.algebra.program import COUPLES
from allocopt.arcs import Arcs
from allocopt.problem.facts import Facts, Flags, Floats, Ints
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.cases import Case, Cases, add_by_case, bears, cases_of
from allocopt.rules.kit.names import labels
from allocopt.rules.kit.scope import owner_of, whole

Weight = float | Floats | Callable[[Arcs, Codes], Floats]
"""One for all, one for each demand line, or worked out for the arcs asked for."""


@dataclass(frozen=True)
class Ask:
    """What a clause asks of one scope.

    Attributes
    ----------
    lines : bool, shape (lines,), or ascending positions
        Demand lines in scope.
    sense : {"at_least", "at_most", "exactly"}
    units : float, or float64, shape (skus,) or (channels,)
        How much, not yet rounded: of each SKU or channel as `per` says, or of all together [unit of the sum].
    lots : bool, shape (lots,), or positions, or None
        Lots in scope; None: all.
    per : {"total", "sku", "channel"}
        One row in all, or one for each SKU (or channel) that is wanted in scope.
    sku : int
        SKU that the row is about where there is one in all; `COUPLES`: several.
    weight : float, float64 of shape (lines,), or callable
        How much a unit counts.
    follows : bool
        Whether the units follow from what the lines want: decisions that change this then change them.
    rounded : {"no", "down", "together"}
        To whole units where the SKU has them: not at all, down each by itself, or by largest remainder over all that
        the clauses of the rule ask of the SKU.
    """

    lines: Flags | Codes
    sense: Literal["at_least", "at_most", "exactly"]
    units: Floats | float
    lots: Flags | Codes | None = None
    per: Literal["total", "sku", "channel"] = "total"
    sku: int = COUPLES
    weight: Weight = 1.0
    follows: bool = False
    rounded: Literal["no", "down", "together"] = "no"

    def codes(self, facts: Facts) -> Codes:
        """Return the SKU (or channel) of each of its rows."""
        if self.per == "total":
            return np.array([self.sku])
        found: Codes = np.unique(getattr(facts.lines, self.per)[self.within(facts) & (facts.lines.units > 0)])
        return found

    def within(self, facts: Facts) -> Flags:
        """Return which lines are in scope, shape (lines,)."""
        counted = np.zeros(len(facts.lines.sku), dtype=bool)
        counted[self.lines] = True
        return counted

    def of(self, codes: Codes, more: float = 0.0) -> Floats:
        """Return the units of each row, and so many more; what counts units asks for no less than none."""
        units = np.asarray(self.units, dtype=np.float64)
        each = units[codes] if units.ndim else np.full(len(codes), units)
        if not more:
            return each
        counted = isinstance(self.weight, float)
        return np.maximum(each + more, 0.0) if counted else each + more

    def free(self, facts: Facts, codes: Codes) -> Flags:
        """Return which rows need not be whole."""
        if self.rounded == "no" or not len(facts.skus.id):
            return np.ones(len(codes), dtype=bool)
        return np.where(codes == COUPLES, facts.skus.divisible.any(), facts.skus.divisible[codes])

    def sum(self, on: Statement, codes: Codes, first: int) -> Sum:
        """Return what counts in its rows, which begin at `first`."""
        arcs = on.arcs
        members = _between(arcs, self.lines, self.lots)
        if self.per == "total":
            group: Codes = np.full(len(members), first)
        else:
            owner = getattr(arcs, self.per)[members]
            row = np.full(int(max(owner.max(initial=-1), codes.max(initial=-1))) + 1, -1)
            row[codes] = first + np.arange(len(codes))
            group = row[owner]
        weight = self.weight(arcs, members) if callable(self.weight) else self.weight
        if not callable(self.weight) and np.ndim(weight):
            weight = np.asarray(weight)[arcs.line[members]]
        return Sum(on.ship, group, weight, members)


@dataclass(frozen=True)
class _Asked:
    """What one clause asks once: the ask, the clause with its number, and the SKUs (or channels) of its rows."""

    number: int
    clause: Any
    ask: Ask
    codes: Codes


class Asking(Rule):
    """A rule whose clauses ask for quantities; a subclass says what (`asks`)."""

    quantities: ClassVar[bool] = True

    def asks(self, facts: Facts, clause: Any) -> Iterator[Ask]:
        """Yield what a clause asks, as many things as it would under any other facts with the same lines."""
        raise NotImplementedError

    def promised(self, facts: Facts, clause: Any) -> float:
        """Return how many units a clause promises [unit]."""
        total = 0.0
        for ask in self.asks(facts, clause):
            if ask.sense != "at_most":
                codes = ask.codes(facts)
                units = ask.of(codes)
                total += float(np.where(ask.free(facts, codes), units, floor_units(units)).sum())
        return total

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the rows of all clauses, and the units by which soft ones are broken."""
        facts = on.facts
        parts = [_Asked(n, clause, ask, ask.codes(facts)) for n, clause in clauses for ask in self.asks(facts, clause)]
        rows = _AskedRows(facts, parts)
        if not len(rows.clause):
            return
        cases = cases_of(on, clauses, _bears(facts, parts))
        limits = [
            np.stack([self._limits(on, case, clauses, parts, rows)[some.members] for case in some.each])
            for some in cases
        ]
        sums = [part.ask.sum(on, part.codes, first) for part, first in zip(parts, rows.first, strict=False)]
        sums += self._breach(on, rows, cases, limits, sums)
        add_by_case(
            on,
            self.name,
            rows.index,
            sums,
            cases,
            limits,
            at_least=rows.at_least,
            at_most=rows.at_most,
            clause=rows.clause,
            elastic=np.isnan(rows.penalty),
        )

    def _limits(
        self, on: Statement, case: Case, clauses: Numbered, parts: Sequence[_Asked], rows: _AskedRows
    ) -> Floats:
        """Return the limit of each row in one case: infinite where it asks for nothing; in whole units if need be."""
        asks = [ask for _, clause in clauses for ask in self.asks(case.facts, clause)]
        wanted = np.concatenate(
            [ask.of(part.codes, on.more.get(part.number, 0.0)) for ask, part in zip(asks, parts, strict=True)]
        )
        live = np.isin(rows.clause, [number for number, _ in case.clauses])
        if not rows.free.all():
            stated, group = rows.stated[live], rows.sku[live] + 1
            wanted[live] = whole(case.form, self.name, wanted[live], group, rows.free[live], stated)
        # Nothing ships to a channel that is not kept: what is exact is so of nothing then.
        lapsed = np.where(rows.at_least & rows.at_most, 0.0, np.where(rows.at_least, -np.inf, np.inf))
        return np.where(live, wanted, lapsed)

    def _breach(
        self, on: Statement, rows: _AskedRows, cases: Sequence[Cases], limits: Sequence[Floats], sums: Sequence[Sum]
    ) -> list[Sum]:
        """Add the units by which soft rows may be broken in some case."""
        if np.isnan(rows.penalty).all():
            return []
        (low, high), most = reach(sums, len(rows.sku)), np.zeros(len(rows.sku))
        for some, value in zip(cases, limits, strict=True):
            at = some.members
            most[at] = np.where(rows.at_least[at], value - low[at], high[at] - value).max(axis=0)
        found = []
        for word, sign, mine in (("broken", 1.0, rows.at_least), ("over", -1.0, rows.at_most)):
            found += on.form.add_breach(
                f"{word}_{self.name}",
                rows.index,
                np.where(mine, most, 0.0),
                sign=sign,
                penalty=rows.penalty,
                sku=rows.sku,
                channel=rows.channel,
            )
        return found


def _bears(facts: Facts, parts: Sequence[_Asked]) -> Flags:
    """Return which decisions bear on each row, shape (rows, decisions); on what is rounded together, all alike."""
    if not len(facts.switches):
        return np.zeros((sum(len(part.codes) for part in parts), 0), dtype=bool)
    each = [bears(facts, part.clause, part.ask.within(facts) if part.ask.follows else None) for part in parts]
    joined = np.any([one for part, one in zip(parts, each, strict=True) if part.ask.rounded == "together"], axis=0)
    found = []
    for part, one in zip(parts, each, strict=True):
        flags = joined if part.ask.rounded == "together" else one
        several = (part.codes == COUPLES)[:, None] | (part.ask.per == "channel")
        found.append(np.where(several, flags.any(axis=0), flags[np.where(several[:, 0], COUPLES, part.codes)]))
    return np.concatenate(found)


class _AskedRows:
    """The rows of parts, all arrays of shape (rows,)."""

    def __init__(self, facts: Facts, parts: Sequence[_Asked]) -> None:
        sizes = [len(part.codes) for part in parts]

        def each(values: list[Any]) -> NDArray[Any]:
            return np.repeat(values, sizes)

        self.first = np.cumsum([0, *sizes])
        codes = np.concatenate([part.codes for part in parts]).astype(np.int32) if parts else np.zeros(0, np.int32)
        by_channel = any(part.ask.per == "channel" for part in parts)
        self.clause: Ints = each([part.number for part in parts]).astype(np.int32)
        self.index = labels(facts, clause=self.clause, **{"channel" if by_channel else "sku": codes})
        self.sku: Ints = np.full_like(codes, COUPLES) if by_channel else codes
        self.at_least: Flags = each([part.ask.sense != "at_most" for part in parts])
        self.at_most: Flags = each([part.ask.sense != "at_least" for part in parts])
        self.stated: Flags = each([part.ask.rounded == "down" for part in parts])
        free = [part.ask.free(facts, part.codes) for part in parts]
        self.free: Flags = np.concatenate(free) if free else np.zeros(0, dtype=bool)
        penalty = [getattr(part.clause, "penalty", None) for part in parts]
        self.penalty: Floats = each([np.nan if one is None else one for one in penalty])
        self.channel: Ints = each([owner_of(facts, part.clause) for part in parts]).astype(np.int32)


def _between(arcs: Arcs, lines: Flags | Codes, lots: Flags | Codes | None) -> Codes:
    """Return the positions of the arcs from these lots to these lines; few lines are found among many arcs at once."""
    at = np.arange(len(lines))[lines] if lines.dtype == np.bool_ else lines
    if not len(at):
        return np.zeros(0, dtype=np.intp)
    first, last = np.searchsorted(arcs.line, [at[0], at[-1] + 1])
    window = slice(first, last)
    inside = _among(lines, arcs.line[window])
    if lots is not None:
        inside &= _among(lots, arcs.lot[window])
    found: Codes = np.flatnonzero(inside) + int(first)
    return found


def _among(some: Flags | Codes, codes: Ints) -> Flags:
    """Return which codes are among some, given as a mask or as positions."""
    return np.asarray(some[codes] if some.dtype == np.bool_ else np.isin(codes, some), dtype=bool)
