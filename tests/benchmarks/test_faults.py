"""What becomes of a solver's lies and failures, put in where its answers are read: a sample of `benchmarks.faults`."""

from __future__ import annotations

import pytest

import allocopt as ao
from benchmarks import faults

SMALL = [pack for pack in faults.PACKS if pack.name in ("quickstart", "launch")]
HONEST = {}


@pytest.mark.parametrize("pack", SMALL, ids=[pack.label for pack in SMALL])
@pytest.mark.parametrize("name", [name for name, (_, scale) in faults.FAULTS.items() if scale == 1.0])
def test_every_fault_is_caught(name: str, pack: faults.Pack) -> None:
    """No wrong plan, no `optimal` that is not, no `infeasible` where a plan is known, nothing raw, nothing endless."""
    problem, contract = pack.load()
    if pack not in HONEST:
        HONEST[pack] = ao.allocate(problem, contract, gap=faults.GAP, solver=pack.solver)
    outcome = faults.tried(faults.FAULTS[name][0], problem, contract, HONEST[pack], pack.solver)
    assert outcome.caught, outcome.words


def test_a_fault_that_is_not_caught_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table itself can fail: a plan that is called infeasible against what is known is marked."""
    pack = faults.PACKS[0]
    problem, contract = pack.load()
    honest = ao.allocate(problem, contract)
    monkeypatch.setattr(ao, "allocate", lambda *_, **__: ao.Plan("infeasible", "", None, {"name": "x"}))
    outcome = faults.tried(faults.FAULTS["nothing wrong"][0], problem, contract, honest)
    assert (outcome.caught, outcome.words) == (False, "infeasible, though a plan is known")
