"""The run folder: the same answers however they come to be, resumed where it was left, refused where it is not ours."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import allocopt as ao
from allocopt.compare import runs

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "scenarios" / "quickstart"
SPIKE = ao.Scenario("Spike", [ao.Scale("demand.units", by=2, where="channel = amazon")])
DRAWN = ao.Scenario("Drawn", draws=ao.Draws(number=2, seed=5))
PLANNED = ao.Scenario("As planned")
PROTECT = ao.Contract("Protect DTC", clauses=[ao.Protect("dtc", share=0.5, of="inbound")])
FAIR = ao.fair_share()


@pytest.fixture(scope="module")
def problem() -> ao.Problem:
    """The quickstart, whose forecasts have a spread of 5."""
    return ao.Scenario("Spread", [ao.Put("demand.sd", to=5)]).apply(ao.Problem.read(QUICKSTART))


def facts(found: ao.Comparison) -> pd.DataFrame:
    """Return the runs in an order of their own, without the seconds that they took."""
    return found.runs.drop(columns="seconds").sort_values(["scenario", "draw", "contract"]).reset_index(drop=True)


def numbers(found: ao.Comparison) -> pd.DataFrame:
    """Return the table in an order of its own."""
    keys = ["scenario", "draw", "contract", "channel", "metric"]
    return found.table.sort_values(keys).reset_index(drop=True)


@pytest.fixture(scope="module")
def reference(problem: ao.Problem) -> ao.Comparison:
    """Three contracts in three scenarios, in this process."""
    return ao.compare(problem, [ao.pooled(), PROTECT, FAIR], [PLANNED, SPIKE, DRAWN])


@pytest.mark.parametrize(
    ("contracts", "scenarios", "jobs"),
    [
        ([FAIR, ao.pooled(), PROTECT], [DRAWN, PLANNED, SPIKE], 1),
        ([PROTECT, FAIR, ao.pooled()], [SPIKE, DRAWN, PLANNED], 2),
    ],
    ids=["another order", "another order and two workers"],
)
def test_no_run_depends_on_others(
    problem: ao.Problem, reference: ao.Comparison, contracts: list[Any], scenarios: list[Any], jobs: int
) -> None:
    """Plans and tables are the same to the last digit in any order, with any number of workers."""
    again = ao.compare(problem, contracts, scenarios, jobs=jobs)
    assert reference.runs["digest"].str.len().eq(16).all()
    pd.testing.assert_frame_equal(facts(again), facts(reference), check_exact=True)
    pd.testing.assert_frame_equal(numbers(again), numbers(reference), check_exact=True)


def test_no_run_depends_on_what_else_is_compared(problem: ao.Problem, reference: ao.Comparison) -> None:
    """A contract compared alone, in one scenario, gets the plan that it has among others."""
    alone = ao.compare(problem, [FAIR], [DRAWN])
    among = facts(reference).query("contract == 'Fair share' and scenario == 'Drawn'").reset_index(drop=True)
    pd.testing.assert_frame_equal(facts(alone), among, check_exact=True)
    plan = reference.plan("Drawn", "Fair share", 1)
    assert plan.contribution == among["contribution"][1]


def test_only_what_is_missing_is_solved(problem: ao.Problem, reference: ao.Comparison, tmp_path: Path) -> None:
    """Half of the answers deleted: the other half stays untouched, and the whole is the same again."""
    arguments: Any = (problem, [ao.pooled(), PROTECT, FAIR], [PLANNED, SPIKE, DRAWN])
    ao.compare(*arguments, out=tmp_path / "kept")
    files = sorted((tmp_path / "kept" / "results").iterdir())
    assert len(files) == 12
    stays = {path: path.stat().st_mtime_ns for path in files[1::2]}
    for path in files[::2]:
        path.unlink()
    told: list[tuple[int, int, str]] = []
    again = ao.compare(*arguments, out=tmp_path / "kept", progress=lambda *words: told.append(words))
    assert [done for done, _, _ in told] == [6, 7, 8, 9, 10, 11, 12]
    assert {path: path.stat().st_mtime_ns for path in stays} == stays
    pd.testing.assert_frame_equal(facts(again), facts(reference), check_exact=True)


def test_a_damaged_answer_is_solved_again(problem: ao.Problem, tmp_path: Path) -> None:
    """An answer that cannot be read, or that is none, counts as missing."""
    whole = ao.compare(problem, [ao.pooled(), PROTECT], out=tmp_path / "kept")
    before = facts(whole), numbers(whole)
    results = tmp_path / "kept" / "results"
    (results / "000000.parquet").write_bytes((results / "000000.parquet").read_bytes()[:100])
    whole.table.to_parquet(results / "000001.parquet")
    again = ao.compare(problem, [ao.pooled(), PROTECT], out=tmp_path / "kept")
    pd.testing.assert_frame_equal(facts(again), before[0], check_exact=True)
    pd.testing.assert_frame_equal(numbers(again), before[1], check_exact=True)


OTHERS: dict[str, dict[str, Any]] = {
    "another contract": {"contracts": [ao.pooled(), FAIR]},
    "another order": {"contracts": [PROTECT, ao.pooled()]},
    "another scenario": {"scenarios": [SPIKE]},
    "another gap": {"gap": 0.01},
    "a limit": {"time_limit": 60.0},
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_other_inputs_are_refused(problem: ao.Problem, tmp_path: Path, change: dict[str, Any]) -> None:
    """A folder never mixes answers to different questions."""
    given = {"contracts": [ao.pooled(), PROTECT], "scenarios": [PLANNED]}
    ao.compare(problem, **given, out=tmp_path / "kept")
    with pytest.raises(ao.ScenarioError, match="kept holds runs of other inputs"):
        ao.compare(problem, **{**given, **change}, out=tmp_path / "kept")


def test_another_problem_is_refused(problem: ao.Problem, tmp_path: Path) -> None:
    """One unit more is another question."""
    ao.compare(problem, out=tmp_path / "kept")
    more = ao.Scenario("More", [ao.Put("supply.units", to=51, where="reference = PO-7001")]).apply(problem)
    with pytest.raises(ao.ScenarioError, match="holds runs of other inputs"):
        ao.compare(more, out=tmp_path / "kept")


def test_a_foreign_folder_is_refused(problem: ao.Problem, tmp_path: Path) -> None:
    """What somebody keeps elsewhere is left alone: a folder with files, a file, a place that cannot be written."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ao.ScenarioError, match=r"holds files and is no run folder\. Give an empty or a new folder"):
        ao.compare(problem, out=tmp_path)
    with pytest.raises(ao.ScenarioError, match=r"notes\.txt is a file"):
        ao.compare(problem, out=tmp_path / "notes.txt")
    with pytest.raises(ao.ScenarioError, match="cannot be made"):
        ao.compare(problem, out=tmp_path / "notes.txt" / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    (tmp_path / "empty").mkdir()
    assert len(ao.compare(problem, out=tmp_path / "empty").runs) == 1


def test_a_folder_that_somebody_changed_is_refused(problem: ao.Problem, tmp_path: Path) -> None:
    """Answers belong to the tables beside them: change these, or spoil the manifest, and nothing is believed."""
    kept = tmp_path / "kept"
    ao.compare(problem, out=kept)
    manifest = (kept / "manifest.json").read_text(encoding="utf-8")
    for text in ("", "{}", manifest[:200], manifest.replace('"Pooled"', '"Poled"')):
        (kept / "manifest.json").write_text(text, encoding="utf-8")
        with pytest.raises(ao.ScenarioError, match="delete the folder and run again"):
            ao.compare(problem, out=kept)
    (kept / "manifest.json").write_text(manifest, encoding="utf-8")
    assert len(ao.compare(problem, out=kept).runs) == 1
    (kept / "problem" / "capacity.parquet").unlink()
    with pytest.raises(ao.ScenarioError, match="has been changed: delete the folder and run again"):
        ao.compare(problem, out=kept)


def test_the_manifest_says_what_was_asked(problem: ao.Problem, tmp_path: Path) -> None:
    """A person can read the contracts, scenarios and settings, and the tables are there as they were."""
    ao.compare(problem, [PROTECT], [SPIKE], gap=0.002, out=tmp_path / "kept")
    content = json.loads((tmp_path / "kept" / "manifest.json").read_text(encoding="utf-8"))
    assert set(content) == {"version", "fingerprint", "settings", "contracts", "scenarios"}
    assert content["settings"] == {"gap": 0.002, "time_limit": None, "work_limit": None}
    assert ao.Contract.from_dict(content["contracts"][0]) == PROTECT
    assert ao.Scenario.from_dict(content["scenarios"][0]) == SPIKE
    assert ao.Problem.read(tmp_path / "kept" / "problem").to_dict() == problem.to_dict()


def test_an_interruption_while_the_folder_is_made_leaves_nothing(
    problem: ao.Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder appears whole or not at all."""

    def interrupted(path: Path, text: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(runs, "write_text", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ao.compare(problem, out=tmp_path / "kept")
    assert list(tmp_path.iterdir()) == []
    assert len(ao.compare(problem, out=tmp_path / "kept").runs) == 1


def script(text: str, folder: Path) -> str:
    """Run a script in a process of its own, from a folder; return what it prints."""
    command = [sys.executable, "-c", textwrap.dedent(text)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_memory_does_not_grow_with_scenarios(tmp_path: Path) -> None:
    """Ten times as many scenarios take no more than a few megabytes more: answers go to the folder."""
    told = script(
        f"""
        import resource, allocopt as ao
        problem = ao.Problem.read({str(QUICKSTART)!r})
        for number in (10, 100):
            scenarios = [
                ao.Scenario(f"S{{each}}", [ao.Put("supply.units", to=80 + each, where="sku = MUG")])
                for each in range(number)
            ]
            ao.compare(problem, [ao.pooled()], scenarios)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        """,
        tmp_path,
    )
    few, many = map(float, told.split())
    assert many - few < 12


def test_a_dask_cluster_gives_the_same(tmp_path: Path) -> None:
    """On a cluster of two processes the answers are those of one process."""
    pytest.importorskip("distributed")
    told = script(
        f"""
        import joblib, distributed, allocopt as ao
        if __name__ == "__main__":
            problem = ao.Problem.read({str(QUICKSTART)!r})
            contracts = [ao.pooled(), ao.fair_share()]
            scenarios = [ao.Scenario("As planned"), ao.Scenario("More", [ao.Scale("supply.units", by=2)])]
            local = ao.compare(problem, contracts, scenarios)
            options = dict(n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None)
            with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
                with joblib.parallel_config("dask"):
                    found = ao.compare(problem, contracts, scenarios, out="kept")
            same = [each.runs.drop(columns="seconds") for each in (found, local)]
            print(same[0].equals(same[1]), found.table.equals(local.table), found.verdict == local.verdict)
        """,
        tmp_path,
    )
    assert told.split() == ["True", "True", "True"]
