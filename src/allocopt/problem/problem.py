"""The facts of one allocation run: tables that were checked once and never change again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from allocopt import arguments
from allocopt.errors import DataError, Issue
from allocopt.problem.checks import check, refers_to
from allocopt.problem.encode import encode, freeze
from allocopt.problem.facts import Facts
from allocopt.problem.oddities import look
from allocopt.problem.plain import from_plain, to_plain
from allocopt.problem.readers import Inputs
from allocopt.problem.reading import read_inputs
from allocopt.problem.report import Report
from allocopt.problem.schema import NEEDED, TABLES
from allocopt.problem.settings import read_as_of, read_horizon, read_label, stated
from allocopt.problem.source import Source, absent, empty, from_frame
from allocopt.problem.told import told, told_html

ORDER = {name: place for place, name in enumerate(("problem", *TABLES))}


class TableOf:
    """A table of a problem, or of a plan, as a frame, a copy each time."""

    def __init__(self, table: str, meaning: str = "") -> None:
        self.table, self.__doc__ = table, meaning or TABLES[table].meaning

    def __get__(self, owner: Any, kind: type) -> pd.DataFrame:
        return self if owner is None else owner._frame(self.table)  # type: ignore[return-value]


class Problem:
    """The facts of one allocation run, checked and from then on unchangeable.

    Every table is a pandas, polars, pyarrow or other frame that narwhals knows. Skus, nodes, channels, supply, demand
    and lanes must be given, if need be as frames without rows; the others may be left out.
    Columns, units, bounds and defaults are declared in `allocopt.problem.schema`. Every fault of every table
    is named in one error; nothing is filled in, dropped, merged or clipped silently.

    Parameters
    ----------
    skus, nodes, channels, supply, demand, lanes : frame
        The tables that must be there.
    capacity, workloads, periods : frame, optional
        The other tables.
    as_of : datetime.date or str, optional
        Day by which the expiry of contracts and locks is judged; text as ``"2026-11-27"``.
    currency : str
        Currency of all money, for labels only.
    name : str
        Name of the problem, for labels only.
    horizon : int, optional
        Number of periods. Left out, it is that of the `periods` table, else one more than the last period that
        any table names. Lots may become available after a horizon that is given; they serve nobody then.

    Attributes
    ----------
    skus, nodes, channels, supply, demand, lanes, capacity, workloads, periods : pandas.DataFrame
        The checked tables in the user's row order, with every declared column. Periods given as dates are
        numbers here; blank ids are empty text. Each access returns a copy.
    facts : Facts
        The same as integer codes and arrays, in canonical order.
    warnings : tuple of Issue
        What looks odd and is allowed.
    notes : tuple of Issue
        What was done while reading.
    as_of : datetime.date or None
    currency, name : str
    horizon : int or None
        As given; the number of periods, given or not, is ``facts.periods``.

    Raises
    ------
    DataError
        If anything is wrong; ``.issues`` names every fault with its table, row, column, value and remedy.

    Examples
    --------
    >>> import pandas as pd
    >>> problem = Problem(
    ...     skus=pd.DataFrame({"sku": ["A"]}),
    ...     nodes=pd.DataFrame({"node": ["DC"]}),
    ...     channels=pd.DataFrame({"channel": ["web"]}),
    ...     supply=pd.DataFrame({"sku": ["A"], "node": ["DC"], "kind": ["on_hand"], "units": [10]}),
    ...     demand=pd.DataFrame(),
    ...     lanes=pd.DataFrame({"node": ["DC"], "channel": ["web"]}),
    ... )
    >>> problem
    Problem(1 sku, 1 node, 1 channel, 1 supply lot, 0 demand lines, 1 lane, 1 period)
    >>> problem.facts.lots.usable
    array([10.])
    """

    skus, nodes, channels = TableOf("skus"), TableOf("nodes"), TableOf("channels")
    supply, demand, lanes = TableOf("supply"), TableOf("demand"), TableOf("lanes")
    capacity, workloads, periods = TableOf("capacity"), TableOf("workloads"), TableOf("periods")

    __slots__ = ("_as_of", "_currency", "_facts", "_frames", "_horizon", "_name", "_notes", "_tables", "_warnings")

    def __init__(
        self,
        skus: Any = None,
        nodes: Any = None,
        channels: Any = None,
        supply: Any = None,
        demand: Any = None,
        lanes: Any = None,
        capacity: Any = None,
        workloads: Any = None,
        periods: Any = None,
        *,
        as_of: dt.date | str | None = None,
        currency: str = "",
        name: str = "",
        horizon: int | None = None,
    ) -> None:
        frames = (skus, nodes, channels, supply, demand, lanes, capacity, workloads, periods)
        report = Report()
        self._build(Inputs(_sources(frames, absent, report), as_of, currency, name, horizon), report)

    def _build(self, inputs: Inputs, report: Report) -> None:
        """Check the tables and encode them; the only place in which a problem comes to be."""
        self._as_of = read_as_of(inputs.as_of, report)
        self._currency = read_label("currency", inputs.currency, report)
        self._name = read_label("name", inputs.name, report)
        self._horizon = read_horizon(inputs.horizon, report)
        unreadable = {issue.table for issue in report.errors} | inputs.unread
        said = {"negative": inputs.negative, "every": inputs.every, "currency": self._currency}
        tables = check(inputs.sources, self._horizon, report, **said)
        # What follows only from a table that could not be read at all would mislead.
        errors = [each for each in report.errors if each.code != "unknown_id" or refers_to(each) not in unreadable]
        if errors:
            raise DataError(sorted(errors, key=lambda issue: ORDER.get(issue.table, len(ORDER))))
        self._facts = encode(tables, self._horizon)
        look(tables, self._facts, report)
        self._warnings, self._notes = tuple(report.warnings), tuple(report.notes)
        # Frames are built when they are asked for: the fast path works on the facts alone.
        self._tables = {name: checked.released() for name, checked in tables.items()}
        self._frames: dict[str, pd.DataFrame] = {}

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        for slot, value in state[1].items():
            object.__setattr__(self, slot, value)
        freeze(self._facts)  # arrays come out of a pickle writable

    @classmethod
    def _of(cls, inputs: Inputs, report: Report) -> Problem:
        problem = cls.__new__(cls)
        problem._build(inputs, report)
        return problem

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        mapping: Any = None,
        strict: bool = False,
        negative: Literal["error", "net"] = "error",
    ) -> Problem:
        """Read a problem from a folder of CSV or Parquet files, or from one Excel workbook.

        Parameters
        ----------
        path : str or Path
            A folder with one file per table (``supply.csv`` or ``supply.parquet``) and perhaps
            ``problem.yaml`` (as_of, currency, name, horizon); or an ``.xlsx`` workbook with one sheet per table and
            perhaps a sheet ``problem`` with the columns key and value. With a mapping any folder, workbook or file.
        mapping : str, Path, mapping, or list of these, optional
            How files of other programs become tables: a YAML file, the name of a mapping that comes with allocopt,
            or its program, such as ``"shopify"``, or what such a file holds; left out, the folder's ``mapping.yaml``.
        strict : bool
            Whether to refuse what is otherwise read with a note: amounts with a currency, a percent sign or
            separators, names in another case, titles above the header, columns and sheets that are no table's.
        negative : {"error", "net"}
            What negative units of supply are: a fault, or a debt of their SKU and node, which the next lots there
            pay in the order of their arrival (`allocopt.problem.debts`).

        Returns
        -------
        Problem
            Whose `notes` say what was done while reading.

        Raises
        ------
        DataError
            If a file cannot be read or anything in it is wrong. Rows are lines of a CSV file (the header is
            line 1), rows of a worksheet, or rows of a Parquet file counted from 0.
        TypeError, ValueError
            If `strict` or `negative` is none of these.
        """
        return cls._of(*read_inputs(arguments.path("path", path), mapping, strict=strict, negative=negative))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Problem:
        """Build a problem from plain values, as `to_dict` returns them or a service receives them as JSON.

        Parameters
        ----------
        values : mapping
            Tables by name, each as a mapping of columns to lists or as a list of records; and perhaps
            ``as_of``, ``currency``, ``name`` and ``horizon``. A blank is None or an empty text.

        Returns
        -------
        Problem

        Raises
        ------
        DataError
            If anything is wrong.
        """
        report = Report()
        return cls._of(from_plain(values, report), report)

    def to_dict(self) -> dict[str, Any]:
        """Return the problem as plain values that JSON can hold; `from_dict` gives the same problem again.

        Returns
        -------
        dict
            ``name``, ``currency``, ``as_of`` (text or None), ``horizon`` where it was given, and each table that
            must be there or has rows as a mapping of columns to lists.
        """
        told = [name for name in TABLES if name in NEEDED or self._tables[name].length]
        tables = {name: to_plain(self._frame(name)) for name in told}
        settings = {name: value for name, value in stated(self).items() if name != "horizon" or value is not None}
        return settings | tables

    def write(self, path: str | Path) -> None:
        """Write the problem as a folder of CSV files or an Excel workbook; `read` reads the same problem again.

        A workbook has drop-downs for kinds and ids and a sheet of meanings. Only columns that say more than their
        default are written. Periods are numbers; their dates stand in the `periods` table.

        Parameters
        ----------
        path : str or Path
            A workbook where it ends in ``.xlsx``, else a folder, made if need be.

        Raises
        ------
        DataError
            If the workbook is there already, the folder holds a problem (nothing that somebody typed is
            overwritten), or files cannot be written. Nothing is left half written.
        """
        from allocopt.problem.written import write

        write(self, arguments.path("path", path))

    def replace(
        self,
        *,
        skus: Any = None,
        nodes: Any = None,
        channels: Any = None,
        supply: Any = None,
        demand: Any = None,
        lanes: Any = None,
        capacity: Any = None,
        workloads: Any = None,
        periods: Any = None,
        as_of: dt.date | str | None = None,
        currency: str | None = None,
        name: str | None = None,
        horizon: int | None = None,
    ) -> Problem:
        """Return a checked variant of the problem; what is not given stays as it is.

        Parameters
        ----------
        skus, nodes, channels, supply, demand, lanes, capacity, workloads, periods : frame, optional
            Whole tables; an empty frame empties the table.
        as_of : datetime.date or str, optional
        currency, name : str, optional
        horizon : int, optional

        Returns
        -------
        Problem

        Raises
        ------
        DataError
            If the variant is no valid problem. Rows of tables that were not replaced keep their names.
        """
        frames = (skus, nodes, channels, supply, demand, lanes, capacity, workloads, periods)
        report = Report()
        inputs = Inputs(
            _sources(frames, lambda table: self._tables[table].as_source(), report),
            self._as_of if as_of is None else as_of,
            self._currency if currency is None else currency,
            self._name if name is None else name,
            self._horizon if horizon is None else horizon,
        )
        return Problem._of(inputs, report)

    def _frame(self, table: str) -> pd.DataFrame:
        if table not in self._frames:
            self._frames[table] = self._tables[table].frame()
        return self._frames[table].copy(deep=False)

    def row(self, table: str, position: int) -> int | str:
        """Return how the user knows a row: line of the CSV file, row of the worksheet, label of the frame.

        Parameters
        ----------
        table : str
        position : int
            Position in the user's table, as in ``facts.lots.row``.

        Returns
        -------
        int or str
        """
        return self._tables[table].source.row(position)

    @property
    def facts(self) -> Facts:
        """The problem as integer codes and read-only arrays, in canonical order."""
        return self._facts

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """What looks odd and is allowed."""
        return self._warnings

    @property
    def notes(self) -> tuple[Issue, ...]:
        """What was done while reading: what was understood, left out or paid off."""
        return self._notes

    @property
    def as_of(self) -> dt.date | None:
        """Day by which the expiry of contracts and locks is judged."""
        return self._as_of

    @property
    def currency(self) -> str:
        """Currency of all money."""
        return self._currency

    @property
    def name(self) -> str:
        """Name of the problem."""
        return self._name

    @property
    def horizon(self) -> int | None:
        """Number of periods as it was given, None where the tables say it."""
        return self._horizon

    def __repr__(self) -> str:
        return told(self)

    def _repr_html_(self) -> str:
        return told_html(self)


def _sources(frames: Sequence[Any], otherwise: Callable[[str], Source], report: Report) -> dict[str, Source]:
    """Return each table as it came, or what stands in for one that was not given; what is no table is reported."""
    sources: dict[str, Source] = {}
    for table, frame in zip(TABLES, frames, strict=True):
        try:
            sources[table] = otherwise(table) if frame is None else from_frame(table, frame)
        except DataError as error:
            report.issues += error.issues
            sources[table] = empty(table)
    return sources
