"""The JSON schemas that the command line prints, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allocopt.compare import json_schema as comparison
from allocopt.contracts import Contract
from allocopt.plan import json_schema as plan
from allocopt.problem import json_schema as problem
from allocopt.scenario import Scenario

SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "contract": Contract.json_schema,
    "scenario": Scenario.json_schema,
    "problem": problem.json_schema,
    "plan": plan.json_schema,
    "comparison": comparison.json_schema,
}
