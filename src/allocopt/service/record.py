"""The record of a plan: what it was made of, with what, and how good it is, for whoever asks in a year.

Contents are told by their SHA-256: equal inputs give an equal record, but for times.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import platform
from importlib import metadata
from typing import Any

import pandas as pd

from allocopt.contracts import Contract
from allocopt.plan import Plan
from allocopt.problem.writer import digest

SOLVERS = ("highspy", "numpy", "scipy", "numba", "pandas", "pyomo")
"""Packages on which numbers depend."""


def record(plan: Plan) -> dict[str, Any]:
    """Return how a plan came to be; see `Plan.record`."""
    proof = None if plan.certificate is None else plan.certificate.to_dict()
    return {
        "status": plan.status,
        "message": plan.message,
        "objective": plan.objective if plan.solved else None,
        "contribution": plan.contribution if plan.solved else None,
        "versions": {"allocopt": metadata.version("allocopt"), "python": platform.python_version(), **_versions()},
        "problem": _problem(plan),
        "contract": _contract(plan.contract),
        "owners": _owners(plan),
        "method": plan.method,
        "attempts": [] if proof is None else proof["stages"],
        "certificate": proof,
        "conflicts": [vars(conflict) | {"against": list(conflict.against)} for conflict in plan.conflicts],
        "decisions": dict(plan.decisions),
        "notes": list(plan.notes),
        "allocation": _table_hash(plan.allocation) if plan.solved else None,
        "times": {
            "recorded": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "seconds": plan.seconds,
        },
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in SOLVERS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _problem(plan: Plan) -> dict[str, Any] | None:
    """Return what the plan is of; None where that is not known."""
    if plan.problem is None:
        return None
    problem = plan.problem
    day = None if problem.as_of is None else problem.as_of.isoformat()
    return {"name": problem.name, "as_of": day, "currency": problem.currency, "sha256": digest(problem)}


def _contract(content: dict[str, Any]) -> dict[str, Any]:
    told = json.dumps(content, sort_keys=True, ensure_ascii=True)
    said = {name: content.get(name, "") for name in ("name", "owner", "reason")}
    return {**said, "sha256": hashlib.sha256(told.encode()).hexdigest()}


def _owners(plan: Plan) -> list[dict[str, str]]:
    """Return who answers for what: the contract, its clauses, the channels; nobody who is not named."""
    agreed = Contract.from_dict(plan.contract)
    found = [("contract", agreed.name, agreed.owner)]
    found += [("clause", clause.words(), getattr(clause, "owner", "") or "") for clause in agreed.clauses]
    if plan.problem is not None:
        channels = plan.problem.facts.channels
        found += [("channel", *each) for each in zip(channels.id.tolist(), channels.owner.tolist(), strict=True)]
    return [{"kind": kind, "what": what, "owner": owner} for kind, what, owner in found if owner]


def _table_hash(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of a table: its columns and every cell, in order."""
    seen = hashlib.sha256(json.dumps(list(frame.columns)).encode())
    seen.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return seen.hexdigest()
