"""Which promises cannot hold together, where no plan exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocopt.algebra.labels import Family, Labels
from allocopt.algebra.program import Program
from allocopt.problem.facts import ANY, Facts, Flags, Floats
from allocopt.readback.plan import Conflict
from allocopt.rules import Clause

Relax = Callable[[Program, Any], Floats | None]
"""Returns by how much each of the given rows must be broken, at least in total, for a plan to exist."""
Oppose = Callable[[Program, Any], Flags]
"""Returns which of the given rows take part in the clash."""

FEW = 5
"""Of more promises of a kind than these, a person is told by article, not one by one."""
SHOWN = 10
"""Articles that are told of a kind of promise; the others are counted."""
NAMED = 3
"""Names of a kind (places, channels, owners) that a conflict lists before it counts the rest."""


@dataclass(frozen=True)
class _Row:
    """A row that takes part in a clash: what promised it, by how much it gives way, and what it is about."""

    kind: str
    clause: int | None
    what: str
    units: float
    place: str
    sku: str
    channel: str
    period: int
    owner: str


def find_conflicts(
    program: Program, labels: Labels, clauses: Sequence[Clause], facts: Facts, relax: Relax, oppose: Oppose
) -> tuple[Conflict, ...]:
    """Return what would have to give way for a plan to exist, most units first, and what stands against it.

    Every promise (hard clause, commitment, planner's own row) is made elastic and the sum of what is broken is
    minimised: what is broken then cannot hold together with the rest. Promises that are kept, but have a price then,
    are the others in the clash; they are named with zero units. Where a kind of promise clashes in many (locks,
    commitments), they stand together by article: which of them gives way is for a person to choose.

    Parameters
    ----------
    program : Program
    labels : Labels
    clauses : sequence of Clause
    facts : Facts
        As the contract has changed them.
    relax, oppose : callable
        Solve the elastic program.
    """
    rows = labels.elastic()
    broken = relax(program, rows) if len(rows) else None
    if broken is None or not (broken > 1e-6).any():
        return ()
    found: list[_Row] = []
    for family, ranks in labels.of_rows(rows[(broken > 1e-6) | oppose(program, rows)]):
        amounts = broken[np.searchsorted(rows, ranks + family.start)]
        pairs = zip(ranks.tolist(), amounts.tolist(), strict=True)
        found += [_row(family, rank, amount, clauses, facts) for rank, amount in pairs]
    kinds: dict[str, dict[tuple[str, int | None], list[_Row]]] = {}
    for row in found:
        kinds.setdefault(row.kind, {}).setdefault((row.what, row.clause), []).append(row)
    told = [conflict for kind, promises in kinds.items() for conflict in _of_kind(kind, list(promises.values()))]
    return tuple(sorted(told, key=lambda conflict: (-conflict.units, conflict.what)))


def _of_kind(kind: str, promises: list[list[_Row]]) -> Iterator[Conflict]:
    """Yield the conflicts of one kind of promise: each by itself where they are few, else by article."""
    if len(promises) <= FEW:
        for rows in promises:
            rows.sort(key=lambda row: -row.units)
            places = [row.place for row in rows if row.place]
            yield Conflict(rows[0].what, rows[0].clause, _units(rows), _few(places, "; "))
        return
    groups: dict[str, list[_Row]] = {}
    for rows in promises:
        groups.setdefault(rows[0].sku, []).extend(rows)
    ranked = sorted(groups.items(), key=lambda group: (-_units(group[1]), group[0]))
    shown = len(ranked) if len(ranked) <= SHOWN else SHOWN - 1
    for sku, rows in ranked[:shown]:
        yield _together(kind, rows, f" of {sku}" if sku else "")
    rest = [row for _, rows in ranked[shown:] for row in rows]
    if rest:
        yield _together(kind, rest, f" of {len(ranked) - shown} more articles")


def _together(kind: str, rows: list[_Row], whose: str) -> Conflict:
    """Return one conflict for many promises of a kind."""
    number = len({(row.what, row.clause) for row in rows})
    first = max(rows, key=lambda row: row.units)
    said = [_few(sorted({row.channel for row in rows} - {""}), ", ")]
    periods = sorted({row.period for row in rows if row.period >= 0})
    if periods:
        one = periods[0] == periods[-1]
        said.append(f"period {periods[0]}" if one else f"periods {periods[0]} to {periods[-1]}")
    owners = _few(sorted({row.owner for row in rows} - {""}), ", ")
    said.append(f"ask {owners}" if owners else "")
    what = f"{kind}{whose}, {number} times" if number > 1 else f"{first.what}"
    return Conflict(what, first.clause, _units(rows), "; ".join(part for part in said if part))


def _row(family: Family, rank: int, amount: float, clauses: Sequence[Clause], facts: Facts) -> _Row:
    """Return one row of a clash with what it is about."""
    label = dict(zip(family.index.names, family.index.label(rank), strict=True))
    codes = {name: int(codes[rank]) for name, codes in zip(family.index.names, family.index.codes, strict=True)}
    line = codes.get("line", ANY) if family.clause is None else ANY
    sku, channel, period = (str(label.get(name, "")) for name in ("sku", "channel", "period"))
    if line != ANY:
        lines = facts.lines
        sku, channel = str(facts.skus.id[lines.sku[line]]), str(facts.channels.id[lines.channel[line]])
        period = str(lines.period[line])
    if family.clause is None:
        what = _words(family.name, tuple(label.values()))
        kind = "commitment (min_units)" if family.name in PROMISED else family.name
        return _Row(kind, None, what, amount, "", sku, channel, int(period or -1), "")
    number = int(family.clause[rank])
    clause = clauses[number]
    given = {name: getattr(clause, name, None) for name in ("period", "owner")}
    place = clause.about(facts, clauses, label) or _place(label, clause)
    channel = channel or ", ".join(clause.whose)
    period = period or str(-1 if given["period"] is None else given["period"])
    kind = str(getattr(clause, "clause", family.name))
    return _Row(kind, number, clause.words(), amount, place, sku, channel, int(period), str(given["owner"] or ""))


PLACES = ("sku", "channel", "node", "region", "order", "lot", "line", "lane", "period", "until")
"""Parts of a row's label that a person knows."""
PROMISED = ("demand", "commitment")
"""Rows that hold the commitments of demand lines."""


def _place(label: dict[str, Any], clause: Clause) -> str:
    """Return what a row of a clause is about, as far as its own words do not say it."""
    known = {str(value) for name in label if (value := getattr(clause, name, None)) is not None}
    parts = [
        f"period {value}" if name in ("period", "until") else str(value)
        for name, value in label.items()
        if name in PLACES and str(value) not in ("", *known)
    ]
    return ", ".join(parts)


def _units(rows: Sequence[_Row]) -> float:
    return float(sum(row.units for row in rows))


def _few(names: Sequence[str], between: str) -> str:
    """Return the first of some names, and how many more there are."""
    names = list(dict.fromkeys(names))
    shown = names if len(names) <= NAMED else [*names[: NAMED - 1], f"{len(names) - NAMED + 1} more"]
    return between.join(shown)


def _words(family: str, label: tuple[Any, ...]) -> str:
    place = ", ".join(str(part) for part in label)
    return f"commitment (min_units) of {place}" if family in PROMISED else f"{family} [{place}]"
