"""What is asked on Monday: who decides, what to chase, which reasons are named, limits and rules in words."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import allocopt as ao
from allocopt.report.monday import chase, deliveries, owners, who_decides
from allocopt.report.proof import dearest
from allocopt.report.seen import Seen, values_in_words
from allocopt.report.short import who_is_short, why
from allocopt.report.spoken import ruled, told, typeset

NBSP, MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"


def matters(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Return exceptions: owner, kind, money."""
    frame = pd.DataFrame(rows, columns=["owner", "kind", "money"])
    return frame.assign(sentence=[f"matter {place}" for place in range(len(rows))], cure="")


def test_people_stand_by_money_and_their_matters_by_kind() -> None:
    """Who has most at stake first; of each kind three are told, most money first, and how many more there are."""
    rows = [("Ann", "inbound", 10.0 * place) for place in range(5)]
    rows += [("", "capacity", 500.0), ("Ann", "approval", 7.0)]
    found = owners(matters(*rows), "EUR")
    assert [owner.name for owner in found] == ["Planning (nobody is named)", "Ann"]
    deliveries_, order = found[1].tasks
    assert deliveries_.matters[0].startswith("Matter 4.")
    assert len(deliveries_.matters) == 3
    assert deliveries_.more.startswith("and 2 more")
    assert not order.do
    assert not order.more
    assert found[1].more
    said = who_decides(matters(*rows), "EUR")
    assert said.startswith(f"Planning (nobody is named): 1 matter, 500{NBSP}EUR; Ann: 6 matters, 107{NBSP}EUR.")
    assert said.endswith("1 order waits for Ann to approve.")


def test_many_people_are_counted_not_listed() -> None:
    """Five are named, the others counted; nobody at all is said, too."""
    said = who_decides(matters(*((f"P{place}", "inbound", 1.0) for place in range(9))), "")
    assert "P4: 1 matter" in said
    assert "P5" not in said
    assert "; 4 more. No order waits" in said
    assert who_decides(matters(), "") == "Nobody. No order waits for an approval."


def test_an_order_to_several_nodes_hangs_together() -> None:
    """The next deliveries and the order on which most hangs, with all the nodes that it goes to."""
    rows = [("A", "East", 1, 10.0), ("B", "East", 3, 30.0), ("B", "West", 3, 20.0), ("C", "West", 2, 40.0)]
    frame = pd.DataFrame(rows, columns=["reference", "node", "available", "revenue"])
    frame = frame.assign(kind="inbound", sku="X", units=1.0, channel="web", contribution=1.0)
    found = deliveries(frame, None)
    assert chase(found, "") == (
        "Next: A to East, due in period 1 (10 of revenue). Most hangs on B to East and West, due in period 3 "
        "(50 of revenue)."
    )
    assert chase(found.head(0), "").startswith("No delivery")


def test_who_is_short_and_why_add_up() -> None:
    """The channel that misses most with its share, its reasons and those of all, none of less than a hundredth."""
    seen = Seen(ao.allocate(ao.example("quickstart")))
    worst = seen.plan.channels.assign(short=lambda frame: frame["demand"] - frame["units"]).nlargest(1, "short").iloc[0]
    assert who_is_short(seen).startswith(f"{worst['channel']}: {worst['short']:,.0f} of {worst['demand']:,.0f} units")
    assert why(seen).startswith(f"{worst['channel']}: ")
    assert f"(0{NBSP}%)" not in why(seen)


def test_lots_are_told_in_words() -> None:
    """Article, kind, node and order; lots that would be told alike, and other limits, keep their labels."""
    stock = pd.DataFrame(
        {
            "lot": ["a", "b", "c"],
            "sku": ["LAMP", "LAMP", "LAMP"],
            "kind": ["on_hand", "inbound", "inbound"],
            "node": ["East"] * 3,
            "reference": ["", "PO-1", "PO-1"],
            "available": [0, 1, 2],
        }
    )
    values = pd.DataFrame({"kind": ["lot", "lot", "capacity"], "what": ["a", "b", "a"]})
    assert values_in_words(values, stock)["what"].tolist() == ["LAMP, on hand at East", "b", "a"]
    assert values_in_words(values, None) is values


def test_figures_of_sentences_are_those_of_tables() -> None:
    """No cents from a thousand on, a minus as wide as a plus, units that stay with their numbers; names stay."""
    assert typeset("PO-20310 costs -1,433.50 USD, 10% more than 12.25") == (
        f"PO-20310 costs {MINUS}1,434{NBSP}USD, 10{NBSP}% more than 12.25"
    )
    assert typeset("on 2026-11-30 to 3PL-2, 1,234,567.891") == "on 2026-11-30 to 3PL-2, 1,234,567.891"
    assert told("it ships 1,000.00 EUR") == f"It ships 1,000{NBSP}EUR."
    assert ruled("cap channel web, share 0.125, of on_hand") == f"cap channel web, share 12.5{NBSP}%, of on hand"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(5.0, 5.0, 5.0)], f"The dearest costs 5{NBSP}EUR: cap."),
        ([(5.0, 4.0, 9.0)], f"The dearest costs 5{NBSP}EUR, certainly 4 to 9{NBSP}EUR: cap."),
        ([(5.0, 4.0, math.inf)], f"The dearest costs 5{NBSP}EUR, certainly 4{NBSP}EUR or more: cap."),
        ([(5.0, -math.inf, math.inf)], f"The dearest costs 5{NBSP}EUR: cap."),
        ([(0.0, 0.0, 7.0)], f"No rule was found to cost anything, and none can cost more than 7{NBSP}EUR."),
        (
            [(0.0, 0.0, math.inf), (math.nan, -math.inf, math.inf)],
            "No rule was found to cost anything; of some it is not known how much they cost at most.",
        ),
        (
            [(math.nan, math.nan, math.nan)],
            "No rule was found to cost anything; of some it is not known how much they cost at most.",
        ),
    ],
)
def test_the_dearest_rule_is_told_as_far_as_it_is_known(rows: list[tuple[float, ...]], said: str) -> None:
    """Between what its cost lies, where searches came to an end; where none did, that it is not known."""
    frame = pd.DataFrame(rows, columns=["value", "low", "high"]).assign(what="cap", owner="", kind="clause")
    assert dearest(frame, "EUR") == said
