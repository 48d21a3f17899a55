"""The JSON schema of plans in plain values, from what is read and the declared columns of their tables."""

from __future__ import annotations

from typing import Any

from allocopt.documents.described import DRAFT
from allocopt.plan.columnar import FORMS
from allocopt.plan.dates import DATES, PERIODS, date_of
from allocopt.plan.plan import SOLVED
from allocopt.plan.reading import BOOKS, SCHEMA_VERSION, VERSION
from allocopt.plan.tables import BLANKS, COLUMNS, TEXTS, WHOLE

STATUSES = (*SOLVED, "infeasible", "interrupted", "error")


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of what `Plan.to_dict` returns."""
    number, text = {"type": ["number", "null"]}, {"type": "string"}
    rows = {"type": "array", "items": {"type": "object"}}
    properties: dict[str, Any] = {
        VERSION: {"const": SCHEMA_VERSION, "description": "Of this form."},
        "status": {"enum": list(STATUSES), "description": "How the call ended; tables are null in the last three."},
        "message": text | {"description": "Why there is no plan, or why it is not optimal."},
        "objective": number | {"description": "Contribution less clause penalties [currency]."},
        "contribution": number | {"description": "Contribution of all channels and the company [currency]."},
        "currency": text | {"description": "Currency of all money."},
        "contract": {"type": "object", "description": "The contract, as Contract.to_dict gives it."},
        "certificate": {"type": ["object", "null"], "description": "How good the plan is, checked without the solver."},
        "conflicts": rows | {"description": "What cannot hold together, where the plan is infeasible."},
        "broken": rows | {"description": "What retired channels had been promised."},
        "decisions": {"type": "object", "additionalProperties": {"type": "boolean"}, "description": "By their names."},
        "notes": {"type": "array", "items": text, "description": "What was rounded or left out."},
        "warnings": rows | {"description": "Oddities of the problem's tables."},
        "method": text | {"description": "How it was solved."},
        "seconds": {"type": "number", "description": "Wall time of the call."},
        "played": {"type": "boolean", "description": "Whether it was played forward period by period."},
    }
    tables = {name: {"anyOf": [{"type": "null"}, {"$ref": f"#/$defs/{name}"}]} for name in COLUMNS}
    return {
        "$schema": DRAFT,
        "title": "Plan",
        "description": "The answer to one allocation.",
        "type": "object",
        "properties": properties | tables,
        "required": [*properties, *tables],
        "$defs": {name: _table(columns or BOOKS) for name, columns in COLUMNS.items() if name != "kpis"}
        | {"kpis": _table(["channel"])},
    }


def _table(columns: list[str]) -> dict[str, Any]:
    """Return the schema of a table as plain columns, perhaps with dates, and with columns of its own."""
    told = {name: _cells(name) for name in columns}
    told |= {date_of(name): _cells(date_of(name)) for name in columns if name in PERIODS}
    return {
        "type": "object",
        "properties": {
            "rows": {"type": "integer", "minimum": 0},
            "columns": {"type": "object", "properties": told, "required": list(columns)},
        },
        "required": ["rows", "columns"],
        "additionalProperties": False,
    }


def _cells(name: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"type": ["number", "null"]}
    if name in TEXTS:
        cell = {"type": "string"}
    elif name in DATES:
        cell = {"type": ["string", "null"], "format": "date"}
    elif name in BLANKS:
        cell = {"type": ["integer", "null"]}
    elif name in WHOLE:
        cell = {"type": "integer"}
    values = {"type": "array", "items": cell}
    places = {"type": "array", "items": {"type": "integer", "minimum": 0}}
    whole = {"type": "object", "additionalProperties": False}
    packed = whole | {"properties": {"of": values, "at": places}, "required": ["of", "at"]}
    same = whole | {"properties": {"all": cell}, "required": ["all"]}
    return {"description": f"Cells: {FORMS}.", "anyOf": [values, same, packed]}
