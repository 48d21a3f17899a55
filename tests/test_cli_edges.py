"""The command line where outputs cannot be written, nobody reads, or somebody stops it: words, codes, no remains."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import allocopt as ao
from allocopt import cli
from allocopt.cli import files, progress

PACKS = Path(__file__).parents[1] / "scenarios"
QUICKSTART = PACKS / "quickstart"
SOLVED, BAD, TERMINATED = 0, 2, 143
COMMAND = [sys.executable, "-c", "from allocopt.cli import main; main()"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and links")


def never(*given: Any, **options: Any) -> Any:
    """Stand in for a solve that must not begin."""
    raise AssertionError("solved")


@pytest.mark.parametrize("place", ["taken", "taken/below", "taken/below/deeper", "link"])
def test_a_folder_that_cannot_be_is_refused_before_anything_is_solved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A file, a place below a file and a dead link are told at once, and stay as they are."""
    (tmp_path / "taken").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "at all")
    monkeypatch.setattr(cli, "solve_problem", never)
    for more in ([], ["--json"]):
        result = CliRunner().invoke(cli.app, ["allocate", str(QUICKSTART), "--out", str(tmp_path / place), *more])
        assert result.exit_code == BAD
        assert "cannot be written" in (result.stdout if more else result.stderr)
    assert (tmp_path / "taken").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "taken"]


def test_all_files_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full at the last file, the old files stand, nothing else does, and the plan is printed."""
    old = tmp_path / "out"
    old.mkdir()
    (old / "plan.json").write_text("old")

    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ao.Plan, "to_excel", full)
    for more in ([], ["--json"]):
        result = CliRunner().invoke(cli.app, ["allocate", str(QUICKSTART), "--out", str(old), *more])
        assert result.exit_code == BAD
        assert f"Files cannot be written to {old}: No space left on device." in result.stderr
        assert "printed on standard output" in result.stderr
        assert "2,415" in result.stdout or json.loads(result.stdout)["contribution"] == 2415
    assert [path.name for path in old.iterdir()] == ["plan.json"]
    assert (old / "plan.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """With a limit on the size of files the operating system refuses: exit code 2, JSON on the output, no files."""
    done = subprocess.run(
        [*COMMAND, "allocate", str(QUICKSTART), "--json", "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
        env={**os.environ, "NUMBA_DISABLE_CACHING": "1"},
    )
    assert done.returncode == BAD
    assert json.loads(done.stdout)["contribution"] == 2415
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a shell line in which `allocopt` is the command."""
    inside = f"allocopt() {{ {sys.executable} -c 'from allocopt.cli import main; main()' \"$@\"; }}; {line}"
    return subprocess.run(["bash", "-c", inside], capture_output=True, text=True, check=False)


def test_outputs_that_nobody_reads_or_that_are_full_or_closed() -> None:
    """A reader that has gone is no fault; a full or closed output is exit code 2 with one sentence."""
    gone = shell(f"allocopt allocate {QUICKSTART} --json | head -c 1; echo ${{PIPESTATUS[0]}}")
    assert (gone.stdout, gone.stderr) == ("{0\n", "")
    full = shell(f"allocopt allocate {QUICKSTART} --json > /dev/full")
    assert (full.returncode, full.stderr) == (BAD, "Standard output cannot be written: No space left on device.\n")
    table = shell(f"allocopt check {QUICKSTART} > /dev/full")
    assert (table.returncode, table.stderr) == (BAD, "Standard output cannot be written: No space left on device.\n")
    closed = shell(f"allocopt allocate {QUICKSTART} --json >&-")
    assert (closed.returncode, closed.stderr) == (BAD, "Standard output is closed: there is nowhere to print to.\n")


def test_a_line_every_few_seconds_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is being done is told on the error stream of a pipe, and not with --quiet; JSON stays alone."""
    monkeypatch.setattr(progress, "EVERY", 0.02)

    def slow(*given: Any, progress: Any = None, **options: Any) -> ao.Plan:
        progress("stating the program")
        time.sleep(0.2)
        return ao.allocate(ao.Problem.read(QUICKSTART))

    monkeypatch.setattr(cli, "solve_problem", slow)
    result = CliRunner().invoke(cli.app, ["allocate", str(QUICKSTART), "--json"])
    assert "0 s: stating the program\n" in result.stderr
    assert json.loads(result.stdout)["status"] == "optimal"
    assert CliRunner().invoke(cli.app, ["allocate", str(QUICKSTART), "--json", "--quiet"]).stderr == ""


def group(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes of a group that are alive."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == process.pid and fields[0] not in "Z":
            found.append(int(entry.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers in /proc")
@pytest.mark.parametrize("jobs", [1, 2])
def test_sigterm_ends_all_and_leaves_whole_files(tmp_path: Path, jobs: int) -> None:
    """Exit code 143 within seconds, no worker at work, no unfinished file, and the same command goes on."""
    shutil.copytree(QUICKSTART, tmp_path / "pack")
    spread = (tmp_path / "pack" / "demand.csv").read_text().splitlines()
    text = "\n".join([spread[0] + ",sd", *(f"{line},5" for line in spread[1:])])
    (tmp_path / "pack" / "demand.csv").write_text(text + "\n")
    drawn = "name: Drawn\ndraws:\n  number: 200\n"
    shutil.rmtree(tmp_path / "pack" / "scenarios")
    (tmp_path / "pack" / "scenarios").mkdir()
    (tmp_path / "pack" / "scenarios" / "drawn.yaml").write_text(drawn)
    arguments = ["compare", str(tmp_path / "pack"), "--jobs", str(jobs), "--out", str(tmp_path / "run"), "--quiet"]
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    end = time.monotonic() + 60
    while len(list((tmp_path / "run" / "results").glob("0*"))) < 2 and time.monotonic() < end:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (TERMINATED, "")
    assert err.startswith("Interrupted. What was solved is kept in")
    assert time.monotonic() - begun < 5  # a second, on a machine that has nothing else to do
    time.sleep(0.1)
    assert group(process) == []
    assert not list((tmp_path / "run").rglob(".allocopt-*"))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_files_of_a_plan_go_into_a_folder_that_is_there(tmp_path: Path) -> None:
    """What else the folder holds stays, and the folder may be new, however deep."""
    plan = ao.allocate(ao.Problem.read(QUICKSTART))
    (tmp_path / "note").write_text("mine")
    for folder in (tmp_path, tmp_path / "new" / "deeper"):
        files.check_folder(folder)
        files.write_plan(plan, folder)
        assert json.loads((folder / "plan.json").read_text())["contribution"] == 2415
    assert (tmp_path / "note").read_text() == "mine"
    assert not list(tmp_path.rglob(".allocopt-*"))


TARGETS = (
    *("allocation.csv", "channels.csv", "exceptions.csv", "exposure.csv", "kpis.csv", "plan.json", "plan.xlsx"),
    *("shortfalls.csv", "stock.csv"),
)


def contents(folder: Path) -> dict[str, bytes | None]:
    """Return everything in a folder, by its path there."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("place", "named"),
    [
        (".", "channels.csv would be overwritten"),
        ("", "channels.csv would be overwritten"),
        ("../link", "channels.csv would be overwritten"),
        ("contracts", "protect_dtc.yaml"),
        ("scenarios", ".yaml"),
        ("../only/channels", "channels.csv would be overwritten"),
        ("../only/parquet", "channels.parquet"),
        ("../only/settings", "problem.yaml"),
        ("../only/agreed", "contracts/pooled.yaml"),
    ],
)
def test_inputs_are_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, named: str) -> None:
    """A folder with tables, settings, contracts or scenarios is refused before anything is solved, and stays."""
    pack = shutil.copytree(QUICKSTART, tmp_path / "pack")
    (tmp_path / "link").symlink_to(pack)
    held = (
        "channels/channels.csv",
        "parquet/channels.parquet",
        "settings/problem.yaml",
        "agreed/contracts/pooled.yaml",
    )
    for name in held:
        (tmp_path / "only" / name).parent.mkdir(parents=True)
        (tmp_path / "only" / name).write_text("channel\ndtc\n")
    before = contents(tmp_path)
    monkeypatch.setattr(cli, "solve_problem", never)
    monkeypatch.chdir(pack)
    for more in ([], ["--json"]):
        result = CliRunner().invoke(cli.app, ["allocate", str(pack), "--out", place, *more])
        assert result.exit_code == BAD
        said = " ".join((result.stdout if more else result.stderr).split())
        assert "holds inputs" in said
        assert named in said
    assert contents(tmp_path) == before


def test_a_workbook_is_not_overwritten_by_the_plan_made_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An input that is called as a result is: refused by name."""
    book = tmp_path / "plan.xlsx"
    book.write_bytes(b"mine")
    monkeypatch.setattr(cli, "solve_problem", never)
    result = CliRunner().invoke(cli.app, ["allocate", str(book), "--out", str(tmp_path)])
    assert (result.exit_code, book.read_bytes()) == (BAD, b"mine")
    assert "plan.xlsx would be overwritten" in " ".join(result.stderr.split())


def test_tables_of_a_plan_are_not_written_over_inputs_in_python_either(tmp_path: Path) -> None:
    """The same rule for `Plan.to_csv`; earlier results may be overwritten."""
    pack = shutil.copytree(QUICKSTART, tmp_path / "pack")
    before = contents(pack)
    plan = ao.allocate(ao.Problem.read(pack))
    with pytest.raises(ao.DataError, match=r"channels\.csv would be overwritten"):
        plan.to_csv(pack)
    assert contents(pack) == before
    for _ in range(2):
        plan.to_csv(tmp_path / "out")
        files.check_folder(tmp_path / "out")
        files.write_plan(plan, tmp_path / "out")
    assert sorted(contents(tmp_path / "out")) == list(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["folder", "read-only", "pipe"])
def test_what_is_in_the_way_is_told_before_anything_is_solved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, kind: str
) -> None:
    """Every target is looked at: none may be a folder, read-only or no file, and nothing is written."""
    path = tmp_path / target
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_text("channel,demand,units,fill_rate,revenue,contribution,margin,clause_penalties\n")
        path.chmod(0o444)
    monkeypatch.setattr(cli, "solve_problem", never)
    result = CliRunner().invoke(cli.app, ["allocate", str(QUICKSTART), "--out", str(tmp_path)])
    assert result.exit_code == BAD
    assert f"{target} is " in " ".join(result.stderr.split())
    assert [each.name for each in tmp_path.iterdir()] == [target]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("there", [TARGETS, ("plan.json", "shortfalls.csv"), ()], ids=["all", "some", "none"])
def test_a_move_that_fails_undoes_those_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, there: tuple[str, ...]
) -> None:
    """Whichever file cannot be put in place, the folder is as it was; a new folder is not there."""
    plan = ao.allocate(ao.Problem.read(QUICKSTART))
    folder = tmp_path / "new" / "out"
    for name in there:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("channel,demand,units,fill_rate,revenue,contribution,margin,clause_penalties\n")
    before = contents(tmp_path)
    real = Path.replace

    def moved(path: Path, other: Path) -> Path:
        if other == folder / target and path.parent.parent == folder:
            raise OSError(13, "Permission denied")
        return real(path, other)

    monkeypatch.setattr(Path, "replace", moved)
    with pytest.raises(ao.DataError, match="Permission denied"):
        files.write_plan(plan, folder)
    assert contents(tmp_path) == before
