"""Mappings as YAML files, by name, or as mappings in Python; every fault names its line."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from allocopt.documents.described import DRAFT
from allocopt.documents.faults import Fault, issue_of, issues_of, nearest
from allocopt.documents.origin import SUFFIXES, Origin
from allocopt.documents.yaml_file import parse, plain
from allocopt.errors import DataError, Issue
from allocopt.problem.comparisons import BadWhereError
from allocopt.problem.mapping.formula import SHAPE as ARITHMETIC
from allocopt.problem.mapping.formula import Formula, FormulaError
from allocopt.problem.mapping.shape import SEPARATORS, TAGS, Entry, Join, Query, Summing
from allocopt.problem.mapping.where import understood
from allocopt.problem.report import did_you_mean
from allocopt.problem.schema import TABLES, Table
from allocopt.problem.weeks import Every

SHIPPED = Path(__file__).parent / "shipped"
USE, CALENDAR = "use", "calendar"
FILE_WIDE = ("date", "decimal", "separator", "encoding")
"""What a mapping may say once, of all its entries and of those that it uses, where these do not say it themselves."""
EVERY: tuple[Every, ...] = ("day", "week", "month")
SHAPE = "A mapping says of each table which file it comes from, such as `demand: {from: orders.csv}`."
ADAPTER = TypeAdapter(Entry)
DEEP = 5
"""Mappings that use each other."""


class Part(NamedTuple):
    """One entry: what makes some rows of a table, and where it was written."""

    table: Table
    entry: Entry
    origin: Origin
    place: tuple[str | int, ...]

    def issue(self, place: Sequence[str | int], code: str, message: str, hint: str = "") -> Issue:
        """Return a fault of the entry, with its line."""
        return self.origin.issue("mapping", (*self.place, *place), None, code, message, hint)


class MappingFile(NamedTuple):
    """All entries, and how long the periods are that dates make."""

    parts: tuple[Part, ...]
    every: Every | None


def names() -> list[str]:
    """Return the names of the mappings that come with allocopt."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def called(name: str) -> list[str]:
    """Return the shipped mappings that a name means: one, or all of a program, as ``shopify``."""
    return [known for known in names() if known == name or known.startswith(f"{name}_")]


def read_mapping(given: Any, folder: Path, depth: int = 0) -> MappingFile:
    """Return the entries of a mapping.

    Parameters
    ----------
    given : str, Path, mapping, or sequence of these
        A YAML file (also one in the folder), a shipped name or its program (`called`), or the content as such a file
        has it.
    folder : Path
        Where files are looked for that are not there as they are named.

    Raises
    ------
    DataError
        With every fault, and its line.
    """
    if isinstance(given, Mapping):
        return _of(Origin("", dict(given)), folder, depth)
    if isinstance(given, Sequence) and not isinstance(given, str):
        plans = [read_mapping(each, folder, depth) for each in given]
        return _joined(plans)
    found = [_of(parse(path, DataError, SHAPE), path.parent, depth) for path in _found(str(given), folder)]
    return _joined(found)


def _joined(plans: Sequence[MappingFile]) -> MappingFile:
    every = [plan.every for plan in plans if plan.every is not None]
    return MappingFile(tuple(part for plan in plans for part in plan.parts), every[0] if every else None)


def _found(name: str, folder: Path) -> list[Path]:
    """Return the file that a mapping is called by, or the files of a program."""
    for path in (Path(name), folder / name):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            return [path]
    if shipped := called(name):
        return [SHIPPED / f"{each}.yaml" for each in shipped]
    known = names()
    programs = sorted({each.partition("_")[0] for each in known})
    message = f"There is no mapping {name!r}. {did_you_mean(name, [*programs, *known])}".strip()
    hint = f"Give a YAML file, or one of: {', '.join([*programs, *known])}."
    raise DataError([Issue("mapping", None, None, name, "unknown_mapping", message, hint)])


def _of(origin: Origin, folder: Path, depth: int) -> MappingFile:
    """Return the entries of one file, those that it uses first."""
    content = plain(origin.tree)
    issues: list[Issue] = []
    parts: list[Part] = []
    used: list[MappingFile] = []
    for key, value in content.items():
        if key == USE:
            try:
                used.append(_used(value, origin, folder, depth))
            except DataError as error:
                issues += error.issues
        elif key == CALENDAR:
            if value not in EVERY:
                message, hint = f"It is {value!r}, and no length of periods.", f"Write one of: {', '.join(EVERY)}."
                issues.append(origin.issue("mapping", (key,), str(value), "literal_error", message, hint))
        elif key in TABLES:
            _read(key, value, origin, parts, issues)
        elif key not in FILE_WIDE:
            known = (*TABLES, USE, CALENDAR, *FILE_WIDE)
            message = f"There is no table {key!r}."
            issues.append(origin.issue("mapping", (key,), key, "unknown_table", message, nearest(key, known)))
    wide = _wide(content, origin, issues)
    if not content:
        issues.append(Issue(origin.file or "mapping", 1, None, None, "empty_file", "The mapping says nothing.", SHAPE))
    if issues:
        raise DataError(sorted(issues, key=lambda issue: (issue.table, issue.row if isinstance(issue.row, int) else 0)))
    every = content.get(CALENDAR)
    own = MappingFile(tuple(parts), every)
    whole = _joined([own, *used] if every else [*used, own])
    return whole._replace(parts=tuple(part._replace(entry=_spread(part.entry, wide)) for part in whole.parts))


def _wide(content: dict[Any, Any], origin: Origin, issues: list[Issue]) -> dict[str, Any]:
    """Return what a file says once for all entries, checked as an entry's own would be."""
    said = {key: content[key] for key in FILE_WIDE if key in content}
    try:
        entry = ADAPTER.validate_python({"from": "*", **said})
    except ValidationError as error:
        issues += issues_of(error.errors(), partial(_issue, origin, ()))
        return {}
    found = [fault for fault in faults(next(iter(TABLES.values())), entry) if fault.key[0] in said]
    issues += [origin.issue("mapping", each.key, each.value, each.code, each.message, each.hint) for each in found]
    return {key: getattr(entry, key) for key in said}


def _spread(entry: Entry, wide: dict[str, Any]) -> Entry:
    """Return an entry, and its joins, with what was said once where they say nothing themselves."""
    joins = tuple(_filled(join, wide) for join in entry.join)
    whole: Entry = _filled(entry, wide, join=joins)
    return whole


def _filled(one: Any, wide: dict[str, Any], **changes: Any) -> Any:
    """Return a copy; what was checked is not checked again, as `replace` would, by the names that files use."""
    made = copy(one)
    changes |= {key: value for key, value in wide.items() if hasattr(one, key) and not getattr(one, key)}
    for key, value in changes.items():
        object.__setattr__(made, key, value)
    return made


def _used(value: Any, origin: Origin, folder: Path, depth: int) -> MappingFile:
    wanted = [value] if isinstance(value, str) else value
    if not isinstance(wanted, list) or not all(isinstance(name, str) and name for name in wanted):
        hint = f"Write a list of YAML files and names, such as [{', '.join(names()[:2])}]."
        raise DataError([origin.issue("mapping", (USE,), None, "wrong_type", "It names mappings.", hint)])
    if depth > DEEP:
        raise DataError([origin.issue("mapping", (USE,), None, "too_deep", "Mappings use each other in a circle.", "")])
    return read_mapping(wanted, folder, depth + 1)


def _read(table: str, value: Any, origin: Origin, parts: list[Part], issues: list[Issue]) -> None:
    """Read the entry of a table, or the list of its entries."""
    several = isinstance(value, list)
    for number, content in enumerate(value if several else [value]):
        place: tuple[str | int, ...] = (table, number) if several else (table,)
        try:
            entry = ADAPTER.validate_python({"from": content} if isinstance(content, str) else content)
        except ValidationError as error:
            issues += issues_of(error.errors(), partial(_issue, origin, place))
            continue
        part = Part(TABLES[table], entry, origin, place)
        issues += [
            origin.issue("mapping", (*place, *fault.key), fault.value, fault.code, fault.message, fault.hint)
            for fault in faults(TABLES[table], entry)
        ]
        parts.append(part)


def _issue(origin: Origin, place: tuple[str | int, ...], fault: Any) -> Issue:
    """Turn one complaint of the shape into an issue with its line, and the nearest known key."""
    inner = [step for step in fault["loc"] if step not in TAGS]
    kind: Any = {"join": Join, "from": Query, "sum": Summing}.get(str(inner[0]) if len(inner) > 1 else "", Entry)
    known = ["from" if each.name == "source" else each.name for each in dataclasses.fields(kind)]
    where = (*place, *inner)
    return issue_of(fault, origin.file or "mapping", origin.line(where), where, known)


def faults(table: Table, entry: Entry) -> Iterator[Fault]:
    """Yield what is wrong with an entry of a table, whatever the files hold."""
    columns = [column.name for column in table.columns]
    targets = [("rename", theirs, ours) for theirs, several in entry.rename.items() for ours in several]
    targets += [("constant", ours, ours) for ours in entry.constant] + [
        ("formula", ours, ours) for ours in entry.formula
    ]
    kinds: dict[str, str] = {}
    for key, place, ours in targets:
        if ours not in columns:
            message = f"The table {table.name} has no column {ours!r}."
            yield Fault((key, place), "unknown_column", message, nearest(ours, columns), ours)
        elif kinds.setdefault(ours, key) != key:
            message = f"`{ours}` stands under {kinds[ours]} as well."
            yield Fault((key, place), "duplicate_column", message, "Keep one of the two.", ours)
    for ours, text in entry.formula.items():
        try:
            Formula(text)
        except FormulaError as error:
            yield Fault(("formula", ours), "bad_formula", f"The formula {error}.", ARITHMETIC, text)
    if isinstance(entry.where, str):
        try:
            understood(entry.where)
        except BadWhereError as error:
            yield Fault(("where",), "bad_where", str(error), error.hint, entry.where)
    for ours in entry.sum.average if isinstance(entry.sum, Summing) else ():
        if ours not in columns or table.column(ours).type not in ("number", "whole"):
            amounts = [column.name for column in table.columns if column.type in ("number", "whole")]
            message = f"`{ours}` is no amount of the table {table.name}."
            yield Fault(("sum", "average", ours), "unknown_column", message, nearest(ours, amounts), ours)
    stated: dict[tuple[str | int, ...], str] = {("separator",): entry.separator}
    stated |= {("join", number, "separator"): join.separator for number, join in enumerate(entry.join)}
    for where, text in stated.items():
        if len(SEPARATORS.get(text, text)) > 1:
            message = f"{text!r} is more than one character."
            yield Fault(where, "bad_separator", message, f"Write one, or one of: {', '.join(SEPARATORS)}.", text)


def _once(said: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a key of entries, as it is where a file says it once."""
    ending = "Of all entries that do not say it themselves, those of `use` included."
    return {**said, "description": f"{said['description']} {ending}"}


def schema() -> dict[str, Any]:
    """Return the JSON schema of mapping files."""
    found = ADAPTER.json_schema()
    parts = found.pop("$defs", {})
    one = {"$ref": "#/$defs/Entry"}
    entries = {"anyOf": [one, {"type": "string"}, {"type": "array", "items": {"anyOf": [one, {"type": "string"}]}}]}
    return {
        "$schema": DRAFT,
        "title": "Mapping",
        "description": "How files of other programs become the tables of a problem.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            USE: {
                "description": "Mappings that this one adds to: YAML files, or names of those that come with allocopt.",
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            },
            CALENDAR: {"description": "How long the periods are that dates make.", "enum": list(EVERY)},
            **{key: _once(found["properties"][key]) for key in FILE_WIDE},
            **{name: {"description": table.meaning, **entries} for name, table in TABLES.items()},
        },
        "$defs": {**parts, "Entry": found},
    }
