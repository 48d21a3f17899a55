"""Contracts as YAML files: parsed with line numbers, so that every fault names its line."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from allocopt.contracts.contract import ADAPTER, Contract
from allocopt.contracts.stages import STAGES, Stage
from allocopt.documents.faults import issue_of, issues_of, untagged
from allocopt.documents.origin import Origin
from allocopt.documents.yaml_file import located, parse, plain
from allocopt.errors import ContractError, Issue
from allocopt.rules import CLAUSES, Clause
from allocopt.rules.kit.base import tag


def read_contract(path: Path) -> Contract:
    """Read and check one contract file; see `Contract.read`."""
    origin = parse(path, ContractError, "A contract is a mapping with at least a name.")
    try:
        contract = ADAPTER.validate_python(plain(origin.tree))
    except ValidationError as error:
        raise ContractError(issues_of(error.errors(), partial(_issue, origin))) from None
    except ContractError as error:
        raise ContractError([located(origin, issue) for issue in error.issues]) from None
    object.__setattr__(contract, "_origin", origin)
    return contract


def _issue(origin: Origin, fault: Any) -> Issue:
    """Turn one complaint of the schema into an issue with its line, and the nearest known key."""
    loc = tuple(fault["loc"])
    place = untagged(loc)
    return issue_of(fault, origin.file, origin.line(place), place, keys_at(loc))


def keys_at(place: tuple[Any, ...]) -> list[str]:
    """Return the keys that are known at a place of a contract, as the schema names it."""
    every: list[type[Clause] | type[Stage]] = [*CLAUSES, *STAGES]
    kinds = {tag(kind): kind for kind in every}
    kind: Any = kinds.get(place[2]) if len(place) > 3 else None
    if len(place) > 5:  # inside a list of parts, such as who takes demand over
        kind = getattr(kind, "PARTS", {}).get(place[3], kind)
    return [field.name for field in dataclasses.fields(kind or Contract)]
