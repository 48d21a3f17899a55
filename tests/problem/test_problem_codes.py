"""Every fault has a code of its own, names its place and says what to do."""

# ruff: noqa: E501 - a table of cases is read one case a line

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from tests.problem.small import build, faults, frames, nothing, two_days

from allocopt.errors import DataError, Issue
from allocopt.problem import Problem


@dataclass(frozen=True)
class Fault:
    """A change that makes the small problem wrong, and the one issue it must give."""

    code: str
    changes: dict[str, dict[str, Any]]
    table: str
    row: int | str | None
    column: str | None
    value: str | None
    message: str
    hint: str


NAN = math.nan
CALENDAR = two_days()
GAP = {**CALENDAR, "start": ["2026-11-02", "2026-11-04"], "end": ["2026-11-02", "2026-11-04"]}
OVERLAP = {**CALENDAR, "start": ["2026-11-02", "2026-11-02"], "end": ["2026-11-02", "2026-11-04"]}

FAULTS = [
    Fault("unknown_column", {"skus": {"unitcost": [1, 2]}}, "skus", None, "unitcost", None, "no column 'unitcost'", "columns of this table are"),
    Fault("unknown_column", {"supply": {"confidense": [1, 1, 1]}}, "supply", None, "confidense", None, "Did you mean 'confidence'?", "sku, node"),
    Fault("missing_column", {"demand": {"price": None}}, "demand", None, "price", None, "'price' is missing", "Price per unit"),
    Fault("blank", {"supply": {"sku": ["A", None, "A"]}}, "supply", 1, "sku", "", "`sku` is blank", "remove the row"),
    Fault("not_a_number", {"demand": {"units": [6, "five", 8]}}, "demand", 1, "units", "five", "'five', which is not a number", "numeric type"),
    Fault("not_a_number", {"demand": {"units": ["6", "5", 8]}}, "demand", 0, "units", "6", "'6', which is not a number", "pandas.to_numeric"),
    Fault("not_a_number", {"demand": {"units": [True, False, True]}}, "demand", 0, "units", "True", "'True'", "numeric type"),
    Fault("not_a_number", {"demand": {"units": [1 + 2j, 5, 8]}}, "demand", 0, "units", "(1+2j)", "not a number", "numeric type"),
    Fault("not_a_number", {"demand": {"price": [[1], [2, 3], []]}}, "demand", 0, "price", "[1]", "not a number", "numeric type"),
    Fault("not_finite", {"demand": {"units": [6, NAN, 8]}}, "demand", 1, "units", "nan", "is nan, which is no amount", "somebody has to decide"),
    Fault("not_finite", {"skus": {"map_price": [math.inf, 1]}}, "skus", 0, "map_price", "inf", "is inf", "Write a number"),
    Fault("negative", {"supply": {"units": [10, -5, 7]}}, "supply", 1, "units", "-5", "`units` is -5; it cannot be negative", "negative=\"net\""),
    Fault("negative", {"demand": {"period": [0, -1, 1]}}, "demand", 1, "period", "-1", "periods count from 0", "Use 0"),
    Fault("negative", {"supply": {"expires": [-2, 3, 3]}}, "supply", 0, "expires", "-2", "periods count from 0", "Use 0"),
    Fault("out_of_bounds", {"channels": {"fee_rate": [0.1, 15]}}, "channels", 1, "fee_rate", "15.0", "at least 0 and at most 1", "0.35 for 35 percent"),
    Fault("out_of_bounds", {"supply": {"confidence": [1, 0, 1]}}, "supply", 1, "confidence", "0", "more than 0 and at most 1", "share"),
    Fault("out_of_bounds", {"skus": {"pack": [0, 1]}}, "skus", 0, "pack", "0", "at least 1", "within these bounds"),
    Fault("not_whole", {"skus": {"pack": [1.5, 1]}}, "skus", 0, "pack", "1.5", "whole number", "Round it"),
    Fault("not_whole", {"demand": {"period": [0.5, 1, 1]}}, "demand", 0, "period", "0.5", "a period is a whole number", "Round it"),
    Fault("number_too_large", {"lanes": {"lead": [2**31 - 1, 0, 0, 0]}}, "lanes", 0, "lead", "2147483647", "largest number accepted", "slip"),
    Fault("number_too_large", {"demand": {"price": [1e20, 1, 1]}}, "demand", 0, "price", "1e+20", "largest number accepted", "slip"),
    Fault("number_too_large", {"demand": {"period": [20261102, 1, 1]}}, "demand", 0, "period", "20261102", "periods go up to 10000", "periods table"),
    Fault("number_too_large", {"supply": {"expires": [99999, 1, 1]}}, "supply", 0, "expires", "99999", "periods go up to", "Leave it blank for never"),
    Fault("not_a_flag", {"supply": {"hold": [True, Decimal("sNaN"), 1 + 2j]}}, "supply", 1, "hold", "sNaN", "neither true nor false", "booleans"),
    Fault("not_a_flag", {"skus": {"divisible": ["maybe", "no"]}}, "skus", 0, "divisible", "maybe", "neither true nor false", "Give booleans"),
    Fault("not_a_flag", {"skus": {"divisible": [2, 0]}}, "skus", 0, "divisible", "2", "neither true nor false", "0 and 1"),
    Fault("unknown_choice", {"supply": {"kind": ["on hand", "inbound", "on_hand"]}}, "supply", 0, "kind", "on hand", "Did you mean 'on_hand'?", "on_hand, inbound, safety, returns"),
    Fault("unknown_choice", {"supply": {"kind": [1, 2, 3]}}, "supply", 0, "kind", "1", "`kind` is '1'", "Write one of"),
    Fault("float_id", {"supply": {"reference": [4500.0, NAN, NAN]}}, "supply", 0, "reference", "4500.0", "a decimal number where an id is wanted", "dtype=str"),
    Fault("float_id", {"demand": {"order": ["a", 1.5, None]}}, "demand", 1, "order", "1.5", "a decimal number", "dtype=str"),
    Fault("not_an_id", {"demand": {"order": ["a", True, None]}}, "demand", 1, "order", "True", "neither text nor a whole number", "Store the id as text"),
    Fault("untidy_id", {"demand": {"region": ["EU ", "EU", ""]}}, "demand", 0, "region", "EU ", "'EU ', with white space", "Remove it"),
    Fault("untidy_id", {"demand": {"region": ["E\tU", "EU", ""]}}, "demand", 0, "region", "E\tU", "cannot be seen", "two ids"),
    Fault("untidy_id", {"demand": {"region": ["E\u200bU", "EU", ""]}}, "demand", 0, "region", "E\u200bU", "cannot be seen", "two ids"),
    Fault("untidy_id", {"demand": {"region": pd.Series(["E\ud800U", "EU", ""], dtype=object)}}, "demand", 0, "region", "E\\ud800U", "broken character", "anew"),
    Fault("unknown_id", {"supply": {"node": ["East", "Esat", "West"]}}, "supply", 1, "node", "Esat", "'Esat' is not in the table `nodes`. Did you mean 'East'?", "mend the spelling"),
    Fault("unknown_id", {"lanes": {"sku": ["", "", "a", ""]}}, "lanes", 2, "sku", "a", "Did you mean 'A'?", "Add it to `skus`"),
    Fault("duplicate_key", {"supply": {"node": ["East", "East", "East"], "units": [1, 2, 3]}}, "supply", 2, "sku", "A", "Rows 0 and 2 are for the same thing: sku A, node East", "tell them apart by `reference`"),
    Fault("duplicate_key", {"skus": {"sku": ["A", "A"]}, "supply": {"sku": ["A", "A", "A"], "node": ["East", "West", "West"], "kind": ["on_hand"] * 3, "available": [0, 0, 1]}, "demand": {"sku": ["A"] * 3}}, "skus", 1, "sku", "A", "Rows 0 and 1", "Keep one of them"),
    Fault("order_disagrees", {"demand": {"channel": ["web"] * 3, "order": ["o", "o", "o"], "firm": [True, False, True]}}, "demand", 1, "firm", "False", "The lines of order 'o' disagree: `firm` is False here, and True in row 0", "an order of its own"),
    Fault("mixed_periods", {"demand": {"period": [0, "2026-11-02", 1]}, "periods": CALENDAR}, "demand", 1, "period", "2026-11-02", "a date, where other rows have numbers", "throughout the column"),
    Fault("date_without_periods", {"supply": {"available": ["2026-11-02", "2026-11-03", "2026-11-03"]}}, "supply", 0, "available", "2026-11-02", "no periods table", "Give a periods table"),
    Fault("date_without_periods", {"demand": {"period": ["2026-11-02", "2126-11-03", "2026-11-03"]}}, "demand", 0, "period", "2026-11-02", "no periods table", "Give a periods table"),
    Fault("date_outside_periods", {"demand": {"period": ["2026-11-02", "2026-11-01", "2026-11-03"]}, "periods": CALENDAR}, "demand", 1, "period", "2026-11-01", "before the periods table, which covers 2026-11-02 to 2026-11-03", "Lengthen"),
    Fault("date_outside_periods", {"demand": {"period": ["2026-11-02", "2026-11-04", "2026-11-03"]}, "periods": CALENDAR}, "demand", 1, "period", "2026-11-04", "after the periods table", "Lengthen"),
    Fault("date_outside_periods", {"demand": {"period": [0, 2, 1]}, "periods": CALENDAR}, "demand", 1, "period", "2", "beyond the periods table, which ends at 1", "Lengthen"),
    Fault("date_outside_periods", {"supply": {"available": ["2026-11-02", "2026-10-01", "2026-11-03"]}, "periods": CALENDAR}, "supply", 1, "available", "2026-10-01", "before", "first day of the calendar"),
    Fault("bad_periods", {"periods": GAP}, "periods", 1, "start", "2026-11-04", "leaves a gap after period 0", "on the day after"),
    Fault("bad_periods", {"periods": OVERLAP}, "periods", 1, "start", "2026-11-02", "overlaps period 0", "on the day after"),
    Fault("bad_periods", {"periods": {**CALENDAR, "period": [1, 2]}}, "periods", 0, "period", "1", "first period is 1", "Number them 0, 1, 2"),
    Fault("bad_periods", {"periods": {**CALENDAR, "period": [0, 2]}}, "periods", 1, "period", "2", "Period 0 is followed by period 2", "without gaps"),
    Fault("bad_periods", {"periods": {"period": [0], "start": ["2026-11-02"], "end": ["2026-11-01"]}}, "periods", 0, "end", "2026-11-01", "before it starts", "Swap"),
    Fault("bad_date", {"periods": {"period": [0], "start": ["2.11.2026"], "end": ["2026-11-01"]}}, "periods", 0, "start", "2.11.2026", "which is no date", "2026-11-27"),
    Fault("bad_date", {"demand": {"period": [0, "2026-02-30", 1]}, "periods": CALENDAR}, "demand", 1, "period", "2026-02-30", "neither a period nor a date", "2026-11-27"),
    Fault("reserved_over_units", {"supply": {"reserved": [11, 0, 0]}}, "supply", 0, "reserved", "11", "`reserved` is 11 and `units` is 10", "Lower `reserved`"),
    Fault("min_over_units", {"demand": {"min_units": [0, 6, 0]}}, "demand", 1, "min_units", "6", "`min_units` is 6 and `units` is 5", "Lower `min_units`"),
    Fault("fractional_units", {"demand": {"units": [6.0, 5.5, 8.0]}}, "demand", 1, "units", "5.5", "SKU 'B' cannot be divided", "divisible"),
    Fault("fractional_units", {"supply": {"reserved": [0.5, 0, 0]}}, "supply", 0, "reserved", "0.5", "fraction of a unit", "Round it"),
    Fault("reserved_id", {"channels": {"channel": ["web", "company"]}, "demand": {"channel": ["web"] * 3}, "lanes": {"channel": ["web", "company"] * 2}}, "channels", 1, "channel", "company", "belongs to no channel", "another name"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.code}-{fault.table}-{fault.column}")
def test_fault_names_its_place_and_remedy(fault: Fault) -> None:
    """A fault gives its code, table, row, column, value, and a remedy."""
    issue = next(issue for issue in faults(**fault.changes) if issue.code == fault.code)
    assert (issue.table, issue.row, issue.column) == (fault.table, fault.row, fault.column)
    assert (issue.value or "").removesuffix(" 00:00:00") == (fault.value or "")
    assert fault.message in issue.message
    assert fault.hint in issue.hint
    assert issue.severity == "error"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.code}-{fault.table}-{fault.column}")
def test_fault_brings_no_others(fault: Fault) -> None:
    """One kind of mistake is reported under one code only."""
    assert len({issue.code for issue in faults(**fault.changes)}) == 1


def _warnings(**changes: Any) -> list[Issue]:
    return list(build(**changes).warnings)


ODDITIES = [
    Fault("ids_alike", {"skus": {"sku": ["A", "a"]}, "supply": {"sku": ["A", "a", "A"]}, "demand": {"sku": ["A", "a", "A"]}}, "skus", None, "sku", "A", "'A', 'a' differ only by case", "spell it one way"),
    Fault("ids_alike", {"demand": {"region": ["7", "007", ""]}}, "demand", None, "region", "007", "leading zeros", "spell it one way"),
    Fault("no_lane", {"lanes": {"channel": ["web"] * 4, "via": ["a", "b", "c", "d"]}}, "demand", None, "channel", "shop", "'shop' wants 8 units, and no lane", "Add a lane"),
    Fault("no_workload", {"capacity": {"node": ["East"], "period": [0], "limit": [5], "resource": ["hours"]}}, "capacity", None, "resource", "hours", "nothing takes any of it", "workloads"),
    Fault("no_capacity", {"workloads": {"resource": ["hours"], "workload": [0.5]}}, "workloads", None, "resource", "hours", "no node has a limit", "capacity"),
    Fault("nothing_usable", {"supply": {"reserved": [10, 0, 0]}}, "supply", 0, "units", "10", "Of the 10 in this lot nothing", "confidence"),
    Fault("expires_before_available", {"supply": {"available": [2, 0, 0], "expires": [1, 3, 3], "end_value": [0.0, None, None]}}, "supply", 0, "expires", "1", "expires in 1, before it can ship (2)", "cannot be sold"),
    Fault("expires_unsold", {"skus": {"unit_cost": [4.0, 4.0]}, "supply": {"expires": [1, 3, 3]}}, "supply", None, "end_value", None, "1 lot expires inside the horizon without an `end_value`: what is left is worth 0 in the end ('A')", "State `end_value`"),
    Fault("expires_with_value", {"supply": {"expires": [1, 3, 1], "end_value": [1.5, 9.0, 2.0]}}, "supply", None, "end_value", "1.5 to 2", "2 lots expire inside the horizon, and what is left counts in the end with the stated `end_value` of 1.5 to 2 a unit", "is still worth that"),
    Fault("no_supply", {"supply": {"sku": ["A"] * 3, "available": [0, 1, 1]}}, "demand", None, "sku", "B", "1 SKU has demand and no supply at all: 'B'", "supply table"),
    Fault("committed_over_supply", {"demand": {"units": [60, 5, 8], "min_units": [30, 0, 0]}}, "demand", None, "min_units", "A", "of 'A' 30 are promised and 17 usable", "Lower the commitments"),
    Fault("no_such_reference", {"demand": {"reference": ["PO/9", "", ""]}}, "demand", 0, "reference", "PO/9", "No lot of the article has the reference 'PO/9'", "Check the spelling"),
    Fault("min_ship_over_units", {"demand": {"min_ship": [7, 0, 0]}}, "demand", 0, "min_ship", "7", "least shipment is 7 and only 6", "Lower `min_ship`"),
]  # fmt: skip


@pytest.mark.parametrize("odd", ODDITIES, ids=lambda odd: f"{odd.code}-{odd.column}")
def test_oddity_is_a_warning_and_no_error(odd: Fault) -> None:
    """What looks odd is kept on the problem as a warning with its place and remedy."""
    found = _warnings(**odd.changes)
    assert [issue.code for issue in found] == [odd.code]
    issue = found[0]
    assert (issue.table, issue.row, issue.column, issue.value) == (odd.table, odd.row, odd.column, odd.value)
    assert odd.message in issue.message
    assert odd.hint in issue.hint
    assert issue.severity == "warning"


def test_the_small_problem_is_right_and_ordinary() -> None:
    """The problem that the faults start from has neither faults nor warnings."""
    assert build().warnings == ()


def test_all_faults_of_all_tables_are_named_at_once() -> None:
    """One error names the faults of every table, in the order of the tables."""
    found = faults(
        skus={"pack": [0, 1.5]},
        channels={"fee_rate": [2, 0]},
        supply={"units": [-1, 5, 7], "node": ["East", "Nowhere", "West"]},
        demand={"price": None, "colour": [1, 2, 3]},
        lanes={"lead": [-1, 0, 0, 0]},
    )
    assert [(issue.table, issue.code) for issue in found] == [
        ("skus", "out_of_bounds"),
        ("skus", "not_whole"),
        ("channels", "out_of_bounds"),
        ("supply", "negative"),
        ("supply", "unknown_id"),
        ("demand", "unknown_column"),
        ("demand", "missing_column"),
        ("lanes", "negative"),
    ]


def test_a_fault_of_very_many_rows_is_cut_and_counted() -> None:
    """One cause is one entry, which counts all of its rows and names the first thousand."""
    found = faults(
        skus={"sku": [f"S{i}" for i in range(1500)], "unit_cost": [-1.0] * 1500},
        supply={"sku": ["S1"] * 3},
        demand={"sku": ["S1"] * 3},
    )
    (negative,) = [issue for issue in found if issue.code == "negative"]
    assert (negative.row, negative.count, negative.rows) == (0, 1500, tuple(range(1000)))
    assert negative.message.endswith("So it is in 1,500 rows: 0, 1, 2, 3, 4 and 1,495 more.")


def test_a_table_that_is_not_given_is_one_fault_not_one_a_row() -> None:
    """A missing table is one fault; what refers to it is none, and to one without rows one a column."""
    tables = frames()
    del tables["nodes"]
    with pytest.raises(DataError) as caught:
        Problem(**tables)
    assert [(issue.table, issue.code) for issue in caught.value.issues] == [("nodes", "missing_table")]
    with pytest.raises(DataError) as caught:
        Problem(**tables, nodes=pd.DataFrame())
    assert [(issue.table, issue.column) for issue in caught.value.issues] == [("supply", "node"), ("lanes", "node")]
    assert "So it is in 3 rows: 0 (East), 2 (West) and 1 more." in caught.value.issues[0].message
    assert "Give `nodes` one row" in caught.value.issues[0].hint


def test_nearest_id_is_found_among_very_many() -> None:
    """A mistyped id is answered with the nearest known one even among a hundred thousand."""
    known = [f"SKU{i:06d}" for i in range(100_000)]
    found = faults(
        skus={"sku": known, "unit_cost": None},
        supply={"sku": ["SKU05000x", "sku000007", "SKU000001"]},
        demand={"sku": known[:3]},
    )
    assert "Did you mean 'SKU050" in found[0].message
    assert "Did you mean 'SKU000007'?" in found[1].message


def test_columns_given_twice_are_refused() -> None:
    """A frame with two columns of one name does not say which one counts."""
    tables = frames()
    tables["skus"] = pd.concat([tables["skus"], tables["skus"][["unit_cost"]]], axis=1)
    with pytest.raises(DataError) as caught:
        Problem(**tables)
    assert [issue.code for issue in caught.value.issues] == ["duplicate_column"]


@pytest.mark.parametrize("table", ["no table", {"sku": ["A"]}, 7, [1, 2]])
def test_what_is_no_table_is_refused(table: Any) -> None:
    """Text, mappings and numbers are no tables, and no fault follows from their absence."""
    with pytest.raises(DataError) as caught:
        Problem(**{**frames(), "skus": table})
    assert [(issue.table, issue.code) for issue in caught.value.issues] == [("skus", "not_a_table")]


def test_settings_are_checked() -> None:
    """A day that is none and a name that is no text are faults of the problem itself."""
    with pytest.raises(DataError) as caught:
        Problem(**nothing(), as_of="tomorrow", currency=3, name=None)  # type: ignore[arg-type]
    assert [(issue.column, issue.code) for issue in caught.value.issues] == [
        ("as_of", "bad_date"),
        ("currency", "not_text"),
        ("name", "not_text"),
    ]


def test_a_fraction_of_a_divisible_sku_is_right() -> None:
    """A SKU that can be divided has fractions everywhere."""
    problem = build(
        skus={"divisible": [True, True]},
        supply={"units": [10.5, 5, 7], "reserved": [0.25, 0, 0], "confidence": [0.5, 1, 1]},
        demand={"units": [6.5, 5, 8], "min_units": [0.5, 0, 0], "min_ship": [0.1, 0, 0]},
    )
    assert problem.facts.lots.usable[0] == 10.5 * 0.5 - 0.25


def test_a_column_hiding_in_the_index_is_pointed_out() -> None:
    """Who forgot to reset the index is told so."""
    tables = frames()
    tables["skus"] = tables["skus"].set_index("sku")
    with pytest.raises(DataError) as caught:
        Problem(**tables)
    assert [(issue.code, issue.table) for issue in caught.value.issues] == [("missing_column", "skus")]
    assert "reset_index()" in caught.value.issues[0].hint
