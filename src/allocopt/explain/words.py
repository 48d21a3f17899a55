"""Reasons in sentences: every number in them is one of the tables."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np

from allocopt.explain.reasons import SUPPLY, Item, Reason
from allocopt.explain.seeker import Seeker
from allocopt.problem.days import first_days
from allocopt.problem.facts import ANY, NEVER
from allocopt.problem.schema import LOT_KINDS
from allocopt.rules import Clause
from allocopt.rules.kit.names import lane_names, lane_words
from allocopt.rules.kit.shortage import CODES
from allocopt.words import many

FIRST = 3
"""So many lines, lots or rows are named; of the others it is said how many they are."""


class Sentences:
    """Puts the reasons of a plan into sentences.

    Parameters
    ----------
    seeker : Seeker
    clauses : sequence of Clause
        Those of the contract, in its order.
    """

    def __init__(self, seeker: Seeker, clauses: Sequence[Clause]) -> None:
        self.seeker, self.facts, self.clauses = seeker, seeker.facts, clauses
        self._days = bool(len(self.facts.starts))
        lots = self.facts.lots
        self._usable = np.bincount(lots.sku, weights=lots.usable, minlength=len(self.facts.skus.id))
        self._spelled: dict[int, list[tuple[Any, ...]]] = {}
        self._families = [family for family in seeker.wide.labels.rows if family.stop > family.start]
        self._starts = [family.start for family in self._families]
        self.line, self.lot, self.item = cache(self.line), cache(self.lot), cache(self.item)  # type: ignore[method-assign]
        self._label, self._limit = cache(self._label), cache(self._limit)  # type: ignore[method-assign]
        self._when = cache(self._when)  # type: ignore[method-assign]

    def line(self, line: int, *, sku: bool = False) -> str:
        """Return a demand line in a few words: its channel, order and region where it has them, when it is due."""
        facts, lines = self.facts, self.facts.lines
        words = str(facts.channels.id[lines.channel[line]])
        if lines.order[line] != ANY:
            words += f" order {facts.orders[lines.order[line]]}"
        if lines.region[line] != ANY:
            words += f" in {facts.regions[lines.region[line]]}"
        if sku:
            words = f"{facts.skus.id[lines.sku[line]]} for {words}"
        return f"{words}, due {self._when(lines.period[line])}"

    def lot(self, lot: int) -> str:
        """Return a lot in a few words, with its usable units."""
        lots = self.facts.lots
        name = f"{many(lots.usable[lot], 'unit')} of {self.facts.skus.id[lots.sku[lot]]}"
        name += f" at {self.facts.nodes.id[lots.node[lot]]}"
        inside = [LOT_KINDS[lots.kind[lot]].replace("_", " ")]
        inside += [str(lots.reference[lot])] if lots.reference[lot] else []
        inside += [f"usable from {self._when(lots.available[lot])}"] if lots.available[lot] else []
        if lots.expires[lot] != NEVER:
            inside += [f"expire after {'the period of ' if self._days else ''}{self._when(lots.expires[lot])}"]
        return f"{name} ({', '.join(inside)})"

    def _when(self, period: int) -> str:
        """Return a period by its first day where there is a calendar, as tables show it; else by its number."""
        if not self._days:
            return str(period)
        return str(first_days(self.facts.starts, np.array([period])).astype("datetime64[D]")[0])

    def item(self, one: Item) -> str:
        """Return what was lifted, as the middle of a sentence."""
        if one.rule is None:
            return CODES[one.code][1]
        clause = self.clauses[one.clause] if one.clause >= 0 else None
        return one.rule.why(self.facts, clause)

    def sentence(self, reason: Reason, wanted: float) -> str:
        """Return why a line is short for one reason, in a sentence or two."""
        head = f"{_units(reason.units)} of {wanted:,.6g} wanted short: {self.item(reason.item)}"
        limits = self._limits(reason)
        if limits:
            head = f"{_units(reason.units)} of {wanted:,.6g} wanted short: {limits}"
        more = self._more(reason)
        text = f"{head}{more}."
        if reason.besides:
            text += f" Besides, {'; '.join(self.item(one) for one in reason.besides)}."
        return text

    def what(self, reason: Reason) -> str:
        """Return the row of a table, or the clause, that stands behind a reason."""
        if reason.item.clause >= 0:
            return str(self.clauses[reason.item.clause].words())
        if reason.rows:
            return _listed(list(dict.fromkeys(map(self.limit_of, reason.rows))))
        if reason.code in ("too_late", "expired", "on_hold", "safety_closed", "no_supply"):
            return _listed([self.lot(lot) for lot in self.lots(reason)])
        return ""

    def owner(self, reason: Reason) -> str:
        """Return who could help: the owner of the channel that the clause is about, or that has the units."""
        owners, channels = self.facts.channels.owner, self.facts.channels.id
        if reason.item.clause >= 0:
            clause: Any = self.clauses[reason.item.clause]
            if getattr(clause, "owner", ""):
                return str(clause.owner)
            named = getattr(clause, "channel", None)
            named = (named,) if isinstance(named, str) else tuple(named or ())
            return ", ".join(
                dict.fromkeys(str(owners[channels == name][0]) for name in named if (channels == name).any())
            )
        if reason.givers:
            return str(owners[self.facts.lines.channel[reason.givers.lines[0]]])
        return ""

    def lots(self, reason: Reason) -> list[int]:
        """Return the lots that the units would come from."""
        return list(dict.fromkeys(int(self.seeker.arcs.lot[arc]) for arc in reason.arcs))

    def _more(self, reason: Reason) -> str:
        code, lots = reason.code, self.lots(reason)
        if code in ("too_late", "expired", "on_hold", "safety_closed") and lots:
            return f": {_listed([self.lot(lot) for lot in lots])}"
        if code == "not_worth_it":
            return f" ({reason.worth:,.2f} a unit at best)"
        if code == "no_supply":
            return self._no_stock(reason)
        if not reason.givers:
            return ""
        names = _listed([f"{self.line(line)} ({units:,.6g})" for line, units in reason.givers], "line")
        if code in ("tie", "rank", "turn", "taken_by_better", "protected", "locked") and not reason.solved:
            return f": {names}" if reason.item.clause < 0 else f"; the stock goes to {names}"
        return f"; the units go to {names}"

    def _no_stock(self, reason: Reason) -> str:
        """Return what is said of stock that there is none of: all of it goes to the line itself, or there never was."""
        facts, line = self.facts, reason.line
        usable = self._usable[facts.lines.sku[line]]
        return f" of {facts.skus.id[facts.lines.sku[line]]} for it: the supply is {usable:,.6g} usable units in all"

    def _limits(self, reason: Reason) -> str:
        """Return the rows that were lifted in words, as far as their rule has any."""
        if reason.item.rule is None or not reason.rows:
            return ""
        said = [self._limit(reason.item, row) for row in reason.rows]
        return _listed([one for one in said if one])

    def _limit(self, one: Item, row: int) -> str:
        """Return a row of a rule in words; ``""``: it has none."""
        return "" if one.rule is None else one.rule.limit(self._spoken(row), float(self.seeker.program.row_upper[row]))

    def limit_of(self, row: int) -> str:
        """Return a row of the program in words, as far as its rule has any; else by its label."""
        rules, rule, clause = self.seeker.wide.authors
        author = rules[rule[row]] if rule[row] >= 0 else None
        one = self.seeker.item_of(row)
        if one == SUPPLY:
            arcs = self.seeker.wide.local.columns_of(row) - self.seeker.wide.ship
            return self.lot(int(self.seeker.arcs.lot[arcs[(arcs >= 0) & (arcs < len(self.seeker.arcs))][0]]))
        said = "" if author is None else author.limit(self._spoken(row), float(self.seeker.program.row_upper[row]))
        if not said and clause[row] >= 0:
            said = self.clauses[clause[row]].words() + self._where(row)
        return said or (self._label(row) if one is None else self.item(one))

    def _where(self, row: int) -> str:
        """Return which article and lot a row of a clause is about, where it has a row for each."""
        family = self._families[self._family(row)]
        said = dict(zip(family.index.names, self._row(row), strict=True))
        told = [str(said[name]) for name in ("sku", "node", "available") if said.get(name, "") not in ("", -1)]
        return f" ({', '.join(told)})" if told else ""

    def _family(self, row: int) -> int:
        """Return which family a row is of; -1: none."""
        number = bisect_right(self._starts, row) - 1
        return number if number >= 0 and row < self._families[number].stop else -1

    def _row(self, row: int) -> tuple[Any, ...]:
        """Return the label of a row; those of a family are spelled out once."""
        number = self._family(row)
        if number < 0:
            return ()
        if number not in self._spelled:
            self._spelled[number] = self._families[number].index.tuples()
        return self._spelled[number][row - self._starts[number]]

    def _spoken(self, row: int) -> tuple[Any, ...]:
        """Return the label of a row, its lane in words and with the first day of its period where there is one."""
        label, number = self._row(row), self._family(row)
        if number < 0:
            return label
        said = dict(zip(self._families[number].index.names, label, strict=True))
        if "lane" in said:
            said["lane"] = self._lanes.get(str(said["lane"]), said["lane"])
        if "period" in said and self._days:
            said["period"] = f"{said['period']} ({self._when(int(said['period']))})"
        return tuple(said.values())

    @cached_property
    def _lanes(self) -> dict[str, str]:
        """The lanes in words, by their labels."""
        return dict(zip(lane_names(self.facts), lane_words(self.facts), strict=True))

    def _label(self, row: int) -> str:
        number = self._family(row)
        name = [self._families[number].name] if number >= 0 else []
        return "/".join(str(part) for part in (*name, *self._row(row))) or "what an earlier stage reached"


def _units(units: float) -> str:
    return f"{units:,.6g}"


def _listed(names: list[str], what: str = "") -> str:
    """Return the first few of some names in a row, and how many more there are.

    >>> _listed(list("abcd"), "line"), _listed(list("abcde"))
    ('a, b, c and 1 more line', 'a, b, c and 2 more')
    """
    more = len(names) - FIRST
    text = ", ".join(names[:FIRST])
    return f"{text} and {many(more, f'more {what}') if what else f'{more:,} more'}" if more > 0 else text


__all__ = ["Sentences"]
