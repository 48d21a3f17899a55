"""Contracts as YAML files: parsed with line numbers, so that every fault names its line."""

from __future__ import annotations

import dataclasses
import re
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from allocopt.contracts.contract import ADAPTER, Contract
from allocopt.contracts.origin import Origin
from allocopt.contracts.stages import STAGES, Stage
from allocopt.errors import ContractError, Issue
from allocopt.rules import CLAUSES, Clause
from allocopt.rules.faults import issue_of, issues_of


class _Constructor(RoundTripConstructor):
    """Leaves dates as text: the schema reads them, and says on which line one is none."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_yaml_str)


def read_contract(path: Path) -> Contract:
    """Read and check one contract file; see `Contract.read`."""
    origin = Origin(str(path), _parse(path))
    try:
        contract = ADAPTER.validate_python(_plain(origin.tree))
    except ValidationError as error:
        raise ContractError(issues_of(error.errors(), partial(_issue, origin))) from None
    except ContractError as error:
        raise ContractError([_located(origin, issue) for issue in error.issues]) from None
    object.__setattr__(contract, "_origin", origin)
    return contract


def _parse(path: Path) -> Any:
    parser = YAML(typ="rt", pure=True)
    parser.Constructor = _Constructor
    try:
        tree = parser.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContractError([_fault(path, None, "no_file", "There is no such file.")]) from None
    except OSError as error:
        raise ContractError([_fault(path, None, "unreadable", f"It cannot be read: {error.strerror}.")]) from None
    except UnicodeDecodeError as error:
        at = error.object.count(b"\n", 0, error.start) + 1
        raise ContractError([_fault(path, at, "bad_encoding", "It is not UTF-8 text.")]) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        said = (error.problem or "not valid YAML").split("\n")[0]
        raise ContractError([_fault(path, line, "bad_yaml", f"It is not valid YAML: {said}.")]) from None
    except YAMLError as error:
        raise ContractError([_fault(path, None, "bad_yaml", f"It is not valid YAML: {error}.")]) from None
    if not isinstance(tree, dict):
        message = "A contract is a mapping with at least a name."
        raise ContractError([_fault(path, 1, "not_a_mapping", message)])
    return tree


def _fault(path: Path, line: int | None, code: str, message: str) -> Issue:
    return Issue(str(path), line, None, None, code, message)


def _plain(node: Any) -> Any:
    """Return parsed YAML as plain dicts, lists and scalars."""
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _issue(origin: Origin, fault: Any) -> Issue:
    """Turn one complaint of the schema into an issue with its line, and the nearest known key."""
    loc = tuple(fault["loc"])
    # Between the position of a clause and its key the schema names the kind of clause.
    place = (*loc[:2], *loc[3:]) if len(loc) > 2 and loc[0] in ("clauses", "stages") else loc
    return issue_of(fault, origin.file, origin.line(place), place, _keys(loc))


def _keys(place: tuple[Any, ...]) -> list[str]:
    """Return the keys that are known at a place of a contract file."""
    every: list[type[Clause] | type[Stage]] = [*CLAUSES, *STAGES]
    kinds = {_tag(kind): kind for kind in every}
    kind = kinds.get(place[2]) if len(place) > 3 else None
    return [field.name for field in dataclasses.fields(kind or Contract)]


def _tag(kind: type[Clause] | type[Stage]) -> str:
    """Return the name by which files call a kind of clause or stage."""
    return str(dataclasses.fields(kind)[-1].default)


def _located(origin: Origin, issue: Issue) -> Issue:
    place = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", issue.column or "")]
    return origin.issue("", place, issue.value, issue.code, issue.message, issue.hint)
