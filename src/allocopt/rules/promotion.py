"""Promotion: demand lines that belong to a promotion have other units and another price while it runs.

.. code-block:: text

    stated "without":   running:      units x (1 + uplift),    price x (1 - discount), or the promotion's price
    stated "with":      not running:  units / (1 + uplift),    price / (1 - discount)
    run "choose":       run in {0, 1};  both variants of each line are there, on the switch run   (`rules.switches`)
    money: - cost run        the company's        [currency]

Units are rounded by largest remainder over the lines of a SKU and channel, in canonical order. Firm orders, and orders
served whole or not at all, are placed already: no promotion changes them. What other channels take over of a channel
that is retired is taken of the units as the table states them, and belongs to no promotion.
Source: promotion planning as a choice between demand scenarios, e.g. Blattberg and Neslin, Sales Promotion (1990).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import NUMBER, STRICT, AtLeastZero, Share
from allocopt.problem.facts import ANY, Facts, Floats, Ints, Lines, Names
from allocopt.problem.lines import take, with_lines
from allocopt.rules.kit.base import Clause, Numbered, Rule, Statement
from allocopt.rules.kit.decisions import run_name, runs_of
from allocopt.rules.kit.scope import note_rounding, whole_lines


class OfPromotions(Clause):
    """A clause about promotions."""


@dataclass(frozen=True, config=STRICT)
class Promotion(OfPromotions):
    """A promotion runs, does not run, or runs if that is worth more.

    Attributes
    ----------
    promotion : str
        Its name, as in ``demand.promotion``.
    run : {"choose", "yes", "no"}
        Whether it runs in any case, never, or if that is worth more (``"choose"``).
    uplift : float
        By which share of its units more is wanted while it runs [1].
    discount : float or None
        Share of the price that is given away while it runs [1].
    price : float or None
        Price while it runs, instead of a discount [currency/unit].
    cost : float
        Cost of running it, paid by the company [currency].
    stated : {"without", "with"}
        Whether the table states demand without the promotion, or as it is while it runs.

    Examples
    --------
    >>> Promotion("HOLIDAY-26", uplift=0.5, discount=0.2, cost=5).words()
    'promotion promotion HOLIDAY-26, uplift 0.5, discount 0.2, cost 5.0'

    At 10 a unit earns 6, at 8 it earns 4: half as many units again do not make up for it.

    >>> import allocopt as ao
    >>> problem = ao.Problem.from_dict({
    ...     "skus": [{"sku": "A", "unit_cost": 4.0}],
    ...     "nodes": [{"node": "DC"}],
    ...     "channels": [{"channel": "dtc"}],
    ...     "supply": [{"sku": "A", "node": "DC", "kind": "on_hand", "units": 20}],
    ...     "demand": [
    ...         {"sku": "A", "channel": "dtc", "period": 0, "units": 8, "price": 10.0, "promotion": "HOLIDAY-26"},
    ...     ],
    ...     "lanes": [{"node": "DC", "channel": "dtc"}],
    ... })
    >>> for uplift in (0.25, 1.0):
    ...     agreed = [Promotion("HOLIDAY-26", uplift=uplift, discount=0.2, cost=5)]
    ...     plan = ao.allocate(problem, ao.Contract("Holiday?", clauses=agreed))
    ...     print(plan.objective, plan.decisions)
    48.0 {'run/HOLIDAY-26': False}
    59.0 {'run/HOLIDAY-26': True}
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("promotion",)
    OPENS: ClassVar[bool] = True

    promotion: str
    run: Literal["choose", "yes", "no"] = "choose"
    uplift: Annotated[float, Field(ge=0), NUMBER] = 0.0
    discount: Share | None = None
    price: AtLeastZero | None = None
    cost: AtLeastZero = 0.0
    stated: Literal["without", "with"] = "without"
    clause: Literal["promotion"] = "promotion"

    @model_validator(mode="after")
    def _one_price(self) -> Promotion:
        if self.discount is not None and self.price is not None:
            raise ValueError("give either discount or price")
        if self.stated == "with" and self.price is not None:
            raise ValueError("the price without the promotion is not known: with stated='with' give a discount")
        if self.stated == "with" and self.discount == 1:
            raise ValueError("the price without a discount of 1 is not known: with stated='with' give a smaller one")
        return self


class PromotionRule(Rule):
    """Promotions that run change demand and prices, and cost what they cost."""

    clause: ClassVar[type[Clause] | None] = Promotion
    short: ClassVar[str] = "promotion_off"

    def revise(self, facts: Facts, clauses: Numbered, note: Callable[[str, str], None]) -> Facts:
        """Return the facts with demand as promotions make it; both ways, on a switch, where that is left open."""
        agreed = [clause for _, clause in clauses]
        switch = np.full(len(agreed), ANY, dtype=np.int32)
        open_ = [number for number, clause in enumerate(agreed) if clause.run == "choose"]
        switch[open_] = len(facts.switches) + np.arange(len(open_))
        names = np.array([run_name(agreed[number].promotion) for number in open_], dtype=object)
        changed = replace(facts, switches=np.concatenate([facts.switches, names]))
        rows, which = _touched(facts, agreed, note)
        if not len(rows):
            return changed
        other = _other_way(facts, agreed, rows, which, note)
        stated_on = np.array([clause.stated == "with" for clause in agreed])
        wanted_on = np.array([clause.run == "yes" for clause in agreed])
        choose = switch[which] != ANY
        replaced = ~choose & (stated_on != wanted_on)[which]
        lines = facts.lines
        columns = {name: getattr(lines, name).copy() for name in ("units", "price", "min_units", "sd")}
        for name, column in columns.items():
            column[rows[replaced]] = getattr(other, name)[replaced]
        hung, when = lines.switch.copy(), lines.when.copy()
        hung[rows[choose]], when[rows[choose]] = switch[which[choose]], stated_on[which[choose]]
        kept = take(lines, slice(None), **columns, switch=hung, when=when)
        named = _names(lines, rows[choose], stated_on[which[choose]])
        hanging = {"switch": switch[which[choose]], "when": ~stated_on[which[choose]]}
        return with_lines(changed, kept, take(other, choose, **hanging, line=named, row=ANY))

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add what promotions cost that run."""
        paid = sum(clause.cost for _, clause in clauses if clause.run == "yes")
        if paid:
            on.form.add_money("promotion_cost", constant=on.booked(-paid))
        open_ = [clause for _, clause in clauses if clause.run == "choose"]
        price = np.zeros(len(on.facts.switches))
        price[runs_of(on.facts, open_)] = [-clause.cost for clause in open_]
        if on.switch is not None and price.any():
            on.form.add_money("promotion_cost", on.switch, price)


def promotion_of(lines: Lines, clauses: list[Promotion]) -> Ints:
    """Return which clause is about each line's promotion, `ANY` where none is, shape (lines,)."""
    import pandas as pd

    codes, texts = pd.factorize(lines.promotion)
    place = {clause.promotion: number for number, clause in enumerate(clauses)}
    of_text = np.array([place.get(text, ANY) for text in texts], dtype=np.int32)
    which: Ints = of_text[codes]
    return which


def _touched(facts: Facts, agreed: list[Promotion], note: Callable[[str, str], None]) -> tuple[Ints, Ints]:
    """Return the lines that promotions change and which clause does; say which ones are left as they are."""
    lines = facts.lines
    which = np.where(lines.row == ANY, ANY, promotion_of(lines, agreed))
    wanted = (which != ANY) & (lines.units > 0)
    placed = lines.firm | lines.all_or_none
    for number, clause in enumerate(agreed):
        units = lines.units[wanted & placed & (which == number)]
        if len(units):
            what = "1 line" if len(units) == 1 else f"{len(units)} lines"
            note(
                "placed",
                f"promotion {clause.promotion}: {what} of firm or all-or-none orders ({units.sum():,.6g} units) "
                "are left as they are.",
            )
    rows = np.flatnonzero(wanted & ~placed).astype(np.int32)
    return rows, which[rows]


def _other_way(
    facts: Facts, agreed: list[Promotion], rows: Ints, which: Ints, note: Callable[[str, str], None]
) -> Lines:
    """Return the lines as they are the other way round: with the promotion if they are stated without, and so on."""
    lines = facts.lines
    discount = np.array([clause.discount or 0.0 for clause in agreed])
    with_ = np.array([clause.stated == "with" for clause in agreed])
    factor = np.array([1.0 + clause.uplift for clause in agreed])
    factor = np.where(with_, 1.0 / factor, factor)
    cut = np.where(with_, 1.0 / np.where(with_, 1.0 - discount, 1.0), 1.0 - discount)
    fixed = np.array([np.nan if clause.price is None else clause.price for clause in agreed])
    price = np.where(np.isnan(fixed[which]), lines.price[rows] * cut[which], fixed[which])
    wanted = lines.units[rows] * factor[which]
    units = whole_lines(facts, rows, wanted, clause=which, channel=lines.channel[rows])
    for number, clause in enumerate(agreed):
        mine = which == number
        note_rounding(note, f"promotion {clause.promotion}", wanted[mine], units[mine])
        less = lines.min_units[rows[mine]] > units[mine]
        if less.any():
            what = "the commitment of 1 line is" if less.sum() == 1 else f"the commitments of {less.sum()} lines are"
            note("capped", f"promotion {clause.promotion}: {what} cut to what is wanted without it.")
    least = np.minimum(lines.min_units[rows], units)
    return take(lines, rows, units=units, price=price, min_units=least, sd=lines.sd[rows] * factor[which])


def _names(lines: Lines, rows: Ints, stated_on: Floats) -> Names:
    """Return what the second variant of lines is called: its line, and that it is with or without the promotion."""
    line = lines.line[rows]
    words = np.where(stated_on, "without ", "with ").astype(object) + lines.promotion[rows]
    names: Names = np.where(line == "", "", line + "/") + words
    return names
