"""Contracts that nothing tells apart share the headline; what is proven of one is never said of the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.compare.test_verdict import one, standing

import allocopt as ao
from allocopt.compare.verdict import verdict
from allocopt.report.comparison_page import page_of
from allocopt.report.level import DRAWN, PROVEN, alike, level, sameness
from allocopt.report.pictures import contracts

NBSP = "\N{NO-BREAK SPACE}"


def test_what_overlaps_is_level() -> None:
    """Differences that what is proven allows to be nothing, and none that is certain, be it of cents."""
    found = standing(one(A=(99.9, 100.2, 100.0), B=(99.8, 100.1, 99.95), C=(90.0, 90.1, 90.0)))
    assert level(found) == ["A", "B"]
    assert sameness(found, "A", "B") == PROVEN
    sure = standing(one(A=100.0, B=99.97, C=100.0))
    assert level(sure) == ["A", "C"]
    assert sameness(sure, "A", "C") == ""
    drawn = standing({"S": {"A": [100.0, 90.0, 80.0], "B": [90.0, 100.0, 79.0]}}, drawn=True)
    assert level(drawn) == ["A", "B"]
    assert sameness(drawn, "A", "B") == DRAWN


def test_objectives_prove_nothing_of_contributions() -> None:
    """Of who pays penalties the objective is proven: contributions further apart than that are not the same."""
    found = standing(one(A=(90.0, 90.0, 100.0), B=(90.0, 90.0, 90.0)), objective=["A"])
    assert not alike(found, "A", "B")


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 3)), min_size=2, max_size=5))
def test_whoever_is_ahead_is_not_level(worths: list[tuple[float, float]]) -> None:
    """No contract that is told to be behind the best one is level with it, and the best one always is."""
    found = standing(one(**{f"C{place}": (low, low + wide, low) for place, (low, wide) in enumerate(worths)}))
    first = level(found)
    assert first[0] == found.ranked[0]
    assert not [name for name in first if found.difference(first[0], name).positive]
    assert level(found, "S") == first


def test_headlines_name_all_who_are_level() -> None:
    """The title of a page and those of its pictures: who shares a first place, and how often others do."""
    problem = ao.example("quickstart")
    idle = ao.Contract("Idle cap", clauses=[ao.Cap("dtc", units=10_000)])
    more = ao.Scenario("More", changes=[ao.Scale("demand.units", by=1.5)])
    found = ao.compare(problem, [ao.pooled(), idle, ao.first_come()], [ao.Scenario("As stated"), more])
    page = page_of(found)
    assert page.title.startswith("Pooled and Idle cap earn most, and the same: ")
    assert found.plot.table().title == "Pooled and Idle cap earn most, and the same, in each of 2 scenarios."
    assert found.plot.waterfall().title.startswith("Idle cap earns what Pooled earns: ")
    assert found.plot.regret().title.startswith("Pooled and Idle cap leave least on the table: ")
    rows = found.by_scenario().assign(level=[True, True, False, True, False, False])
    figure = contracts.table(rows, "Pooled", "USD")
    assert figure.title == "Pooled earns most in each of 2 scenarios, in 1 of them level with others."


@pytest.mark.parametrize(("number", "told"), [(3, "C2"), (9, "5 more from")])
def test_many_contracts_are_told_in_short(number: int, told: str) -> None:
    """Of more than a few the first ones are told one by one, and between what the others lie; nobody is lost."""
    found = standing(one(**{f"C{place}": 100.0 - 7 * place for place in range(number)}))
    short, whole = verdict(found, 3), verdict(found)
    assert told in short
    assert len(short) <= len(whole)
    assert f"C{number - 1}" in whole
    if number > 5:
        assert short.endswith("; 5 more from -28.00 USD to -56.00 USD.")
