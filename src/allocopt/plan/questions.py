"""What a plan can be asked about its lines: why, why not, and who comes before whom. Worked out in rooms above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allocopt.errors import SolveError
from allocopt.plan.rooms import asked

if TYPE_CHECKING:
    import pandas as pd

READ = (
    "This plan was read from a file: its tables are all that it has. plan.attach(problem, contract) lets it re-solve."
)


COSTLIEST = 3
"""So many reasons are named in a summary."""


def costliest(short: pd.DataFrame) -> list[str]:
    """Return the reasons why lines are short that cost most, units times the worth of one more, in lines of text."""
    if short.empty or "worth" not in short:
        return []
    money = (short["units"] * short["worth"].clip(lower=0.0)).groupby(short["reason"]).sum()
    units = short["units"].groupby(short["reason"]).sum()
    first = money.sort_values(ascending=False, kind="stable").index[:COSTLIEST]
    told = ", ".join(f"{reason} ({units[reason]:,.6g} units, worth up to {money[reason]:,.2f})" for reason in first)
    return [f"Short because of: {told}."]


class Questions:
    """The questions about single lines of a `Plan`; each is answered by local re-solves."""

    def explain(
        self,
        sku: str,
        channel: str,
        due: int | None = None,
        order: str | None = None,
        line: str | None = None,
        region: str | None = None,
    ) -> Any:
        """Explain why one demand line gets what it gets, and what the smallest change is that fills it.

        Parameters
        ----------
        sku, channel : str
        due : int, optional
            Period in which it is due.
        order, line, region : str, optional
            Where several lines are meant; without them, the one of these that is short.

        Returns
        -------
        Explanation
            With ``sentence``, ``reasons``, ``stack``, ``taken_by``, ``change`` and its re-solved ``gain``, and for a
            line that is served ``served`` and ``next_best``; as text it says all of it.

        Raises
        ------
        SolveError
            If there is no plan, or it was read from a file.
        ValueError
            If no line, or several, are meant.

        Examples
        --------
        >>> import allocopt as ao
        >>> plan = ao.allocate(ao.example("quickstart"))
        >>> plan.explain(sku="MUG", channel="amazon").reasons["reason"].tolist()
        ['capacity']
        """
        return self._asked("explain", sku=sku, channel=channel, due=due, order=order, line=line, region=region)

    def why_not(
        self,
        sku: str,
        channel: str,
        due: int | None = None,
        units: float | None = None,
        order: str | None = None,
        line: str | None = None,
        region: str | None = None,
    ) -> Any:
        """Serve one demand line so much, all else as good as possible: what it costs and who gets less.

        Parameters
        ----------
        sku, channel, due, order, line, region
            As for `explain`.
        units : float, optional
            How much the line should get; by default all that it wants [unit].

        Returns
        -------
        WhyNot
            With ``sentence``, ``cost`` (inf where it cannot be, with all other articles as planned) and ``less``.

        Raises
        ------
        SolveError, ValueError
            As for `explain`; also for a plan that was played forward, and where more is asked for than is wanted.
        """
        where = {"order": order, "line": line, "region": region}
        return self._asked("why_not", sku=sku, channel=channel, due=due, units=units, **where)

    def envy(self) -> pd.DataFrame:
        """Return the lines that are served while a line of higher rank, or of higher worth on the same lot, goes short.

        Columns are sku, channel, order and due of the line that is short, served_channel, served_order and served_due
        of the one that is served, lot, units [unit], envies (``"rank"`` or ``"worth"``) and rule: the reason of the
        short line, ``"worth"`` where money decided over rank. Empty: the plan can be defended line by line.
        """
        found: pd.DataFrame = self._asked("envy")
        return found

    def _asked(self, name: str, **what: Any) -> Any:
        """Return what the room of a question answers."""
        plan: Any = self
        plan.raise_for_status()
        if plan.answer is None:
            raise SolveError(READ)
        return asked(name, plan, **what)
