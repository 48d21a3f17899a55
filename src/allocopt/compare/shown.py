"""What goes into a meeting of a comparison: pictures, page, workbook. Made in a room above."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from allocopt.plan.rooms import asked


class ShownComparison:
    """How a `Comparison` is shown to people."""

    @property
    def plot(self) -> Any:
        """Its pictures: ``plot.table()``, ``plot.waterfall()`` and ``plot.regret()``.

        Each is a `matplotlib.figure.Figure` whose ``title`` is the finding; see
        `allocopt.report.plots.ComparisonPlots`.
        """
        return asked("plot_comparison", self)

    def report(self, path: str | Path) -> None:
        """Write the comparison as a page: one file of HTML that needs no network.

        It says which contract is worth most and how sure that is, who gains and who pays, what each scenario comes to,
        and how each run was proven. Equal comparisons make equal bytes. The file appears whole or not at all.

        Parameters
        ----------
        path : str or Path
        """
        asked("report_comparison", self, path)

    def to_excel(self, path: str | Path) -> None:
        """Write the comparison as a workbook: a summary with a chart, the ranking, and every number.

        Parameters
        ----------
        path : str or Path

        Raises
        ------
        SolveError
            If a table has more rows than a worksheet can hold.
        """
        asked("to_excel_comparison", self, path)


class ShownProtection:
    """How a `Protection` is shown to people."""

    def plot(self, **how: Any) -> Any:
        """Draw the curve: what each level is worth more than none, between what that lies, and the best level.

        Parameters
        ----------
        **how
            ``form="narrow"`` for a telephone; ``titled=False`` leaves the title to who shows it.

        Returns
        -------
        matplotlib.figure.Figure
            Whose ``title`` is the finding; see `allocopt.report.plots.PlanPlots`.
        """
        return asked("plot_protection", self, **how)
