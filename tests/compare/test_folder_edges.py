"""A run folder believes nothing that is not its own: swapped, edited and damaged answers, several starts, strays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import allocopt as ao
from allocopt.compare import runs
from allocopt.plan import files

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "scenarios" / "quickstart"
CONTRACTS = [ao.pooled(), ao.first_come(), ao.Contract("Capped", clauses=[ao.Cap("dtc", units=5)])]


@pytest.fixture(scope="module")
def problem() -> ao.Problem:
    """The quickstart."""
    return ao.Problem.read(QUICKSTART)


@pytest.fixture(scope="module")
def right(problem: ao.Problem) -> list[float]:
    """What the contracts earn: three different answers."""
    found = worth(ao.compare(problem, CONTRACTS))
    assert len(set(found)) == 3
    return found


@pytest.fixture
def kept(problem: ao.Problem, tmp_path: Path) -> Path:
    """A run folder with the answers to three contracts."""
    ao.compare(problem, CONTRACTS, out=tmp_path / "kept")
    return tmp_path / "kept"


def worth(found: ao.Comparison) -> list[float]:
    """Return what the contracts earn."""
    return [float(each) for each in found.runs["contribution"]]


def edited(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """Return what changes the first answer's table and writes it again."""

    def edit(results: Path) -> None:
        table = pq.read_table(results / "000000.parquet")
        pq.write_table(change(table), results / "000000.parquet")

    return edit


def told(metadata: object) -> Callable[[pa.Table], pa.Table]:
    """Return what replaces the outcome of an answer."""
    content = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
    return lambda table: table.replace_schema_metadata({**table.schema.metadata, runs.OUTCOME: content})


def outcome(table: pa.Table) -> dict[str, object]:
    """Return the outcome that an answer states."""
    found: dict[str, object] = json.loads(table.schema.metadata[runs.OUTCOME])
    return found


SPOILT: dict[str, Callable[[Path], object]] = {
    "another run's": lambda results: shutil.copyfile(results / "000002.parquet", results / "000000.parquet"),
    "swapped": lambda results: [
        (results / "000000.parquet").rename(results / "x"),
        (results / "000001.parquet").rename(results / "000000.parquet"),
        (results / "x").rename(results / "000001.parquet"),
    ],
    "zeroed": lambda results: (results / "000000.parquet").write_bytes(
        bytes(len((results / "000000.parquet").read_bytes()))
    ),
    "a zeroed body": lambda results: (results / "000000.parquet").write_bytes(
        b"PAR1" + bytes(200) + (results / "000000.parquet").read_bytes()[204:]
    ),
    "empty": lambda results: (results / "000000.parquet").write_bytes(b""),
    "a folder": lambda results: [(results / "000000.parquet").unlink(), (results / "000000.parquet").mkdir()],
    "edited numbers": edited(lambda table: table.set_column(2, "value", pa.array([1.0] * table.num_rows))),
    "fewer rows": edited(lambda table: table.slice(0, 3)),
    "an edited outcome": edited(lambda table: told(outcome(table) | {"contribution": 9999.0})(table)),
    "an outcome that is a list": edited(told([])),
    "an outcome that is a number": edited(told(5)),
    "an outcome that is empty": edited(told({})),
    "an outcome that is no JSON": edited(told(b"\xff\x00{")),
    "no metadata": edited(lambda table: table.replace_schema_metadata(None)),
    "other columns": edited(lambda table: table.rename_columns(["a", "b", "c"])),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_an_answer_that_is_not_its_own_is_solved_again(
    problem: ao.Problem, kept: Path, right: list[float], spoil: Callable[[Path], object]
) -> None:
    """Swapped, edited or damaged, the comparison says what it said before."""
    spoil(kept / "results")
    if (kept / "results" / "000000.parquet").is_dir():
        with pytest.raises(ao.SolveError, match="could not be kept"):
            ao.compare(problem, CONTRACTS, out=kept)
        return
    again = ao.compare(problem, CONTRACTS, out=kept)
    assert worth(again) == right
    assert again.table["value"].sum() == ao.compare(problem, CONTRACTS).table["value"].sum()


def test_an_answer_of_another_folder_is_not_taken(
    problem: ao.Problem, kept: Path, tmp_path: Path, right: list[float]
) -> None:
    """An answer is bound to all that was asked, not only to its number."""
    ao.compare(problem, CONTRACTS, gap=0.5, out=tmp_path / "other")
    shutil.copytree(tmp_path / "other" / "results", kept / "results", dirs_exist_ok=True)
    assert runs.RunFolder(kept).done() == {}
    assert worth(ao.compare(problem, CONTRACTS, out=kept)) == right


def test_an_answer_that_goes_while_it_is_looked_at_is_told(problem: ao.Problem, kept: Path, right: list[float]) -> None:
    """Numbers that are lost or changed under a comparison are an error, not other numbers."""
    found = ao.compare(problem, CONTRACTS, out=kept)
    assert worth(found) == right
    (kept / "results" / "000001.parquet").write_bytes(b"")
    with pytest.raises(ao.ScenarioError, match="has been changed or lost"):
        _ = found.table


def test_several_may_begin_with_one_new_folder(problem: ao.Problem, tmp_path: Path, right: list[float]) -> None:
    """Started at once, all get the answers, and nothing else is left."""
    gate = threading.Barrier(4)

    def begin(_: int) -> list[float]:
        gate.wait()
        return worth(ao.compare(problem, CONTRACTS, out=tmp_path / "new" / "run"))

    (tmp_path / "new").mkdir()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(begin, range(4))) == [right] * 4
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["run"]
    assert not list((tmp_path / "new").rglob(".allocopt-*"))


def test_three_processes_may_begin_with_one_new_folder(tmp_path: Path) -> None:
    """The same holds for processes; with other inputs, one folder is had by the first, and the others are refused."""
    command = [sys.executable, "-c", "from allocopt.cli import main; main()", "compare", str(QUICKSTART), "--json"]
    named = [*command, "--contract", "pooled", "--contract", "first_come", "--out", str(tmp_path / "run")]
    several = [subprocess.Popen(named, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    ended = [process.communicate(timeout=120) for process in several]
    assert [process.returncode for process in several] == [0, 0, 0], ended
    assert len({json.loads(out)["verdict"] for out, _ in ended}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_a_killed_start_leaves_goes_with_the_next(problem: ao.Problem, tmp_path: Path) -> None:
    """Unfinished folders and files of processes that are gone are removed; those of living ones stay."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    stray, living = tmp_path / f".allocopt-{gone.pid}-1-run", tmp_path / f".allocopt-{os.getpid()}-1-other"
    (stray / "problem").mkdir(parents=True)
    living.mkdir()
    (tmp_path / ".allocopt-notes").write_text("mine")
    ao.compare(problem, out=tmp_path / "run")
    assert {path.name for path in tmp_path.iterdir()} == {".allocopt-notes", living.name, "run"}
    half = tmp_path / "run" / "results" / f".allocopt-{gone.pid}-1-000000.parquet"
    half.write_bytes(b"half")
    (tmp_path / "run" / "results" / "000000.parquet").unlink()
    ao.compare(problem, out=tmp_path / "run")
    assert not half.exists()
    files.sweep(tmp_path / "nowhere")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers in /proc")
def test_workers_end_with_a_process_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL leaves no time for anything; the workers see that nobody waits for them."""
    code = (
        "import allocopt as ao, time; from allocopt.workers import spread\n"
        "for _ in spread(time.sleep, [(0,), (0,), (60,), (60,)], 2): print('begun', flush=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["begun\n"] * 2
    time.sleep(0.5)
    process.kill()
    process.wait()
    process.stdout.close()
    end = time.monotonic() + 10
    while alive(process.pid) and time.monotonic() < end:
        time.sleep(0.1)
    assert alive(process.pid) == []


def alive(group: int) -> list[int]:
    """Return the processes of a group that are at work."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(entry.parent.name))
    return found
