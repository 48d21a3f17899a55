"""What all changes have in common: what they name, and which rows they are about."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, ClassVar

import numpy as np
from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from allocopt.documents.checked import STRICT, Checked
from allocopt.documents.faults import Fault, nearest, own_faults
from allocopt.errors import ScenarioError
from allocopt.problem.comparisons import BadWhereError, Compared, parse, text_of
from allocopt.problem.schema import TABLES, Column, Table
from allocopt.scenario.draft import Draft, FaultsError, Places
from allocopt.scenario.where import UnknownValueError, faults, rows

CONFIG = ConfigDict(**STRICT, populate_by_name=True)
CHANGEABLE = tuple(name for name in TABLES if name != "periods")
"""The calendar stays: a scenario changes what happens in its periods."""


def _cell(value: object) -> object:
    """Refuse what no cell can hold; write days as text."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    if value is not None and not isinstance(value, str | bool | int | float):
        raise PydanticCustomError("cell_type", "it is no cell")
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("finite_number", "it is no amount")
    return value


Text = Annotated[str, Field(min_length=0)]
Cell = Annotated[Text | Annotated[bool, Field(strict=True)] | int | float | None, BeforeValidator(_cell)]
"""What stands in one cell of a table."""


def _where(value: object) -> object:
    """Return a mapping of columns to values as text."""
    if not isinstance(value, Mapping):
        return value
    try:
        return text_of(value)
    except BadWhereError as error:
        raise own_faults([Fault((), "bad_where", str(error), error.hint)]) from None


Where = Annotated[Text, BeforeValidator(_where, json_schema_input_type=Text)]
"""Which rows: text as in files, or a mapping of columns to values."""


class BaseChange(metaclass=Checked):
    """Base of all changes.

    Attributes
    ----------
    KEY : str
        The key by which files call the change; it names the table or the column.
    """

    ERROR: ClassVar[type[ScenarioError]] = ScenarioError
    KEY: ClassVar[str]

    def __post_init__(self) -> None:
        found = list(self.faults())
        if found:
            raise own_faults(found)

    def faults(self) -> Iterator[Fault]:
        """Yield what no problem can make right."""
        raise NotImplementedError

    def make(self, draft: Draft) -> None:
        """Change the draft; `FaultsError` if it does not fit, and then the draft is as it was."""
        raise NotImplementedError

    def words(self) -> str:
        """Return the change in words."""
        raise NotImplementedError


def target_of(key: str, target: str) -> tuple[Table | None, Column | None, list[Fault]]:
    """Return the table and column that ``table.column`` names, and what is wrong with it."""
    name, dot, label = target.partition(".")
    table, wrong = table_of(key, name)
    if table is None:
        return None, None, wrong
    names = [column.name for column in table.columns]
    if not dot:
        message = f"{target!r} names no column."
        return table, None, [Fault((key,), "unknown_column", message, f"Write it as {name}.{names[-1]}.", target)]
    if label not in names:
        message = f"The table {name} has no column {label!r}."
        return table, None, [Fault((key,), "unknown_column", message, nearest(label, names), target)]
    return table, table.column(label), []


def table_of(key: str, name: str) -> tuple[Table | None, list[Fault]]:
    """Return the table of that name, and what is wrong with it."""
    if name == "periods":
        message = "The calendar stays as it is: a scenario changes what happens in its periods."
        return None, [Fault((key,), "fixed_table", message, "Shift or set the periods of rows instead.", name)]
    if name not in CHANGEABLE:
        message = f"There is no table {name!r}."
        return None, [Fault((key,), "unknown_table", message, nearest(name, CHANGEABLE), name)]
    return TABLES[name], []


def where_faults(where: str, table: Table | None) -> Iterator[Fault]:
    """Yield what is wrong with a `where` for any problem."""
    try:
        comparisons = parse(where)
    except BadWhereError as error:
        yield Fault(("where",), "bad_where", str(error), error.hint, where)
        return
    if table is not None:
        yield from faults(comparisons, table)


def matching_rows(draft: Draft, table: str, where: str) -> Places:
    """Return the rows that a `where` is about; `FaultsError` if there is none."""
    checked = draft.tables[table]
    held = np.ones(checked.length, bool)
    counts: list[tuple[Compared, int]] = []
    for each in parse(where):
        try:
            found = rows(each, checked, partial(draft.known, table=table), draft.calendar)
        except UnknownValueError as error:
            message = f"`{each.text}`: {error}."
            raise FaultsError([Fault(("where",), error.code, message, error.hint, error.value)]) from None
        counts.append((each, int(found.sum())))
        held &= found
    if held.any():
        return np.flatnonzero(held)
    if not checked.length:
        message, hint = f"The table {table} has no rows.", "Remove the change, or add rows first."
        raise FaultsError([Fault(("where",) if where else (), "no_row", message, hint, where or None)])
    told = ", ".join(f"`{each.text}` {count:,}" for each, count in counts)
    message = f"No row of {table} matches `{where.strip()}`."
    raise FaultsError([Fault(("where",), "no_row", message, f"Rows that match, each alone: {told}.", where)])


def scope(where: str) -> str:
    """Return a `where` as the end of a sentence."""
    return f" where {where.strip()}" if where.strip() else ""


def filled_rows(draft: Draft, change: BaseChange, table: str, column: str, matching: Places) -> Places:
    """Return the matching rows whose cell is not blank; the others stay so, which is told."""
    blank = np.isnan(draft.tables[table].numbers[column][matching])
    if blank.all():
        message = f"`{column}` is blank in all {len(matching):,} rows that match."
        raise FaultsError([Fault((change.KEY,), "no_row", message, "Use `set` to give it a value.", column)])
    if blank.any():
        said = f"{int(blank.sum()):,} of {len(matching):,} rows have no {column} and stay so"
        draft.remark(table, column, "blank_stays", said)
    return matching[~blank]
