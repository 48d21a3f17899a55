"""Reasons found by exchanges and proofs for many lines at once are those of one re-solve for each question."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.explain.test_reasons import clauses, problems

import allocopt as ao
from allocopt.explain.exchange import Answers, Exchange
from allocopt.explain.rounds import Rounds
from allocopt.explain.search import Search

KEYS = ["sku", "channel", "due"]


def nothing(self: Rounds) -> Answers:
    """Return that exchanges bring nothing, and prove nothing."""
    size = len(self.lines)
    none = np.zeros(0, dtype=np.intp)
    zero, inf = np.zeros(size), np.full(size, np.inf)
    return Answers(zero, zero, zero, inf, np.zeros(size, dtype=bool), none, none, np.zeros(0))


def slowly(plan: ao.Plan):
    """Return the shortfalls of a plan where every question is re-solved by itself, and nothing is proven before."""
    with (
        patch.object(Exchange, "bounded", lambda self, ways, lines, lifted: np.full(len(lines), np.inf)),
        patch.object(Rounds, "answers", nothing),
        patch.object(Search, "_idle", lambda self, asked, promise: np.zeros(len(asked), dtype=bool)),
        patch.object(Search, "_proven", lambda self, line: np.inf),
    ):
        return plan.shortfalls


@settings(max_examples=40)
@given(tables=problems(), agreed=clauses())
def test_many_lines_at_once_have_the_reasons_of_each_by_itself(tables, agreed):
    """Code by code the lines are short of the same units, but where equal lines may give way to each other."""
    contract = ao.Contract("Agreed", clauses=agreed)
    plan = ao.allocate(ao.Problem.from_dict(tables), contract)
    if not plan.solved:
        return
    slow, fast = slowly(ao.allocate(ao.Problem.from_dict(tables), contract)), plan.shortfalls
    each = [found.groupby([*KEYS, "reason"])["units"].sum() for found in (slow, fast)]
    assume("tie" not in {*slow["reason"], *fast["reason"]})
    assert each[0].to_dict() == pytest.approx(each[1].to_dict())


@settings(max_examples=25)
@given(tables=problems(), agreed=clauses(), data=st.data())
def test_a_line_by_itself_is_told_what_the_table_says(tables, agreed, data):
    """Asked alone, before anything else, a line has the reasons that it has among all."""
    contract = ao.Contract("Agreed", clauses=agreed)
    plan, other = (ao.allocate(ao.Problem.from_dict(tables), contract) for _ in range(2))
    if not plan.solved or plan.shortfalls.empty:
        return
    row = plan.shortfalls.iloc[data.draw(st.integers(0, len(plan.shortfalls) - 1))]
    alone = other.explain(row["sku"], row["channel"], due=int(row["due"])).reasons
    mine = plan.shortfalls[(plan.shortfalls[KEYS] == row[KEYS]).all(axis=1)]
    assert alone[["reason", "units", "sentence"]].to_dict("records") == mine[["reason", "units", "sentence"]].to_dict(
        "records"
    )
