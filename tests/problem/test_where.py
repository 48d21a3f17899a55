"""How a `where` is written: in files, in Python, and by people who know other languages."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.problem.small import build

import allocopt as ao
from allocopt.problem.comparisons import parse, text_of


@pytest.mark.parametrize(
    "where",
    [
        "channel == web & period in 1..1",
        "channel=web && period => 1",
        {"channel": "web", "period": 1},
        {"channel": ["web"], "period": range(1, 2)},
        {"channel": ("web", "shop"), "sku": {"B"}},
    ],
    ids=str,
)
def test_a_where_is_written_as_people_write_it(where: Any) -> None:
    """Signs of other languages and, in Python, a mapping of columns to values say the same."""
    changed = ao.Scenario("X", [ao.Put("demand.price", to=99.0, where=where)]).apply(build())
    assert changed.demand["price"].tolist() == [10.0, 99.0, 11.0]


@given(
    values=st.dictionaries(
        st.sampled_from(["sku", "channel", "region", "order"]), st.text(min_size=0, max_size=6), min_size=1, max_size=3
    )
)
def test_a_mapping_is_written_so_that_it_reads_as_itself(values: dict[str, str]) -> None:
    """Any text is spelled in quotes where it needs them."""
    found = {each.column: each for each in parse(text_of(values))}
    for name, value in values.items():
        assert astuple(found[name])[:3] == (name, "=", (value,))
    assert found.keys() == values.keys()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("channel is web", "Compare by =, !=, <, <=, >, >= or in, such as `channel = value`"),
        ("channel: web", "such as `channel = value`"),
        ("not channel = web", "Write `column != value`"),
        ("channel in [web, shop]", "Write a list in round brackets, as (a, b)."),
        ("channel = web | sku = A", "cannot be joined by `or`"),
        ("channel = web, sku = A", "Join comparisons by `and`."),
        ({"channel": object}, "is no value of `channel`. Give text, a number"),
        ({"chanel": "web"}, "Did you mean 'channel'?"),
    ],
    ids=str,
)
def test_slips_in_a_where_are_answered(where: Any, words: str) -> None:
    """The common ones are told how it is written."""
    with pytest.raises(ao.ScenarioError) as caught:
        ao.Put("demand.price", to=99.0, where=where)
    assert words in str(caught.value)


def test_a_difference_prints_all_of_its_columns() -> None:
    """However narrow the terminal, the row and the column of each change are shown; what is taken out is a table."""
    with pd.option_context("display.width", 40, "display.max_columns", 3):
        found = ao.Scenario("X", [ao.Scale("demand.price", by=2)]).diff(build())
        text = str(found)
    assert text.splitlines()[0].split() == ["change", "table", "row", "column", "before", "after"]
    assert "sku A, channel web, period 0" in text
    assert type(found[found["row"] != ""]) is pd.DataFrame
    assert str(ao.Scenario("X").diff(build())) == "(nothing changes)"
