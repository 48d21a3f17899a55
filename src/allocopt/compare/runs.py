"""The run folder of a comparison: what was asked, and each answer as soon as it is there.

.. code-block:: text

    manifest.json            version, fingerprint, settings, contracts, scenarios
    problem/*.parquet        the tables
    results/000042.parquet   one run: a row per channel and number; its outcome in the file's metadata

Every file appears whole or not at all, so an interruption at any time leaves a folder that can be resumed. A folder
belongs to one set of inputs, by their fingerprint; another set is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from allocopt.contracts import Contract
from allocopt.errors import ScenarioError
from allocopt.problem.problem import Problem
from allocopt.problem.scenario import Scenario
from allocopt.problem.writer import digest, write_problem
from allocopt.readback.files import write_text, written_whole

MANIFEST = "manifest.json"
OUTCOME = b"allocopt"
"""Key of a result file's metadata under which the outcome stands."""
AS_STATED = -1
"""Number of the draw of a run that draws nothing."""


@dataclass(frozen=True)
class Settings:
    """What every run of a comparison is solved with.

    Attributes
    ----------
    gap : float
        Relative gap at which a plan in whole units is good enough.
    time_limit : float or None
        Seconds of one run.
    work_limit : int or None
        Iterations and nodes of one solve.
    """

    gap: float
    time_limit: float | None = None
    work_limit: int | None = None


@dataclass(frozen=True)
class Run:
    """One contract in one scenario (or one draw of it).

    Attributes
    ----------
    number : int
        Position among all runs of the comparison.
    scenario, contract : int
        Positions in the lists that were given.
    draw : int
        Number of the draw; `AS_STATED` where the scenario draws nothing.
    """

    number: int
    scenario: int
    draw: int
    contract: int


def all_runs(contracts: Sequence[Contract], scenarios: Sequence[Scenario]) -> list[Run]:
    """Return every run of a comparison: scenario by scenario, draw by draw, contract by contract."""
    futures = [
        (place, draw)
        for place, scenario in enumerate(scenarios)
        for draw in ([AS_STATED] if scenario.draws is None else range(scenario.draws.number))
    ]
    each = [(place, draw, contract) for place, draw in futures for contract in range(len(contracts))]
    return [Run(number, *run) for number, run in enumerate(each)]


@dataclass(frozen=True)
class Inputs:
    """Everything that a comparison was asked.

    Attributes
    ----------
    problem : Problem
    contracts : tuple of Contract
    scenarios : tuple of Scenario
    settings : Settings
    """

    problem: Problem
    contracts: tuple[Contract, ...]
    scenarios: tuple[Scenario, ...]
    settings: Settings

    @property
    def runs(self) -> list[Run]:
        """Every run."""
        return all_runs(self.contracts, self.scenarios)

    def manifest(self) -> dict[str, Any]:
        """Return the inputs but for the tables, with a fingerprint of all of them."""
        content = {
            "version": version("allocopt"),
            "settings": asdict(self.settings),
            "contracts": [contract.to_dict() for contract in self.contracts],
            "scenarios": [scenario.to_dict() for scenario in self.scenarios],
        }
        told = json.dumps(content, sort_keys=True) + digest(self.problem)
        return {"fingerprint": hashlib.sha256(told.encode()).hexdigest(), **content}


@dataclass(frozen=True)
class RunFolder:
    """A run folder on disk; see the module."""

    path: Path

    @classmethod
    def opened(cls, path: Path, inputs: Inputs) -> RunFolder:
        """Return the folder of these inputs, made or resumed; `ScenarioError` if it belongs to others."""
        folder, manifest = cls(path), inputs.manifest()
        if (path / MANIFEST).exists():
            found = folder.fingerprint
            if found != manifest["fingerprint"]:
                raise ScenarioError(
                    f"{path} holds runs of other inputs (another problem, contracts, scenarios, settings or version). "
                    "Give another folder, or delete this one."
                )
            return folder
        if path.exists() and any(path.iterdir()):
            raise ScenarioError(f"{path} holds files and is no run folder. Give an empty or a new folder.")
        write_problem(inputs.problem, path / "problem")
        (path / "results").mkdir(exist_ok=True)
        write_text(path / MANIFEST, json.dumps(manifest, indent=1))
        return folder

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the inputs, as the manifest states it."""
        try:
            return str(json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))["fingerprint"])
        except (OSError, ValueError, KeyError, TypeError):
            raise ScenarioError(f"{self.path / MANIFEST} cannot be read: delete the folder and run again.") from None

    def inputs(self) -> Inputs:
        """Return what the comparison was asked."""
        content = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        return Inputs(
            Problem.read(self.path / "problem"),
            tuple(Contract.from_dict(contract) for contract in content["contracts"]),
            tuple(Scenario.from_dict(scenario) for scenario in content["scenarios"]),
            Settings(**content["settings"]),
        )

    def write(self, run: Run, outcome: dict[str, Any], numbers: pd.DataFrame) -> None:
        """Keep the answer to one run."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pandas(numbers, preserve_index=False)
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), OUTCOME: json.dumps(outcome).encode()})
        written_whole(self._result(run.number), lambda target: pq.write_table(table, target))

    def done(self) -> dict[int, dict[str, Any]]:
        """Return the outcomes that are there, by the numbers of their runs."""
        import pyarrow.parquet as pq

        files = sorted((self.path / "results").glob("[0-9]*.parquet"))
        return {int(file.stem): json.loads(pq.read_schema(file).metadata[OUTCOME]) for file in files}

    def numbers(self, run: int) -> pd.DataFrame:
        """Return the numbers of one run: channel, metric, value."""
        return pd.read_parquet(self._result(run))

    def _result(self, number: int) -> Path:
        return self.path / "results" / f"{number:06d}.parquet"
