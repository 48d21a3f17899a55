"""What goes into a meeting: the pictures, the page and the workbook of a plan. Made in a room above."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from allocopt.plan.rooms import asked

if TYPE_CHECKING:
    from allocopt.plan.plan import Plan


class Shown:
    """How a `Plan` is shown to people."""

    @property
    def plot(self) -> Any:
        """Its pictures: ``plan.plot.flow()``, ``fill_rate()``, ``channels()``, ``values()`` and ``exceptions()``.

        Each is a `matplotlib.figure.Figure` whose ``title`` is the finding; see `allocopt.report.plots.PlanPlots`.
        """
        return asked("plot", self)

    def report(self, path: str | Path, *, baseline: Plan | None = None, values: bool | None = None) -> None:
        """Write the plan as a page: one file of HTML that needs no network, for a screen, a telephone and paper.

        It says who has to decide what, who is short and why, which deliveries to chase, what it earns, what the rules
        cost, what was rounded or assumed, and how it was proven. Equal plans make equal bytes. Of a plan without an
        answer it says what cannot hold together. The file appears whole or not at all.

        Parameters
        ----------
        path : str or Path
        baseline : Plan, optional
            Against which its numbers stand, such as the plan under another contract.
        values : bool, optional
            Whether it says what one more unit of each limit is worth (``plan.values``), which takes re-solves; by
            default where the plan is so small that they take no time. False: nothing is re-solved, so that the page
            does not say what the rules cost (``plan.prices()``) either.

        Raises
        ------
        TypeError
            If the baseline is no plan.

        Examples
        --------
        >>> import allocopt as ao, pathlib, tempfile
        >>> plan = ao.allocate(ao.example("quickstart"))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder) / "plan.html"
        ...     plan.report(path)
        ...     path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        True
        """
        asked("report", self, path, baseline=baseline, values=values)

    def to_excel(self, path: str | Path) -> None:
        """Write the plan as a workbook: a summary with a chart, exceptions first, then its other tables.

        Columns have headings in words, formats, widths and filters; what says nothing is left out. Text that a
        spreadsheet would run as a formula is written as text. The file appears whole or not at all.

        Parameters
        ----------
        path : str or Path

        Raises
        ------
        SolveError
            If there is no plan, or a table has more rows than a worksheet can hold.
        """
        asked("to_excel", self, path)
