"""What reserves do not get, in words: a note for the clause, an exception for each article.

.. code-block:: text

    units = asked - kept                                     for each clause and SKU of which there is less     [unit]
    money = units x penalty, where the reserve is soft; else
            min(units, wanted) x mean net price of what the channel wants of the SKU                        [currency]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from allocopt.algebra.formulation import Formulation
from allocopt.algebra.grouping import extreme
from allocopt.algebra.labels import Codes
from allocopt.arcs import net_price
from allocopt.problem.facts import Facts, Floats, Ints
from allocopt.rules.kit.base import Numbered
from allocopt.rules.kit.exceptions import Exceptions, Outcome, owners_of, spoken_units
from allocopt.rules.kit.reserve_quantities import Reserve

KIND = "reserve"
SHOWN = 5
"""SKUs that a note names."""


def note_missing(form: Formulation, facts: Facts, clauses: Numbered, reserves: Sequence[Reserve]) -> None:
    """Say for each clause of which articles there is less than it asks for."""
    agreed = dict(clauses)
    for reserve in reserves:
        skus, asked, kept = _missing(facts, reserve)
        if len(skus):
            name, wanted, there = facts.skus.id[skus], spoken_units(asked[skus]), spoken_units(kept[skus])
            some = [f"{name[k]}: {there[k]} of {wanted[k]} units" for k in range(min(SHOWN, len(skus)))]
            more = f", and less than asked for of {len(skus) - SHOWN} more SKUs" if len(skus) > SHOWN else ""
            said = f"{agreed[reserve.number].words()}: there is less to keep than it asks for. "
            form.note("kept_less", said + ", ".join(some) + more + ".")


def exceptions_of(outcome: Outcome, clauses: Numbered, reserves: Sequence[Reserve]) -> Iterator[Exceptions]:
    """Yield the articles of which there is less than a reserve asks for."""
    facts, lines = outcome.arcs.facts, outcome.arcs.facts.lines
    agreed = dict(clauses)
    for reserve in reserves:
        skus, asked, kept = _missing(facts, reserve)
        if not len(skus):
            continue
        mine = np.flatnonzero(reserve.lines & (outcome.wanted > 0))
        size = len(facts.skus.id)
        wanted = np.bincount(lines.sku[mine], weights=outcome.wanted[mine], minlength=size)[skus]
        worth = np.bincount(lines.sku[mine], weights=(outcome.wanted * net_price(facts))[mine], minlength=size)[skus]
        units: Floats = (asked - kept)[skus]
        mean = np.divide(worth, wanted, out=np.zeros(len(skus)), where=wanted > 0)
        money = np.minimum(units, wanted) * mean if reserve.penalty is None else units * reserve.penalty
        clause = agreed[reserve.number]
        channel = np.full(len(skus), reserve.owner, dtype=np.int32)
        there, full = spoken_units(kept[skus]), spoken_units(asked[skus])
        said = f" asked for are there to be kept for {' and '.join(clause.whose)}: "
        said = " units of " + facts.skus.id[skus] + said + clause.words() + "."
        yield Exceptions.of(
            facts,
            KIND,
            reserve.number,
            channel,
            owner=owners_of(facts, clause.whose),
            sku=facts.skus.id[skus],
            due=_first_due(facts, mine)[skus],
            units=units,
            money=money,
            sentence=there + " of the " + full + said,
        )


def _missing(facts: Facts, reserve: Reserve) -> tuple[Codes, Floats, Floats]:
    """Return the SKUs of which less is there than asked for, and what is asked and there of every SKU.

    SKUs that the channel neither wants nor could get are none of its business.
    """
    asked, kept = reserve.asked_of(facts), reserve.kept_of(facts)
    size = len(facts.skus.id)
    about = np.bincount(facts.lines.sku[reserve.lines], minlength=size) > 0
    about |= np.bincount(facts.lots.sku[reserve.lots], minlength=size) > 0
    return np.flatnonzero(about & (kept < asked - 1e-9)), asked, kept


def _first_due(facts: Facts, lines: Codes) -> Ints:
    """Return the first period in which some lines of each SKU are due, 0 where none is, shape (skus,)."""
    due = extreme(np.minimum, facts.lines.period[lines], facts.lines.sku[lines], len(facts.skus.id), facts.periods)
    return np.where(due == facts.periods, 0, due).astype(np.int32)
