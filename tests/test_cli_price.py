"""``allocopt price``: what a planner sees of prices and values, and what a machine gets."""

from __future__ import annotations

import json

import pytest
from tests.conftest import REPOSITORY
from tests.test_cli import BAD_INPUT, NOT_SOLVED, QUICKSTART, SOLVED, run

from allocopt.words import ALONE

LAUNCH = REPOSITORY / "scenarios" / "launch"


def test_rules_come_first_then_what_a_unit_is_worth():
    """The dearest clause, its owner and its price; then the dearest limits."""
    result = run("price", LAUNCH, "--contract", "launch_plan")
    assert result.exit_code == SOLVED
    shown = ["Launch plan: contribution", "What each rule costs [USD]", "10,538.68", "3,255.39", "878.39", "one more"]
    places = [result.stdout.index(words) for words in shown]
    assert places == sorted(places)
    assert "Head of Brand" in result.stdout
    assert " ".join(result.stdout.split()).count(ALONE) == 1


def test_machines_get_json_alone():
    """The same tables as in Python."""
    result = run("price", QUICKSTART, "--contract", "protect_dtc", "--json")
    assert (result.exit_code, result.stderr) == (SOLVED, "")
    content = json.loads(result.stdout)
    assert [(row["kind"], row["value"]) for row in content["prices"]] == [("clause", pytest.approx(30.0))]
    assert {row["kind"] for row in content["values"]} >= {"lot"}


def test_without_rules_there_is_nothing_to_drop():
    """Pooled has no clause; limits have values all the same."""
    result = run("price", QUICKSTART)
    assert result.exit_code == SOLVED
    assert "No rule could be dropped" in result.stdout
    assert "What one unit of a limit is worth" in result.stdout


def test_what_cannot_be_priced_ends_with_its_code(tmp_path):
    """No such contract is bad input; a contract without a plan is not solved."""
    assert run("price", QUICKSTART, "--contract", "nobody").exit_code == BAD_INPUT
    path = tmp_path / "greedy.yaml"
    whole = "  - {{clause: protect, channel: {}, share: 1, of: demand, mode: serve}}\n"
    path.write_text("name: Greedy\nclauses:\n" + "".join(map(whole.format, ("dtc", "amazon", "wholesale"))))
    result = run("price", QUICKSTART, "--contract", str(path))
    assert result.exit_code == NOT_SOLVED
    assert "no plan" in result.stderr
