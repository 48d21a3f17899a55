"""Comparisons whose plans hold a planner's own rows as well."""

from __future__ import annotations

import pickle

import pytest

import allocopt as ao

QUICKSTART = "scenarios/quickstart"


def few(model: object, most: int = 100) -> None:
    """Allow so many units in all."""
    import pyomo.environ as pyo

    model.few = pyo.Constraint(expr=sum(model.ship.values()) <= most)  # type: ignore[attr-defined]


def test_every_run_is_extended(tmp_path):
    """Each plan of the comparison keeps the row, in this process and in a worker, and so does one solved again."""
    problem = ao.Problem.read(QUICKSTART)
    found = ao.compare(problem, [ao.pooled(), ao.by_priority()], extend=few, out=tmp_path / "runs")
    alone = ao.allocate(problem, extend=few)
    assert found.runs["contribution"].iloc[0] == pytest.approx(alone.contribution)
    assert found.plan("As stated", "Pooled").allocation["units"].sum() == 100
    assert ao.compare(problem, [ao.pooled()]).runs["contribution"].iloc[0] > alone.contribution
    # The folder is that of this very function.
    again = ao.compare(problem, [ao.pooled(), ao.by_priority()], extend=few, out=tmp_path / "runs")
    assert again.runs["contribution"].tolist() == found.runs["contribution"].tolist()
    with pytest.raises(ao.ScenarioError, match="other inputs"):
        ao.compare(problem, [ao.pooled(), ao.by_priority()], extend=lambda model: few(model, 50), out=tmp_path / "runs")
    with pytest.raises(ValueError, match="a pickle does not hold"):
        pickle.loads(pickle.dumps(found)).plan("As stated", "Pooled")


def test_what_is_played_forward_cannot_be_extended():
    """Its periods are programs of their own."""
    drawn = ao.Scenario("Drawn", draws=ao.Draws(2))
    with pytest.raises(ValueError, match="one a period"):
        ao.compare(ao.Problem.read(QUICKSTART), scenarios=[drawn], extend=few)
