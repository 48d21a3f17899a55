"""Which promises cannot hold together, where no plan exists, and the smallest repair, in the business's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from allocopt.algebra.grouping import extreme
from allocopt.algebra.labels import Codes, Family, Labels
from allocopt.algebra.program import Program, freed
from allocopt.plan.clash import Clashes, Obstacles, clashes
from allocopt.plan.conflict import Conflict
from allocopt.problem.facts import ANY, Facts, Flags, Floats
from allocopt.rules import Clause
from allocopt.solve.repair import Repair
from allocopt.words import few, many

Mend = Callable[[Program, Codes, Floats, Flags], Repair | None]
"""Returns the smallest repair of a program by rows that may give way, each of some weight, perhaps upwards too."""

FEW = 5
"""Of more promises of a kind than these, a person is told by article, not one by one."""
SHOWN = 10
"""Articles that are told of a kind of promise; the others are counted."""
NAMED = 3
"""Names of a kind (places, channels, owners) that a conflict lists before it counts the rest."""
PLACES = ("sku", "channel", "node", "region", "order", "lot", "line", "lane", "period", "until")
"""Parts of a row's label that a person knows."""
PROMISED = ("demand", "commitment")
"""Rows that hold the commitments of demand lines."""


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
    cost: float
    clash: int
    caps: bool = False  # it lets no more through, and does not ask for at least so much


def find_conflicts(
    program: Program, labels: Labels, clauses: Sequence[Clause], facts: Facts, mend: Mend, currency: str = ""
) -> tuple[tuple[Conflict, ...], Repair | None]:
    """Return the smallest repair of a program without a plan, most units first, and what stands against it.

    Every promise (hard clause, commitment, planner's own row) may give way; of all ways in which a plan exists then,
    the fewest units are given up, and of those the plan that is worth most is taken. Promises that are kept, but have
    a price then, are the others in the clash; they are named with zero units. Where a kind of promise clashes in many
    (locks, commitments), they stand together by article.

    Parameters
    ----------
    program : Program
    labels : Labels
    clauses : sequence of Clause
    facts : Facts
        As the contract has changed them.
    mend : callable
        Repairs the program.
    currency : str

    Returns
    -------
    tuple of Conflict
    Repair or None
        None where none is known.
    """
    rows = labels.elastic()
    program = freed(program, labels.implied())
    found = mend(program, rows, _weights(program, rows), labels.rises(rows)) if len(rows) else None
    if found is None or not found.given.any():
        return (), None
    cost = _cost(program, facts, rows, found)
    part = np.flatnonzero((found.given > 0) | (found.prices[rows] != 0))
    clash = clashes(program, rows[part], found.given[part], found.prices)
    said: list[_Row] = []
    for family, ranks in labels.of_rows(rows[part]):
        at = np.searchsorted(rows[part], ranks + family.start)
        amounts = (values.tolist() for values in (ranks, found.given[part][at], cost[part][at], clash.number[at]))
        mine = [_row(family, *each, clauses=clauses, facts=facts) for each in zip(*amounts, strict=True)]
        caps = _caps(program, found.prices, rows[part][at]).tolist()
        said += [replace(row, caps=True, cost=0.0) if cap else row for row, cap in zip(mine, caps, strict=True)]
    kinds: dict[str, dict[tuple[str, int | None], list[_Row]]] = {}
    for row in said:
        kinds.setdefault(row.kind, {}).setdefault((row.what, row.clause), []).append(row)
    groups = [group for kind, promises in kinds.items() for group in _of_kind(kind, list(promises.values()))]
    spoken = _Spoken(clash, lambda some: clash.limits(program, labels, facts, some), said, currency)
    conflicts = [_told(what, rows, spoken) for what, rows in groups]
    return tuple(sorted(conflicts, key=lambda conflict: (-conflict.units, conflict.what))), found


def _caps(program: Program, prices: Floats, rows: Codes) -> Flags:
    """Return which rows take part as upper limits: by their price, else by what they limit at all."""
    price, least = prices[rows], np.isfinite(program.row_lower[rows])
    return np.where(price != 0, price > 0, np.isfinite(program.row_upper[rows]) & ~least)


def _weights(program: Program, rows: Codes) -> Floats:
    """Return what a unit of each row counts: less where a unit that ships moves it by more than one."""
    lines = program.column_line
    size = np.abs(program.data)
    if lines is not None:
        size = np.where(lines[program.entry_column] >= 0, size, 0.0)
    most = extreme(np.maximum, size, program.indices, program.rows, none=0.0)
    weights: Floats = 1.0 / np.maximum(most[rows], 1.0)
    return weights


def _cost(program: Program, facts: Facts, rows: Codes, found: Repair) -> Floats:
    """Return what the units that each row gives up would have earned with the lines left short, best first."""
    cost, lines = np.zeros(len(rows)), program.column_line
    if lines is None:
        return cost
    number = np.full(program.rows, ANY)
    short = found.given > 0
    number[rows[short]] = np.flatnonzero(short)
    column, row = program.entry_column, number[program.indices]
    mine = np.flatnonzero((row >= 0) & (lines[column] >= 0) & (program.data > 0))
    if not len(mine):
        return cost
    line, size = lines[column[mine]], len(facts.lines.units)
    pairs, pair = np.unique(row[mine].astype(np.int64) * size + line, return_inverse=True)
    worth = extreme(np.maximum, program.cost[column[mine]], pair, len(pairs), none=0.0)
    row, line = np.divmod(pairs, size)
    ships = lines >= 0
    served = np.bincount(lines[ships], weights=found.x[ships], minlength=size)
    order = np.lexsort((-worth, row))
    row, worth = row[order], worth[order]
    left = np.maximum(facts.lines.units - served, 0.0)[line[order]]
    before = np.cumsum(left) - left
    first = np.searchsorted(row, row)
    taken = np.clip(found.given[row] - (before - before[first]), 0.0, left)
    return np.bincount(row, weights=taken * worth, minlength=len(rows)).astype(np.float64)


@dataclass(frozen=True)
class _Spoken:
    """What is known of the clashes, to be put in words."""

    clashes: Clashes
    limits: Callable[[list[int]], Obstacles]
    rows: list[_Row]
    currency: str


def _told(what: str, rows: list[_Row], spoken: _Spoken) -> Conflict:
    """Return a conflict with what stands against it, and the sentence that says so."""
    clash, mine = {row.clash for row in rows}, {(row.what, row.clause) for row in rows}
    others = [row for row in spoken.rows if row.clash in clash and (row.what, row.clause) not in mine]
    against = tuple(dict.fromkeys(row.what for row in sorted(others, key=lambda row: -row.units)))
    limits = spoken.limits(sorted(clash))
    units, cost = _units(rows), sum(row.cost for row in rows)
    sku, channel, period = (_only(getattr(row, name) for row in rows) for name in ("sku", "channel", "period"))
    owner = _few(sorted({row.owner for row in rows} - {""}), ", ")
    rest = _few(against, " and ")
    sentence = f"{what} stands against {rest}."
    cure = f"Keep it; {rest} give{'' if len(against) > 1 else 's'} way."
    if units > 0:
        raised = all(row.caps for row in rows)
        gives = f"raise {what} by {units:,.10g}" if raised else f"give up {units:,.10g} of {what}"
        more = "".join(f", or {remedy}" for remedy in limits.remedies)
        cure = f"{gives[0].upper()}{gives[1:]}{f' (ask {owner})' if owner else ''}{more}."
        price = f", {cost:,.2f} {spoken.currency}".rstrip() if cost else ""
        if not against and not raised:
            gives = f"give up {units:,.10g}"
        asks = [name for name in (what, *against) if name in {row.what for row in [*rows, *others] if not row.caps}]
        caps = [name for name in (what, *against) if name not in asks]
        sentence = f"{_need(asks, caps, spoken.clashes, sorted(clash), limits)}: {gives}{price}."
    return Conflict(
        what,
        max(rows, key=lambda row: row.units).clause,
        units,
        _where(rows) or _few(limits.skus, ", "),
        sku=sku or "",
        channel=channel or "",
        period=None if period in (None, -1) else period,
        owner=owner,
        cost=cost,
        against=against,
        sentence=sentence,
        cure=cure,
    )


def _need(asks: list[str], caps: list[str], clash: Clashes, some: list[int], limits: Obstacles) -> str:
    """Return what promises need together and what there is, or only that they cannot hold."""
    because = f" ({_few(limits.words, ', ')})" if limits.words else ""
    if not clash.counted[some].all() or not asks:
        names = [*asks, *caps]
        return f"{_few(names, ' and ')} cannot hold{' together' if len(names) > 1 else ''}{because}"
    need, given = clash.need[some].sum(), clash.given[some].sum()
    of = f" of {_few(limits.skus, ', ')}" if limits.skus else ""
    verb, under = "need" if len(asks) > 1 else "needs", f"under {_few(caps, ' and ')} " if caps else ""
    return f"{_few(asks, ' and ')} {verb} {need:,.10g} units{of}; {under}there are {need - given:,.10g}{because}"


def _only(values: Iterator[Any]) -> Any:
    """Return the one value that all are; None where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _of_kind(kind: str, promises: list[list[_Row]]) -> Iterator[tuple[str, list[_Row]]]:
    """Yield one kind of promise in words with its rows: each by itself where they are few, else by article."""
    if len(promises) <= FEW:
        yield from ((rows[0].what, rows) for rows in promises)
        return
    groups: dict[str, list[_Row]] = {}
    for rows in promises:
        groups.setdefault(rows[0].sku, []).extend(rows)
    ranked = sorted(groups.items(), key=lambda group: (-_units(group[1]), group[0]))
    shown = len(ranked) if len(ranked) <= SHOWN else SHOWN - 1
    for sku, rows in ranked[:shown]:
        yield _together(kind, rows, f" of {sku}" if sku else ""), rows
    rest = [row for _, rows in ranked[shown:] for row in rows]
    if rest:
        yield _together(kind, rest, f" of {many(len(ranked) - shown, 'more article')}"), rest


def _together(kind: str, rows: list[_Row], whose: str) -> str:
    """Return the words for many promises of a kind."""
    number = len({(row.what, row.clause) for row in rows})
    return f"{kind}{whose}, {number} times" if number > 1 else max(rows, key=lambda row: row.units).what


def _where(rows: list[_Row]) -> str:
    """Return the places that one promise is about, or channels, periods and owners of many."""
    if len({(row.what, row.clause) for row in rows}) == 1:
        ranked = sorted(rows, key=lambda row: -row.units)
        return _few([row.place for row in ranked if row.place], "; ")
    said = [_few(sorted({row.channel for row in rows} - {""}), ", ")]
    periods = sorted({row.period for row in rows if row.period >= 0})
    if periods:
        one = periods[0] == periods[-1]
        said.append(f"period {periods[0]}" if one else f"periods {periods[0]} to {periods[-1]}")
    owners = _few(sorted({row.owner for row in rows} - {""}), ", ")
    said.append(f"ask {owners}" if owners else "")
    return "; ".join(part for part in said if part)


def _row(
    family: Family,
    rank: int,
    amount: float,
    cost: float,
    clash: int,
    *,
    clauses: Sequence[Clause],
    facts: Facts,
) -> _Row:
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
        what = _words(family.name, tuple(label.values()) if line == ANY else _line(facts, line))
        kind = "commitment (min_units)" if family.name in PROMISED else family.name
        owner = _owner(facts, channel)
        return _Row(kind, None, what, amount, "", sku, channel, int(period or -1), owner=owner, cost=cost, clash=clash)
    number = int(family.clause[rank])
    clause = clauses[number]
    given = {name: getattr(clause, name, None) for name in ("period", "owner")}
    place = clause.about(facts, clauses, label) or _place(label, clause)
    channel = channel or ", ".join(clause.whose)
    period = period or str(-1 if given["period"] is None else given["period"])
    kind = str(getattr(clause, "clause", family.name))
    owner = str(given["owner"] or "") or _owner(facts, channel)
    what, due = clause.words(), int(period)
    return _Row(kind, number, what, amount, place, sku, channel, due, owner=owner, cost=cost, clash=clash)


def _line(facts: Facts, line: int) -> tuple[str, ...]:
    """Return what a demand line is, part by part."""
    lines, order = facts.lines, facts.orders[facts.lines.order[line]] if facts.lines.order[line] >= 0 else ""
    sold = f"{facts.skus.id[lines.sku[line]]} to {facts.channels.id[lines.channel[line]]}"
    return (sold, f"due {lines.period[line]}", *([f"order {order}"] if order else []))


def _owner(facts: Facts, channel: str) -> str:
    """Return who answers for a channel; ``""`` if nobody is named."""
    found = np.flatnonzero(facts.channels.id == channel)
    return str(facts.channels.owner[found[0]]) if len(found) else ""


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
    return between.join(few(list(dict.fromkeys(names)), NAMED))


def _words(family: str, label: tuple[Any, ...]) -> str:
    place = ", ".join(str(part) for part in label)
    return f"commitment (min_units) of {place}" if family in PROMISED else f"{family} [{place}]"
