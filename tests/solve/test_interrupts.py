"""Many threads at once, Ctrl-C, and silence."""

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.solve.programs import allocation

from allocopt.solve import solve

REPOSITORY = Path(__file__).parents[2]


def run(script: str) -> subprocess.CompletedProcess:
    """Run a script in a process of its own, from the repository."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("integer", "skus"), [(False, 10), (False, 60), (True, 3)])
def test_threads_solve_at_once(integer, skus):
    """Four threads, many solves: every answer is the one that a single thread gets, and none waits forever."""
    given_programs = [allocation(skus, seed=seed, integer=integer) for seed in range(3)]
    alone = [solve(given_program, gap=0.01) for given_program in given_programs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda number: solve(given_programs[number % 3], gap=0.01), range(12)))
    for number, answer in enumerate(together):
        assert answer.status == alone[number % 3].status
        assert (answer.x == alone[number % 3].x).all()


def test_nothing_is_printed():
    """Neither Python nor the solver below writes a line, solved or not."""
    done = run("""
        from tests.solve.programs import allocation
        from allocopt.solve import EXACT, Effort, solve
        for integer in (False, True):
            solve(allocation(40, integer=integer), gap=0.01)
            solve(allocation(40, integer=integer), Effort(0.01, gap=EXACT))
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_gets_through_the_price_engine() -> None:
    """Rounds of prices end at once too, and the next call is as good as ever."""
    done = run("""
        import os, signal, threading, time
        from tests.solve.programs import allocation
        from allocopt.solve import solve
        from allocopt.solve.prices import linear
        from allocopt.solve.solution import Clock
        program = allocation(1500, lots=5, lines=20, integer=False)
        small = linear(allocation(30, integer=False), Clock.started(None), native=True)
        sent = []
        def press():
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)
        timer = threading.Timer(0.3, press)
        timer.daemon = True
        timer.start()
        try:
            linear(program, Clock.started(None), gap=-1.0, native=True)
        except KeyboardInterrupt:
            late = time.perf_counter() - sent[0]
            again = linear(allocation(30, integer=False), Clock.started(None), native=True)
            print("stopped", late < 2.0, again.claimed_bound == small.claimed_bound)
        else:
            print("never stopped", len(sent))
    """)
    assert done.stdout == "stopped True True\n", done.stderr
    assert done.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    "call",
    [
        "solve(allocation(40, lots=4, lines=10, packs=0.3), gap=0.0)",
        "solve(allocation(1500, lots=5, lines=20, integer=False), Effort(gap=EXACT, engine='highs'))",
        "highs.linear(allocation(1500, lots=5, lines=20, integer=False), Clock.started(None), method='ipx')",
    ],
    ids=["whole units", "simplex", "interior point"],
)
def test_ctrl_c_gets_through_at_once(call):
    """An interrupt raises KeyboardInterrupt in the caller within about a second, and the process can go on."""
    done = run(f"""
        import os, signal, threading, time
        from tests.solve.programs import allocation
        from allocopt.solve import EXACT, Effort, highs, highs_run, solve
        from allocopt.solve.solution import Clock
        sent = []
        def press():
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)
        real = highs_run.run_listening
        def armed(solver):
            if not sent:
                timer = threading.Timer(0.2, press)
                timer.daemon = True
                timer.start()
            return real(solver)
        highs_run.run_listening = armed
        try:
            {call}
        except KeyboardInterrupt:
            late = time.perf_counter() - sent[0]
            again = solve(allocation(3, integer=False))
            print("stopped", late < 2.0, again.status)
        else:
            print("never stopped", len(sent))
    """)
    assert done.stdout == "stopped True optimal\n", done.stderr
    assert done.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_is_not_lost_while_compiled_code_is_loaded():
    """An interrupt that falls into a callback of the compiler is raised once the code is there."""
    kept = run("""
        from allocopt.solve import native_greedy
        from allocopt.solve.prices import native_store
        native_store.load(native_greedy.run)
    """)
    assert kept.returncode == 0, kept.stderr
    done = run("""
        import os, signal
        from numba.core.codegen import CPUCodeLibrary
        real, sent = CPUCodeLibrary._object_getbuffer_hook, []
        def pressed(*given):
            if not sent:
                sent.append(True)
                os.kill(os.getpid(), signal.SIGINT)
            return real(*given)
        CPUCodeLibrary._object_getbuffer_hook = pressed
        from allocopt.solve import native_greedy
        from allocopt.solve.prices import native_store
        try:
            native_store.load(native_greedy.run)
        except KeyboardInterrupt:
            native_store.load(native_greedy.run)
            print("raised", len(sent), native_store.loaded(native_greedy.run))
        else:
            print("lost", len(sent))
    """)
    assert done.stdout == "raised 1 True\n", done.stderr
    assert done.returncode == 0


def test_another_number_of_threads_in_the_process_does_no_harm():
    """Where HiGHS has run with more threads before, solving goes on all the same."""
    done = run("""
        from tests.solve.programs import allocation
        from allocopt.solve import solve
        from allocopt.solve.highs_quiet import new_solver
        other = new_solver()
        other.setOptionValue("output_flag", False)
        other.setOptionValue("threads", 2)
        other.addVar(0.0, 1.0)
        other.addRow(0.0, 1.0, 1, [0], [1.0])
        other.run()
        print(solve(allocation(3, integer=False)).status, solve(allocation(3), gap=0.1).status)
    """)
    assert done.stdout == "optimal optimal\n", done.stderr


def test_importing_the_package_does_not_load_the_solver():
    """The solver is loaded when something is solved, not before."""
    done = run("import sys, allocopt; print('highspy' in sys.modules, 'scipy' in sys.modules)")
    assert done.stdout == "False False\n", done.stderr


def test_the_solver_is_called_for_numbers_only():
    """Arrays come back as plain float64 arrays of the program's shape."""
    given_program = allocation(3)
    answer = solve(given_program)
    assert (answer.x.shape, answer.x.dtype) == ((given_program.columns,), np.float64)
    assert (answer.multipliers.shape, answer.multipliers.dtype) == ((given_program.rows,), np.float64)
