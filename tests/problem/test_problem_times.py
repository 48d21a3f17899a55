"""When a line was ordered: numbers in periods, or time stamps, from every kind of input."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.rules.small import problem

import allocopt as ao

WEEKS = pd.DataFrame(
    {"period": [0, 1], "start": ["2026-11-30", "2026-12-07"], "end": ["2026-12-06", "2026-12-13"]},
)
STAMPS = ["2026-11-23T12:00:00", None, "2026-12-08T00:00:00"]
INSIDE = [-6.5 / 7, 1.0, 1 + 1 / 7]


def ordered(arrived: Any, **tables: Any) -> ao.Problem:
    """Return a problem of three orders, due in periods 0, 1 and 1."""
    demand = {"sku": "A", "channel": "web", "period": [0, 1, 1], "units": 2, "price": 3.0, "order": ["a", "b", "c"]}
    return problem(
        supply="sku node kind units\nA East on_hand 5", demand=pd.DataFrame({**demand, "arrived": arrived}), **tables
    )


@pytest.mark.parametrize(
    "arrived",
    [
        STAMPS,
        [None if cell is None else dt.datetime.fromisoformat(cell) for cell in STAMPS],
        pd.to_datetime(STAMPS),
        pd.to_datetime(STAMPS, utc=True),
        ["2026-11-23T14:00+02:00", None, "2026-12-07T22:00-02:00"],
    ],
    ids=["text", "datetime", "pandas", "utc", "zones"],
)
def test_a_calendar_turns_stamps_into_periods(arrived: Any) -> None:
    """Fractions are kept, before the calendar too; who says nothing comes at the start of the due period."""
    assert ordered(arrived, periods=WEEKS).facts.lines.arrived == pytest.approx(INSIDE)


def test_numbers_are_periods() -> None:
    """A number is what it is, -6 before the horizon, with a calendar and without."""
    for tables in ({}, {"periods": WEEKS}):
        assert ordered([0.5, None, -6.0], **tables).facts.lines.arrived.tolist() == [0.5, 1.0, -6.0]


def test_without_a_calendar_the_order_of_stamps_is_all_that_counts() -> None:
    """All are before the first period, the earlier one first."""
    first, blank, second = ordered(STAMPS).facts.lines.arrived
    assert first < second < 0
    assert blank == 1.0


@pytest.mark.parametrize("name", ["demand.csv", "book.xlsx", "json"])
def test_stamps_come_from_files(tmp_path: Path, name: str) -> None:
    """CSV, a workbook and JSON say the same."""
    facts = ordered(STAMPS, periods=WEEKS)
    tables = {table: getattr(facts, table) for table in ("skus", "nodes", "channels", "supply", "lanes", "periods")}
    tables["demand"] = facts.demand.assign(arrived=STAMPS)[
        ["sku", "channel", "period", "units", "price", "order", "arrived"]
    ]
    if name == "json":
        read = ao.Problem.from_dict(facts.to_dict())
    elif name == "book.xlsx":
        with pd.ExcelWriter(tmp_path / name) as book:
            for table, rows in tables.items():
                rows.to_excel(book, sheet_name=table, index=False)
        read = ao.Problem.read(tmp_path / name)
    else:
        for table, rows in tables.items():
            rows.to_csv(tmp_path / f"{table}.csv", index=False)
        read = ao.Problem.read(tmp_path)
    assert read.facts.lines.arrived == pytest.approx(INSIDE)


@pytest.mark.parametrize(
    ("arrived", "words"),
    [
        (["noon", None, None], "neither a time stamp nor a number of periods"),
        ([1.0, "2026-12-08", None], "numbers here and time stamps elsewhere"),
        (["2026-12-08T00:00Z", "2026-12-08T00:00", None], "a time zone here and stamps without one elsewhere"),
    ],
)
def test_what_is_no_time_is_refused_with_a_remedy(arrived: Any, words: str) -> None:
    """Text that is no time, and two kinds of time in one column."""
    with pytest.raises(ao.DataError, match=words) as error:
        ordered(arrived, periods=WEEKS)
    assert all(issue.hint for issue in error.value.issues)


def test_scenarios_speak_of_times() -> None:
    """Rows are found by a stamp and set to one."""
    facts = ordered(STAMPS, periods=WEEKS)
    put = ao.Put("demand.arrived", to="2026-12-03T12:00:00", where="arrived < 2026-11-24")
    changed = ao.Scenario("later", [put]).apply(facts)
    assert changed.facts.lines.arrived[0] == pytest.approx(0.5)
    assert np.array_equal(changed.facts.lines.arrived[1:], facts.facts.lines.arrived[1:])


def test_a_weight_is_more_than_nothing() -> None:
    """A weight of 0 would be an endless level."""
    demand = "sku channel period units price weight\nA web 0 2 3 0"
    with pytest.raises(ao.DataError, match="weight"):
        problem(supply="sku node kind units\nA East on_hand 5", demand=demand)
