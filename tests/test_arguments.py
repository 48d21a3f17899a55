"""Arguments that make no sense: a `TypeError` or `ValueError` that names the argument, before anything is done."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import allocopt as ao
from allocopt.arguments import LIMITS
from allocopt.cli import app

NO_NUMBER: tuple[Any, ...] = ("1", "x", True, np.True_, [1], {}, 1j, Decimal(1), object(), b"1")
WRONG: dict[str, tuple[Any, ...]] = {
    "time_limit": (*NO_NUMBER, -1, math.inf, -math.inf, math.nan, -1e-9, 10**400, Fraction(10**400), 10**5000),
    "work_limit": (*NO_NUMBER, -1, math.inf, math.nan, 2.5, 10**30, 10**5000),
    "gap": (*NO_NUMBER, -1, -1e-12, math.inf, math.nan, 10**400, -(10**400), Fraction(10**400)),
    "threads": (*NO_NUMBER, 0, -1, 2.5, 10**6, 10**30),
    "jobs": (*NO_NUMBER, 0, -2, 2.5, math.nan, 10**6),
    "progress": (5, "x", [print]),
    "extend": (5, "x", {}),
    "start": (5, "x", {}, True),
    "problem": (None, 5, "scenarios/quickstart", {}, []),
    "contract": (5, "pooled", {}, [], ao.pooled),
    "contracts": (5, "pooled", ao.pooled(), [5], [ao.pooled(), "x"], {"a": ao.pooled()}, [[ao.pooled()]]),
    "scenarios": (5, "x", ao.Scenario("x"), [5], [None]),
    "channels": (5, [5], {"dtc": 1}.keys(), b"dtc"),
    "recapture": (5, [5], {"dtc": 5}, {"dtc": [5]}),
    "out": (5, b"x", True, "", "a\0b", ["x"]),
    "path": (5, None, b"x", True, "", "a\0b", ["x"]),
    "solver": (5, None, "gurobi", ["highs"]),
    "relax": (5, None, "yes", 1),
    "risk": (5, "x", 0.9, {}),
}
"""Values that each argument refuses, whichever call it is of."""

CALLS: dict[str, Callable[..., Any]] = {
    "allocate": ao.allocate,
    "bound": ao.bound,
    "to_pyomo": ao.to_pyomo,
    "screen": ao.screen,
    "compare": ao.compare,
    "retirement": ao.retirement,
    "conflicts": ao.conflicts,
    "price_of_protection": ao.price_of_protection,
    "Problem.read": ao.Problem.read,
    "Contract.read": ao.Contract.read,
    "Scenario.read": ao.Scenario.read,
    "Contract.check": ao.pooled().check,
    "Scenario.check": ao.Scenario("x").check,
    "Scenario.apply": ao.Scenario("x").apply,
    "Scenario.diff": ao.Scenario("x").diff,
}


@pytest.fixture(scope="module")
def quick() -> ao.Problem:
    """The problem of the first pages."""
    return ao.Problem.read(Path(__file__).parents[1] / "scenarios" / "quickstart")


CASES = [
    pytest.param(call, name, value, id=f"{called}-{name}-{number}")
    for called, call in CALLS.items()
    for name in inspect.signature(call).parameters
    for number, value in enumerate(WRONG.get(name, ()))
    if not (called == "screen" and name == "scenarios" and value is None)
]


@pytest.mark.parametrize(("call", "name", "value"), CASES)
def test_what_makes_no_sense_is_refused_by_name(
    quick: ao.Problem, call: Callable[..., Any], name: str, value: Any
) -> None:
    """Text, true and false, fractions, infinities and sizes that nobody has: the error names the argument."""
    right = {"problem": quick, "channel": "dtc"}
    right = {key: good for key, good in right.items() if key in inspect.signature(call).parameters}
    with pytest.raises((TypeError, ValueError), match=name) as caught:
        call(**right | {name: value})
    assert len(str(caught.value)) < 400


def test_every_shared_argument_is_tried() -> None:
    """An argument that is declared is among those above, and every public call with it is among the calls."""
    assert set(LIMITS) - {"number"} <= set(WRONG)
    tried = {getattr(call, "__name__", "") for call in CALLS.values()}
    for name in ao.__all__:
        call = getattr(ao, name)
        if inspect.isfunction(call) and set(inspect.signature(call).parameters) & {"problem", *LIMITS}:
            assert name in tried | {"admission"}


def test_numbers_of_numpy_and_whole_floats_where_fractions_are_allowed(quick: ao.Problem) -> None:
    """What is a number is one, whoever made it."""
    limits = {"time_limit": np.float64(60), "work_limit": np.int64(10**6), "gap": np.float32(0.001)}
    plan = ao.allocate(quick, threads=np.int8(1), **limits)
    assert plan.status == "optimal"
    assert ao.compare(quick, iter([ao.pooled()]), jobs=np.int64(1), **limits).contracts == ("Pooled",)


def test_sizes_are_bounded_before_memory_is_taken(quick: ao.Problem) -> None:
    """A hundred million draws, or a million runs in all, are refused at once."""
    with pytest.raises(ao.ScenarioError, match="number"):
        ao.Draws(number=10**8)
    with pytest.raises(ao.ScenarioError, match="seed"):
        ao.Draws(seed=10**5000)
    many = [ao.Scenario(f"S{k}", draws=ao.Draws(number=10_000)) for k in range(101)]
    with pytest.raises(ValueError, match="1,010,000 runs"):
        ao.compare(quick, scenarios=many)
    with pytest.raises(ao.ScenarioError, match="no draw 20"):
        ao.Scenario("x", draws=ao.Draws(number=20)).draw(quick, 20)
    with pytest.raises(ValueError, match="number"):
        ao.Scenario("x", draws=ao.Draws(number=20)).draw(quick, 10**30)


@pytest.mark.parametrize("command", ["allocate", "compare", "retire"])
@pytest.mark.parametrize(("option", "value"), [("--time-limit", "1e400"), ("--time-limit", "inf"), ("--gap", "inf")])
def test_the_command_line_takes_what_the_calls_take(command: str, option: str, value: str) -> None:
    """Numbers without end are told by the same words, with the option and the exit code of bad input."""
    pack = str(Path(__file__).parents[1] / "scenarios" / "quickstart")
    result = CliRunner().invoke(app, [command, pack, option, value], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert option in result.stderr
    said = " ".join(result.stderr.replace("│", " ").split())
    assert "must be a finite " in said
