"""The scenario: a named, diffable set of changes to a problem."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import pandas as pd
from pydantic import Discriminator, Field, Tag
from pydantic.dataclasses import dataclass

from allocopt import arguments
from allocopt.documents.checked import NUMBER, STRICT, Many
from allocopt.documents.document import Document, adapter
from allocopt.errors import DataError, Issue, ScenarioError
from allocopt.problem.problem import Problem
from allocopt.problem.report import Report
from allocopt.scenario.change import BaseChange
from allocopt.scenario.changes import CHANGES
from allocopt.scenario.difference import difference
from allocopt.scenario.draft import Draft, FaultsError
from allocopt.scenario.draws import Draws, sample, varying
from allocopt.scenario.units import row_text

KEYS = {kind: kind.KEY for kind in CHANGES}
TOGETHER = ("min_over_units", "reserved_over_units", "duplicate_key", "unknown_id")
"""Faults that may only follow from a change that could not be made."""
_HINTS = {
    "min_over_units": "Change `min_units` as well, or leave the row out by `where`.",
    "reserved_over_units": "Change `reserved` as well, or leave the row out by `where`.",
    "not_whole": "Use `set` with a whole number.",
    "duplicate_key": "Leave one of the rows out by `where`, or change the row that is there.",
}
_LESS = "Change it by less, or leave the row out by `where`."
_WITHIN = ("date_outside_periods", "beyond_horizon")


def _change(value: Any) -> str | None:
    """Return the kind of a change: the key that files have for it, or what stands in its place."""
    if isinstance(value, Mapping):
        kinds = [key for key in value if key in KEYS.values()]
        others = [key for key in value if key not in ("by", "to", "where", "rows")]
        return str([*kinds, *others, "?"][0])
    return KEYS.get(type(value))


if TYPE_CHECKING:
    AnyChange = BaseChange
else:
    AnyChange = Annotated[reduce(or_, (Annotated[kind, Tag(kind.KEY)] for kind in CHANGES)), Discriminator(_change)]


@dataclass(frozen=True, config=STRICT)
class Scenario(Document):
    """A future to be ready for: changes to a problem, and perhaps random draws.

    Attributes
    ----------
    name : str
        What it is called in comparisons.
    changes : tuple of Scale, Put, Shift, Remove or Add
        One after the other; each sees what those before it did. None: the problem as it is.
    draws : Draws or None
        Random demand and inbound; None: as stated.
    weight : float
        How much it counts among several scenarios.
    reason : str
        Why it is looked at, in a sentence.

    Raises
    ------
    ScenarioError
        If a value is wrong; ``.issues`` names every fault.

    Examples
    --------
    >>> from allocopt.problem import Problem
    >>> from allocopt.scenario.changes import Scale
    >>> problem = Problem.from_dict({
    ...     "skus": [{"sku": "A"}],
    ...     "nodes": [],
    ...     "channels": [{"channel": "web"}],
    ...     "supply": [],
    ...     "demand": [{"sku": "A", "channel": "web", "period": 0, "units": 10, "price": 5}],
    ...     "lanes": [],
    ... })
    >>> spike = Scenario("Spike", [Scale("demand.units", by=1.5, where="channel = web")])
    >>> spike.apply(problem).demand["units"].tolist()
    [15.0]
    >>> spike.diff(problem)[["row", "column", "before", "after"]].values.tolist()
    [['sku A, channel web, period 0', 'units', 10.0, 15.0]]
    """

    ERROR: ClassVar[type[ScenarioError]] = ScenarioError
    WHAT: ClassVar[str] = "scenario"
    LIST: ClassVar[str] = "changes"

    name: str
    changes: Many[AnyChange] = ()
    draws: Draws | None = None
    weight: Annotated[float, Field(ge=0), NUMBER] = 1.0
    reason: Annotated[str, Field(min_length=0)] = ""

    @classmethod
    def read(cls, path: str | Path) -> Scenario:
        """Read a scenario from a YAML file.

        Parameters
        ----------
        path : str or Path

        Raises
        ------
        ScenarioError
            Naming every fault with the file and its line: unknown keys, tables and columns, wrong values.
        """
        return cls._of_file(arguments.path("path", path))

    @staticmethod
    def keys_at(place: tuple[Any, ...]) -> list[str]:
        """Return the keys that are known at a place of a scenario: those of the change that stands there."""
        kinds = {kind.KEY: kind for kind in CHANGES}
        if place and place[0] == "draws" and len(place) > 1:
            return [field.name for field in dataclasses.fields(Draws)]
        if len(place) > 3 and place[2] in kinds:
            kind = kinds[place[2]]
            names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
            return [kind.KEY, *names[1:]]
        return [field.name for field in dataclasses.fields(Scenario)]

    def to_dict(self) -> dict[str, Any]:
        """Return the scenario as JSON-ready values, with the keys of scenario files."""
        content: dict[str, Any] = adapter(Scenario).dump_python(self, mode="json", by_alias=True)
        for each in content["changes"]:
            if not each.get("where", "all"):
                del each["where"]
        return {key: value for key, value in content.items() if key != "draws" or value is not None}

    def _repr_html_(self) -> str:
        said = f"<p>{html.escape(self.reason)}</p>" if self.reason else ""
        changes = "".join(f"<li>{html.escape(change.words())}</li>" for change in self.changes)
        told = f"<ol>{changes}</ol>" if changes else "<p>No changes: as stated.</p>"
        drawn = "" if self.draws is None else f"<p>{self.draws.number:,} random draws.</p>"
        return f"<h4>{html.escape(self.name)}</h4>{said}{told}{drawn}<p>Weight {self.weight:g}.</p>"

    def check(self, problem: Problem) -> None:
        """Raise `ScenarioError` with every fault of every change if the scenario does not fit the problem.

        Parameters
        ----------
        problem : Problem
        """
        self._changed(problem)

    def apply(self, problem: Problem) -> Problem:
        """Return the problem with the changes made, checked like any problem; the one given stays as it is.

        Name, day, currency, number of periods and the order of rows stay. Draws are not made.

        Parameters
        ----------
        problem : Problem

        Returns
        -------
        Problem
            The very same one if there are no changes.

        Raises
        ------
        ScenarioError
            If a change does not fit, with the change, the row and what to do.
        """
        return self._changed(problem)[1]

    def draw(self, problem: Problem, number: int) -> Problem:
        """Return the problem with the changes made and one random draw of demand and inbound supply.

        Parameters
        ----------
        problem : Problem
            Before the changes.
        number : int
            Which draw, from 0; the same number gives the same draw, always.

        Raises
        ------
        ScenarioError
            If a change does not fit, or there are not so many draws.
        TypeError, ValueError
            If `number` is no whole number, or below 0.
        """
        arguments.limits(number=number)
        most = 0 if self.draws is None else self.draws.number
        if self.draws is None or not 0 <= number < most:
            what = f"It has {most} draws, counted from 0." if most else "It has no draws."
            hint = "" if most else "Give it draws."
            said = f"There is no draw {number}. {what}"
            raise ScenarioError([self._issue(("draws",), str(number), "no_draw", said, hint)])
        draft = Draft(self.apply(problem))
        sample(draft, self.draws, self.name, number)
        return Problem._of(draft.inputs(), Report())

    def diff(self, problem: Problem) -> pd.DataFrame:
        """Return what the changes change: one row per cell, and per row removed or added.

        Parameters
        ----------
        problem : Problem

        Returns
        -------
        pandas.DataFrame
            Columns change (number of the last change that touched it, from 1), table, row (its key in words),
            column, before, after. For a row that was removed or added, column is ``"(row)"``.
        """
        return difference(self._changed(problem)[0])

    def notes(self, problem: Problem) -> tuple[Issue, ...]:
        """Return what the changes did beyond their words: rounded, left alone, removed because of others.

        Parameters
        ----------
        problem : Problem

        Returns
        -------
        tuple of Issue
            Warnings with the codes ``rounded``, ``firm_stays``, ``blank_stays``, ``cascade`` and ``no_spread``.
        """
        draft, changed = self._changed(problem)
        found = [
            self._issue(
                ("changes", each.change), None, each.code, f"{self.changes[each.change].words()}: {each.message}."
            )
            for each in draft.remarks
        ]
        found += [self._issue(("draws",), None, code, message) for code, message in self._still(changed)]
        return tuple(dataclasses.replace(issue, severity="warning") for issue in found)

    def _still(self, problem: Problem) -> Iterator[tuple[str, str]]:
        """Yield what draws leave alone."""
        demand = problem._tables["demand"]
        if self.draws is None or not self.draws.demand or not demand.length:
            return
        firm = int((demand.codes["firm"] == 1).sum())
        still = demand.length - firm - int(varying(demand).sum())
        if firm:
            yield "firm_stays", f"Draws leave {firm:,} of {demand.length:,} lines alone: they are firm orders."
        if still:
            yield "no_spread", f"Draws leave {still:,} of {demand.length:,} lines alone: they state no spread (`sd`)."

    def _issue(self, place: tuple[Any, ...], value: str | None, code: str, message: str, hint: str = "") -> Issue:
        return self._origin.issue(self._label, place, value, code, message, hint)

    def _changed(self, problem: Problem) -> tuple[Draft, Problem]:
        """Make the changes and check what comes out."""
        arguments.instance("problem", problem, Problem)
        draft = Draft(problem)
        issues: list[tuple[int, Issue]] = []
        for number, each in enumerate(self.changes):
            draft.change = number
            try:
                each.make(draft)
            except FaultsError as error:
                issues += [
                    (number, self._issue(("changes", number, *key), value, code, message, hint))
                    for key, code, message, hint, value in error.faults
                ]
        changed = problem
        if draft.touches:
            try:
                changed = Problem._of(draft.inputs(), Report())
            except DataError:
                issues += self._spoiled(draft, certain=not issues)
        if issues:
            raise ScenarioError([issue for _, issue in sorted(issues, key=lambda entry: entry[0])])
        return draft, changed

    def _spoiled(self, draft: Draft, *, certain: bool) -> Iterator[tuple[int, Issue]]:
        """Yield the faults of the changed tables, each at the change that last touched its row.

        Alike faults of one change and column are told once, at the first of their rows.
        """
        try:
            Problem._of(draft.inputs(positions=True), Report(row_by_row=True))
        except DataError as error:
            faults = [issue for issue in error.issues if certain or issue.code not in TOGETHER]
        groups: dict[tuple[int, str, str | None, str], list[Issue]] = {}
        for fault in faults:
            number = _culprit(draft, fault)
            groups.setdefault((number, fault.table, fault.column, fault.code), []).append(fault)
        for (number, table, _, code), alike in groups.items():
            fault = alike[0]
            key: tuple[Any, ...] = ()
            row = ""
            if isinstance(fault.row, int):
                row = f" ({_called(draft, fault)})"
                key = _added(draft, table, fault.row, number, fault.column)
            rows = sum(issue.row is not None for issue in alike)
            more = "" if len(alike) == 1 else f" So it is in {'more than ' * (rows < len(alike))}{rows} rows."
            hint = fault.hint if key else _HINTS.get(code, _LESS)
            if key and code in _WITHIN:
                hint = "Give the problem a longer horizon, or the row an earlier period."
            message = f"{table}{row}: {_told(draft, fault)}{more}"
            yield number, self._issue(("changes", number, *key), fault.value, code, message, hint)


def _told(draft: Draft, fault: Issue) -> str:
    """Return what is wrong; rows that are alike are called by their key, as everywhere here."""
    if fault.code == "duplicate_key":
        return "there are two such rows now."
    return fault.message


def _called(draft: Draft, fault: Issue) -> str:
    """Return how the row of a fault is called: as before the scenario, since that is what its author knows."""
    before, row = draft.problem._tables[fault.table], int(draft.ids[fault.table][int(fault.row or 0)])
    if row < before.length and fault.code != "duplicate_key":
        return row_text(before, row)
    return row_text(draft.tables[fault.table], int(fault.row or 0))


def _culprit(draft: Draft, fault: Issue) -> int:
    """Return the change that last touched the row of a fault."""
    touches = [touch for touch in draft.touches if touch.table == fault.table]
    if isinstance(fault.row, int):
        row = draft.ids[fault.table][fault.row]
        touches = [touch for touch in touches if row in touch.ids] or touches
    return (touches or draft.touches)[-1].change


def _added(draft: Draft, table: str, position: int, number: int, column: str | None) -> tuple[Any, ...]:
    """Return where in its change a row is spelled out, if that change added it."""
    row = int(draft.ids[table][position])
    for touch in draft.touches:
        if touch.change == number and touch.table == table and touch.column is None and row in touch.ids:
            return ("rows", row - int(touch.ids[0]), *([column] if column else []))
    return ()
