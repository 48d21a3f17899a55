"""The command line of comparisons: what is taken, what is shown, what is kept, and how it ends."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

import allocopt as ao
from allocopt import cli
from allocopt.cli import progress

PACKS = Path(__file__).parents[1] / "scenarios"
QUICKSTART = PACKS / "quickstart"
SOLVED, NOT_SOLVED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

SPIKE = """\
name: Amazon spike
reason: The marketplace features our lamps.
changes:
  - scale: demand.units
    by: 2
    where: channel = amazon and sku = LAMP
"""
EAST_CLOSED = """\
name: East closed
reason: The roof of East is being mended.
changes:
  - remove: nodes
    where: node = East
"""
FROM_EAST = """\
name: East for DTC
owner: Head of Planning
reason: East was built for our own customers.
clauses:
  - clause: protect
    channel: dtc
    node: East
    units: 20
"""


def run(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the quickstart without its scenarios, that a test may spoil, in the current folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(QUICKSTART, tmp_path / "pack", ignore=shutil.ignore_patterns("scenarios"))
    return Path("pack")


def add(path: Path, text: str) -> Path:
    """Write a file, and its folder if need be."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def spoil(path: Path, old: str, new: str) -> None:
    """Change a text in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def kept(folder: Path) -> list[str]:
    """Return the files of answers in a run folder."""
    return sorted(path.name for path in (folder / "results").iterdir())


def test_everything_of_a_folder_is_compared(pack: Path) -> None:
    """All contracts and scenarios, by file name with pooled first, are shown with the verdict as the last line."""
    add(pack / "contracts" / "a_first.yaml", "name: All for one\nstages: [{stage: first_come}]\n")
    result = run("compare", pack)
    assert (result.exit_code, result.stderr) == (SOLVED, "")
    shown = [
        "Ranking by mean contribution [USD]",
        "Pooled 2,415 86.7% 0 0 100.0%",
        "Protect DTC 2,385 86.7% 30 30 0.0%",
        "All for one 2,180 79.3% 235 235 0.0%",
        "Against Pooled [USD]",
        "All for one -235 -235 -235 -235 0 1 1",
        "Protect DTC -30 -30 -30 -30 0 1 1",
        "What channels lose by acting alone [USD]",
        "All for one 2,180 2,415 235 235",
        "Run folder: runs/pack-",
        "Pooled comes first. Against Pooled: Protect DTC -30.00 USD; All for one -235 USD (objective). Objective is "
        "contribution less clause penalties: no more is proven of a contract with penalties or several stages.",
    ]
    words = " ".join(result.stdout.split())
    places = [words.index(line) for line in shown]
    assert places == sorted(places)
    assert result.stdout.splitlines()[-1] == shown[-1]


def test_the_same_command_goes_on_with_what_is_missing(pack: Path) -> None:
    """The run folder is named after the inputs; a second call solves what is not there, other inputs another folder."""
    assert run("compare", pack).exit_code == SOLVED
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith("pack-")
    assert len(folder.name) == len("pack-") + 12
    assert json.loads((folder / "manifest.json").read_text())["fingerprint"].startswith(folder.name[-12:])
    assert kept(folder) == ["000000.parquet", "000001.parquet"]
    before = {path: path.stat().st_mtime_ns for path in (folder / "results").iterdir()}
    (folder / "results" / "000001.parquet").unlink()
    assert run("compare", pack).exit_code == SOLVED
    after = {path: path.stat().st_mtime_ns for path in (folder / "results").iterdir()}
    assert [path.name for path in before if after[path] != before[path]] == ["000001.parquet"]
    assert run("compare", pack, "--gap", "0.01").exit_code == SOLVED
    assert len(list(Path("runs").iterdir())) == 2


def test_named_contracts_and_scenarios(pack: Path) -> None:
    """Some can be named, in files, presets or paths; the first contract is then what others are compared with."""
    add(pack / "scenarios" / "00_as_planned.yaml", "name: As planned\n")
    add(pack / "scenarios" / "01_spike.yaml", SPIKE)
    elsewhere = add(Path("east.yaml"), EAST_CLOSED)
    chosen = ["--contract", "first_come", "--contract", "pooled", "--scenario", "01_spike", "--scenario", elsewhere]
    content = json.loads(run("compare", pack, *chosen, "--json").stdout)
    assert content["baseline"] == "First come"
    assert {row["scenario"] for row in content["runs"]} == {"Amazon spike", "East closed"}
    assert {row["contract"] for row in content["runs"]} == {"First come", "Pooled"}
    everything = json.loads(run("compare", pack, "--json").stdout)
    assert list(dict.fromkeys(row["scenario"] for row in everything["runs"])) == ["As planned", "Amazon spike"]
    assert everything["baseline"] == "Pooled"


def test_json_is_the_comparison(pack: Path) -> None:
    """A machine gets what `Comparison.to_dict` gives, and nothing else on any stream."""
    result = run("compare", pack, "--json", "--out", "kept")
    assert (result.exit_code, result.stderr) == (SOLVED, "")
    problem = ao.Problem.read(pack)
    contracts = [ao.Contract.read(pack / "contracts" / f"{name}.yaml") for name in ("pooled", "protect_dtc")]
    again = ao.compare(problem, contracts, [ao.Scenario("As stated")], out="kept")
    assert json.loads(result.stdout) == json.loads(json.dumps(again.to_dict()))


def test_a_folder_of_other_inputs_is_refused(pack: Path) -> None:
    """Answers to different questions never stand in one folder."""
    assert run("compare", pack, "--out", "kept").exit_code == SOLVED
    add(pack / "scenarios" / "spike.yaml", SPIKE)
    result = run("compare", pack, "--out", "kept")
    assert (result.exit_code, result.stdout) == (BAD_INPUT, "")
    assert "kept holds runs of other inputs" in result.stderr
    assert kept(Path("kept")) == ["000000.parquet", "000001.parquet"]


def test_runs_without_a_plan_are_rows(pack: Path) -> None:
    """A contract that a scenario makes impossible is told with its reason, the rest is compared, exit code 1."""
    add(pack / "contracts" / "from_east.yaml", FROM_EAST)
    add(pack / "scenarios" / "00.yaml", "name: As planned\n")
    add(pack / "scenarios" / "01.yaml", EAST_CLOSED)
    result = run("compare", pack)
    assert result.exit_code == NOT_SOLVED
    words = " ".join(result.stdout.split())
    assert "One run without a plan" in words
    assert "East for DTC East closed" in words
    assert "There is no node 'East'." in words
    assert words.endswith("East for DTC has no plan in 1 of 2 runs.")


def test_every_fault_of_every_file_is_told_before_anything_runs(pack: Path) -> None:
    """Contracts and scenarios that cannot be read, or do not fit, are named all at once with file and line."""
    spoil(pack / "contracts" / "pooled.yaml", "clauses: []", "clausess: []")
    spoil(pack / "contracts" / "protect_dtc.yaml", "channel: dtc", "channel: dtcc")
    add(pack / "scenarios" / "00.yaml", SPIKE.replace("scale:", "scael:"))
    add(pack / "scenarios" / "01.yaml", EAST_CLOSED.replace("= East", "= Eest"))
    told = [
        "pooled.yaml, line 6, key 'clausess': There is no key 'clausess' here.",
        "protect_dtc.yaml, line 7, key 'clauses[0]': There is no channel 'dtcc'.",
        "00.yaml, line 4, key 'changes[0]': There is no kind of change called 'scael'.",
        "01.yaml, line 5, key 'changes[0].where'",
    ]
    for command in ("compare", "check"):
        result = run(command, pack)
        assert (result.exit_code, result.stdout) == (BAD_INPUT, "")
        assert result.stderr.startswith("4 faults:")
        assert all(words in result.stderr for words in told)
        content = json.loads(run(command, pack, "--json").stdout)
        assert [Path(issue["table"]).name for issue in content["issues"]] == [
            "pooled.yaml",
            "00.yaml",
            "protect_dtc.yaml",
            "01.yaml",
        ]
    assert not Path("runs").exists()


def test_faults_of_fit_are_told_together(pack: Path) -> None:
    """A contract and a scenario that can be read but do not fit the tables are named together."""
    spoil(pack / "contracts" / "protect_dtc.yaml", "channel: dtc", "channel: dtcc")
    add(pack / "scenarios" / "01.yaml", EAST_CLOSED.replace("= East", "= Eest"))
    add(pack / "scenarios" / "02.yaml", EAST_CLOSED)
    result = run("compare", pack)
    assert result.exit_code == BAD_INPUT
    assert "Two scenarios are called 'East closed'." in result.stderr
    assert "protect_dtc.yaml, line 7" in result.stderr
    assert "01.yaml, line 5" in result.stderr


def test_check_tells_what_scenarios_round_and_leave_alone(pack: Path) -> None:
    """What a scenario does beyond its words is a warning with its line."""
    text = SPIKE.replace("by: 2", "by: 1.55").replace("channel = amazon and sku = LAMP", "channel != dtc")
    add(pack / "scenarios" / "spike.yaml", text)
    result = run("check", pack)
    assert (result.exit_code, result.stderr) == (SOLVED, "")
    assert "spike.yaml, line 4, key 'changes[0]'" in result.stdout
    assert {issue["code"] for issue in json.loads(run("check", pack, "--json").stdout)["issues"]} == {
        "firm_stays",
        "rounded",
    }


BAD: dict[str, tuple[list[str], str]] = {
    "no folder": (["nowhere"], "nowhere"),
    "no contract": (["pack", "--contract", "protect"], "There is no contract 'protect'. Known here are: "),
    "no scenario": (["pack", "--scenario", "spike"], "There is no scenario 'spike'. Give a path."),
    "no scenario file": (["pack", "--scenario", "no.yaml"], "no.yaml: There is no such file."),
    "a contract twice": (["pack", "--contract", "pooled", "--contract", "pooled"], "Two contracts are called 'Pooled'"),
    "no workers": (["pack", "--jobs", "0"], "nobody would work"),
    "too few workers": (["pack", "--jobs", "-2"], "greater than or equal to -1"),
    "out is a file": (["pack", "--out", "pack/skus.csv"], "skus.csv is a file."),
    "out holds other things": (["pack", "--out", "pack"], "pack holds files and is no run folder."),
    "out cannot be made": (["pack", "--out", "pack/skus.csv/runs"], "cannot be made: Not a directory."),
}


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_words(pack: Path, arguments: list[Any], words: str) -> None:
    """What is wrong is told on the error stream with exit code 2, and nothing is left behind."""
    files = sorted(Path().rglob("*"))
    result = run("compare", *arguments)
    assert (result.exit_code, result.stdout) == (BAD_INPUT, "")
    assert words in " ".join(result.stderr.split())
    assert sorted(Path().rglob("*")) == files


def test_a_folder_without_contracts_says_what_to_do(pack: Path) -> None:
    """Presets can be named where nobody has written a contract yet."""
    shutil.rmtree(pack / "contracts")
    result = run("compare", pack)
    assert result.exit_code == BAD_INPUT
    assert "There is no contract in pack/contracts. Write one, or name presets" in result.stderr
    content = json.loads(run("compare", pack, "--contract", "pooled", "--contract", "fair_share", "--json").stdout)
    assert content["verdict"].startswith("Pooled comes first. Against Pooled: Fair share -174 USD (objective).")


def test_a_narrow_terminal_shows_everything(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 80 columns no line of a table is longer, and no number is cut."""
    name = "Half of all inbound is kept for our own customers until the third week"
    spoil(pack / "contracts" / "protect_dtc.yaml", "name: Protect DTC", f"name: {name}")
    for file in ("demand.csv", "lanes.csv"):
        spoil(pack / file, ".00", "000.00")
    shown = io.StringIO()
    monkeypatch.setattr(cli, "out", Console(file=shown, width=80))
    chosen = [option for name in ("pooled", "protect_dtc", "first_come") for option in ("--contract", name)]
    assert run("compare", pack, *chosen).exit_code == SOLVED
    lines = shown.getvalue().splitlines()
    table = lines[: next(number for number, line in enumerate(lines) if line.startswith("Run folder"))]
    assert max(map(len, table)) <= 80
    assert "…" not in shown.getvalue()


def test_names_with_markup_are_shown_as_they_are(pack: Path) -> None:
    """A bracket in a name is no formatting."""
    spoil(pack / "contracts" / "pooled.yaml", "name: Pooled", "name: '[red]Pooled[/red]'")
    result = run("compare", pack)
    assert "[red]Pooled[/red]" in result.stdout.split("Against")[0]
    assert "Against [red]Pooled[/red] [USD]" in result.stdout


def test_a_terminal_shows_how_far_it_is(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it runs, a bar tells how many runs are done and which was the last."""
    shown = io.StringIO()
    monkeypatch.setattr(progress, "err", Console(file=shown, force_terminal=True, width=80))
    assert run("compare", pack).exit_code == SOLVED
    assert "2/2" in shown.getvalue()
    assert "As stated: Protect DTC" in shown.getvalue()


def started(*arguments: str | Path, cwd: Path) -> subprocess.Popen[str]:
    """Start the command line in a process group of its own, as a shell does."""
    command = [sys.executable, "-c", "from allocopt.cli import main; main()", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, start_new_session=True
    )


@pytest.fixture
def drawn(pack: Path) -> Path:
    """The quickstart with many random draws: some seconds of work."""
    spoil(pack / "demand.csv", "lost_cost", "lost_cost,sd")
    for number in ("0.00", "1.00"):
        text = (pack / "demand.csv").read_text(encoding="utf-8")
        (pack / "demand.csv").write_text(text.replace(f",{number}\n", f",{number},5\n"), encoding="utf-8")
    add(pack / "scenarios" / "00_drawn.yaml", "name: Drawn\ndraws: {number: 16, seed: 3}\n")
    return pack


def until(process: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    """Wait until something is so while a process runs."""
    end = time.monotonic() + 60
    while not ready():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def answers(folder: Path) -> int:
    """Return how many answers a run folder holds."""
    return len(list((folder / "results").glob("[0-9]*.parquet"))) if folder.is_dir() else 0


def whole(folder: Path) -> None:
    """Assert that every file of a run folder is whole."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in files if path.name.startswith(".")]
    for path in files:
        if path.suffix == ".parquet":
            pd.read_parquet(path)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_keeps_what_was_solved(drawn: Path, tmp_path: Path, jobs: int) -> None:
    """Ctrl-C ends with exit code 130 at once and leaves whole files, and the same command solves the rest."""
    arguments = ("compare", drawn, "--out", "kept", "--jobs", jobs, "--json", "--quiet")
    process = started(*arguments, cwd=tmp_path)
    until(process, lambda: answers(Path("kept")) >= 2)
    os.killpg(process.pid, signal.SIGINT)
    begun = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - begun < 10
    assert (process.returncode, out) == (INTERRUPTED, "")
    assert err == "Interrupted. What was solved is kept in kept: the same command goes on from there.\n"
    solved = answers(Path("kept"))
    assert 2 <= solved < 32
    whole(Path("kept"))
    result = run("compare", drawn, "--out", "kept", "--json")
    assert result.exit_code == SOLVED
    rows = json.loads(result.stdout)["runs"]
    assert len(rows) == 32
    assert {row["status"] for row in rows} == {"feasible"}


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers in /proc")
def test_a_killed_worker_is_told_and_loses_nothing(drawn: Path, tmp_path: Path) -> None:
    """A worker that is killed, as for want of memory, ends the comparison with words and a folder that goes on."""
    process = started("compare", drawn, "--out", "kept", "--jobs", 2, cwd=tmp_path)
    until(process, lambda: answers(Path("kept")) >= 2)
    os.kill(workers(process.pid)[0], signal.SIGKILL)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (NOT_SOLVED, "")
    assert "A worker process was killed, perhaps for want of memory" in err
    assert "Traceback" not in err
    solved = answers(Path("kept"))
    assert 2 <= solved < 32
    assert json.loads(run("compare", drawn, "--out", "kept", "--json").stdout)["verdict"]
    assert answers(Path("kept")) == 32


def workers(parent: int) -> list[int]:
    """Return the worker processes of a process."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            mine = int((path / "stat").read_text().rpartition(")")[2].split()[1]) == parent
            if mine and b"popen_loky" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
    return found
