"""Contracts as YAML files: parsed with line numbers, so that every fault names its line."""

from __future__ import annotations

import dataclasses
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from allocopt.contracts.contract import ADAPTER, Contract
from allocopt.contracts.origin import Origin
from allocopt.contracts.stages import STAGES, Stage
from allocopt.errors import ContractError, Issue
from allocopt.rules import CLAUSES, Clause
from allocopt.rules.base import said


def read_contract(path: Path) -> Contract:
    """Read and check one contract file; see `Contract.read`."""
    origin = Origin(str(path), _parse(path))
    try:
        contract = ADAPTER.validate_python(_plain(origin.tree))
    except ValidationError as error:
        raise ContractError([_issue(origin, fault) for fault in error.errors()]) from None
    except ContractError as error:
        raise ContractError([_located(origin, issue) for issue in error.issues]) from None
    object.__setattr__(contract, "_origin", origin)
    return contract


def _parse(path: Path) -> Any:
    parser = YAML(typ="rt", pure=True)
    try:
        tree = parser.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContractError([_fault(path, None, "no_file", "There is no such file.")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError([_fault(path, None, "unreadable", f"It cannot be read: {error}.")]) from None
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
    place = tuple(fault["loc"])
    code, message, hint = fault["type"], said(fault), ""
    if code == "unexpected_keyword_argument":
        code, message = "unknown_key", f"There is no key {place[-1]!r} here."
        close = get_close_matches(str(place[-1]), _keys(place), n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(_keys(place))}."
    elif code in ("missing", "missing_argument"):
        code, message = "missing_key", f"The key {place[-1]!r} is missing."
    elif code == "string_type":
        hint = "Write identifiers in quotes."
    value = fault["input"] if isinstance(fault["input"], str | int | float | None) else None
    return origin.issue("", place, None if value is None else str(value), code, message, hint)


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
    place = [int(step) if step.isdigit() else step for step in (issue.column or "").split(".")]
    return origin.issue("", place, issue.value, issue.code, issue.message, issue.hint)
