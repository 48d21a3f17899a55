"""What a rule is, and the clauses that contracts are made of.

A rule changes the facts (`Rule.revise`), takes arcs away (`Rule.forbid`), adds variables, rows and money
(`Rule.state`), or reports what in a plan needs a person (`Rule.exceptions`). Physics rules follow from the problem
alone; clause rules also need the contract's clauses of their kind, each with its number in the contract.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from pydantic.dataclasses import dataclass as pydantic_dataclass

from allocopt.algebra.formulation import Formulation, Sum, Variable
from allocopt.algebra.labels import Codes
from allocopt.arcs import Arcs, expand
from allocopt.documents.checked import STRICT, Checked
from allocopt.problem.facts import Facts, Flags, Floats
from allocopt.rules.kit.exceptions import Exceptions, Outcome
from allocopt.rules.kit.shortage import CODES

if TYPE_CHECKING:
    from allocopt.problem.problem import Problem

Base = Literal["supply", "on_hand", "inbound", "demand"]
"""What a share is a share of; lots on hold and safety lots are never part of it."""


NAMING = (
    ("channel", "channels"),
    ("channels", "channels"),
    ("against", "channels"),
    ("sku", "skus"),
    ("skus", "skus"),
    ("node", "nodes"),
    ("region", "regions"),
    ("order", "orders"),
    ("promotion", "promotions"),
)
"""Fields of clauses that hold ids, and what these are ids of."""
Misfit = tuple[str, str, str]
"""Code, message and hint."""


@pydantic_dataclass(frozen=True, config=STRICT, kw_only=True)
class Clause(metaclass=Checked):
    """A sentence of a contract: one thing that the channels agreed on."""

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "sku", "node")
    """Fields that say what the clause is about: two clauses alike in them contradict each other."""
    PARTS: ClassVar[dict[str, type]] = {}
    """Fields that are lists of parts with keys of their own."""
    FAVOURS: ClassVar[bool] = False
    """Whether it is a promise in favour of its channel: it lapses when the channel is retired."""
    OPENS: ClassVar[bool] = False
    """Whether it changes what there is to win (stock, demand, a decision); the others only take something away."""
    STEERS: ClassVar[bool] = True
    """Whether a plan can be another one because of it; the others only report."""

    @property
    def steers(self) -> bool:
        """Whether a plan can be another one because of this very clause."""
        return self.STEERS

    @property
    def opens(self) -> bool:
        """Whether this very clause changes what there is to win."""
        return self.OPENS

    def scope(self) -> tuple[Any, ...]:
        """Return what the clause is about, to tell a clause that is said twice."""
        said = (getattr(self, name) for name in self.SCOPE)
        return (type(self).__name__, *(_alike(one) for one in said))

    def words(self) -> str:
        """Return the clause as a short phrase, for messages."""
        given = (
            (field.name, getattr(self, field.name))
            for field in dataclasses.fields(self)
            if field.name != "clause" and getattr(self, field.name) != field.default
        )
        said = ", ".join(f"{_plain(name)} {_spoken(v)}" for name, v in given)
        return f"{_plain(getattr(self, 'clause', 'clause'))} {said}".rstrip()

    def about(self, facts: Facts, clauses: Sequence[Clause], label: Mapping[str, Any]) -> str:
        """Return what one of its rows is about, where the row's label does not say all that a person would change."""
        return ""

    def clashes(self, clauses: Sequence[Clause]) -> Iterator[Misfit]:
        """Yield (code, message, hint) for what in the other clauses of a contract it cannot stand beside."""
        return iter(())

    @property
    def whose(self) -> tuple[str, ...]:
        """The channels that its field `channel` names; none where it speaks of all."""
        named: str | tuple[str, ...] | None = getattr(self, "channel", None)
        return () if named is None else (named,) if isinstance(named, str) else tuple(named)

    def concerns(self, facts: Facts) -> tuple[str, ...]:
        """Return the channels whose owners could do without it, given the facts before any contract changes them."""
        return self.whose

    def lapses(self, gone: AbstractSet[str]) -> bool:
        """Return whether it is a promise to channels that are all gone."""
        return self.FAVOURS and bool(self.whose) and set(self.whose) <= gone

    def narrowed(self, gone: AbstractSet[str]) -> Self:
        """Return a promise to several channels as one to those that stay; any other clause as it is."""
        if not self.FAVOURS or len(self.whose) < 2 or gone.isdisjoint(self.whose):
            return self
        stay: Any = {"channel": tuple(name for name in self.whose if name not in gone)}
        return dataclasses.replace(self, **stay)

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield every (table, id) that the clause mentions."""
        for field, table in NAMING:
            value = getattr(self, field, None)
            for name in (value,) if isinstance(value, str) else value or ():
                yield table, name

    def lines(self, facts: Facts) -> Flags | Codes | None:
        """Return the demand lines that it needs, as a mask or as positions; None: it may be without."""
        return None

    def grown(self, units: float) -> Self | None:
        """Return the clause with so many more units in the quantity that it states; None where it states none so.

        Raises
        ------
        ValueError
            If that would be less than nothing.
        """
        stated: float | None = getattr(self, "units", None)
        if stated is None:
            return None
        if stated + units < 0:
            raise ValueError(f"{self.words()} states {stated:,.10g}: {-units:,.10g} less would be less than nothing")
        changed: Any = {"units": stated + units}
        return dataclasses.replace(self, **changed)

    def check(self, problem: Problem) -> Iterator[Misfit]:
        """Yield why the clause can never hold for a problem that has all its ids: that it has no line, if so.

        Yields
        ------
        (code, message, hint)
            A name for machines, what is wrong with the numbers, and what to do.
        """
        lines = self.lines(problem.facts)
        if lines is not None and not len(problem.facts.lines.sku[lines]):
            yield "no_line", "It matches no demand line.", "Widen what it speaks of, or take it out."


def tag(kind: type) -> str:
    """Return the name by which files call a kind of clause or stage."""
    return str(dataclasses.fields(kind)[-1].default)


def _alike(value: Any) -> Any:
    """Return a value so that those that mean the same are the same: names in whatever order."""
    if isinstance(value, dict):
        return tuple(value.items())
    return tuple(sorted(value)) if isinstance(value, tuple) else value


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _spoken(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


Numbered = Sequence[tuple[int, Any]]
"""Clauses of one kind, each with its position in the contract."""


@dataclass(frozen=True)
class Statement:
    """A program being stated: the formulation, the arcs that are left, and their variable.

    Attributes
    ----------
    form : Formulation
    arcs : Arcs
    ship : Variable
        Units on each arc [unit].
    switch : Variable or None
        The decisions in ``facts.switches``, on (1) or off (0); None where there are none.
    more : mapping of int to float
        What if: how many units more some clauses, by their position, state in each of their limits [unit].
    """

    form: Formulation
    arcs: Arcs
    ship: Variable
    switch: Variable | None = None
    more: Mapping[int, float] = dataclasses.field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        """The problem's arrays."""
        return self.arcs.facts

    def booked(self, amount: float, channel: int = -1) -> Floats:
        """Return money of one channel, or of the company, as `Money.constant` holds it [currency]."""
        constant = np.zeros(len(self.facts.channels.id) + 1)
        constant[channel] = amount
        return constant

    def shipped(self, line: Codes, row: Codes) -> Sum:
        """Return the sum in which what ships to demand line ``line[i]`` counts in row ``row[i]``, in whatever order."""
        first, last = np.searchsorted(self.arcs.line, [line, line + 1])
        entry, rank = expand(last - first)
        return Sum.of(self.ship, row[entry], first[entry] + rank)


class Rule:
    """A rule of the library; subclasses say what it forbids and what it adds.

    Attributes
    ----------
    name : str
        Also the name of its rows; that of its clause in contract files, unless said otherwise.
    clause : type or None
        Kind of clause that calls it up; None: physics, always there.
    reads : type or None
        Which clauses it is given, where these are more than those of its kind.
    reasons : dict of str to str
        Codes and words of the reasons for which it takes arcs away.
    short : str
        Code that lines are short for where the rule keeps them so, one of `rules.kit.shortage.CODES`; ``""``: it never
        does, whatever it takes away or limits.
    shut : str
        The code where the limit of a row of it is nothing at all; ``""``: the same.
    quantities : bool
        Whether the limits of its rows are quantities that its clauses state, of which there can be more or less.
    """

    name: ClassVar[str]
    clause: ClassVar[type[Clause] | None] = None
    reads: ClassVar[type[Clause] | None] = None
    reasons: ClassVar[dict[str, str]] = {}
    short: ClassVar[str] = ""
    shut: ClassVar[str] = ""
    quantities: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if cls.clause is not None and "name" not in vars(cls):
            cls.name = tag(cls.clause)

    def revise(self, facts: Facts, clauses: Numbered, note: Callable[[str, str], None]) -> Facts:
        """Return the facts as its clauses change them before arcs are built; `note` takes a code and a sentence."""
        return facts

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs that the rule leaves."""
        return arcs

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the rule's variables, rows and money."""

    def alone(self, clause: Any) -> bool:
        """Return whether a contract without a clause of it is the same but for the rows of the clause."""
        return False

    def why(self, facts: Facts, clause: Any) -> str:
        """Return, as the middle of a sentence, why a line is short because of a clause of it (None: of physics)."""
        return CODES[self.short][1] if clause is None else f"the contract says: {clause.words()}"

    def limit(self, label: tuple[Any, ...], most: float) -> str:
        """Return a row of it in words, given the row's label and its upper limit; ``""``: `why` says it all."""
        return ""

    def promised(self, facts: Facts, clause: Any) -> float:
        """Return how many units a clause promises its channel, where that can be counted in units [unit]."""
        return 0.0

    def exceptions(self, outcome: Outcome, clauses: Numbered) -> Iterator[Exceptions]:
        """Yield what in a plan needs a person."""
        yield from ()
