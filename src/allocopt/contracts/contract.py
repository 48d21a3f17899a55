"""The contract: a named list of clauses and the stages in which the plan is optimised."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from allocopt import arguments
from allocopt.contracts.stages import STAGES, Contribution, Stage
from allocopt.documents.checked import STRICT, Day
from allocopt.documents.document import Document, adapter
from allocopt.documents.faults import spelled
from allocopt.documents.origin import Origin
from allocopt.errors import ContractError, Issue
from allocopt.problem.facts import Facts
from allocopt.problem.problem import Problem
from allocopt.problem.report import Nearest
from allocopt.rules import CLAUSES, Protect
from allocopt.rules.kit.base import Clause, tag

HOMES = {
    "regions": "the column region of demand or lanes",
    "orders": "the column order of demand",
    "promotions": "the column promotion of demand",
}
"""Where ids stand that have no table of their own."""

if TYPE_CHECKING:
    AnyClause = Clause
    AnyStage = Stage
else:
    AnyClause = Annotated[reduce(or_, CLAUSES), Field(discriminator="clause")]
    AnyStage = Annotated[reduce(or_, STAGES), Field(discriminator="stage")]


class _Known(dict[str, set[str]]):
    """The ids of each table, looked up when the first clause asks for one."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.searches: dict[str, Nearest] = {}

    def __missing__(self, table: str) -> set[str]:
        held = getattr(self.facts, table)
        self[table] = set(getattr(held, "id", held).tolist())
        return self[table]

    def near(self, table: str, name: str) -> str | None:
        """Return the id that looks most like a name, quickly among a million orders too."""
        if table not in self.searches:
            self.searches[table] = Nearest(sorted(self[table]))
        return self.searches[table].of(name)


@dataclass(frozen=True, config=STRICT)
class Contract(Document):
    """A set of rules that the channels agreed on.

    Attributes
    ----------
    name : str
        What it is called in plans and comparisons.
    clauses : tuple of Clause
        What was agreed on, such as `Protect` or `Cap`; none: physics alone.
    stages : tuple of Stage
        What is optimised first, second, ...; the whole contribution always comes last.
    owner : str
        Person who answers for the contract.
    reason : str
        Why it exists, in a sentence.
    valid_from : datetime.date or None
        First day on which it holds, judged by the problem's ``as_of``; None: no first.
    valid_to : datetime.date or None
        Last day on which it holds, judged by the problem's ``as_of``; None: no last.

    Raises
    ------
    ContractError
        If a value is wrong or a clause is said twice.

    Examples
    --------
    >>> from allocopt.rules import Protect
    >>> contract = Contract("Protect DTC", clauses=[Protect("dtc", share=0.3, of="inbound")])
    >>> contract.to_dict()["clauses"][0]["channel"]
    'dtc'
    """

    WHAT: ClassVar[str] = "contract"
    LIST: ClassVar[str] = "clauses"

    name: str
    clauses: tuple[AnyClause, ...] = ()
    stages: tuple[AnyStage, ...] = ()
    owner: Annotated[str, Field(min_length=0)] = ""
    reason: Annotated[str, Field(min_length=0)] = ""
    valid_from: Day | None = None
    valid_to: Day | None = None

    if TYPE_CHECKING:  # what is made of it is a tuple; a list will do

        def __init__(
            self,
            name: str,
            clauses: Iterable[Clause] = (),
            stages: Iterable[Stage] = (),
            owner: str = "",
            reason: str = "",
            valid_from: dt.date | str | None = None,
            valid_to: dt.date | str | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        issues = list(self._contradictions(Origin()))
        if issues:
            raise ContractError(issues)

    @classmethod
    def read(cls, path: str | Path) -> Contract:
        """Read a contract from a YAML file.

        Parameters
        ----------
        path : str or Path

        Raises
        ------
        ContractError
            Naming every fault with the file and its line: unknown keys, wrong values, a clause said twice.
        """
        return cls._of_file(arguments.path("path", path))

    @staticmethod
    def keys_at(place: tuple[Any, ...]) -> list[str]:
        """Return the keys that are known at a place of a contract: those of the clause or stage that stands there."""
        every: list[type[Clause] | type[Stage]] = [*CLAUSES, *STAGES]
        kinds = {tag(kind): kind for kind in every}
        kind: Any = kinds.get(place[2]) if len(place) > 3 else None
        if len(place) > 5:  # inside a list of parts, such as who takes demand over
            kind = getattr(kind, "PARTS", {}).get(place[3], kind)
        return [field.name for field in dataclasses.fields(kind or Contract)]

    def to_dict(self) -> dict[str, Any]:
        """Return the contract as JSON-ready values; fields that were not given are left out."""
        content: dict[str, Any] = adapter(Contract).dump_python(self, mode="json", exclude_none=True)
        return content

    def diff(self, other: Contract) -> str:
        """Return how another contract differs from this one, in words.

        Parameters
        ----------
        other : Contract

        Returns
        -------
        str
            A line for each name, date, clause and stage that is another one, with what it becomes, comes or goes; empty
            where the contracts are equal.

        Examples
        --------
        >>> from allocopt.rules import Cap
        >>> one, two = (Contract("A", clauses=[Cap("amazon", units=units)]) for units in (20, 30))
        >>> print(one.diff(two))
        cap channel amazon, units 20.0: units 20 becomes 30
        """
        from allocopt.contracts.difference import difference

        arguments.instance("other", other, Contract)
        return difference(self, other)

    @property
    def all_stages(self) -> tuple[Stage, ...]:
        """The stages as they are solved: the whole contribution comes last, so that nothing is left open."""
        if self.stages and self.stages[-1].__class__ is Contribution and self.stages[-1].channels is None:
            return self.stages
        return (*self.stages, Contribution())

    @property
    def decides_in_turn(self) -> bool:
        """Whether everything is decided by who comes first, so that no forecast is ever looked at."""
        return any(stage.IN_TURN for stage in self.stages)

    @property
    def acts_alone(self) -> bool:
        """Whether channels do not coordinate: first come, first served, or every lot is split among them for good."""
        rules = [clause for clause in self.clauses if clause.steers]
        shares = [clause.share or 0.0 for clause in rules if isinstance(clause, Protect) and clause.is_split]
        return self.decides_in_turn or (len(shares) == len(rules) and sum(shares) >= 1 - 1e-9)

    @property
    def earns_only(self) -> bool:
        """Whether its objective is the contribution, without penalties, and nothing else is optimised before."""
        penalties = any(getattr(clause, "penalty", None) for clause in self.clauses)
        return not penalties and len(self.all_stages) == 1

    def _repr_html_(self) -> str:
        who = " ".join(filter(None, (self.reason, f"Owner: {self.owner}." if self.owner else "")))
        days = [str(day) if day else "" for day in (self.valid_from, self.valid_to)]
        valid = f"Valid {' to '.join(filter(None, days))}." if any(days) else ""
        said = "".join(f"<p>{html.escape(text)}</p>" for text in (who, valid) if text)
        clauses = "".join(f"<li>{html.escape(clause.words())}</li>" for clause in self.clauses)
        stages = "; then ".join(stage.words() for stage in self.all_stages)
        rules = f"<ol>{clauses}</ol>" if clauses else "<p>No clauses: only what physics and the tables allow.</p>"
        return f"<h4>{html.escape(self.name)}</h4>{said}{rules}<p>Optimised: {html.escape(stages)}.</p>"

    def check(self, problem: Problem) -> None:
        """Raise `ContractError` with every fault if the contract does not fit the problem.

        Parameters
        ----------
        problem : Problem
            Whose ids the clauses and stages must name, and whose ``as_of`` must lie in the contract's validity.
        """
        arguments.instance("problem", problem, Problem)
        origin = self._origin
        unknown = list(self._unknown(problem, origin))
        lost = {issue.column for issue in unknown}
        issues = [*unknown, *self._misfits(problem, origin, lost), *self._expired(problem.as_of, origin)]
        if issues:
            raise ContractError(issues)

    def _misfits(self, problem: Problem, origin: Origin, lost: set[str | None]) -> Iterator[Issue]:
        """Yield what clauses ask for that the problem can never give; those with unknown ids were told already."""
        for number, clause in enumerate(self.clauses):
            place = ("clauses", number)
            if spelled(place) not in lost:
                for code, message, hint in clause.check(problem):
                    yield origin.issue(self._label, place, clause.words(), code, message, hint)
        for number, stage in enumerate(self.stages):
            weights = getattr(stage, "weights", None)
            levelled = stage.channels or problem.facts.channels.id.tolist()
            bare = [] if weights is None else [name for name in levelled if name not in weights]
            if bare:
                message = f"The weights leave out {', '.join(map(repr, bare))}, which the stage levels too."
                hint = "Give each channel a weight, or name the channels of the stage."
                yield origin.issue(self._label, ("stages", number), stage.words(), "weight_missing", message, hint)

    def _unknown(self, problem: Problem, origin: Origin) -> Iterator[Issue]:
        known = _Known(problem.facts)
        mentioned = [
            (("clauses", number), table, name)
            for number, clause in enumerate(self.clauses)
            for table, name in clause.names()
        ]
        mentioned += [
            (("stages", number), "channels", name)
            for number, stage in enumerate(self.stages)
            for name in (*(stage.channels or ()), *(getattr(stage, "weights", None) or ()))
        ]
        for place, table, name in mentioned:
            if name not in known[table]:
                close = known.near(table, name)
                home = HOMES.get(table, f"the table {table}")
                hint = f"Did you mean {close!r}?" if close else f"It must be in {home}."
                yield origin.issue(self._label, place, name, "unknown_id", f"There is no {table[:-1]} {name!r}.", hint)

    def _expired(self, as_of: dt.date | None, origin: Origin) -> Iterator[Issue]:
        if as_of is None:
            return
        first, last = self.valid_from, self.valid_to
        if first is not None and as_of < first:
            message = f"The contract holds from {first} and the problem is as of {as_of}."
            hint = "Change one of the dates."
            yield origin.issue(self._label, ("valid_from",), str(first), "not_yet_valid", message, hint)
        if last is not None and as_of > last:
            message = f"The contract held until {last} and the problem is as of {as_of}."
            yield origin.issue(self._label, ("valid_to",), str(last), "expired", message, "Renew the contract.")

    def _contradictions(self, origin: Origin) -> Iterator[Issue]:
        seen: dict[tuple[Any, ...], int] = {}
        for number, clause in enumerate(self.clauses):
            first = seen.setdefault(clause.scope(), number)
            if first != number:
                where = origin.where(("clauses", first)) or f"clause {first + 1}"
                both = f"{clause.words()}; {self.clauses[first].words()}"
                message = f"It speaks of the same thing as {where}: {both}."
                hint = "Keep one of them."
                yield origin.issue(self._label, ("clauses", number), clause.words(), "clause_twice", message, hint)
            for code, message, hint in clause.clashes(self.clauses):
                yield origin.issue(self._label, ("clauses", number), clause.words(), code, message, hint)
        if self.valid_from is not None and self.valid_to is not None and self.valid_from > self.valid_to:
            message = "It ends before it begins."
            yield origin.issue(self._label, ("valid_to",), str(self.valid_to), "dates_reversed", message, "")
