"""A plan as plain values, before anything of it is believed: every fault is named at once."""

from __future__ import annotations

import math
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from allocopt.documents.characters import told
from allocopt.errors import DataError, Issue
from allocopt.plan.columnar import unpacked
from allocopt.plan.tables import BLANKS, COLUMNS, TEXTS, WHOLE

HINT = "Give what Plan.to_dict wrote, whole."
WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    dict: "a mapping",
    tuple: "a list",
}
SCHEMA_VERSION = 2
"""Of the plain form of a plan. The first one had no version, and tables as records."""
VERSION = "schema_version"
MOVED = "moved"
"""What stands beside a plan where it was compared with an earlier one; it is no part of it."""
FIRST = ("allocation", "channels", "shortfalls", "exceptions")
"""The tables of the first version."""
RENAMED = {"exceptions": {"due": "period"}}
"""Columns that the first version called otherwise."""
BOOKS = [
    *("channel", "demand", "units", "fill_rate", "revenue", "contribution", "margin", "clause_penalties"),
]
"""Columns of the profit and loss, which always has the row of the company."""
WORTH = ("objective", "contribution")
"""Sums of a plan, which are told beside what they follow from: the certificate, and the profit and loss."""
ENDLESS = "certificate"
"""Where null is a number that is not finite."""


ABOUT = {"keep_or_retire": "channel", "promotion": "promotion"}
"""What clauses that leave something open are about: the key of it."""


def checked(content: Any, shape: Mapping[str, Any], solved: Sequence[str]) -> dict[str, Any]:
    """Return the plain values of a plan; raise `DataError` with every fault if they are none.

    Parameters
    ----------
    content : object
        What somebody took for a plan.
    shape : mapping of str to type
        What each key holds, as a type; a tuple of a dataclass is a list of its fields.
    solved : sequence of str
        Statuses with which there is a certificate and every table.
    """
    if not isinstance(content, Mapping):
        raise DataError([_issue("", content, "not_a_plan", f"A plan is a mapping, not a {type(content).__name__}.")])
    issues = [issue for name, kind in shape.items() for issue in _value((name,), content, kind)]
    old = content.get(VERSION, 1) == 1
    if not old and content[VERSION] != SCHEMA_VERSION:
        said = f"It is {told(content[VERSION])}; this allocopt reads 1 and {SCHEMA_VERSION}."
        issues.append(_issue(VERSION, content[VERSION], "unknown_version", said))
    needed = FIRST if old else tuple(COLUMNS)
    issues += [
        _issue(name, None, "missing_key", f"The key {name!r} is missing.") for name in needed if name not in content
    ]
    known = (*shape, *COLUMNS, VERSION, MOVED)
    issues += [
        _issue(told(name), told(name), "unknown_key", f"There is no key {told(name)!r} here.")
        for name in content
        if name not in known
    ]
    if not issues:
        issues += _clauses(content["contract"].get("clauses", None if content["status"] in solved else []))
    if not issues and not isinstance(content["contract"].get("name"), str):
        issues.append(_issue("contract.name", None, "missing_key", "The contract has no name."))
    there = not issues and content["status"] in solved
    issues += [
        _issue(name, None, "missing_key", f"A plan that is {content['status']} has a {name}.")
        for name in ("certificate", *WORTH, *needed)
        if there and content[name] is None
    ]
    tables: dict[str, dict[str, list[Any]]] = {}
    for name in (name for name in COLUMNS if content.get(name) is not None):
        found = unpacked(content[name])
        if isinstance(found, str):
            code = "ragged" if found.startswith("Record") else "not_a_table"
            issues.append(_issue(name, content[name], code, found))
            continue
        tables[name] = _upgraded(name, found) if old else found
        issues += _table(name, tables[name])
    if there and not issues:
        issues += _worth(content, tables["channels"])
    if issues:
        raise DataError(issues)
    return {name: tables.get(name, value) for name, value in content.items() if name != MOVED}


def _upgraded(name: str, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return a table of the first version with the names and columns of today, blank where it had none."""
    names = RENAMED.get(name, {})
    columns = {names.get(column, column): values for column, values in columns.items()}
    if not columns:
        return columns
    rows = len(next(iter(columns.values())))
    told = COLUMNS[name] or list(columns)
    blank = {column: [_blank(column)] * rows for column in told if column not in (*columns, *WHOLE)}
    ordered = [column for column in told if column in columns or column in blank]
    return {column: columns.get(column, blank.get(column)) for column in [*ordered, *columns]}  # type: ignore[misc]


def _blank(column: str) -> Any:
    return "" if column in TEXTS and column not in BLANKS else None


def _worth(content: Mapping[str, Any], channels: Mapping[str, list[Any]]) -> Iterator[Issue]:
    """Yield where the two sums of a plan are not those of its certificate and its profit and loss."""
    reached = content["certificate"].get("objective")
    earned = channels["contribution"]
    booked = math.fsum(earned) if all(_fits(each, float) for each in earned) else None
    for name, other, where in zip(WORTH, (reached, booked), ("certificate", "table of channels"), strict=True):
        value = content[name]
        if not _finite(value):
            yield _issue(name, value, "not_finite", f"It must be a finite number, not {told(value)}.")
        elif other is None or not _finite(other) or not math.isclose(value, other, rel_tol=1e-9, abs_tol=1e-6):
            yield _issue(name, value, "contradiction", f"It is {told(value)}, and by the {where} it is {told(other)}.")


def _clauses(clauses: Any) -> Iterator[Issue]:
    """Yield what is no list of clauses: mappings that name their kind, and what they may leave open."""
    if not isinstance(clauses, list | tuple):
        yield _issue("contract.clauses", clauses, "wrong_kind", f"It must be a list, not {told(clauses)!r}.")
        return
    for number, clause in enumerate(clauses):
        kind = clause.get("clause") if isinstance(clause, dict) else None
        if not isinstance(kind, str) or not isinstance(clause.get(ABOUT.get(kind, "clause")), str):
            what = "a mapping with the kind of clause and what it is about"
            yield _issue(
                f"contract.clauses.{number}", clause, "wrong_kind", f"It must be {what}, not {told(clause)!r}."
            )


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that is larger than any float
        return False


def _value(place: tuple[str, ...], content: Mapping[str, Any], kind: Any) -> Iterator[Issue]:
    """Yield what is wrong with one key of a mapping."""
    name = place[-1]
    if name not in content:
        yield _issue(".".join(place), None, "missing_key", f"The key {name!r} is missing.")
        return
    value = content[name]
    if value is None and (type(None) in get_args(kind) or (kind is float and place[0] == ENDLESS)):
        return
    if _is_union(kind):
        kind = next((each for each in get_args(kind) if hasattr(each, "__dataclass_fields__")), kind)
    parts = _parts_of(kind)
    if parts is not None and isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _held((*place[:-1], f"{name}[{number}]"), each, parts)
    else:
        yield from _held(place, value, kind)


def _held(place: tuple[str, ...], value: Any, kind: Any) -> Iterator[Issue]:
    """Yield what is wrong with a value: of a dataclass, which is a mapping of its fields, or a plain one."""
    spelled = ".".join(place)
    if not hasattr(kind, "__dataclass_fields__"):
        if not _fits(value, kind):
            yield _issue(spelled, value, "wrong_kind", f"It must be {_said(kind)}, not {told(value)!r}.")
        return
    if not isinstance(value, Mapping):
        yield _issue(spelled, value, "wrong_kind", f"It must be a mapping, not {told(value)!r}.")
        return
    hints = get_type_hints(kind)
    for field in fields(kind):
        if field.name in value or (field.default is MISSING and field.default_factory is MISSING):
            yield from _value((*place, field.name), value, hints[field.name])
    for name in value:
        if name not in hints:
            yield _issue(spelled, told(name), "unknown_key", f"There is no key {told(name)!r} here.")


def _table(name: str, columns: Mapping[str, list[Any]]) -> Iterator[Issue]:
    """Yield what is wrong with the columns of one table."""
    least = COLUMNS[name] or (BOOKS if name == "channels" else ["channel"])
    empty = not columns or not len(next(iter(columns.values())))
    lost = [column for column in least if column not in columns]
    if lost and (not empty or not COLUMNS[name]):
        yield _issue(name, None, "missing_column", f"The columns {', '.join(lost)} are missing.")


def _parts_of(kind: Any) -> Any:
    """Return what a list is of; None for what is no list."""
    return get_args(kind)[0] if get_origin(kind) is tuple else None


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _fits(value: Any, kind: Any) -> bool:
    """Return whether a plain value is of a kind; a whole number is a number, true and false are none."""
    origin = get_origin(kind)
    if origin is Literal:
        return isinstance(value, str) and value in get_args(kind)
    if _is_union(kind):
        return any(_fits(value, each) for each in get_args(kind))
    if origin is dict:
        _, held = get_args(kind)
        return isinstance(value, Mapping) and all(
            isinstance(key, str) and (held is Any or _fits(each, held)) for key, each in value.items()
        )
    if origin is tuple:
        return isinstance(value, list | tuple)
    if kind in (int, float):
        return isinstance(value, (int, float) if kind is float else int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _said(kind: Any) -> str:
    """Return what a value must be, in words."""
    origin = get_origin(kind)
    if origin is Literal:
        return "one of " + ", ".join(map(repr, get_args(kind)))
    if _is_union(kind):
        return " or ".join(_said(each) for each in get_args(kind))
    return WORDS.get(origin or kind, "a mapping")


def _issue(column: str, value: Any, code: str, message: str) -> Issue:
    return Issue("plan", None, column or None, None if value is None else told(value), code, message, HINT)
