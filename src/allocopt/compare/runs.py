"""The run folder of a comparison: what was asked, and each answer as soon as it is there.

.. code-block:: text

    manifest.json            version, fingerprint, settings, contracts, scenarios
    problem/*.parquet        the tables
    results/000042.parquet   one run: a row per channel and number; its outcome in the file's metadata

Every file appears whole or not at all, so an interruption at any time leaves a folder that can be resumed, and several
processes may begin with the same folder at once. A folder belongs to one set of inputs, by their fingerprint; another
set is refused. Every answer carries a seal: a hash over that fingerprint, the number of its run, its outcome and its
numbers. An answer that stands in another run's place, or in which anything was changed, counts as missing and is solved
again.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from allocopt.contracts import Contract
from allocopt.documents.whole import beside_of, written_whole
from allocopt.errors import AllocoptError, ScenarioError
from allocopt.plan.files import sweep, write_text
from allocopt.problem.problem import Problem
from allocopt.problem.writer import digest, write_problem
from allocopt.scenario.scenario import Scenario

MANIFEST = "manifest.json"
OUTCOME, SEAL = b"allocopt", b"allocopt seal"
"""Keys of a result file's metadata under which the outcome and the seal stand."""
UNSAID = ("extended", "decide_only")
"""Settings that a manifest leaves out where they say nothing."""
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
    extended : str
        Fingerprint of the function that adds rows to every plan; ``""``: none does.
    decide_only : str
        What contracts are ranked by, where only the best one is asked for; ``""``: every run is solved.
    """

    gap: float
    time_limit: float | None = None
    work_limit: int | None = None
    extended: str = ""
    decide_only: str = ""

    @classmethod
    def of(
        cls,
        gap: float,
        time_limit: float | None = None,
        work_limit: int | None = None,
        extend: object = None,
        decide_only: str = "",
    ) -> Settings:
        """Return settings as plain numbers: 60 and 60.0, and numbers of numpy, are the same."""
        seconds = None if time_limit is None else float(time_limit)
        extended = "" if extend is None else _fingerprint(extend)
        return cls(float(gap), seconds, None if work_limit is None else int(work_limit), extended, decide_only)


def _fingerprint(function: Any) -> str:
    """Return the hash of what a function does: its code, and what it was made with."""
    made = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    code = getattr(function, "__code__", None)
    told = repr((getattr(function, "__qualname__", repr(function)), getattr(function, "__defaults__", None), made))
    text = b"" if code is None else code.co_code + repr((code.co_consts, code.co_names)).encode()
    named = re.sub(rb" at 0x[0-9a-f]+", b"", told.encode() + text)  # where it lies in memory says nothing of it
    return hashlib.sha256(named).hexdigest()[:16]


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
class Request:
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
            "settings": {name: value for name, value in asdict(self.settings).items() if value or name not in UNSAID},
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
    def opened(cls, path: Path, inputs: Request) -> RunFolder:
        """Return the folder of these inputs, made or resumed; `ScenarioError` if it belongs to others."""
        folder, manifest = cls(path), inputs.manifest()
        try:
            if not (path / MANIFEST).exists():
                if path.is_symlink() or (path.exists() and not (path.is_dir() and not any(path.iterdir()))):
                    what = "holds files and is no run folder" if path.is_dir() else "is a file"
                    raise ScenarioError(f"{path} {what}. Give an empty or a new folder.")
                folder._made(inputs, manifest)
                if folder.fingerprint == manifest["fingerprint"]:
                    return folder
        except OSError as error:
            raise ScenarioError(f"{path} cannot be made: {error.strerror or error}.") from None
        if folder.fingerprint != manifest["fingerprint"]:
            raise ScenarioError(
                f"{path} holds runs of other inputs (another problem, contracts, scenarios, settings or version). "
                "Give another folder, or delete this one."
            )
        folder._unchanged()
        return folder

    def _made(self, inputs: Request, manifest: dict[str, Any]) -> None:
        """Make the folder whole or not at all; one that another process has made meanwhile is as good."""
        sweep(self.path.parent)
        beside = beside_of(self.path)
        try:
            write_problem(inputs.problem, beside / "problem")
            (beside / "results").mkdir()
            write_text(beside / MANIFEST, json.dumps(manifest, indent=1))
            with suppress(OSError):
                self.path.rmdir()
            try:
                beside.rename(self.path)
            except OSError:
                if not (self.path / MANIFEST).exists():
                    raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def swept(self) -> None:
        """Remove what workers that were killed left unfinished."""
        sweep(self.path / "results")

    def _unchanged(self) -> None:
        """Raise `ScenarioError` if somebody has changed what the folder says was asked."""
        try:
            told = self.inputs().manifest()["fingerprint"]
        except (AllocoptError, OSError, ValueError, KeyError, TypeError, AttributeError):
            told = ""
        if told != self.fingerprint:
            raise ScenarioError(f"What {self.path} says was asked has been changed: delete the folder and run again.")

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the inputs, as the manifest states it."""
        try:
            return str(json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))["fingerprint"])
        except (OSError, ValueError, KeyError, TypeError):
            raise ScenarioError(f"{self.path / MANIFEST} cannot be read: delete the folder and run again.") from None

    def inputs(self) -> Request:
        """Return what the comparison was asked."""
        content = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        return Request(
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
        kept = {OUTCOME: json.dumps(outcome).encode(), SEAL: _seal(self.fingerprint, run.number, outcome, numbers)}
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), **kept})
        written_whole(self._result(run.number), lambda target: pq.write_table(table, target))

    def done(self) -> dict[int, dict[str, Any]]:
        """Return the outcomes that are there, by the numbers of their runs; what is damaged or changed is not there."""
        fingerprint = self.fingerprint
        files = sorted((self.path / "results").glob("[0-9]*.parquet"))
        found = {int(file.stem): _read(file, fingerprint) for file in files if file.stem.isdecimal()}
        return {number: answer[0] for number, answer in found.items() if answer is not None}

    def numbers(self, run: int) -> pd.DataFrame:
        """Return the numbers of one run: channel, metric, value; `ScenarioError` if they were lost or changed."""
        answer = _read(self._result(run), self.fingerprint)
        if answer is None:
            raise ScenarioError(f"{self._result(run)} has been changed or lost: compare again with this folder.")
        return answer[1]

    def _result(self, number: int) -> Path:
        return self.path / "results" / f"{number:06d}.parquet"


def _read(file: Path, fingerprint: str) -> tuple[dict[str, Any], pd.DataFrame] | None:
    """Return the outcome and numbers of a result file; None if it is damaged, changed, or another run's."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file).read()
        table.validate(full=True)
        outcome: dict[str, Any] = json.loads(table.schema.metadata[OUTCOME])
        numbers = table.to_pandas()
        sealed = table.schema.metadata[SEAL] == _seal(fingerprint, int(file.stem), outcome, numbers)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None
    return (outcome, numbers) if sealed else None


def _seal(fingerprint: str, number: int, outcome: dict[str, Any], numbers: pd.DataFrame) -> bytes:
    """Return the hash that binds an answer to its run."""
    seen = hashlib.sha256(f"{fingerprint}/{number}/{json.dumps(outcome, sort_keys=True)}".encode())
    for column in ("channel", "metric"):
        seen.update("\0".join(numbers[column].astype(str)).encode())
    seen.update(numbers["value"].to_numpy(np.float64).tobytes())
    return seen.hexdigest().encode()
