"""The plan: the answer to one allocation, checked, with its tables made on first use."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, field, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from allocopt.errors import Issue, SolveError
from allocopt.plan.answer import Answer
from allocopt.plan.beside import Beside
from allocopt.plan.conflict import Conflict
from allocopt.plan.dates import with_dates
from allocopt.plan.decided import decision_words
from allocopt.plan.further import Further
from allocopt.plan.making import MAKERS, TABLES, made
from allocopt.plan.proof import PlanCertificate
from allocopt.plan.questions import Questions, costliest
from allocopt.plan.reading import WORTH, checked
from allocopt.plan.rooms import asked
from allocopt.plan.shown import Shown
from allocopt.plan.tables import records
from allocopt.plan.travel import missing, read_tables, told_tables
from allocopt.plan.worth import Worth
from allocopt.rules.kit.broken import Broken
from allocopt.words import decimal, percent

Status = Literal["optimal", "feasible", "infeasible", "interrupted", "error"]
SOLVED = ("optimal", "feasible")
"""What the status of a plan is that has a checked answer."""


@dataclass(frozen=True, eq=False)
class Plan(Further, Questions, Shown, Worth, Beside):
    """The answer to one allocation.

    Attributes
    ----------
    status : {"optimal", "feasible", "infeasible", "interrupted", "error"}
        ``"feasible"``: checked, but the gap is above the target. The last three have no tables.
    message : str
        Why there is no plan, or why it is not optimal.
    certificate : PlanCertificate or None
        How good the plan is, checked without the solver.
    contract : dict
        The contract, as `Contract.to_dict` gives it.
    currency : str
    conflicts : tuple of Conflict
        The smallest repair and what stands against it, where the contract is infeasible.
    broken : tuple of Broken
        What retired channels had been promised: clauses that lapse and commitments that are not kept.
    decisions : dict of str to bool
        What the contract left to the optimiser, and whether it is on: ``"keep/amazon"``, ``"run/HOLIDAY-26"``.
    notes : tuple of str
        What was rounded or left out while the program was stated.
    warnings : tuple of Issue
        Oddities of the problem's tables.
    method : str
        How it was solved.
    seconds : float
        Wall time of the call.
    played : bool
        Whether it was played forward period by period, so that nobody could have planned it as a whole.
    answer : Answer or None
        The numbers behind the tables; None where there is no plan, or it was read from a file.
    stored : dict of str to DataFrame or None
        The tables of a plan that was read from a file.
    problem : Problem or None
        What it is a plan of; None where the plan was read from a file, until it is attached.
    program : Stated or None
        The program as it was stated, for `model`; None where the plan was read from a file.
    allocation, channels, shortfalls, exceptions, stock, exposure, kpis : DataFrame
        The tables. Of shortfalls: one row per line and reason, units adding up. Columns are sku, channel, region,
        order, line, due, wanted and served [unit]; units short for this reason [unit], reason (a code, see the guide),
        sentence, worth of one more unit if the reason were lifted [currency/unit], clause (its position in the
        contract, -1: none), what (the clause or the rows of tables behind it) and owner (who could help).

    Notes
    -----
    A plan holds numbers and no functions: it can be pickled and copied. What it is asked for and has to be worked out
    is looked up then, in `allocopt.plan.rooms`.
    """

    status: Status
    message: str
    certificate: PlanCertificate | None
    contract: dict[str, Any]
    currency: str = ""
    conflicts: tuple[Conflict, ...] = ()
    broken: tuple[Broken, ...] = ()
    decisions: dict[str, bool] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[Issue, ...] = ()
    method: str = ""
    seconds: float = 0.0
    played: bool = False
    answer: Answer | None = None
    stored: dict[str, pd.DataFrame] | None = None
    problem: Any = None
    program: Any = None

    @property
    def solved(self) -> bool:
        """Whether there is a checked answer: the status is ``"optimal"`` or ``"feasible"``."""
        return self.status in SOLVED

    def raise_for_status(self) -> None:
        """Raise `SolveError` unless the plan has a checked answer."""
        if not self.solved:
            raise SolveError(f"There is no plan ({self.status}): {self.message}")

    @property
    def objective(self) -> float:
        """Contribution less clause penalties [currency]."""
        return self.proof.objective

    @property
    def proof(self) -> PlanCertificate:
        """The certificate of a plan that has an answer; `SolveError` where there is none."""
        self.raise_for_status()
        assert self.certificate is not None
        return self.certificate

    @property
    def contribution(self) -> float:
        """Contribution of all channels and the company [currency]."""
        return float(self.channels["contribution"].sum())

    @property
    def model(self) -> Any:
        """The Pyomo model of this plan (a ``ConcreteModel``) with its values, built on first use.

        ``model.dual`` holds the multipliers of its constraints, where the plan has any.
        """
        return self._model

    def summary(self) -> str:
        """Return the plan in a few lines of text."""
        if not self.solved:
            lines = [f"{self.contract['name']}: no plan ({self.status}): {self.message}."]
            if self.conflicts:
                lines.append("A plan would exist if these gave way by so much:")
            return "\n".join([*lines, *(f"  {found.words()}" for found in self.conflicts)])
        proof, frame, unit = self.proof, self.channels, f" {self.currency}" if self.currency else ""
        demand, units = frame["demand"].sum(), frame["units"].sum()
        filled = f", {units / demand:.1%} of" if demand else " of"
        text = [
            f"{self.contract['name']}: contribution {self.contribution:,.2f}{unit}, "
            f"{units:,.0f} units served{filled} {demand:,.0f} wanted ({self.status}).",
        ]
        penalties = frame["clause_penalties"].sum()
        if penalties:
            text.append(f"Clause penalties {penalties:,.2f}{unit}: objective {self.objective:,.2f}{unit}.")
        if math.isfinite(proof.bound):
            text.append(
                f"No plan under this contract earns more than {proof.bound:,.2f}{unit} "
                f"(gap {percent(proof.gap)}; worst violation {decimal(proof.violation)})."
            )
        text += [
            f"  {row['channel']}: {row['units']:,.0f} of {row['demand']:,.0f} units ({row['fill_rate']:.1%}), "
            f"contribution {row['contribution']:,.2f}{unit}"
            for row in records(frame)
            if row["demand"]
        ]
        company = frame["contribution"].iloc[-1]
        if abs(company) >= 0.005:
            what = "holding, write-down of unsold stock" + (", promotions" if "promotion_cost" in frame else "")
            text.append(f"  company ({what}): {company:,.2f}{unit}")
        text += [f"Decided: {words}" for words in decision_words(self.decisions, self.contract["clauses"])]
        text += [f"Broken as {broken.channel} is retired: {broken.words()}" for broken in self.broken]
        if len(self.exceptions):
            text.append(_told(self.exceptions))
        text += costliest(self.shortfalls)
        text += [f"Note: {note}" for note in self.notes]
        if self.warnings:
            many = "1 warning" if len(self.warnings) == 1 else f"{len(self.warnings)} warnings; the first"
            text.append(f"{many}: {self.warnings[0]}")
        return "\n".join(text)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON-ready values: tables as plain columns; see `allocopt.plan.columnar`."""
        solved = self.solved
        frames = {name: self._frame(name) if solved else None for name in TABLES if not solved or self._has(name)}
        told = {name: None if name in WORTH and not solved else _plain(getattr(self, name)) for name in SHAPE}
        return told | told_tables(frames)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Plan:
        """Return the plan that `to_dict` wrote: its tables and certificate, without a Pyomo model.

        Raises
        ------
        DataError
            If it is no such plan, naming every fault: missing and unknown keys, values of another kind, records with
            other columns, sums that contradict the tables.
        """
        content = checked(content, SHAPE, SOLVED)
        told, proof = {name: content[name] for name in SHAPE if name not in WORTH}, content["certificate"]
        told |= {
            "certificate": None if proof is None else PlanCertificate.from_dict(proof),
            "conflicts": tuple(Conflict.from_dict(conflict) for conflict in told["conflicts"]),
            "broken": tuple(Broken(**broken) for broken in told["broken"]),
            "decisions": dict(told["decisions"]),
            "notes": tuple(told["notes"]),
            "warnings": tuple(Issue(**warning) for warning in told["warnings"]),
        }
        return cls(**told, stored=read_tables(content))

    def to_csv(self, folder: str | Path) -> None:
        """Write the tables as CSV files into a folder, made if need be; text that looks like a formula is quoted.

        Raises
        ------
        SolveError
            If there is no plan.
        DataError
            If the folder holds the inputs of a problem, such as its channels.csv: they are never overwritten.
        """
        from allocopt.plan.files import write_tables

        self.raise_for_status()
        write_tables(Path(folder), self._tables())

    def to_sql(self, connection: Any, prefix: str = "") -> None:
        """Write the tables into a database, in place of tables of the same names: all of them in one transaction.

        Parameters
        ----------
        connection : sqlalchemy.Engine or sqlalchemy.Connection
            A connection that has begun a transaction is left in it: its owner commits. Databases that cannot take back
            the making of tables (MySQL) may keep some of them where it fails.
        prefix : str
            Put before the names of the tables.

        Raises
        ------
        SolveError
            If there is no plan.
        DataError
            If the database refuses; no address and no password is told.
        """
        from allocopt.plan.database import write_database

        self.raise_for_status()
        write_database(connection, prefix, self._tables())

    def __repr__(self) -> str:
        worth = f", objective {self.objective:,.2f}" if self.solved else ""
        return f"Plan({self.contract['name']!r}, {self.status}{worth})"

    def _repr_html_(self) -> str:
        head = "".join(f"<p>{html.escape(line)}</p>" for line in self.summary().split("\n")[:3])
        if not self.solved:
            return head
        return head + self.channels.to_html(index=False, float_format="{:,.2f}".format, na_rep="", border=0)

    def _frame(self, name: str) -> pd.DataFrame:
        self.raise_for_status()
        if name not in self._frames:
            if self.answer is None:
                raise SolveError(missing(name))
            self._frames[name] = made(name, self.answer) if name in MAKERS else self._worked_out(name)
        return self._frames[name].copy(deep=False)

    def _worked_out(self, name: str) -> pd.DataFrame:
        assert self.answer is not None
        return with_dates(asked(name, self), self.answer.arcs.facts.starts)

    @cached_property
    def _frames(self) -> dict[str, pd.DataFrame]:
        return dict(self.stored or {})

    @cached_property
    def _model(self) -> Any:
        return asked("model", self)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: no Pyomo model, which is built anew when it is asked for."""
        return {name: value for name, value in vars(self).items() if name not in ("_model", "_why")}

    def __copy__(self) -> Plan:
        """Return a copy that shares the numbers, which never change."""
        return replace(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Plan:
        """Return a copy; see `__copy__`."""
        return replace(self)


SHAPE: dict[str, Any] = {
    "status": Status,
    "message": str,
    "objective": float | None,
    "contribution": float | None,
    "currency": str,
    "contract": dict[str, Any],
    "certificate": PlanCertificate | None,
    "conflicts": tuple[Conflict, ...],
    "broken": tuple[Broken, ...],
    "decisions": dict[str, bool],
    "notes": tuple[str, ...],
    "warnings": tuple[Issue, ...],
    "method": str,
    "seconds": float,
    "played": bool,
}
"""What each key of a plan in plain values holds, beside its tables."""


def _plain(value: Any) -> Any:
    """Return a field of a plan as JSON-ready values."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return dict(value) if isinstance(value, dict) else vars(value) if is_dataclass(value) else value


def _told(exceptions: pd.DataFrame) -> str:
    """Return how many exceptions there are, and the one with most money."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in exceptions["kind"].value_counts(sort=False).items())
    many = "1 exception needs" if len(exceptions) == 1 else f"{len(exceptions):,} exceptions need"
    first = exceptions.iloc[0]
    whom = f", for {first['owner']}" if first["owner"] else ""
    return f"{many} a person ({kinds}); the first{whom}: {first['sentence']}"
