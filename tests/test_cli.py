"""The command line: what a planner types, what a batch job reads, and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

import allocopt as ao
from allocopt import cli

PACKS = Path(__file__).parents[1] / "scenarios"
QUICKSTART = PACKS / "quickstart"
SOLVED, NOT_SOLVED, BAD_INPUT = 0, 1, 2


def run(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the quickstart that a test may spoil."""
    return Path(shutil.copytree(QUICKSTART, tmp_path / "pack"))


def spoil(path: Path, old: str, new: str) -> None:
    """Change a text in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_demo_needs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The demo reads the pack that comes with the package, shows the plan and says what to do next."""
    shutil.copytree(QUICKSTART, tmp_path / "holiday_promo")
    monkeypatch.setattr(cli, "examples", lambda: {"holiday_promo": tmp_path / "holiday_promo"})
    result = run("demo")
    assert result.exit_code == SOLVED
    assert "Pooled: 260 of 300 units (86.7%) earn 2,415 USD." in result.stdout
    assert "allocopt allocate DIR --contract" in result.stderr
    machine = run("demo", "--json")
    assert json.loads(machine.stdout)["objective"] == pytest.approx(2415)
    assert machine.stderr == ""


@pytest.mark.parametrize(
    ("name", "kind", "place"), [("contract", ao.Contract, "contracts"), ("scenario", ao.Scenario, "scenario")]
)
def test_schemas_are_written_as_they_are_shipped(name: str, kind: Any, place: str, tmp_path: Path) -> None:
    """On standard output and in a file, to the byte; a contract's is the one that nobody has to name."""
    shipped = (Path(ao.__file__).parent / place / f"{name}.schema.json").read_text(encoding="utf-8")
    printed = run("schema", name)
    assert (printed.exit_code, printed.stdout, printed.stderr) == (SOLVED, shipped, "")
    assert json.loads(printed.stdout) == kind.json_schema()
    written = run("schema", name, "--out", tmp_path / "new" / "file.json")
    assert (written.exit_code, written.stdout) == (SOLVED, "")
    assert (tmp_path / "new" / "file.json").read_text(encoding="utf-8") == shipped
    if name == "contract":
        assert run("schema").stdout == shipped


def test_a_schema_that_cannot_be_written_or_is_unknown_is_bad_input(tmp_path: Path) -> None:
    """Both are told on the other stream."""
    refused = run("schema", "--out", tmp_path)
    assert (refused.exit_code, refused.stdout) == (BAD_INPUT, "")
    assert "cannot be written" in refused.stderr
    unknown = run("schema", "plans")
    assert (unknown.exit_code, unknown.stdout) == (BAD_INPUT, "")
    assert "'contract'" in unknown.stderr
    assert "'scenario'" in unknown.stderr


def test_the_packs_are_found() -> None:
    """The demo's pack is there, beside the sources or inside the installed package."""
    assert (ao.examples()["holiday_promo"] / "contracts" / "pooled.yaml").is_file()


def test_check_reads_tables_and_contracts() -> None:
    """A pack without faults is said to have none."""
    result = run("check", QUICKSTART)
    assert (result.exit_code, result.stderr) == (SOLVED, "")
    assert "2 skus, 2 nodes, 3 channels, 5 supply lots, 8 demand lines" in result.stdout
    assert "no faults" in result.stdout
    assert json.loads(run("check", QUICKSTART, "--json").stdout) == {"issues": []}


def test_check_names_every_fault(pack: Path) -> None:
    """All faults of all tables are told on the other stream, each with its file row, and the exit code says so."""
    spoil(pack / "demand.csv", "LAMP,dtc,0,30", "LAMP,dtc,0,-30")
    spoil(pack / "supply.csv", "MUG,West", "MUGG,West")
    result = run("check", pack)
    assert (result.exit_code, result.stdout) == (BAD_INPUT, "")
    assert result.stderr.startswith("2 faults:\n")
    assert "supply, row 6, column 'sku'" in result.stderr
    assert "demand, row 2, column 'units'" in result.stderr
    machine = run("check", pack, "--json")
    content = json.loads(machine.stdout)
    assert (machine.exit_code, machine.stderr) == (BAD_INPUT, "")
    assert content["status"] == "refused"
    assert [(issue["table"], issue["row"]) for issue in content["issues"]] == [("supply", 6), ("demand", 2)]


def test_check_looks_into_every_contract(pack: Path) -> None:
    """A contract that is wrong, or does not fit the tables, is a fault of the pack, with its line."""
    spoil(pack / "contracts" / "pooled.yaml", "clauses: []", "clausess: []")
    spoil(pack / "contracts" / "protect_dtc.yaml", "channel: dtc", "channel: dtcc")
    result = run("check", pack)
    assert (result.exit_code, result.stdout) == (BAD_INPUT, "")
    assert "pooled.yaml, line 6, key 'clausess': There is no key 'clausess' here." in result.stderr
    assert "protect_dtc.yaml, line 7, key 'clauses[0]': There is no channel 'dtcc'." in result.stderr


def test_check_tells_oddities(pack: Path) -> None:
    """What looks odd is told, and is no fault."""
    spoil(pack / "lanes.csv", "East,wholesale,1.00,0\n", "")
    result = run("check", pack)
    assert result.exit_code == SOLVED
    assert "warning: demand" in result.stdout
    (issue,) = json.loads(run("check", pack, "--json").stdout)["issues"]
    assert issue["severity"] == "warning"


@pytest.mark.parametrize(
    ("contract", "worth"),
    [
        ((), 2415),
        (("--contract", "pooled"), 2415),
        (("--contract", "protect_dtc"), 2385),
        (("--contract", str(QUICKSTART / "contracts" / "protect_dtc.yaml")), 2385),
    ],
    ids=["default", "name", "other name", "path"],
)
def test_allocate_takes_names_and_paths(contract: tuple[str, ...], worth: float) -> None:
    """A contract is a name beside the tables, a preset, or a path; JSON comes alone on the standard stream."""
    result = run("allocate", QUICKSTART, *contract, "--json")
    assert (result.exit_code, result.stderr) == (SOLVED, "")
    assert json.loads(result.stdout)["objective"] == pytest.approx(worth)
    assert ao.Plan.from_dict(json.loads(result.stdout)).objective == pytest.approx(worth)


def test_allocate_takes_presets(pack: Path) -> None:
    """A folder without contracts can still be allocated."""
    shutil.rmtree(pack / "contracts")
    result = run("allocate", pack, "--json")
    assert json.loads(result.stdout)["contract"]["name"] == "Pooled"
    result = run("allocate", pack, "--contract", "fair_share", "--json")
    assert json.loads(result.stdout)["contract"]["name"] == "Fair share"


def test_allocate_shows_what_a_planner_reads_first() -> None:
    """Headline, what needs a person, profit and loss, who is short, flows and the proof, in that order."""
    result = run("allocate", QUICKSTART, "--contract", "protect_dtc")
    assert result.exit_code == SOLVED
    shown = [
        "Protect DTC: 260 of 300 units (86.7%) earn 2,385 USD.",
        "All 2 exceptions that need a person",
        "What each channel gets and earns [USD]",
        "units wanted",
        "- fixed cost",
        "margin",
        "All 4 shortfalls (40 units short in all)",
        "Units from each node to each",
        "Proof (optimal",
        "contribution: 2,385.00 USD",
        "no plan reaches more than 2,385.00 USD",
        "checked without the solver",
    ]
    places = [result.stdout.index(words) for words in shown]
    assert places == sorted(places)


def test_names_with_markup_are_shown_as_they_are(pack: Path) -> None:
    """A bracket in a name is no formatting."""
    spoil(pack / "contracts" / "pooled.yaml", "name: Pooled", "name: '[red]Pooled[/red]'")
    for file in ("nodes.csv", "lanes.csv", "supply.csv", "capacity.csv"):
        spoil(pack / file, "East", "[bold]East")
    result = run("allocate", pack)
    assert "[red]Pooled[/red]: 260 of 300" in result.stdout
    assert "[bold]East" in result.stdout


def test_allocate_writes_files(tmp_path: Path) -> None:
    """A folder is made with the plan as JSON, as a workbook and as CSV files, all the same plan."""
    out = tmp_path / "new" / "plan"
    result = run("allocate", QUICKSTART, "--out", out)
    assert result.exit_code == SOLVED
    assert str(out) in result.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "allocation.csv",
        "channels.csv",
        "exceptions.csv",
        "exposure.csv",
        "kpis.csv",
        "plan.json",
        "plan.xlsx",
        "shortfalls.csv",
        "stock.csv",
    ]
    plan = ao.Plan.from_dict(json.loads((out / "plan.json").read_text(encoding="utf-8")))
    assert plan.objective == pytest.approx(2415)
    assert pd.read_csv(out / "allocation.csv")["units"].sum() == 260
    sheets = ["summary", "exceptions", "promises", "exposure", "stock", "shortfalls", "allocation", "channels"]
    sheets += ["values", "kpis"]
    assert openpyxl.load_workbook(out / "plan.xlsx").sheetnames == sheets


def test_an_infeasible_contract_is_not_solved(pack: Path, tmp_path: Path) -> None:
    """No plan is exit code 1, with what would have to give way, and no files."""
    spoil(
        pack / "contracts" / "protect_dtc.yaml",
        "    share: 0.5\n    of: inbound\n    mode: reserve",
        "    units: 500\n    of: inbound\n    mode: serve",
    )
    result = run("allocate", pack, "--contract", "protect_dtc", "--out", tmp_path / "out")
    assert result.exit_code == NOT_SOLVED
    assert "no plan (infeasible): the hard clauses and commitments cannot all hold." in result.stdout
    assert "protect channel dtc" in result.stdout
    assert not (tmp_path / "out").exists()
    machine = run("allocate", pack, "--contract", "protect_dtc", "--json")
    content = json.loads(machine.stdout)
    assert (machine.exit_code, content["status"], content["allocation"]) == (NOT_SOLVED, "infeasible", None)
    assert content["conflicts"][0]["clause"] == 0


def test_no_plan_in_time_is_not_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that comes before any plan is exit code 1."""

    def late(*given: Any, time_limit: float, **options: Any) -> ao.Plan:
        assert time_limit == 0.5
        return ao.Plan("interrupted", "the time limit came first", None, {"name": "Pooled"})

    monkeypatch.setattr(cli, "solve_problem", late)
    result = run("allocate", QUICKSTART, "--time-limit", "0.5")
    assert (result.exit_code, result.stdout) == (
        NOT_SOLVED,
        "Pooled: no plan (interrupted): the time limit came first.\n",
    )


BAD: dict[str, tuple[list[Any], str]] = {
    "no folder": (["allocate", "nowhere"], "nowhere"),
    "no folder to check": (["check", "nowhere"], "nowhere"),
    "no contract": (
        ["allocate", QUICKSTART, "--contract", "protect"],
        "There is no contract 'protect'. Known here are: ",
    ),
    "no name for that": (
        ["allocate", QUICKSTART, "--contract", "priority"],
        "The preset 'priority' needs arguments, which a name alone cannot give: write a contract file",
    ),
    "no contract file": (["allocate", QUICKSTART, "--contract", "no.yaml"], "no.yaml: There is no such file."),
    "no command": (["alocate", QUICKSTART], "No such command"),
    "no option": (["allocate", QUICKSTART, "--fast"], "No such option"),
    "no number": (["allocate", QUICKSTART, "--time-limit", "soon"], "parse string as a number"),
    "negative time": (["allocate", QUICKSTART, "--time-limit", "-1"], "greater than or equal to 0"),
}


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_words(arguments: list[Any], words: str) -> None:
    """What is wrong is told on the error stream, with exit code 2 and without a traceback."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (BAD_INPUT, "")
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["nowhere"], [QUICKSTART, "--contract", "protect"]], ids=["folder", "contract"])
def test_bad_input_is_json_too(arguments: list[Any]) -> None:
    """A machine gets the faults as JSON."""
    result = run("allocate", *arguments, "--json")
    content = json.loads(result.stdout)
    assert (result.exit_code, result.stderr, content["status"]) == (BAD_INPUT, "", "refused")
    assert content["issues"][0]["message"]


def test_help_is_told() -> None:
    """Without a command the commands are listed."""
    for arguments in ((), ("--help",)):
        shown = run(*arguments).output
        assert all(command in shown for command in ("demo", "check", "allocate"))


def program(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", "from allocopt.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=60)


def test_the_program_as_a_process(tmp_path: Path) -> None:
    """From any folder, JSON is alone on the standard stream, and the exit codes are what they say."""
    good = program("allocate", QUICKSTART, "--contract", "protect_dtc", "--json", "--out", "out", cwd=tmp_path)
    assert good.returncode == SOLVED
    assert json.loads(good.stdout)["objective"] == pytest.approx(2385)
    assert "Traceback" not in good.stderr
    assert (tmp_path / "out" / "plan.json").is_file()
    bad = program("allocate", "nowhere", cwd=tmp_path)
    assert (bad.returncode, bad.stdout) == (BAD_INPUT, "")
    assert bad.stderr.count("\n") == 1
