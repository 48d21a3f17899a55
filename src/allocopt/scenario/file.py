"""Scenarios as YAML files: parsed with line numbers, so that every fault names its line."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from allocopt.documents.faults import issue_of, issues_of, untagged
from allocopt.documents.origin import Origin
from allocopt.documents.yaml_file import parse, plain
from allocopt.errors import Issue, ScenarioError
from allocopt.scenario.changes import CHANGES
from allocopt.scenario.draws import Draws
from allocopt.scenario.scenario import ADAPTER, Scenario


def read_scenario(path: Path) -> Scenario:
    """Read and check one scenario file; see `Scenario.read`."""
    origin = parse(path, ScenarioError, "A scenario is a mapping with at least a name.")
    try:
        scenario = ADAPTER.validate_python(plain(origin.tree))
    except ValidationError as error:
        raise ScenarioError(issues_of(error.errors(), partial(_issue, origin))) from None
    object.__setattr__(scenario, "_origin", origin)
    return scenario


def _issue(origin: Origin, fault: Any) -> Issue:
    """Turn one complaint of the schema into an issue with its line, and the nearest known key."""
    loc = tuple(fault["loc"])
    place = untagged(loc)
    return issue_of(fault, origin.file, origin.line(place), place, keys_at(loc))


def keys_at(place: tuple[Any, ...]) -> list[str]:
    """Return the keys that are known at a place of a scenario, as the schema names it."""
    kinds = {kind.KEY: kind for kind in CHANGES}
    if place and place[0] == "draws" and len(place) > 1:
        return [field.name for field in dataclasses.fields(Draws)]
    if len(place) > 3 and place[2] in kinds:
        kind = kinds[place[2]]
        names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
        return [kind.KEY, *names[1:]]
    return [field.name for field in dataclasses.fields(Scenario)]
