"""What moved since an earlier plan on the command line, and the schemas of what it prints."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from tests.test_cli import run

import allocopt as ao
from allocopt.cli.schemas import SCHEMAS

QUICKSTART = Path(__file__).parents[1] / "scenarios" / "quickstart"


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pooled plan of the quickstart, as a file."""
    path = tmp_path_factory.mktemp("before") / "plan.json"
    path.write_text(run("allocate", QUICKSTART, "--json").stdout, encoding="utf-8")
    return path


def test_what_moved_is_shown_first(last: Path) -> None:
    """Units that were and are promised, before the headline; nothing where nothing moved; a folder will do."""
    shown = run("allocate", QUICKSTART, "--contract", "protect_dtc", "--since", last).stdout
    moved = ao.allocate(ao.Problem.read(QUICKSTART), ao.Contract.read(QUICKSTART / "contracts" / "protect_dtc.yaml"))
    count = len(moved.promises(since=ao.Plan.from_dict(json.loads(last.read_text()))))
    assert count > 0
    assert shown.index(f"All {count} promises that moved since the earlier plan") < shown.index("Protect DTC: 260 of")
    same = run("allocate", QUICKSTART, "--since", last.parent).stdout
    assert "No promise moved since the earlier plan." in same


def test_machines_get_what_moved_beside_the_plan(last: Path) -> None:
    """As records under a key of their own, which whoever reads the plan passes over."""
    told = json.loads(run("allocate", QUICKSTART, "--contract", "protect_dtc", "--since", last, "--json").stdout)
    plan = ao.Plan.from_dict(told)
    before = ao.Plan.from_dict(json.loads(last.read_text()))
    assert [row["promised"] for row in told["moved"]] == plan.promises(since=before)["promised"].tolist()


@pytest.mark.parametrize("content", [None, "", "{}", "[", json.dumps({"status": 5})])
def test_what_is_no_plan_is_refused_before_anything_is_solved(content: str | None, tmp_path: Path) -> None:
    """A file that is not there, is no JSON or holds no plan: bad input, and nothing on standard output."""
    path = tmp_path / "last.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    refused = run("allocate", QUICKSTART, "--since", path)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas_and_describe_what_is_there(name: str, last: Path) -> None:
    """Each is a valid schema, accepts what the library writes, and refuses what it would not read."""
    schema = json.loads(run("schema", name).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    quick = ao.Problem.read(QUICKSTART)
    written = {
        "contract": lambda: ao.fair_share().to_dict(),
        "scenario": lambda: ao.Scenario("Fewer", [ao.Scale("demand.units", by=0.5)]).to_dict(),
        "problem": lambda: quick.replace(periods=ao.weeks("2026-11-30", 2)).to_dict(),
        "plan": lambda: json.loads(last.read_text()),
        "comparison": lambda: ao.compare(quick, [ao.pooled(), ao.first_come()]).to_dict(),
    }
    content = json.loads(json.dumps(written[name]()))
    jsonschema.validate(content, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([content], schema)
    if name != "plan":
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content | {"mine": 1}, schema)
