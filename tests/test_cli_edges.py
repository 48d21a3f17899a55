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
