"""What goes into a meeting of a retirement: its picture, page and workbook. Made in a room above."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from allocopt.plan.rooms import asked


class ShownRetirement:
    """How a `Retirement` is shown to people."""

    @property
    def plot(self) -> Any:
        """Its picture: ``plot.waterfall(channel)``, a `matplotlib.figure.Figure` whose ``title`` is the finding."""
        return asked("plot_retirement", self)

    def report(self, path: str | Path) -> None:
        """Write the answer as a page: one file of HTML that needs no network.

        It says which channel should go (or come), from what its worth comes, what becomes of its demand, and which
        promises would be broken. Equal answers make equal bytes. The file appears whole or not at all.

        Parameters
        ----------
        path : str or Path
        """
        asked("report_retirement", self, path)

    def to_excel(self, path: str | Path) -> None:
        """Write the answer as a workbook: a summary with a chart, what each channel is worth, and from what.

        Parameters
        ----------
        path : str or Path

        Raises
        ------
        SolveError
            If a table has more rows than a worksheet can hold.
        """
        asked("to_excel_retirement", self, path)
