"""What channels are worth: the answer of `retirement` and `admission`, as tables and in words."""

from __future__ import annotations

import html
import math
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from allocopt.allocate import allocate
from allocopt.contracts import Contract
from allocopt.plan import SOLVED, Plan
from allocopt.plan.meeting import ForMeeting
from allocopt.plan.tables import records
from allocopt.problem.problem import Problem
from allocopt.retire.leaving import PARTS, SKIPPED, Leaving, without
from allocopt.retire.verdict import verdict
from allocopt.rules import Recapture

MIRRORED = dict(zip(PARTS, ("contribution_gained", "displaced", "fixed_cost_added", "diverted", "stock"), strict=True))
"""What the parts are called where a channel is added: each is the other way round."""
SHARES = ("break_even", "break_even_low", "break_even_high")


class Retirement(ForMeeting):
    """What `retirement` or `admission` found: what it is worth that each channel goes, or comes.

    Attributes
    ----------
    base : Plan
        The plan under the contract, in which every channel is there.
    contract, currency : str
        Name of the contract, and of the money.
    admitting : bool
        Whether the question was what adding the channels is worth.
    """

    ROOM: ClassVar[str] = "retirement"

    def __init__(
        self,
        problem: Problem,
        contract: Contract,
        how: dict[str, Any],
        base: Plan,
        leaving: tuple[Leaving, ...],
        recapture: dict[str, tuple[Recapture, ...]],
        *,
        admitting: bool = False,
    ) -> None:
        self._problem, self._contract, self._how = problem, contract, how
        self._recapture = recapture
        self._leaving = tuple(sorted(leaving, key=lambda one: _last_if_unknown(one.net.found, admitting)))
        self.base = base
        self.contract, self.currency = contract.name, problem.currency
        self.admitting = admitting

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the columns that add up to ``net``."""
        return tuple(MIRRORED.values()) if self.admitting else PARTS

    @cached_property
    def _table(self) -> pd.DataFrame:
        rows = []
        for one in self._leaving:
            money = {**one.parts, "net": one.net.found, "low": one.net.low, "high": one.net.high}
            if self.admitting:
                there = {name: 0.0 - value for name, value in money.items()}
                money = {name: there[name] for name in (*PARTS, "net")}
                money |= {"low": there["high"], "high": there["low"]}
            named = dict(zip((*self.parts, "net", "low", "high"), money.values(), strict=True))
            shares = (one.break_even.share, one.break_even.low, one.break_even.high)
            rows.append(
                {
                    "channel": one.channel,
                    **named,
                    "recapture": sum(part.share for part in self._recapture.get(one.channel, ())),
                    **dict(zip(SHARES, shares, strict=True)),
                    "broken": len(one.broken),
                    "measure": "contribution" if self._contract.earns_only else "objective",
                    "status": one.status,
                    "message": one.message,
                }
            )
        numbers = (*self.parts, "net", "low", "high", "recapture", *SHARES)
        texts = dict.fromkeys(("measure", "status", "message"), "str")
        return _frame(rows, {"channel": "str", **dict.fromkeys(numbers, "float64"), "broken": "int64", **texts})

    @property
    def table(self) -> pd.DataFrame:
        """One row a channel, worth most first.

        Columns, for a retirement [currency]:

        - contribution_lost: the channel's own contribution before fixed cost, negative
        - freed: what others earn more from its stock and capacity
        - fixed_cost_saved
        - recaptured: what others earn from the part of its demand that they take over
        - stranded: what the company row changes by (holding, write-down of unsold stock, what promotions cost)
        - net: their sum, the contribution of the company without the channel less that with it
        - low, high: between which net certainly lies, if measure is ``contribution``; else, where the contract has
          penalties or several stages, both net and the difference of the objectives, of which alone it is proven
        - recapture: share of its demand that others were supposed to take over [1]
        - break_even: share of the channel's demand that others must take over for net to be at least 0; zero where it
          pays without any, nan where it does not pay even with all of it [1]
        - break_even_low, break_even_high: certainly not yet, and certainly by then; zero and nan if unknown [1]
        - broken: promises to the channel that lapse
        - measure: see low and high
        - status, message: of the plans behind it; a channel without an answer is a row without numbers

        Of an admission the parts are contribution_gained, displaced (what others earn less from stock and capacity
        that it takes), fixed_cost_added, diverted (what others would have earned from its demand) and stock, each the
        other way round; it pays while less than break_even of its demand is taken from
        others, who would sell it without the channel.
        """
        return self._table.copy()

    @property
    def broken(self) -> pd.DataFrame:
        """Promises that nobody keeps once a channel is gone: channel, what, clause (its position; -1: none), units."""
        rows = [
            (one.channel, found.what, -1 if found.clause is None else found.clause, found.units)
            for one in self._leaving
            for found in one.broken
        ]
        return _frame(rows, {"channel": "str", "what": "str", "clause": "int64", "units": "float64"})

    @property
    def recapture(self) -> pd.DataFrame:
        """Who takes demand over from each channel.

        Columns are channel, to, proportion (among the receivers, by which the break-even is found) [1], share (that
        was given; zero: none) [1], price_from, asked (of the receiver) and served in the plan without the channel
        [unit].
        """
        rows = [{"channel": one.channel, **row} for one in self._leaving for row in one.receivers]
        kinds = {"channel": "str", "to": "str", "proportion": "float64", "share": "float64", "price_from": "str"}
        return _frame(rows, {**kinds, "asked": "float64", "served": "float64"})

    @property
    def unlisted(self) -> pd.DataFrame:
        """SKUs of each channel that no receiver sells, so that their demand is lost: channel, sku, units."""
        rows = [(one.channel, sku, units) for one in self._leaving for sku, units in one.unlisted]
        return _frame(rows, {"channel": "str", "sku": "str", "units": "float64"})

    @property
    def notes(self) -> dict[str, tuple[str, ...]]:
        """What was rounded or is not recaptured, by channel."""
        return {one.channel: one.notes for one in self._leaving if one.notes}

    @property
    def failures(self) -> pd.DataFrame:
        """Channels without an answer: channel, status, message."""
        failed = ~self._table["status"].isin(SOLVED)
        return self._table.loc[failed, ["channel", "status", "message"]].reset_index(drop=True)

    @property
    def unsolved(self) -> bool:
        """Whether a channel that was to be looked at has no answer."""
        return bool((self.failures["status"] != SKIPPED).any())

    @property
    def verdict(self) -> str:
        """What can be said for certain, in a sentence or two."""
        return verdict(self._table, self.currency, admitting=self.admitting)

    def plan(self, channel: str, *, recaptured: bool = True) -> Plan:
        """Return the plan without a channel with all its tables, solved again: of the same worth.

        Parameters
        ----------
        channel : str
        recaptured : bool
            Whether others take over what was said; else its demand is lost.

        Raises
        ------
        KeyError
            If the channel was not asked about.
        """
        if channel not in {one.channel for one in self._leaving if one.status != SKIPPED}:
            raise KeyError(f"nothing was asked about {channel!r}")
        parts = self._recapture.get(channel, ()) if recaptured else ()
        agreed = without(self._contract, channel, parts)
        return allocate(self._problem, agreed, **self._how)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values; what is no number becomes None."""
        frames = {"table": self.table, "recapture": self.recapture, "unlisted": self.unlisted, "broken": self.broken}
        return {
            "question": "admission" if self.admitting else "retirement",
            "verdict": self.verdict,
            "contract": self.contract,
            "currency": self.currency,
            "contribution": self.base.contribution if self.base.solved else None,
            **{name: records(frame) for name, frame in frames.items()},
            "notes": {channel: list(notes) for channel, notes in self.notes.items()},
        }

    def __repr__(self) -> str:
        asked = "admission" if self.admitting else "retirement"
        return f"Retirement({asked}, {len(self._leaving)} channels, {len(self.failures)} without an answer)"

    def _repr_html_(self) -> str:
        frame = self._table.drop(columns="message") if not len(self.failures) else self._table
        table = frame.to_html(index=False, float_format="{:,.2f}".format, na_rep="", border=0)
        return f"<p>{html.escape(self.verdict)}</p>{table}"


def _frame(rows: list[Any], kinds: dict[str, str]) -> pd.DataFrame:
    """Return rows as a table with columns of these types, in this order."""
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def _last_if_unknown(net: float, admitting: bool) -> float:
    """Return by what channels are sorted: worth most first, those without an answer last."""
    return math.inf if math.isnan(net) else net if admitting else -net
