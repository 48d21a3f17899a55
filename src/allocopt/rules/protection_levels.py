"""Protection levels: nested booking limits, so that channels that pay less leave units for those that pay more.

.. code-block:: text

    sum_{a of s, channels ranked below j} ship[a] - over <= max(0, usable supply of s - level[s, j])     [unit]
    money: - penalty over        outside contribution; no `over` where the clause is hard        [currency]

for each SKU ``s`` and each rank ``j`` that somebody stands below. Channels are ranked by the units-weighted mean of
their prices (or contributions); channels that are worth the same are not protected from each other. Levels are EMSR-b:

.. code-block:: text

    P(demand of ranks 1..j > level[j]) = value[j + 1] / mean value of ranks 1..j
    level[j] = mean + sd z(1 - value[j + 1] / mean value)        means add up, and so do variances        [unit]

or EMSR-a, where ranks are protected one by one from the next one:

.. code-block:: text

    level[j] = sum_{i <= j} y[i],    P(demand of rank i > y[i]) = value[j + 1] / value[i]                 [unit]

with normal demand, z its standard quantile. Supply and demand are those of the whole horizon; lots on hold and safety
lots are never part of it, and what is firm has no spread. Source: Belobaba, Application of a probabilistic decision
model to airline seat inventory control, Operations Research 37 (1989), and Optimal vs. heuristic methods for nested
seat allocation, AGIFORS (1992); Talluri and van Ryzin, The Theory and Practice of Revenue Management (2004), ch. 2.2.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass as plain_dataclass
from typing import ClassVar, Literal

import numpy as np
from pydantic import model_validator
from pydantic.dataclasses import dataclass

from allocopt.algebra.formulation import Formulation, Sum, When, reach
from allocopt.algebra.grouping import ranges
from allocopt.algebra.labels import Codes
from allocopt.arcs import net_price
from allocopt.documents.checked import STRICT, Ids, Penalty
from allocopt.problem.facts import Facts, Flags, Floats
from allocopt.rules.kit.base import Clause, Numbered, Rule, Statement
from allocopt.rules.kit.cases import Case, Cases, bears, cases_of, with_conditions
from allocopt.rules.kit.emsr import levels
from allocopt.rules.kit.names import labels
from allocopt.rules.kit.scope import SAFETY, arcs_of, chosen, floored, lines_of

ALIKE = 1e-9
"""Values that differ by less than this part of them are the same."""


@dataclass(frozen=True, config=STRICT)
class ProtectionLevels(Clause):
    """Channels that pay less leave units for those that pay more, as far as these are likely to come (EMSR-b).

    Commitments (`demand.min_units`) count like all units: where they alone pass a hard limit, there is no plan.

    Attributes
    ----------
    channels : tuple of str or None
        Channels that take part, at least two; None: all. Others are neither limited nor protected.
    value : {"price", "contribution"}
        By what channels are ranked: mean price, or what is left of it after returns, fees and goods (not lanes).
    penalty : float or None
        Cost per unit beyond a limit [currency/unit]; None: limits are hard.
    sku : tuple of str or None
        Only these articles.
    method : {"emsr_b", "emsr_a"}
        Whether ranks above a limit are protected as one demand of their mean value, or each by itself.

    Examples
    --------
    >>> ProtectionLevels(("dtc", "amazon"), value="contribution").words()
    'protection levels channels dtc, amazon, value contribution'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channels", "sku")
    channel: ClassVar[None] = None
    """It is about several, and in favour of none."""

    channels: Ids = None
    value: Literal["price", "contribution"] = "price"
    penalty: Penalty | None = None
    sku: Ids = None
    method: Literal["emsr_b", "emsr_a"] = "emsr_b"
    clause: Literal["protection_levels"] = "protection_levels"

    @model_validator(mode="after")
    def _several(self) -> ProtectionLevels:
        if self.channels is not None and len(set(self.channels)) < max(2, len(self.channels)):
            raise ValueError("channels must name at least two channels, each once")
        return self


@plain_dataclass(frozen=True)
class Ranking:
    """The channels of each SKU by what they are worth.

    Attributes
    ----------
    channel : int, shape (skus, ranks)
        Channel of each rank, highest first; those that want nothing of the SKU come last.
    rank : int, shape (skus, channels)
        The other way round.
    limited : bool, shape (skus, ranks - 1)
        Where the channels below a rank are worth less than it, and are wanted: where there is a limit.
    level : float64, shape (skus, ranks - 1)
        Units to keep for the ranks down to this one [unit].
    certain : int
        SKUs with limits whose demand has no spread.
    """

    channel: Codes
    rank: Codes
    limited: Flags
    level: Floats
    certain: int


class ProtectionLevelsRule(Rule):
    """Channels that pay less leave units for those that pay more."""

    clause: ClassVar[type[Clause] | None] = ProtectionLevels
    short: ClassVar[str] = "protected"
    quantities: ClassVar[bool] = True

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per clause, SKU and rank that somebody stands below, and the units beyond soft limits."""
        facts, skus = on.facts, on.facts.skus
        each = [bears(facts, clause, _lines(facts, clause), kept=True) for _, clause in clauses]
        cases = cases_of(on, clauses, np.any(each, axis=0))
        parts = [part for some in cases for part in _parts(on, clauses, some) if len(part.sku)]
        if not parts:
            return
        first = np.cumsum([0, *(len(part.sku) for part in parts)])
        number, sku, channel, penalty, wanted, member, so = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("number", "sku", "channel", "penalty", "limit", "decision", "on")
        )
        row = np.concatenate([part.row + begin for part, begin in zip(parts, first, strict=False)])
        index = labels(facts, clause=number, sku=sku, channel=channel)
        if on.switch is not None:
            index = with_conditions(index, facts, row, member, so)
        if on.more:
            wanted = np.maximum(wanted + np.array([on.more.get(one, 0.0) for one in number.tolist()]), 0.0)
        limit = floored(on.form, self.name, wanted, skus.divisible[sku])
        sums = [
            Sum(on.ship, part.group + begin, members=part.members) for part, begin in zip(parts, first, strict=False)
        ]
        most = reach(sums, len(sku))[1]
        sums += on.form.add_breach(
            "over_protection", index, most - limit, sign=-1.0, penalty=penalty, sku=sku, channel=channel
        )
        on.form.add_rows(
            self.name,
            index,
            sums,
            upper=limit,
            when=None if on.switch is None else When(on.switch, row, member, so),
            otherwise=np.maximum(most, limit),
            clause=number,
            elastic=np.isnan(penalty),
        )


@plain_dataclass(frozen=True)
class _LevelRows:
    """The rows of one clause in one case: SKU, the last channel that is protected, the limit, who counts where.

    A `row` that hangs on decisions stands there once for each, with the decision, and whether it is `on` in the case.
    """

    number: Codes
    penalty: Floats
    sku: Codes
    channel: Codes
    limit: Floats
    members: Codes
    group: Codes
    row: Codes
    decision: Codes
    on: Flags


def _parts(on: Statement, clauses: Numbered, cases: Cases) -> Iterator[_LevelRows]:
    """Yield the rows of the SKUs that one set of decisions bears on, case by case."""
    mine = np.zeros(len(on.facts.skus.id), dtype=bool)
    mine[cases.members] = True
    changed = mine & _changed(on.facts, cases)
    for rank, case in enumerate(cases.each):
        for number, clause in clauses:
            yield _stated(on, case, number, clause, changed if rank else mine, changed, cases.switches)


def _lines(facts: Facts, clause: ProtectionLevels) -> Flags:
    """Return the demand lines that take part, shape (lines,)."""
    taking_part: Flags = chosen(facts.channels.id, clause.channels)[facts.lines.channel]
    return lines_of(facts, None, clause.sku) & taking_part


def _changed(facts: Facts, cases: Cases) -> Flags:
    """Return the SKUs whose demand depends on decisions, shape (skus,)."""
    changed = np.zeros(len(facts.skus.id), dtype=bool)
    for case in cases.each:
        changed[facts.lines.sku[case.facts.lines.units != facts.lines.units]] = True
    return changed


def _stated(
    on: Statement, case: Case, number: int, clause: ProtectionLevels, skus: Flags, changed: Flags, switches: Codes
) -> _LevelRows:
    """Return the rows of one clause in one case for some SKUs, numbered from 0."""
    facts, arcs = case.facts, on.arcs
    lots = chosen(facts.skus.id, clause.sku)[facts.lots.sku] & ~facts.lots.hold & (facts.lots.kind != SAFETY)
    lines = _lines(facts, clause)
    supply = np.bincount(facts.lots.sku[lots], weights=facts.lots.usable[lots], minlength=len(facts.skus.id))
    ranking = ranked(facts, lines, skus & (supply > 0), clause.value, clause.method)
    _note(case.form, clause, ranking)
    sku, place = np.nonzero(ranking.limited)
    # An arc counts in all limits above its own rank: the first so many of its SKU.
    above: Codes = np.pad(np.cumsum(ranking.limited, axis=1), ((0, 0), (1, 0)))
    first: Codes = np.cumsum(above[:, -1]) - above[:, -1]
    members = np.flatnonzero(arcs_of(arcs, lots, lines))
    of_arc = arcs.sku[members]
    group, owner = ranges(first[of_arc], first[of_arc] + above[of_arc, ranking.rank[of_arc, arcs.channel[members]]])
    hang = np.flatnonzero(changed[sku])
    return _LevelRows(
        number=np.full(len(sku), number, dtype=np.int32),
        penalty=np.full(len(sku), np.nan if clause.penalty is None else clause.penalty),
        sku=sku,
        channel=ranking.channel[sku, place],
        limit=np.maximum(supply[sku] - ranking.level[sku, place], 0.0),
        members=members[owner],
        group=group,
        row=np.repeat(hang, len(switches)),
        decision=np.tile(switches, len(hang)),
        on=np.tile(case.on, len(hang)),
    )


def ranked(facts: Facts, lines: Flags, stocked: Flags, value: str, method: str = "emsr_b") -> Ranking:
    """Return the channels of each SKU by what they are worth, with the levels that protect them.

    Parameters
    ----------
    facts : Facts
    lines : bool, shape (lines,)
        Lines that take part.
    stocked : bool, shape (skus,)
        SKUs that have anything to keep.
    value : {"price", "contribution"}
    method : {"emsr_b", "emsr_a"}
    """
    size, channels = len(facts.skus.id), len(facts.channels.id)
    counted = lines & (facts.lines.units > 0)
    key = (facts.lines.sku.astype(np.int64) * channels + facts.lines.channel)[counted]
    units = facts.lines.units[counted]
    # An order is certain, whatever spread its line states.
    variance = np.where(facts.lines.firm, 0.0, facts.lines.sd**2)[counted]

    def added(weights: Floats) -> Floats:
        sums = np.bincount(key, weights=weights, minlength=size * channels)
        return sums.astype(np.float64).reshape(size, channels)

    mean, spread = added(units), added(variance)
    worth = added(units * value_of_lines(facts, value)[counted])
    each = np.divide(worth, mean, out=np.full_like(mean, -np.inf), where=mean > 0)
    channel = np.argsort(-each, axis=1, kind="stable")
    rank = np.argsort(channel, axis=1, kind="stable")
    each, mean, spread = (np.take_along_axis(table, channel, axis=1) for table in (each, mean, spread))
    wanted = mean[:, 1:] > 0
    above, below = np.where(wanted, each[:, :-1], 0.0), np.where(wanted, each[:, 1:], 0.0)
    limited = wanted & (below < above - ALIKE * np.abs(above)) & stocked[:, None]
    level = levels(np.where(mean > 0, each, 0.0), mean, spread, method)
    certain = int((limited.any(axis=1) & (spread.sum(axis=1) == 0)).sum())
    return Ranking(channel, rank, limited, level, certain)


def value_of_lines(facts: Facts, value: str) -> Floats:
    """Return what a unit of each demand line is worth for its rank, shape (lines,) [currency/unit]."""
    lines, channels = facts.lines, facts.channels
    if value == "price":
        return lines.price
    back = channels.return_rate
    fixed = channels.fee_per_unit + back * channels.return_cost
    goods = facts.skus.unit_cost[lines.sku] * (1.0 - back * channels.recovery)[lines.channel]
    return net_price(facts) * (1.0 - channels.fee_rate[lines.channel]) - fixed[lines.channel] - goods


def _note(form: Formulation, clause: ProtectionLevels, ranking: Ranking) -> None:
    """Say where a clause limits nothing, or has no spread to work with."""
    if not ranking.limited.any():
        form.note("no_levels", f"{clause.words()}: no article is wanted by channels of different worth; no limits.")
    elif ranking.certain:
        what = "1 article" if ranking.certain == 1 else f"{ranking.certain} articles"
        words = f"the demand for {what} states no spread (demand.sd), so just what is expected of it is kept."
        form.note("no_spread", f"{clause.words()}: {words}")
