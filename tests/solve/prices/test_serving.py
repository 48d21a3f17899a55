"""Where compiled code comes from, and who serves where it is not there in time."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import caching, config

import allocopt
from allocopt.solve.prices import native_networks, native_simplex, native_store, serving
from allocopt.solve.prices.__main__ import main
from allocopt.solve.solution import Clock
from allocopt.solve.ties import native_moves

SOURCE = """
from allocopt.solve.prices.native_store import INTS, compiled

@compiled((INTS,))
def added_up(values):
    total = 0
    for value in values:
        total += value
    return total
"""

Load = Callable[[], Any]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Write a file with a function to compile, into a folder of its own; each call defines the function anew."""
    file = tmp_path / "package" / "small.py"
    file.parent.mkdir()
    file.write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def define() -> Any:
        spec = importlib.util.spec_from_file_location("small", file)
        assert spec is not None
        assert spec.loader is not None
        module: ModuleType = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.added_up

    return define


def taken(function: Any) -> tuple[int, int]:
    """Return how often a call found its code kept, and how often it had to be compiled, after checking what it does."""
    assert function(np.arange(5)) == 10
    stats = function.stats
    return sum(stats.cache_hits.values()), sum(stats.cache_misses.values())


def test_code_is_kept_beside_the_source(load: Load, tmp_path: Path) -> None:
    """What one process compiles the next one loads; nothing is left in the user's home."""
    first = load()
    assert not native_store.kept(first)
    assert native_store.can_keep(first)
    assert taken(first) == (0, 1)
    second = load()
    assert native_store.folder(second) == str(tmp_path / "package" / "__pycache__")
    assert taken(second) == (1, 0)
    assert not (tmp_path / "home").exists()


SAYS = """
def chosen(numbers):
    return [number + {added} for number in numbers if number in {{1, 2}} or str(number) in {{"{one}", "{other}"}}]
"""


def fingerprint(*more: object, added: int = 1, one: str = "3", other: str = "4") -> int:
    """Return the fingerprint of a function with another one and two sets in it, made anew."""
    names: dict[str, Any] = {}
    exec(SAYS.format(added=added, one=one, other=other), names)
    return native_store.fingerprint([names["chosen"]], *more)


def test_fingerprints_are_of_what_is_said_alone() -> None:
    """The same wherever code lies in memory and however its sets are ordered; another one for any other words."""
    alike = {fingerprint(), fingerprint(), fingerprint(one="4", other="3")}
    assert len(alike) == 1
    assert len(alike | {fingerprint(added=2), fingerprint(one="5"), fingerprint(0.5), fingerprint(0.25)}) == 5


def test_code_is_kept_where_the_user_says(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NUMBA_CACHE_DIR comes before all other places."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "image"))
    assert taken(load()) == (0, 1)
    assert taken(load()) == (1, 0)
    assert list((tmp_path / "image").rglob("*.nbc"))
    assert not (tmp_path / "package" / "__pycache__").exists()


def test_code_is_kept_at_home_where_the_source_is_read_only(load: Load, tmp_path: Path) -> None:
    """An installation that belongs to somebody else still lets its user keep what was compiled."""
    (tmp_path / "package" / "__pycache__").write_text("no folder", encoding="utf-8")
    assert taken(load()) == (0, 1)
    assert taken(load()) == (1, 0)
    assert list((tmp_path / "home").rglob("*.nbc"))


def test_where_nothing_can_be_written_code_is_compiled_all_the_same(load: Load, tmp_path: Path) -> None:
    """No place at all: the function works, and nobody is told that it will be there next time."""
    (tmp_path / "package" / "__pycache__").write_text("no folder", encoding="utf-8")
    (tmp_path / "home").write_text("no folder", encoding="utf-8")
    function = load()
    assert not native_store.kept(function)
    assert not native_store.can_keep(function)
    assert taken(function) == (0, 1)
    assert native_store.kept(function)
    assert native_store.folder(function) is None


def test_a_user_without_a_home_leaves_nothing_in_the_working_directory(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that is not known would be a folder named ~ wherever the process runs."""
    (tmp_path / "package" / "__pycache__").write_text("no folder", encoding="utf-8")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)
    assert taken(load()) == (0, 1)
    assert not (tmp_path / "~").exists()


def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every attempt to write into a cache fail, as it does for who may only read."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(caching.tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(caching.IndexDataCacheFile, "_open_for_write", refuse)


def test_kept_code_serves_who_may_only_read_it(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image is built by one user and run by another: what the first compiled, the second one loads."""
    assert taken(load()) == (0, 1)
    read_only(monkeypatch)
    function = load()
    assert native_store.kept(function)
    assert taken(function) == (1, 0)


def test_where_kept_code_is_of_no_use_another_place_is_taken(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only folder with code of another version does not stand in the way of the user's own cache."""
    place = tmp_path / "image"
    monkeypatch.setattr(config, "CACHE_DIR", str(place))
    with monkeypatch.context() as older:
        older.setattr(numba, "__version__", "0.1")
        assert taken(load()) == (0, 1)
    real = caching.tempfile.TemporaryFile

    def refuse_there(**where: Any) -> Any:
        if str(where["dir"]).startswith(str(place)):
            raise PermissionError(13, "Permission denied")
        return real(**where)

    monkeypatch.setattr(caching.tempfile, "TemporaryFile", refuse_there)
    assert not native_store.kept(load())
    assert taken(load()) == (0, 1)
    assert taken(load()) == (1, 0)


@pytest.mark.parametrize("damage", [b"", b"\x80\x05nonsense"])
def test_a_damaged_cache_is_none(load: Load, tmp_path: Path, damage: bytes) -> None:
    """A file that was cut short is compiled anew, not an error."""
    assert taken(load()) == (0, 1)
    (index,) = (tmp_path / "package" / "__pycache__").glob("*.nbi")
    index.write_bytes(damage)
    function = load()
    assert not native_store.kept(function)
    assert taken(function) == (0, 1)
    assert taken(load()) == (1, 0)


def test_a_full_disk_is_no_error(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be saved is compiled again another time."""

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "_open_for_write", full)
    assert taken(load()) == (0, 1)


READY, KEEPS, NOWHERE = (True, True), (False, True), (False, False)
"""Whether code is kept already, and whether it could be."""


@pytest.mark.parametrize(
    ("columns", "limit", "state", "native", "note"),
    [
        (serving.NATIVE - 1, None, READY, False, ""),
        (serving.NATIVE, None, READY, True, ""),
        (serving.NATIVE, 2.0, READY, True, ""),
        (serving.NATIVE, None, KEEPS, True, ""),
        (serving.NATIVE, 60.0, KEEPS, True, ""),
        (serving.NATIVE, 20.0, KEEPS, False, serving.NOT_READY),
        (serving.NATIVE, 2.0, NOWHERE, False, serving.NOT_READY),
        (serving.NATIVE, None, NOWHERE, True, serving.NOT_KEPT),
        (serving.NATIVE, 60.0, NOWHERE, True, serving.NOT_KEPT),
    ],
)
def test_who_serves(
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
    limit: float | None,
    state: tuple[bool, bool],
    native: bool,
    note: str,
) -> None:
    """Compiled code, unless compiling it may take more than half of the time."""
    monkeypatch.setattr(native_store, "kept", lambda function: state[0])
    monkeypatch.setattr(native_store, "can_keep", lambda function: state[1])
    assert serving.serving(columns, Clock.started(limit), None) == serving.Serving(native, note)


def test_loading_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit below a second is not spent on loading; what is loaded serves."""
    monkeypatch.setattr(native_store, "kept", lambda function: True)
    assert serving.serving(serving.NATIVE, Clock.started(0.3), None).native
    monkeypatch.setattr(serving, "MODULE", "nothing.of.this.name")
    assert serving.serving(serving.NATIVE, Clock.started(0.3), None) == serving.Serving(False, serving.NOT_LOADED)


@pytest.mark.parametrize("asked", [True, False])
def test_who_is_asked_for_serves(asked: bool) -> None:
    """An explicit wish is not weighed against the time."""
    assert serving.serving(10, Clock.started(0.0), asked) == serving.Serving(asked)


def test_what_is_compiled_ahead_is_what_is_called() -> None:
    """One signature each: a call with arrays of another kind would compile again, in the middle of a solve."""
    from tests.solve.programs import allocation

    assert serving.compile_ahead()
    from allocopt.solve.prices import linear

    linear(allocation(60, integer=False), Clock.started(None), native=True)
    for function in (native_networks.find_networks, native_simplex.best_plans, native_moves.settle):
        assert function.signatures == [function._cache.signature]


CALL = """
import json, sys, time
from benchmarks.generate import Shape, tables
import allocopt as ao
assert ao.__file__.startswith({package!r}), ao.__file__
problem = ao.Problem(**tables(25_000, seed=1, shape=Shape(couplings=20, periods=6, divisible=True)))
def call(limit):
    begun = time.process_time()
    plan = ao.allocate(problem, solver="prices", time_limit=limit)
    return plan.status, plan.notes, time.process_time() - begun
print(json.dumps([call(limit) for limit in {limits!r}]))
"""


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., list[tuple[str, list[str], float]]]:
    """Run calls of 25,000 columns in a process whose package, home and cache are `tmp_path`'s."""
    site = tmp_path / "site"
    here = Path(allocopt.__file__).parent
    shutil.copytree(here, site / "allocopt", ignore=shutil.ignore_patterns("__pycache__"))

    def run(limits: list[float | None], **surroundings: str) -> list[tuple[str, list[str], float]]:
        kept = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
        path = os.pathsep.join([str(site), str(here.parents[1])])
        kept |= {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(tmp_path / "home"), **surroundings}
        code = CALL.format(package=str(site), limits=limits)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=kept, check=False)
        assert done.stderr == ""
        return [tuple(each) for each in json.loads(done.stdout)]

    return run


def test_a_call_runs_where_nothing_can_be_written(call: Any, tmp_path: Path) -> None:
    """Read-only package, no home, no cache: under a limit HiGHS serves, without one the process compiles, and says so.

    Once it has compiled, the process has it: later calls have nothing to say.
    """
    (tmp_path / "site" / "allocopt" / "solve" / "prices" / "__pycache__").write_text("no folder", encoding="utf-8")
    (tmp_path / "home").write_text("no folder", encoding="utf-8")
    cold, first, again = call([5.0, None, 5.0])
    assert serving.NOT_READY in cold[1]
    assert cold[2] < 5.5
    assert first[0] == "optimal"
    assert serving.NOT_KEPT in first[1]
    assert not {serving.NOT_READY, serving.NOT_LOADED, serving.NOT_KEPT} & set(again[1])


def test_compiling_does_not_take_the_time_of_a_first_call(call: Any, tmp_path: Path) -> None:
    """With an empty cache a limit of two seconds is kept, a note says who served, and nothing was compiled."""
    cache = tmp_path / "cache"
    ((_, notes, seconds),) = call([2.0], NUMBA_CACHE_DIR=str(cache))
    assert serving.NOT_READY in notes
    assert seconds < 2.4
    assert not list(cache.rglob("*.nbc"))


def test_compiling_ahead_says_where_the_code_went(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command ends well where the code is kept, and compiles nothing where it could not be."""
    main()
    monkeypatch.setattr(native_store, "kept", lambda function: False)
    monkeypatch.setattr(native_store, "can_keep", lambda function: False)
    monkeypatch.setattr(native_store, "load", lambda function: pytest.fail("it was compiled for nothing"))
    with pytest.raises(SystemExit, match="NUMBA_CACHE_DIR"):
        main()
