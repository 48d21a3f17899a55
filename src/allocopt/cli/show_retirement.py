"""What channels are worth, on a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from allocopt.cli.tables import amount, plain, print_line, table_of
from allocopt.errors import ContractError, Issue
from allocopt.plan import SOLVED
from allocopt.retire.verdict import at_share
from allocopt.retire.worth import Retirement
from allocopt.rules import Recapture
from allocopt.words import money

UNTAKEN = ("recaptured", "diverted")
"""Parts that are nothing where nobody takes demand over."""
SHOWN = 10
"""Broken promises, receivers and SKUs shown."""


def recapture_given(texts: Sequence[str]) -> dict[str, list[Recapture]]:
    """Return who takes demand over, as typed: ``stores:dtc=0.4``.

    Raises
    ------
    ContractError
        Naming every text that does not read so, and every share that cannot be one.

    Examples
    --------
    >>> recapture_given(["stores:dtc=0.4", "stores:amazon=0.1"])["stores"][1].share
    0.1
    """
    given: dict[str, list[Recapture]] = {}
    faults: list[Issue] = []
    for text in texts:
        ends, _, share = text.rpartition("=")
        channel, _, to = ends.partition(":")
        try:
            if not channel or not to:
                raise ValueError
            given.setdefault(channel, []).append(Recapture(to, float(share)))
        except ValueError:
            faults.append(_misread(text, "It does not read as FROM:TO=SHARE.", "Write it as stores:dtc=0.4."))
        except ContractError as error:
            faults += [_misread(text, issue.message, issue.hint) for issue in error.issues]
    if faults:
        raise ContractError(faults)
    return given


def _misread(text: str, message: str, hint: str) -> Issue:
    return Issue("retirement", None, "recapture", text, "recapture", f"{text!r}: {message}", hint)


def show_retirement(found: Retirement, console: Console) -> None:
    """Print the verdict, what each channel's worth is made of, who takes demand over, and what is broken."""
    console.print()
    print_line(console, found.verdict, style="bold")
    if found.base.solved:
        earned = money(found.base.contribution, found.currency)
        print_line(console, f"As it is ({found.contract}), the company earns {earned}.")
    console.print()
    told = found.table[found.table["status"].isin(SOLVED)]
    given = found.recapture[found.recapture["share"] > 0]
    if len(told):
        unit = f" [{found.currency}]" if found.currency else ""
        what = f"What {'adding' if found.admitting else 'retiring'} each channel is worth{unit}"
        _show(console, what, _worth(found, told, recaptured=len(given) > 0))
    if len(given):
        _show(console, "Who takes demand over", _receivers(given))
    if len(found.broken):
        title = "Promises that hold once it is there" if found.admitting else "Promises that would be broken"
        more = f", the first {SHOWN} of {len(found.broken)}" if len(found.broken) > SHOWN else ""
        _show(console, f"{title}{more}", _broken(found))
    for line in _takers(found, told):
        print_line(console, line)
    for row in found.table[found.table["message"] != ""].to_dict("records"):
        print_line(console, f"{row['channel']} ({row['status']}): {row['message']}")


def _takers(found: Retirement, told: pd.DataFrame) -> Iterator[str]:
    """Yield how a break-even without given takers is meant, and what no taker sells."""
    given = set(found.recapture.loc[found.recapture["share"] > 0, "channel"])
    if not found.admitting and not set(told["channel"]) <= given:
        whose = "" if not given else " of the channels for which no recapture was given"
        yield (
            f"The break-even{whose} supposes that the others which sell the same articles take over in proportion to "
            "their own demand."
        )
    for channel, rows in found.unlisted.groupby("channel", sort=False):
        some = ", ".join(rows["sku"].head(SHOWN)) + (", ..." if len(rows) > SHOWN else "")
        units = f"{rows['units'].sum():,.6g} units"
        if channel in given:
            yield f"Nobody who would take demand over from {channel} sells {some}: {units} are lost."
        else:
            yield f"Nobody else sells {some}: no recapture saves these {units} of {channel}."


def _show(console: Console, title: str, table: Table) -> None:
    """Print a table under a title that may be wider than it."""
    print_line(console, title, style="bold")
    console.print(table)


def _worth(found: Retirement, told: pd.DataFrame, *, recaptured: bool) -> Table:
    """Return what the worth is made of, with a column per channel."""
    table = table_of(None, [""], [plain(name) for name in told["channel"]])
    for number, part in enumerate(found.parts):
        if recaptured or part not in UNTAKEN:
            last = number == len(found.parts) - 1
            table.add_row(part.replace("_", " "), *(amount(value) for value in told[part]), end_section=last)
    table.add_row("net", *(amount(value) for value in told["net"]), style="bold")
    sure = "certainly " if (told["measure"] == "contribution").all() else ""
    for name, words in (("low", f"{sure}at least"), ("high", f"{sure}at most")):
        table.add_row(words, *(amount(value) for value in told[name]), end_section=name == "high")
    if not found.admitting:
        table.add_row("recapture assumed", *(f"{share:.0%}" if share else "none" for share in told["recapture"]))
    words = "pays while recapture is below" if found.admitting else "break-even recapture"
    table.add_row(words, *(_share(row, admitting=found.admitting) for row in told.to_dict("records")))
    if told["broken"].any():
        table.add_row("promises broken", *(str(count) for count in told["broken"]))
    return table


def _share(row: dict[Any, Any], *, admitting: bool) -> str:
    """Return the break-even, or that there is none."""
    if not math.isnan(row["break_even"]):
        return at_share(row)
    return "unknown" if row["break_even_low"] != 1 else "always" if admitting else "never"


def _receivers(given: pd.DataFrame) -> Table:
    table = table_of(None, ["from", "to"], ["share", "units asked", "units served"])
    for row in given.to_dict("records"):
        units = (amount(row["asked"]), amount(row["served"]))
        table.add_row(plain(row["channel"]), plain(row["to"]), f"{row['share']:.0%}", *units)
    return table


def _broken(found: Retirement) -> Table:
    table = table_of(None, ["channel"], ["units"])
    table.add_column("what was promised")
    for row in found.broken.head(SHOWN).to_dict("records"):
        table.add_row(plain(row["channel"]), amount(row["units"]) if row["units"] else "", plain(row["what"]))
    return table
