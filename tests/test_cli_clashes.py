"""`allocopt check DIR --contract C` prints what clashes before anything is solved."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allocopt.cli import app

CLASHING = """
name: All
clauses:
  - {clause: service, fill: 1.0, channel: dtc, sku: [LAMP]}
  - {clause: service, fill: 1.0, channel: amazon, sku: [LAMP]}
  - {clause: service, fill: 1.0, channel: wholesale, sku: [LAMP]}
"""


@pytest.fixture
def clashing(tmp_path: Path) -> str:
    """Return a contract file of promises that the quickstart cannot keep."""
    path = tmp_path / "all.yaml"
    path.write_text(CLASHING, encoding="utf-8")
    return str(path)


def test_what_clashes_is_printed_with_its_cure(clashing: str) -> None:
    """Thirty lamps too many are promised: the exit code says that there is no plan."""
    found = CliRunner().invoke(app, ["check", "quickstart", "--contract", clashing])
    assert found.exit_code == 1
    assert "All: cannot hold together (3)." in found.stdout
    assert "give up 20 of service fill 1.0, channel dtc, sku LAMP" in found.stdout
    assert "(ask Head of DTC)" in found.stdout


def test_machines_get_the_findings(clashing: str) -> None:
    """JSON and nothing else, with every field."""
    found = CliRunner().invoke(app, ["check", "quickstart", "--contract", clashing, "--json"])
    assert sum(conflict["units"] for conflict in json.loads(found.stdout)["conflicts"]) == 30


def test_a_contract_that_can_be_kept_clashes_in_nothing() -> None:
    """A preset by name; a name that there is not is bad input."""
    found = CliRunner().invoke(app, ["check", "quickstart", "--contract", "pooled"])
    assert (found.exit_code, "nothing is known to clash" in found.stdout) == (0, True)
    assert CliRunner().invoke(app, ["check", "quickstart", "--contract", "nobody"]).exit_code == 2
