"""The record of a plan: equal inputs give equal records, but for times, and other inputs other ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

import allocopt as ao

CAPPED = ao.Contract("Capped", clauses=[ao.Cap("amazon", units=20)], owner="Ann", reason="Agreed in May.")


@pytest.fixture(scope="module")
def quick() -> ao.Problem:
    """Return a problem of two articles."""
    return ao.example("quickstart")


def untimed(plan: ao.Plan) -> dict[str, Any]:
    """Return the record of a plan without its times, as JSON holds it."""
    found = json.loads(json.dumps(plan.record(), allow_nan=False))
    times = found.pop("times")
    assert times["seconds"] == plan.seconds
    assert times["recorded"].endswith("+00:00")
    return found


def test_equal_inputs_give_equal_records(quick: ao.Problem) -> None:
    """Solved twice, and from the problem's own JSON."""
    again = ao.Problem.from_dict(json.loads(json.dumps(quick.to_dict())))
    assert untimed(ao.allocate(quick, CAPPED)) == untimed(ao.allocate(again, CAPPED))


def test_other_inputs_give_other_hashes(quick: ao.Problem) -> None:
    """Each part changes its own hash alone: a price the problem's, a cap the contract's."""
    base = untimed(ao.allocate(quick, CAPPED))
    dearer = quick.replace(demand=quick.demand.assign(price=quick.demand["price"] + 1))
    other = untimed(ao.allocate(dearer, CAPPED))
    assert base["problem"]["sha256"] != other["problem"]["sha256"]
    assert base["contract"] == other["contract"]
    looser = untimed(ao.allocate(quick, ao.Contract.from_dict(CAPPED.to_dict() | {"clauses": []})))
    assert base["problem"] == looser["problem"]
    assert base["contract"]["sha256"] != looser["contract"]["sha256"]
    assert base["allocation"] != looser["allocation"]


def test_it_says_who_answers_and_how_good_the_plan_is(quick: ao.Problem) -> None:
    """Owners of contract and channels, versions, attempts and the certificate."""
    plan = ao.allocate(quick, CAPPED)
    found = untimed(plan)
    assert {"kind": "contract", "what": "Capped", "owner": "Ann"} in found["owners"]
    assert {"kind": "channel", "what": "dtc", "owner": "Head of DTC"} in found["owners"]
    assert found["versions"]["allocopt"] == ao.__version__
    assert found["versions"]["highspy"]
    assert [stage["stage"] for stage in found["attempts"]] == ["contribution"]
    assert found["certificate"]["objective"] == plan.objective
    assert (found["status"], found["contract"]["reason"]) == ("optimal", "Agreed in May.")


def test_plans_without_an_answer_have_a_record_too(quick: ao.Problem) -> None:
    """What cannot be kept stands in it; there is no allocation."""
    found = untimed(ao.allocate(quick, ao.Contract("X", clauses=[ao.Service(1.0)])))
    assert (found["status"], found["allocation"], found["objective"]) == ("infeasible", None, None)
    assert found["conflicts"][0]["units"] == 40


def test_a_plan_that_was_read_has_the_same_record_but_for_what_it_does_not_hold(quick: ao.Problem) -> None:
    """The problem is known again once it is attached."""
    plan = ao.allocate(quick, CAPPED)
    read = ao.Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    assert untimed(read)["problem"] is None
    assert untimed(read)["allocation"] == untimed(plan)["allocation"]
    assert untimed(read.attach(quick)) == untimed(plan)
