"""The verdict on channels that may go or come: only what the intervals allow, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from allocopt.retire.break_even import CENT, STEPS
from allocopt.words import listed, money

SHOWN = 3
"""Channels that a sentence names with their numbers."""
CLOSE = 0.10
"""A break-even that is no further from the recapture assumed is close: nobody knows it better than that [1]."""


def verdict(table: pd.DataFrame, currency: str, *, admitting: bool) -> str:
    """Return which channels should go (or come), and which cannot be told.

    Parameters
    ----------
    table : DataFrame
        As `Retirement.table` gives it.
    currency : str
    admitting : bool
        Whether the question is what adding them is worth.
    """
    said = _Words(currency, admitting)
    rows: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
    worth = [row for row in rows if row["low"] > CENT]
    against = [row for row in rows if row["high"] < -CENT]
    open_ = [row for row in rows if not math.isnan(row["net"]) and row not in worth and row not in against]
    failed = [row for row in rows if math.isnan(row["net"])]
    text = [*said.worth(worth), *said.undecided(open_, bool(worth)), *said.against(against, rows)]
    text += said.nearest(against)
    text += [f"{listed(_names(group))}: no answer ({why})." for why, group in _by_reason(failed).items()]
    return " ".join(text)


class _Words:
    """The sentences about a retirement or an admission."""

    def __init__(self, currency: str, admitting: bool) -> None:
        self.currency, self.admitting = currency, admitting
        self.verb: Literal["admit", "retire"] = "admit" if admitting else "retire"

    def worth(self, rows: Sequence[dict[str, Any]]) -> list[str]:
        """Say what should be done, and what that is worth for certain."""
        if not rows:
            return []
        first = rows[0]
        broken = first["broken"] if not self.admitting else 0
        promises = "" if not broken else f"; it breaks {broken} promise{'s' if broken > 1 else ''}"
        text = [
            f"{self.verb.capitalize()} {first['channel']}: it is worth {self.amount(first)}; "
            f"{self.break_even(first)}{promises}."
        ]
        if rows[1:]:
            others = listed([f"{row['channel']} ({self.money(row['net'])})" for row in rows[1 : 1 + SHOWN]])
            more = "" if len(rows) <= 1 + SHOWN else f" and {len(rows) - 1 - SHOWN} more"
            text.append(f"So would be, each on its own and not together: {others}{more}.")
        return text

    def amount(self, row: dict[str, Any], sign: int = 1) -> str:
        """Say what it is worth (or costs), on what supposition, and between what that certainly lies."""
        supposed, share = "", f"{row['recapture']:.0%}"
        if row["recapture"]:
            supposed = f" with {share} of its demand taken from others" if self.admitting else ""
            supposed = supposed or f" with a recapture of {share}"
        return f"{self.money(sign * row['net'])}{supposed} ({self.certainly(row, sign)})"

    def break_even(self, row: dict[str, Any]) -> str:
        """Say what others must take over for it to pay."""
        share, words = row["break_even"], at_share(row)
        if math.isnan(share):
            if row["break_even_low"] < 1 or not self.admitting:
                return f"its break-even {'diversion' if self.admitting else 'recapture'} is not known"
            return "it pays even if all of its demand is taken from others"
        if self.admitting:
            return f"it pays while less than {words} of its demand is taken from others"
        if row["break_even_high"] == 0:
            return "it pays even if nobody takes any of its demand over"
        return f"it would take a recapture of {words} to break even"

    def undecided(self, rows: Sequence[dict[str, Any]], after: bool) -> list[str]:
        """Say what cannot be told apart from doing nothing."""
        if not rows:
            return []
        ranges = listed([f"{row['channel']} ({self.range(row)})" for row in rows])
        start = "" if after else f"No channel is certain to be worth {'adding' if self.admitting else 'retiring'}. "
        return [f"{start}It cannot be told whether to {self.verb} {ranges}{self.supposing(rows)}."]

    def against(self, rows: Sequence[dict[str, Any]], asked: Sequence[dict[str, Any]]) -> list[str]:
        """Say what should be left alone, and where nothing else is said, what it would cost not to."""
        if not rows:
            return []
        done = "admitted" if self.admitting else "retired"
        supposing = self.supposing(rows)
        if len(rows) < len(asked):
            return [f"{listed(_names(rows))} should not be {done}{supposing}."]
        least, amount = rows[0], self.amount(rows[0], -1)
        if len(rows) == 1:
            return [f"{least['channel']} should not be {done}{supposing}: it would lose {amount}."]
        return [f"No channel should be {done}{supposing}: the least loss would be {least['channel']}, {amount}."]

    def supposing(self, rows: Sequence[dict[str, Any]]) -> str:
        """Say of which channels nobody was supposed to take demand over, as the end of a clause."""
        without = [row for row in rows if not row["recapture"]]
        if self.admitting or not without:
            return ""
        if len(without) < len(rows):
            return f", supposing that nobody takes over any demand of {listed(_names(without))}"
        return f", supposing that nobody takes over any of {'its' if len(rows) == 1 else 'their'} demand"

    def nearest(self, rows: Sequence[dict[str, Any]]) -> list[str]:
        """Say from which recapture on it would be right to retire the channels that come closest to it."""
        if self.admitting or not rows:
            return []
        known = [row for row in rows if not math.isnan(row["break_even"])]
        known.sort(key=lambda row: float(row["break_even"] - row["recapture"]))
        close = [row for row in known if row["break_even"] - row["recapture"] <= CLOSE + 1e-9][:SHOWN]
        if close:
            return [f"That is close: {'; '.join(self.flipping(row) for row in close)}."]
        if known:
            return [f"At the earliest, {self.flipping(known[0])}."]
        if all(row["break_even_low"] == 1 for row in rows):
            return [f"That holds even if all of {'its' if len(rows) == 1 else 'their'} demand is taken over by others."]
        return ["From which recapture on it would be right is not known."]

    def flipping(self, row: dict[str, Any]) -> str:
        """Say with which recapture a channel would break even, and which one was assumed."""
        assumed = f"{row['recapture']:.0%}" if row["recapture"] else "none"
        taken = f"{at_share(row)} of its demand taken over by others, instead of {assumed}"
        return f"retiring {row['channel']} would pay with {taken}"

    def certainly(self, row: dict[str, Any], sign: int) -> str:
        """Say between what the worth certainly lies."""
        low, high = sorted((sign * row["low"], sign * row["high"]))
        least, most = self.money(low, unit=False), self.money(high, unit=False)
        if row.get("measure") == "objective":
            return "objective and contribution" + ("" if least == most else f" {least} to {most}")
        return "for certain" if least == most else f"certainly {least} to {most}"

    def range(self, row: dict[str, Any]) -> str:
        """Say between what a worth lies that may be nothing."""
        return f"{self.money(row['low'], unit=False)} to {self.money(row['high'])}"

    def money(self, amount: float, *, unit: bool = True) -> str:
        """Return an amount of money."""
        return money(amount, self.currency if unit else "")


def at_share(row: dict[str, Any]) -> str:
    """Return a break-even, with the range in which it certainly lies where that is wider than the last digit."""
    share, low, high = row["break_even"], row["break_even_low"], row["break_even_high"]
    if high - low < 1.5 / STEPS:
        return f"{share:.0%}"
    return f"{share:.0%} ({low:.0%} to {'unknown' if math.isnan(high) else f'{high:.0%}'})"


def _by_reason(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        why = row["message"].rstrip(".") if row["status"] == "skipped" else f"{row['status']}: {row['message']}"
        groups.setdefault(why.rstrip("."), []).append(row)
    return groups


def _names(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["channel"] for row in rows]
