"""The solver under the library is not heard either, whatever it prints and whether or not there is standard output."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from pathlib import Path

import highspy
import pytest

from allocopt.solve import highs_quiet

SOURCE = Path(highs_quiet.__file__).parents[1]


class Talkative:
    """Stands for a HiGHS that greets from C when the first of a process is made."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        if self.made == 1:
            os.write(1, b"Running HiGHS\n")


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> type[Talkative]:
    """Let highspy make talkative ones, as if none had been made yet."""
    monkeypatch.setattr(highspy, "Highs", Talkative)
    monkeypatch.setattr(highs_quiet, "_greeted", threading.Event())
    monkeypatch.setattr(Talkative, "made", 0)
    return Talkative


def descriptors() -> int:
    """Return how many file descriptors are open, where the system tells."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_the_greeting_is_not_heard_and_all_else_is(talkative: type[Talkative], capfd: pytest.CaptureFixture) -> None:
    """Standard output is as before once the first one is there, and later ones are made at once."""
    os.write(1, b"before\n")
    assert isinstance(highs_quiet.new_solver(), talkative)
    os.write(1, b"after\n")
    assert isinstance(highs_quiet.new_solver(), talkative)
    assert capfd.readouterr().out == "before\nafter\n"


def test_many_threads_make_their_first_one_at_once(talkative: type[Talkative], capfd: pytest.CaptureFixture) -> None:
    """One of them is first, the others wait for it; every file descriptor is given back."""
    opened = descriptors()
    made: list[object] = []
    workers = [threading.Thread(target=lambda: made.append(highs_quiet.new_solver())) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    os.write(1, b"after\n")
    assert len(made) == 8
    assert capfd.readouterr().out == "after\n"
    assert descriptors() == opened


def test_a_solver_that_cannot_be_made_leaves_standard_output_open(
    capfd: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error gets through, and the next try is as careful as the first."""
    monkeypatch.setattr(highspy, "Highs", lambda: (_ for _ in ()).throw(MemoryError("no room")))
    monkeypatch.setattr(highs_quiet, "_greeted", threading.Event())
    with pytest.raises(MemoryError):
        highs_quiet.new_solver()
    os.write(1, b"after\n")
    assert capfd.readouterr().out == "after\n"
    assert not highs_quiet._greeted.is_set()


ALLOCATE = """
import os, sys
{closing}
import allocopt as ao
plan = ao.allocate(ao.Problem.read("scenarios/quickstart"), solver="{solver}")
sys.stderr.write(plan.status)
"""


@pytest.mark.parametrize("solver", ["highs", "prices"])
@pytest.mark.parametrize("closing", ["", "os.close(1)"])
def test_nothing_is_printed_in_a_process_of_its_own(solver: str, closing: str) -> None:
    """The installed HiGHS is not heard on standard output, nor missed where there is none."""
    code = ALLOCATE.format(solver=solver, closing=closing)
    root = SOURCE.parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)
    assert (done.stdout, done.stderr) == ("", "optimal")


def test_every_solver_is_made_in_one_place() -> None:
    """Whoever makes a HiGHS elsewhere would let it speak."""
    makers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "Highs"
    }
    assert makers == {"solve/highs_quiet.py"}
