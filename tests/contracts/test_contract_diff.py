"""How one contract differs from another, in words."""

import pytest

import allocopt as ao

AGREED = ao.Contract(
    "Spring",
    clauses=[ao.Cap("amazon", units=20), ao.Service(0.9, "dtc"), ao.Protect("dtc", share=0.3)],
    stages=[ao.Fill("dtc")],
    owner="Ann",
)


def test_every_difference_is_a_line():
    """A name, an owner, a field, a clause less and one more, their order, and the stages."""
    other = ao.Contract(
        "Summer",
        clauses=[ao.Protect("dtc", share=0.4), ao.Cap("amazon", units=20, penalty=3), ao.Service(0.8, "shop")],
    )
    assert AGREED.diff(other).split("\n") == [
        "name: Spring becomes Summer",
        "owner: Ann becomes none",
        "cap channel amazon, units 20.0: penalty none becomes 3",
        "without service fill 0.9, channel dtc",
        "protect channel dtc, share 0.3: share 0.3 becomes 0.4",
        "with service fill 0.8, channel shop",
        "the clauses come in another order: protect channel dtc, share 0.4; "
        "cap channel amazon, units 20.0, penalty 3.0",
        "stages: fill of dtc, then contribution becomes contribution",
    ]


def test_equal_contracts_differ_in_nothing():
    """A contract and its copy; the last stage is there whether it is said or not."""
    assert AGREED.diff(ao.Contract.from_dict(AGREED.to_dict())) == ""
    assert ao.Contract("A").diff(ao.Contract("A", stages=[ao.Contribution()])) == ""


def test_a_stage_that_is_locked_otherwise_is_told_by_that():
    """Stages of the same words differ in a field."""
    one, two = (ao.Contract("A", stages=[ao.Fill("dtc", lock=lock)]) for lock in ("value", "plan"))
    assert "lock value becomes plan" in one.diff(two)


def test_only_contracts_can_be_compared():
    """Something else is refused with the remedy."""
    with pytest.raises(TypeError, match="other must be an allocopt Contract"):
        AGREED.diff("Summer")
