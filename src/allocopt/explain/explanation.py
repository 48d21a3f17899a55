"""`plan.explain`: one line, why it is short or why it is served as it is, and the smallest change that fills it."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from allocopt.algebra.grouping import places, runs
from allocopt.arrays import Floats, Places
from allocopt.explain.absent import absent
from allocopt.explain.asking import the_line
from allocopt.explain.change import Change
from allocopt.explain.limits import stock_cash
from allocopt.explain.local import Found
from allocopt.explain.reasons import FLAT, SUPPLY, Reason
from allocopt.explain.shortfalls import Why, why
from allocopt.plan.tables import records, typed
from allocopt.problem.days import spoken_periods
from allocopt.rules.kit.names import lane_names, lot_names
from allocopt.rules.kit.shortage import ORDERS
from allocopt.words import many

FILLS = 1e-6
"""What a line may lack and still be full [unit]."""

LIFTED = ("too_late", "expired", "on_hold", "safety_closed", "access", "below_map", "below_floor", "share", "ratio")
"""Codes of which there is no number that could be more: the line is let through."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a demand line gets what it gets.

    Attributes
    ----------
    sentence : str
    reasons : DataFrame
        Why it is short: its rows of ``plan.shortfalls``; none where it is not.
    stack : dict of str to float
        Of a unit over its best way: price, returns, fees, goods, lane, late and contribution, then what the stock, the
        hours and what clauses keep of them are worth elsewhere by the multipliers, and what is left [currency/unit].
    taken_by : DataFrame
        Lines that have the units: sku, channel, order, due, units.
    change : str
        The smallest single change found that fills the line; ``""``: it is full, no single change does, or the contract
        has stages before contribution or was played forward: what these would make of a change, one re-solve of a part
        of the plan does not see (see `Plan.value_of`).
    gain : float
        What the plan gains by it at least: re-solved with all else as planned, so that what other articles make of a
        loosened limit comes on top [currency].
    amount : float
        By how much it changes something [unit, hours or periods].
    served : DataFrame
        Where its units come from: lot, lane, ship, arrives, units, contribution.
    next_best : float
        What it would have cost the plan to serve it otherwise, re-solved; inf where there is no other way, nan where
        nothing is re-solved [currency].
    """

    sentence: str
    reasons: pd.DataFrame
    stack: dict[str, float]
    taken_by: pd.DataFrame
    change: str = ""
    gain: float = 0.0
    amount: float = 0.0
    served: pd.DataFrame = field(default_factory=pd.DataFrame)
    next_best: float = float("nan")

    def __str__(self) -> str:
        lines = [self.sentence]
        lines += [f"  {one['reason']}: {one['sentence']}" for one in records(self.reasons)]
        if self.change:
            lines.append(f"  To fill it: {self.change}; the plan would gain {self.gain:,.2f}.")
        if self.stack:
            lines.append(
                "  Of a unit: " + ", ".join(f"{name} {value:,.2f}" for name, value in self.stack.items()) + "."
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<p><strong>{html.escape(self.sentence)}</strong></p>"]
        if len(self.reasons):
            told = "".join(f"<li>{html.escape(str(one))}</li>" for one in self.reasons["sentence"])
            parts.append(f"<ul>{told}</ul>")
        if self.change:
            parts.append(f"<p>To fill it: {html.escape(self.change)}; the plan would gain {self.gain:,.2f}.</p>")
        shown = {"Where its units come from": self.served, "Who has the units": self.taken_by}
        if self.stack:
            stack = pd.DataFrame({"of a unit": list(self.stack), "": list(self.stack.values())})
            shown = {"What a unit brings": stack, **shown}
        for caption, frame in shown.items():
            if len(frame):
                table = frame.to_html(index=False, float_format="{:,.2f}".format, na_rep="", border=0)
                parts.append(f"<p>{caption}</p>{table}")
        return "".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON-ready values."""
        tables = {name: records(getattr(self, name)) for name in ("reasons", "taken_by", "served")}
        plain = {name: getattr(self, name) for name in ("sentence", "stack", "change", "amount")}
        numbers = {name: _finite(getattr(self, name)) for name in ("gain", "next_best")}
        return plain | numbers | tables


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def explain(plan: Any, **asked: Any) -> Explanation:
    """Explain one demand line of a plan; see `allocopt.Plan.explain`."""
    known = why(plan)
    return explained(known, the_line(known, **asked))


def explained(known: Why, line: int) -> Explanation:
    """Return the explanation of a line."""
    facts, words = known.answer.arcs.facts, known.words
    name = words.line(line, sku=True)
    wanted, served = float(facts.lines.units[line]), float(known.served[line])
    gone = absent(known.answer, line)
    if gone is not None:
        units, one = gone
        text = f"{name}: {units:,.6g} wanted, and none of them counts."
        return Explanation(text, known.rows([Reason(line, one, units)], wanted=units), {}, lines_told(known, []))
    found = known.reasons(line) if known.short[line] > FLAT else []
    stack = _stack(known, line)
    sources = _sources(known, line)
    if not found:
        text, cost = _why_so(known, line, name, served)
        return Explanation(text, known.rows([]), stack, lines_told(known, []), served=sources, next_best=cost)
    text = f"{name}: {served:,.6g} of {wanted:,.6g} served, {float(known.short[line]):,.6g} short."
    takers = [pair for reason in found for pair in reason.givers]
    change, amount, gain = smallest(known, line, found) if known.asks_money_alone else ("", 0.0, 0.0)
    return Explanation(text, known.rows(found), stack, lines_told(known, takers), change, gain, amount, sources)


def smallest(known: Why, line: int, found: list[Reason]) -> tuple[str, float, float]:
    """Return the smallest single change that fills a line: in words, its size, and its gain; ``""`` for none.

    Each reason offers one: its rows' limits by what is missing, then by what those who come first miss as well. The
    first that brings the line all that it wants, re-solved with others free to take of it, is the answer, and a limit
    is moved by no more than what is then used of it.
    """
    seeker, wide = known.seeker, known.wide
    columns = np.arange(*wide.begins[line : line + 2]) + wide.ship
    short = float(known.short[line])
    full = float(wide.x[columns].sum()) + short - FILLS
    block = np.unique(wide.local.block_of[columns])
    block = block[block >= 0]
    if not len(block):
        return "", 0.0, 0.0
    lines = wide.candidates.arcs.facts.lines
    others = float(known.short[lines.sku == lines.sku[line]].sum())
    for reason in found:
        for units in dict.fromkeys((short, others)):
            for offer in _offers(known, reason, line, units):
                answer = wide.local.solve(offer.change, block)
                base = seeker.base(block)
                if answer is not None and base is not None and answer.units(columns) >= full:
                    amount = offer.amount if offer.row is None else _needed(known, offer.row, answer, offer.amount)
                    return offer.told(amount), amount, seeker.gain(answer) - seeker.gain(base) + offer.cash * amount
    return "", 0.0, 0.0


@dataclass(frozen=True)
class _Offer:
    """A change that a reason suggests: in words, how large, in the program, which row moves.

    The cash is what a unit that comes to a lot costs where nobody gets it: a constant, which no program holds.
    """

    words: str
    amount: float
    change: Change
    row: int | None = None
    more: str = "more"
    cash: float = 0.0

    def told(self, amount: float) -> str:
        return self.words if self.row is None else f"{self.words}: {amount:,.6g} {self.more}"


def _needed(known: Why, row: int, answer: Found, most: float) -> float:
    """Return what an answer takes of a row beyond its limit."""
    columns, values = _entries(known, row)
    at = places(answer.columns, columns)
    x = np.where(at >= 0, answer.x[at], known.wide.x[columns])
    taken = float(values @ x) - float(known.wide.program.row_upper[row])
    return taken if FILLS < taken < most else most


def _entries(known: Why, row: int) -> tuple[Places, Floats]:
    """Return the columns of a row, and what they take of it."""
    program, columns = known.wide.program, known.wide.local.columns_of(row)
    entry, owner = runs(program.indptr, columns)
    mine = program.indices[entry] == row
    return columns[owner[mine]], program.data[entry[mine]]


def _offers(known: Why, reason: Reason, line: int, units: float) -> list[_Offer]:
    """Return the changes that a reason suggests for so many units."""
    seeker, words = known.seeker, known.words
    offers = []
    if reason.code in LIFTED or (reason.item.rule is not None and reason.item.turn == ORDERS):
        change = seeker.lifting(line, reason)
        if reason.code == "too_late" and reason.arcs:
            late_by = seeker.arcs.late(np.array(reason.arcs))
            late, lot = int(late_by.max()), int(seeker.arcs.lot[reason.arcs[int(late_by.argmax())]])
            sooner = min(late, int(seeker.arcs.facts.lots.available[lot]))
            ways = [f"{many(sooner, 'period')} earlier"] if sooner else []
            ways += [f"over a lane that takes {many(late - sooner, 'period')} less"] if late > sooner else []
            return [_Offer(f"{words.lot(lot)} {', '.join(ways)}", float(late), change)]
        return [_Offer(f"let it be served although {words.item(reason.item)}", 1.0, change)]
    first, last = known.wide.begins[line : line + 2] + known.wide.ship
    for row in reason.rows:
        columns, values = _entries(known, row)
        each = np.abs(values[(columns >= first) & (columns < last)])
        by = units * float(each.max(initial=0.0) if len(each) else 1.0)
        more = "less is kept" if reason.code == "protected" else "more"
        offers.append(_Offer(words.limit_of(row), by, _more(known, row, by), row, more, _cash(known, row)))
    return sorted(offers, key=lambda offer: offer.amount)


def _more(known: Why, row: int, by: float) -> Change:
    """Return a row's limit moved; of a lot, the units on its arcs may then be more as well."""
    wide = known.wide
    moved = Change.moved([row], by)
    if known.seeker.item_of(row) != SUPPLY:
        return moved
    columns = wide.local.columns_of(row)
    arcs = columns - wide.ship
    own = columns[(arcs >= 0) & (arcs < len(wide.candidates.arcs))]
    own = own[wide.candidates.own[own - wide.ship]]
    units = wide.candidates.arcs.facts.lines.units[wide.candidates.arcs.line[own - wide.ship]]
    upper = np.minimum(units, wide.program.upper[own] + by)
    return Change.of([moved, Change.freed(own, wide.program.lower[own], upper)])


def _cash(known: Why, row: int) -> float:
    """Return what a unit of the lot of a row costs where nobody gets it, negative; nothing of other rows."""
    wide = known.wide
    arcs = wide.local.columns_of(row) - wide.ship
    own = arcs[(arcs >= 0) & (arcs < len(wide.candidates.arcs))]
    if known.seeker.item_of(row) != SUPPLY or not len(own):
        return 0.0
    lots = wide.candidates.arcs
    return float(stock_cash(lots.facts)[lots.lot[own[0]]])


def _why_so(known: Why, line: int, name: str, served: float) -> tuple[str, float]:
    """Return why a line is served from where it is, and what the next best way would cost."""
    wide, arcs = known.wide, known.wide.candidates.arcs
    mine = np.arange(*wide.begins[line : line + 2])
    used = mine[known.seeker.x[mine] > FLAT]
    if not len(used):
        return f"{name}: nothing is wanted.", float("nan")
    facts = arcs.facts
    lots, lanes = lot_names(facts)[arcs.lot[used]], lane_names(facts)[arcs.lane[used]]
    ships = spoken_periods(facts, arcs.ship[used])
    parts = [
        f"{units:,.6g} of {lot} over {lane} in {ship}"
        for units, lot, lane, ship in zip(known.seeker.x[used], lots, lanes, ships, strict=True)
    ]
    text = f"{name}: all {served:,.6g} served: {'; '.join(parts)}."
    if known.played:
        return text, float("nan")
    change = Change.freed(wide.ship + used, 0.0, 0.0)
    answer = wide.local.solve(change)
    if answer is None:
        return f"{text} There is no other way to keep the plan's rules.", float("inf")
    base = known.seeker.base(wide.local.touched(change))
    cost = max(0.0, (0.0 if base is None else known.seeker.gain(base)) - known.seeker.gain(answer))
    left = answer.units(mine + wide.ship)
    return f"{text} Otherwise it would get {left:,.6g}, and the plan would earn {cost:,.2f} less.", cost


def _stack(known: Why, line: int) -> dict[str, float]:
    """Return the money of a unit over the best way of a line, and what it takes is worth elsewhere."""
    wide, seeker = known.wide, known.seeker
    mine = np.arange(*wide.begins[line : line + 2])
    own = mine[wide.candidates.own[mine]]
    if not len(own):
        return {}
    used = own[seeker.x[own] > FLAT]
    best = int((used if len(used) else own)[np.argmax(seeker.money[used if len(used) else own])])
    arcs, at = wide.candidates.arcs, np.array([best])
    price = float(arcs.facts.lines.price[line])
    stack = {"price": price, "returns": float(arcs.revenue(at)[0]) - price - float(arcs.returns(at)[0])}
    stack |= {name: -float(getattr(arcs, name)(at)[0]) for name in ("fees", "goods", "lanes", "lateness")}
    stack["contribution"] = float(arcs.contribution(at)[0])
    stack["other"] = float(seeker.money[best]) - stack["contribution"]
    return {name: value + 0.0 for name, value in (stack | seeker.elsewhere(best)).items()}  # no minus before a zero


def _sources(known: Why, line: int) -> pd.DataFrame:
    """Return where the units of a line come from."""
    wide, arcs = known.wide, known.wide.candidates.arcs
    mine = np.arange(*wide.begins[line : line + 2])
    used = mine[known.seeker.x[mine] > FLAT]
    facts = arcs.facts
    return typed(
        {
            "lot": lot_names(facts)[arcs.lot[used]],
            "lane": lane_names(facts)[arcs.lane[used]],
            "ship": arcs.ship[used],
            "arrives": arcs.arrives(used),
            "units": known.seeker.x[used],
            "contribution": arcs.contribution(used),
        }
    )


def lines_told(known: Why, takers: list[tuple[int, float]]) -> pd.DataFrame:
    """Return the lines that have the units, most units first."""
    total: dict[int, float] = {}
    for one, units in takers:
        total[one] = max(total.get(one, 0.0), units)
    found = sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
    facts, lines = known.answer.arcs.facts, [one for one, _ in found]
    at = np.array(lines, dtype=np.intp)
    return typed(
        {
            "sku": facts.skus.id[facts.lines.sku[at]],
            "channel": facts.channels.id[facts.lines.channel[at]],
            "order": ["" if code < 0 else str(facts.orders[code]) for code in facts.lines.order[at].tolist()],
            "due": facts.lines.period[at],
            "units": [units for _, units in found],
        }
    )
