"""What goes into a meeting beside a plan: pictures, page and workbook of what was asked of several. Made above."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from allocopt.plan.rooms import asked


class ForMeeting:
    """How an answer is shown to people.

    Attributes
    ----------
    ROOM : str
        By what its rooms are called: ``plot_ROOM``, ``report_ROOM`` and ``to_excel_ROOM``.
    """

    ROOM: ClassVar[str]

    @property
    def plot(self) -> Any:
        """Its pictures: each a `matplotlib.figure.Figure` whose ``title`` is the finding.

        A comparison has ``plot.table()``, ``plot.waterfall()`` and ``plot.regret()``, a retirement
        ``plot.waterfall(channel)``; see `allocopt.report.plots`.
        """
        return asked(f"plot_{self.ROOM}", self)

    def report(self, path: str | Path) -> None:
        """Write it as a page: one file of HTML that needs no network.

        Of a comparison it says which contract is worth most and how sure that is, who gains and who pays, what each
        scenario comes to, and how each run was proven; of a retirement which channel should go (or come), from what its
        worth comes, what becomes of its demand, and which promises would be broken. Equal answers make equal bytes. The
        file appears whole or not at all.

        Parameters
        ----------
        path : str or Path
        """
        asked(f"report_{self.ROOM}", self, path)

    def to_excel(self, path: str | Path) -> None:
        """Write it as a workbook: a summary with a chart, what it comes to, and every number.

        Parameters
        ----------
        path : str or Path

        Raises
        ------
        SolveError
            If a table has more rows than a worksheet can hold.
        """
        asked(f"to_excel_{self.ROOM}", self, path)
