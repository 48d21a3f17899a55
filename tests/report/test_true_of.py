"""What pages and workbooks say is true of what they say it of: periods, channels, sums, dates, and who sees to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from tests.report.reading import read

import allocopt as ao
from allocopt.explain.words import _listed
from allocopt.report.limits import limits_in_words
from allocopt.report.monday import with_nobody
from allocopt.report.reasons import because, by_reason
from allocopt.report.seen import Seen
from allocopt.report.short import ASKED, why
from allocopt.report.words import NOBODY

NODE, ARTICLE = [{"node": "East"}], [{"sku": "A", "unit_cost": 4.0}]


def made(channels: tuple[str, ...] = ("web",), **tables: list[dict[str, object]]) -> ao.Problem:
    """Return a problem of one article and node, with a lane to each channel."""
    lanes: list[dict[str, object]] = [{"node": "East", "channel": name} for name in channels]
    given: dict[str, object] = {
        "skus": ARTICLE,
        "nodes": NODE,
        "channels": [{"channel": name, "kind": "dtc"} for name in channels],
        "supply": [{"sku": "A", "node": "East", "kind": "on_hand", "units": 100}],
        "lanes": lanes,
    }
    return ao.Problem.from_dict(given | tables)  # type: ignore[arg-type]


def wanted(*rows: tuple[str, int, int, float]) -> list[dict[str, object]]:
    """Return demand: channel, period, units, price."""
    return [{"sku": "A", "channel": name, "period": t, "units": n, "price": p} for name, t, n, p in rows]


def tight(**more: list[dict[str, object]]) -> ao.Problem:
    """Return a node that is full in three periods, each time at another number, at which another price is paid."""
    prices = wanted(("web", 0, 9, 20.0), ("web", 1, 19, 9.0), ("web", 2, 29, 6.0))
    limits: list[dict[str, object]] = [{"node": "East", "period": t, "limit": n} for t, n in enumerate((5, 10, 15))]
    return made(demand=prices, capacity=limits, **more)


def test_numbers_of_a_limit_are_those_of_its_period() -> None:
    """What is used, what there is and what one more is worth is said of the period that is named, all of all."""
    found = ao.allocate(tight()).exceptions
    (said,) = found.loc[found["kind"] == "capacity", "sentence"]
    assert said == (
        "The limit of units at East is reached with 5 of 5 in period 0, and in 2 other periods: "
        "one more unit in period 0 is worth about 16.00, 10 % more of each about 24.00."
    )


def test_numbers_of_a_lane_are_those_of_its_period() -> None:
    """Of two periods the other one is one; of one period nothing is said but its own."""
    for most, ends in ((None, ", and in 1 other period: one more unit in period 0 is"), (1, ": one more unit is")):
        rows = [("web", 0, 9, 20.0), ("web", 1, 9, 9.0)][:most]
        lanes: list[dict[str, object]] = [{"node": "East", "channel": "web", "capacity": 5}]
        found = ao.allocate(made(demand=wanted(*rows), lanes=lanes)).exceptions
        (said,) = found.loc[found["kind"] == "lane_capacity", "sentence"]
        assert f"is full with 5 units in period 0{ends}" in said


def test_numbers_of_a_clause_are_those_of_the_limit_that_is_named() -> None:
    """A share of each article is another number for each of them: which is told, and how many others there are."""
    two: list[dict[str, object]] = [{"sku": name, "unit_cost": 4.0} for name in "AB"]
    stock = [{"sku": s, "node": "East", "kind": "on_hand", "units": n} for s, n in (("A", 10), ("B", 40))]
    asks = [{"sku": s, "channel": "web", "period": 0, "units": 30, "price": p} for s, p in (("A", 30.0), ("B", 5.0))]
    problem = made(skus=two, supply=stock, demand=asks)  # type: ignore[arg-type]
    found = ao.allocate(problem, ao.Contract("Half", clauses=[ao.Cap("web", share=0.5, of="supply")])).exceptions
    (said,) = found.loc[found["kind"] == "cap", "sentence"]
    assert "for A (5 units), and at 1 other limit of it: one more unit for A is worth" in said


def test_an_order_that_comes_in_parts_is_not_expected_in_the_first_of_their_periods_alone() -> None:
    """A purchase order of two dates comes then and later."""
    lots: list[dict[str, object]] = [
        {"sku": "A", "node": "East", "kind": "inbound", "units": 5, "available": t, "reference": "PO-1"} for t in (0, 1)
    ]
    for first, later in ((lots, " and later"), (lots[:1], "")):
        problem = made(supply=first, demand=wanted(("web", 0, 5, 9.0), ("web", 1, 5, 9.0)))
        found = ao.allocate(problem).exceptions
        (said,) = found.loc[found["kind"] == "inbound", "sentence"]
        assert f"expected in period 0{later}: if it slips" in said


@pytest.mark.parametrize("channel", ["web", "other"])
def test_protected_stock_is_kept_for_whatever_else(channel: str) -> None:
    """A channel may be short of its own reserve, which goes to others of its lines: the words are true of it, too."""
    said = because("protected")
    assert "another channel" not in said
    rows = [("web", 0, 40, 9.0), ("web", 1, 60, 9.0), ("other", 0, 90, 30.0)]
    plan = ao.allocate(
        made(("web", "other"), demand=wanted(*rows)),
        ao.Contract("P", clauses=[ao.Protect("web", share=0.6, of="on_hand")]),
    )
    short = plan.shortfalls
    assert "protected" in set(short.loc[short["channel"] == channel, "reason"])
    assert said in why(Seen(plan))


def test_sums_by_reason_say_that_a_unit_is_named_at_each_line_that_wants_it(tmp_path: Path) -> None:
    """Two lines name the same safety stock; the page says so beside the sum."""
    stock: list[dict[str, object]] = [
        {"sku": "A", "node": "East", "kind": "on_hand", "units": 5},
        {"sku": "A", "node": "East", "kind": "safety", "units": 10},
    ]
    rows = [("web", 0, 10, 9.0), ("other", 0, 10, 9.0), ("other", 1, 20, 8.0)]
    plan = ao.allocate(made(("web", "other"), supply=stock, demand=wanted(*rows)))
    sums = by_reason(plan.shortfalls).set_index("reason")["units"]
    assert sums[because("safety_closed")] > 10
    assert len(sums) > 1
    plan.report(tmp_path / "p.html", values=False)
    assert ASKED in read(tmp_path / "p.html").said("p")


def test_reasons_name_days_where_there_is_a_calendar() -> None:
    """Lines, lots and limits are told by the first days of their periods; without a calendar by the numbers."""
    lots: list[dict[str, object]] = [
        {"sku": "A", "node": "East", "kind": "on_hand", "units": 5},
        {"sku": "A", "node": "East", "kind": "inbound", "units": 50, "available": 2},
    ]
    more: dict[str, list[dict[str, object]]] = {
        "demand": wanted(("web", 0, 9, 20.0), ("web", 1, 9, 30.0)),
        "supply": lots,
    }
    late = ao.allocate(made(**more).replace(periods=ao.weeks("2026-11-30", 3)))
    told = " ".join(late.shortfalls["sentence"])
    assert "usable from 2026-12-14" in told
    assert "usable from 2" in " ".join(ao.allocate(made(**more)).shortfalls["sentence"])
    full = ao.allocate(tight().replace(periods=ao.weeks("2026-11-30", 3))).shortfalls
    assert "East can handle 10 units in period 1 (2026-12-07)" in " ".join(full["sentence"])
    assert (
        "due 2026-12-07"
        in ao.allocate(tight().replace(periods=ao.weeks("2026-11-30", 3)))
        .explain(sku="A", channel="web", due=1)
        .sentence
    )


def test_limits_name_days_where_there_is_a_calendar() -> None:
    """What more would be worth is told with the first day of the period that binds, lanes in words."""
    weeks = ao.weeks("2026-11-30", 3)
    for full, said in (
        (tight().replace(periods=weeks), "East, period 1 (2026-12-07), units"),
        (
            made(
                demand=wanted(("web", 1, 9, 20.0)),
                lanes=[{"node": "East", "channel": "web", "capacity": 4, "sku": "A"}],
            ).replace(periods=weeks),
            "from East to web, of A, period 1 (2026-12-07)",
        ),
    ):
        plan = ao.allocate(full)
        assert said in limits_in_words(plan.values, plan)["what"].tolist()


def test_who_sees_to_what_nobody_is_named_for_is_said_alike_on_page_and_in_workbook(tmp_path: Path) -> None:
    """No blank stands where the list of matters and the workbook say a name."""
    plan = ao.allocate(tight())
    assert set(with_nobody(plan.exceptions)["owner"]) == {NOBODY}
    plan.to_excel(tmp_path / "p.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "p.xlsx")["exceptions"].iter_rows(values_only=True))
    assert NOBODY in [row[rows[0].index("who")] for row in rows[1:]]


def test_the_sheet_of_shortfalls_is_in_words(tmp_path: Path) -> None:
    """Reasons and what stands behind them are told as on the page: no codes, no labels of rows."""
    plan = ao.allocate(tight())
    plan.to_excel(tmp_path / "p.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "p.xlsx")["shortfalls"].iter_rows(values_only=True))
    heads, first = rows[0], rows[1]
    assert first[heads.index("reason")] == because("capacity")
    assert first[heads.index("what stands behind it")].startswith("East can handle ")
    assert not [head for head in heads if "code" in str(head)]


@pytest.mark.parametrize("number", range(1, 7))
def test_one_more_is_one(number: int) -> None:
    """What is not named is counted, one in the singular."""
    said = _listed(list(np.array(list("abcdef"))[:number]), "line")
    more = {4: " and 1 more line", 5: " and 2 more lines", 6: " and 3 more lines"}
    assert said == ", ".join("abcdef"[: min(number, 3)]) + more.get(number, "")
