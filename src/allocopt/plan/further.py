"""The tables of a plan, promises, and exceptions as one likes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from allocopt.errors import SolveError
from allocopt.plan.exceptions import Thresholds
from allocopt.plan.making import TABLES, made
from allocopt.plan.promises import promises
from allocopt.problem.problem import TableOf

if TYPE_CHECKING:
    from allocopt.plan.answer import Answer


class Further:
    """What a plan tells beside who gets what: part of `Plan`."""

    if TYPE_CHECKING:
        answer: Answer | None

        @property
        def _frames(self) -> dict[str, pd.DataFrame]: ...

        def raise_for_status(self) -> None:
            """Raise `SolveError` unless the plan has a checked answer."""

        def _frame(self, name: str) -> pd.DataFrame: ...

    allocation = TableOf("allocation", "What ships; see `allocopt.plan.tables.allocation`.")
    channels = TableOf("channels", "The profit and loss; see `allocopt.plan.tables.channel_books`.")
    shortfalls = TableOf("shortfalls", "Who is short, and why; see `allocopt.explain.shortfalls.shortfalls`.")
    exceptions = TableOf("exceptions", "What needs a person; see `allocopt.plan.exceptions.exceptions`.")
    stock = TableOf("stock", "What becomes of every lot; see `allocopt.plan.stock.stock`.")
    exposure = TableOf("exposure", "What each channel may publish; see `allocopt.plan.exposure.exposure`.")
    kpis = TableOf("kpis", "Key figures by channel and in all; see `allocopt.plan.kpis.kpis`.")

    def promises(self, since: Any = None) -> pd.DataFrame:
        """Return what each demand line can count on, or what of it moved since an earlier plan.

        Parameters
        ----------
        since : Plan, optional
            An earlier plan, also one that was read from a file: the lines whose units or date moved, and no others.

        Returns
        -------
        pandas.DataFrame
            sku, channel, region, order, line, due, wanted, promised [unit], arrives (the last arrival; blank: nothing
            is promised) and date (its day where the problem has dates, else the same period). With `since`:
            old_promised, old_date, changed (true) and how, in a word, in place of `arrives`; lines that the new
            problem no longer has are wanted with 0 units.

        Raises
        ------
        SolveError
            If one of the plans has no answer.

        Examples
        --------
        >>> import allocopt as ao
        >>> plan = ao.allocate(ao.example("quickstart"))
        >>> len(plan.promises(since=plan))
        0
        """
        return promises(self, since)

    def find_exceptions(self, **thresholds: Any) -> pd.DataFrame:
        """Return `exceptions` under other thresholds.

        Parameters
        ----------
        **thresholds
            Fields of `allocopt.plan.exceptions.Thresholds`: ``least`` money, ``each`` (rows of a kind; None: all),
            ``more`` (share of a limit that is looked at) and ``sure`` (confidence).

        Raises
        ------
        SolveError
            If the plan has no answer, or was read from a file, which holds the table but not its numbers.
        TypeError, ValueError
            If a threshold is none, or makes no sense.
        """
        self.raise_for_status()
        if self.answer is None:
            raise SolveError("This plan was read from a file: its exceptions are as they were written.")
        return made("exceptions", self.answer, Thresholds(**thresholds))

    def _has(self, name: str) -> bool:
        """Return whether the plan can tell a table: one that an earlier version wrote may not have it."""
        return self.answer is not None or name in self._frames

    def _tables(self) -> dict[str, pd.DataFrame]:
        return {name: self._frame(name) for name in TABLES if self._has(name)}
