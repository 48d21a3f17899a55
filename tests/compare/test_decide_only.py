"""Comparisons that only say who comes first: what is not solved, that it could not matter, and how it is said."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from tests.conftest import REPOSITORY
from tests.strategies import thrown
from typer.testing import CliRunner

import allocopt as ao
from allocopt.cli import app
from allocopt.cli.show_comparison import show_comparison

PROTECT = ao.Contract("Protect", clauses=[ao.Protect("dtc", share=0.5, of="inbound")])
TIGHT = ao.Contract("Tight", clauses=[ao.Cap("dtc", units=1)])
SPIKE = ao.Scenario("Spike", [ao.Scale("demand.units", by=1.5)])
TWO = (ao.Scenario("As stated"), SPIKE)
LESS = ao.Scenario("Less", [ao.Scale("demand.units", by=0.7)])


def quickstart() -> ao.Problem:
    """Return the pack that a first look begins with."""
    return ao.Problem.read(REPOSITORY / "scenarios" / "quickstart")


def decided(*contracts: ao.Contract, scenarios=TWO, **more) -> ao.Comparison:
    """Return a comparison of the quickstart that only says who comes first."""
    return ao.compare(quickstart(), contracts or (PROTECT, ao.pooled(), TIGHT), scenarios, decide_only=True, **more)


def test_what_is_decided_by_its_bound_is_not_solved():
    """The one that promises most is solved; the others could not reach it, and stand there with their bounds."""
    found, whole = decided(), ao.compare(quickstart(), [PROTECT, ao.pooled(), TIGHT], TWO)
    runs = found.runs.set_index(["contract", "scenario"])
    assert (runs.loc["Pooled", "status"] == "optimal").all()
    assert (runs.loc[["Protect", "Tight"], "status"] == "not_solved").all()
    assert (runs["bound"] >= whole.runs.set_index(["contract", "scenario"])["objective"] - 1e-6).all()
    assert found.failures.empty
    assert sorted(set(found.not_solved["contract"])) == ["Protect", "Tight"]
    assert found.ranked == ["Pooled"]
    assert found.baseline == "Pooled"


def test_every_answer_says_so(tmp_path: Path):
    """Verdict, ranking, scenarios, JSON, terminal, page and repr tell what was not solved from what has no plan."""
    found = decided()
    assert found.verdict.startswith("Pooled is worth most.")
    said = "Protect was not solved in 2 of 2 scenarios: by its bounds it is worth at least 37.50 USD less than Pooled."
    assert said in found.verdict
    assert "no plan" not in found.verdict
    row = found.summary().set_index("contract").loc["Protect"]
    assert np.isnan(row[["contribution", "difference", "fill_rate", "regret"]].astype(float)).all()
    assert (row["failed"], row["not_solved"], row["high"]) == (0, 2, pytest.approx(-37.5))
    assert found.by_scenario().query("contract == 'Tight'")["not_solved"].tolist() == [1, 1]
    written = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [run["status"] for run in written["runs"]].count("not_solved") == 4
    shown = io.StringIO()
    show_comparison(found, Path("runs"), Console(file=shown, width=120))
    assert "4 runs were not solved" in shown.getvalue()
    assert "not solved" in shown.getvalue().split("Scenario by scenario")[1]
    assert "no plan" not in shown.getvalue()
    found.report(tmp_path / "found.html")
    assert "was not solved" in (tmp_path / "found.html").read_text(encoding="utf-8")
    assert "4 not solved" in repr(found)


def test_scenarios_that_count_in_nothing_are_left():
    """A scenario of weight 0 decides nothing, so that nobody is solved in it."""
    found = decided(ao.pooled(), scenarios=(SPIKE, ao.Scenario("Shown", LESS.changes, weight=0)))
    assert found.runs.set_index("scenario")["status"].to_dict() == {"Spike": "optimal", "Shown": "not_solved"}
    assert "no ranking" in found.not_solved["message"][0]


def test_penalties_are_solved():
    """A bound on the objective says nothing of the contribution of who pays penalties: it is solved everywhere."""
    soft = ao.Contract("Soft", clauses=[ao.Protect("dtc", units=30, mode="serve", penalty=50.0)])
    runs = decided(soft, ao.pooled(), TIGHT).runs
    assert (runs.query("contract == 'Soft'")["status"] == "optimal").all()
    assert (runs.query("contract == 'Tight'")["status"] == "not_solved").all()


def test_what_cannot_be_is_still_a_failure():
    """A contract that has no plan where demand spikes says why, as in any comparison."""
    never = ao.Contract("Never", clauses=[ao.Protect("dtc", units=10_000, mode="serve")])
    found = decided(never, ao.pooled())
    assert found.failures["status"].tolist() == ["infeasible"]
    assert "Never has no plan" in found.verdict


@pytest.mark.parametrize("risk", [None, ao.CVaR(0.5, weight=0.5)])
def test_draws_are_decided_run_by_run(risk: ao.CVaR | None):
    """Over draws, and under a risk, a contract is out only where its bound is below in every run that counts."""
    drawn = ao.Scenario("Drawn", draws=ao.Draws(number=3, seed=1))
    found = decided(ao.pooled(), TIGHT, scenarios=(drawn,), risk=risk)
    whole = ao.compare(quickstart(), [ao.pooled(), TIGHT], [drawn], risk=risk)
    assert found.ranked[0] == whole.ranked[0]
    assert (found.runs.query("contract == 'Tight'")["status"] == "not_solved").all()
    assert found.deltas()["apart"].tolist() == [True]


def test_an_interrupted_one_goes_on(tmp_path: Path):
    """Answers that are lost are found again, whatever else is there; another question does not take the folder."""
    first = decided(out=tmp_path / "runs").runs.drop(columns="seconds")
    for file in sorted((tmp_path / "runs" / "results").glob("*.parquet"))[1:4]:
        file.unlink()
    again = decided(out=tmp_path / "runs").runs.drop(columns="seconds")
    assert again.equals(first)
    with pytest.raises(ao.ScenarioError, match="other inputs"):
        ao.compare(quickstart(), [PROTECT, ao.pooled(), TIGHT], TWO, out=tmp_path / "runs")


def test_the_command_line_asks_for_it(tmp_path: Path):
    """``--decide-only`` is a question of its own, and being decided is no failure."""
    pack = str(REPOSITORY / "scenarios" / "quickstart")
    given = ["compare", pack, "--decide-only", "--contract", "pooled", "--contract", "protect_dtc", "--json"]
    said = CliRunner().invoke(app, [*given, "--out", str(tmp_path / "runs"), "--quiet"])
    assert said.exit_code == 0, said.output
    assert {run["status"] for run in json.loads(said.stdout)["runs"]} == {"optimal", "not_solved"}


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000))
def test_the_first_is_the_first_of_the_whole_comparison(seed: int):
    """Whatever the clauses are: nobody that was left earns more, and what was solved is what it would have been."""
    problem, clauses = thrown(seed)
    agreed = [ao.pooled(), *(ao.Contract(f"C{place}", clauses=[clause]) for place, clause in enumerate(clauses))]
    cheap, dear = ([ao.Scale("demand.price", by=factor)] for factor in (0.7, 1.5))
    futures = [ao.Scenario("As stated"), ao.Scenario("Cheap", cheap), ao.Scenario("Dear", dear, weight=3)]
    found = ao.compare(problem, agreed, futures, gap=1e-6, decide_only=True)
    whole = ao.compare(problem, agreed, futures, gap=1e-6)
    keys = ["scenario", "draw", "contract"]
    both = found.runs.merge(whole.runs, on=keys, suffixes=("", "_whole"))
    left = both["status"] == "not_solved"
    assert (both["digest"] == both["digest_whole"])[~left].all()
    room = 1e-6 * np.maximum(1.0, both["objective_whole"].abs())
    known = left & both["objective_whole"].notna()
    assert (both["bound"] >= both["objective_whole"] - room)[known].all()
    if whole.ranked:
        earned = whole.summary().set_index("contract")["contribution"]
        assert earned[found.ranked[0]] >= earned[whole.ranked[0]] - 2e-6 * max(1.0, abs(earned[whole.ranked[0]]))
