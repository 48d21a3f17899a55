"""Tables as plain columns: short, without loss, and the form before them is still read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import allocopt as ao
from allocopt.plan.columnar import packed, unpacked
from allocopt.plan.tables import records

PACKS = Path(__file__).parents[2] / "scenarios"


@given(st.lists(st.tuples(st.sampled_from(["A", "B", ""]), st.floats(allow_nan=False, allow_infinity=False))))
def test_columns_come_back(rows: list[tuple[str, float]]) -> None:
    """To the last digit, however often values repeat."""
    table = pd.DataFrame(rows, columns=["sku", "units"]).astype({"sku": "str", "units": float})
    found = unpacked(json.loads(json.dumps(packed(table))))
    assert found == {"sku": table["sku"].tolist(), "units": table["units"].tolist()}


@pytest.mark.parametrize(
    "content",
    [
        5,
        {"rows": 1},
        {"rows": -1, "columns": {}},
        {"rows": True, "columns": {}},
        {"rows": 2, "columns": {"a": [1]}},
        {"rows": 2, "columns": {"a": 1}},
        {"rows": 2, "columns": {"a": {"of": [1], "at": [0, 1]}}},
        {"rows": 2, "columns": {"a": {"of": [1], "at": [0, -1]}}},
        {"rows": 2, "columns": {"a": {"of": [1], "at": [0]}}},
        {"rows": 2, "columns": {"a": {"of": [1], "at": [0, 0], "x": 1}}},
        {"rows": 10**12, "columns": {"a": {"all": 1}}},
        [{"a": 1}, {"b": 1}],
        [1],
    ],
)
def test_what_is_no_table_is_told_in_words(content: Any) -> None:
    """And never taken for one."""
    assert isinstance(unpacked(content), str)


def test_a_row_takes_a_third_of_what_records_take() -> None:
    """On a pack with thousands of lines: at most 130 bytes a row of the allocation."""
    plan = ao.allocate(ao.Problem.read(PACKS / "late_supplier"))
    table = plan.allocation
    assert len(json.dumps(packed(table))) <= min(130 * len(table), len(json.dumps(records(table))) / 3)


def test_the_first_form_of_plans_is_read() -> None:
    """Records without a version: what it had is there, and tables that it had not are refused with why."""
    plan = ao.allocate(ao.Problem.read(PACKS / "quickstart"), ao.Contract("C", clauses=[ao.Approval(units=1)]))
    content = plan.to_dict()
    old = {
        name: value for name, value in content.items() if name not in ("schema_version", "stock", "exposure", "kpis")
    }
    for name in ("allocation", "channels", "shortfalls", "exceptions"):
        old[name] = records(getattr(plan, name))
    for row in old["exceptions"]:
        row["due"] = row.pop("period")
        del row["node"], row["cure"]
    again = ao.Plan.from_dict(json.loads(json.dumps(old)))
    pd.testing.assert_frame_equal(again.allocation, plan.allocation)
    kept = ["kind", "money", "sentence", "period", "clause"]
    pd.testing.assert_frame_equal(again.exceptions[kept], plan.exceptions[kept])
    assert again.exceptions["cure"].eq("").all()
    assert again.summary() == plan.summary()
    assert plan.promises(since=again).empty
    with pytest.raises(ao.SolveError, match="no table stock"):
        _ = again.stock
    assert ao.Plan.from_dict(again.to_dict()).summary() == plan.summary()


def test_a_later_form_is_refused() -> None:
    """Whoever reads it knows which forms it reads."""
    content = ao.allocate(ao.Problem.read(PACKS / "quickstart")).to_dict()
    for version in (3, "2", None):
        with pytest.raises(ao.DataError, match="schema_version"):
            ao.Plan.from_dict(content | {"schema_version": version})
