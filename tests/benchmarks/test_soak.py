"""The soak: it finds what is wrong, and a few seconds of it find nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.soak import Case, Findings, broken, report, soak

import allocopt as ao


def test_twenty_seconds_find_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Random problems through every solver, in threads and processes, with a solver that lies, breaks or hangs."""
    found = soak(20, first=1000)
    assert (found.wrong, found.raw) == ([], [])
    assert report(found) == 0
    for what in ("solver", "thread", "work limit", "time limit", "fault"):
        assert found.counts[what] >= 5, what
    assert " problems: 0 wrong, 0 raw" in capsys.readouterr().out


@pytest.fixture
def case(tiny: ao.Problem) -> Case:
    """The problem whose one best plan is worth 120."""
    return Case(tiny, ao.pooled(), Findings(), "tiny", best=120.0)


def test_what_is_wrong_is_found(case: Case) -> None:
    """A bound below a known plan, an infeasible problem with a plan, and a false proof are wrong answers."""
    plan = ao.allocate(case.problem)
    case.judge("right", plan)
    assert case.found.wrong == []
    proof = plan.certificate
    assert proof is not None
    case.judge("bound", replace(plan, certificate=replace(proof, bound=100.0)))
    case.judge("infeasible", replace(plan, status="infeasible"))
    case.judge("proof", replace(plan, certificate=replace(proof, objective=90.0, proved_by="allocopt")), unseen=True)
    assert [text.split(": ")[1] for text in case.found.wrong] == ["bound", "infeasible", "proof"]
    case.judge("claim", replace(plan, certificate=replace(proof, objective=90.0, proved_by="solver")), unseen=True)
    assert len(case.found.unseen) == 1
    assert report(case.found) == 1


def test_a_row_that_is_broken_is_found(case: Case) -> None:
    """One unit more than there is, and a divided unit, are seen in the numbers."""
    plan = ao.allocate(case.problem)
    assert broken(plan) == []
    assert plan.answer is not None
    for change, words in ((100.0, "a lot is used beyond what is usable"), (-0.5, "a unit is divided")):
        x = plan.answer.x + change * (np.arange(len(plan.answer.x)) == int(plan.answer.shipped[0]))
        assert words in broken(replace(plan, answer=replace(plan.answer, x=x)))


def test_a_raw_exception_is_found(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no error of the library's is told with its place; what is one is a refusal."""

    def fails(*given: object, **options: object) -> None:
        raise KeyError("inside")

    monkeypatch.setattr(ao, "allocate", fails)
    assert case.solve("broken") is None
    assert "broken: KeyError at test_soak.py" in case.found.raw[0]
