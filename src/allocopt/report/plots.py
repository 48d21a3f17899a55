"""The pictures of plans, comparisons, retirements and protections; each is a Matplotlib figure that notebooks show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allocopt.report import seen
from allocopt.report.level import alike, level, sameness
from allocopt.report.limits import limits_in_words

if TYPE_CHECKING:
    from allocopt.compare import Comparison, Protection
    from allocopt.plan import Plan
    from allocopt.report.pictures.fill_rate import By
    from allocopt.report.pictures.style import Form, Picture
    from allocopt.retire import Retirement


class PlanPlots:
    r"""The pictures of a plan.

    Each method returns a `matplotlib.figure.Figure` whose ``title`` is the finding as a sentence and whose
    ``description`` says what is drawn; ``figure.savefig("flow.png")`` writes it, ``figure.svg()`` is its SVG. No state
    of pyplot is touched. ``form="narrow"`` is for a telephone; ``titled=False`` leaves the title to who shows it.

    Raises
    ------
    SolveError
        If the plan has no answer, or was read from a file and a picture needs what only re-solving can tell.

    Examples
    --------
    >>> import allocopt as ao
    >>> plan = ao.allocate(ao.example("quickstart"))
    >>> plan.plot.flow().title.split(";")[0]
    '260 units ship, most of them to dtc (50\xa0%)'
    """

    def __init__(self, plan: Plan) -> None:
        plan.raise_for_status()
        self._plan = plan

    def flow(self, *, form: Form = "wide", titled: bool = True) -> Picture:
        """Draw where stock goes: from kind of lot through node to channel, and what is left [unit]."""
        from allocopt.report.pictures.flow import flow

        return flow(self._plan.allocation, seen.table(self._plan, "stock"), form=form, titled=titled)

    def fill_rate(self, by: By = "channel", *, form: Form = "wide", titled: bool = True) -> Picture:
        """Draw the share of what is wanted that ships, by channel (node, region, sku) and period due; white is full."""
        from allocopt.report.pictures.fill_rate import fill_rate

        return fill_rate(self._plan.allocation, self._plan.shortfalls, by, form=form, titled=titled)

    def channels(self, *, form: Form = "wide", titled: bool = True) -> Picture:
        """Draw what remains of revenue, step by step, and which channel brings how much of it [currency]."""
        from allocopt.report.pictures.money import channels

        return channels(self._plan.channels, self._plan.currency, form=form, titled=titled)

    def values(self, *, form: Form = "wide", titled: bool = True) -> Picture:
        """Draw what one more unit, hour or parcel of what is scarcest is worth [currency]."""
        from allocopt.report.pictures.money import values

        found = limits_in_words(seen.asked(self._plan, "values"), self._plan)
        return values(found, self._plan.currency, form=form, titled=titled)

    def exceptions(self, *, form: Form = "wide", titled: bool = True) -> Picture:
        """Draw the money that waits for each person [currency]."""
        from allocopt.report.pictures.money import exceptions

        return exceptions(seen.matters(self._plan), self._plan.currency, form=form, titled=titled)


class ComparisonPlots:
    """The pictures of a comparison; see `PlanPlots` for what they are."""

    def __init__(self, found: Comparison) -> None:
        self._found = found

    def table(self, *, form: Form = "wide", titled: bool = True) -> Picture:
        """Draw what each contract earns in each scenario, against the baseline [currency]."""
        from allocopt.report.pictures.contracts import table

        found = self._found
        frame = found.by_scenario()
        first = {name: level(found.standing, name) for name in found.scenarios}
        places = zip(frame["scenario"], frame["contract"], strict=True)
        frame["level"] = [contract in first[scenario] for scenario, contract in places]
        return table(frame, found.baseline, found.currency, form=form, titled=titled)

    def waterfall(
        self, one: str | None = None, other: str | None = None, *, form: Form = "wide", titled: bool = True
    ) -> Picture:
        """Draw how the contribution of one contract becomes that of another, channel by channel [currency].

        Parameters
        ----------
        one : str, optional
            By default the best contract, or the second where the best is the baseline.
        other : str, optional
            By default the baseline.
        form : {"wide", "narrow"}
        titled : bool

        Raises
        ------
        KeyError
            If a contract was not compared.
        """
        from allocopt.report.pictures.contracts import steps_between

        found = self._found
        other = other or found.baseline
        one = one or next((name for name in found.ranked if name != other), other)
        for name in (one, other):
            if name not in found.contracts:
                raise KeyError(f"there is no contract {name!r}: compared were {', '.join(found.contracts)}")
        frame = seen.contributions(found, one, other)
        same = sameness(found.standing, one, other) if alike(found.standing, one, other) else None
        return steps_between(frame, one, other, found.currency, same=same, form=form, titled=titled)

    def regret(self, *, form: Form = "wide", titled: bool = True) -> Picture:
        """Draw what each contract leaves on the table, on average and at worst [currency]."""
        from allocopt.report.pictures.contracts import regrets

        found = self._found
        return regrets(found.summary(), found.currency, level(found.standing), form=form, titled=titled)


class RetirementPlots:
    """The pictures of a retirement or an admission; see `PlanPlots` for what they are."""

    def __init__(self, found: Retirement) -> None:
        self._found = found

    def waterfall(self, channel: str | None = None, *, form: Form = "wide", titled: bool = True) -> Picture:
        """Draw of what the worth of retiring (or adding) a channel consists [currency].

        Parameters
        ----------
        channel : str, optional
            By default the one that is worth most.
        form : {"wide", "narrow"}
        titled : bool

        Raises
        ------
        KeyError
            If there is no answer about the channel.
        """
        from allocopt.report.pictures.contracts import leaving

        found = self._found
        known = found.table.dropna(subset=["net"])
        rows: dict[str, Any] = {str(row["channel"]): row for row in known.to_dict("records")}
        channel = channel or next(iter(rows), None)
        if channel not in rows:
            raise KeyError(f"there is no answer about {channel!r}: known are {', '.join(rows) or 'none'}")
        return leaving(rows[channel], found.parts, found.currency, admitting=found.admitting, form=form, titled=titled)


def plots_of_plan(plan: Plan) -> PlanPlots:
    """Return the pictures of a plan."""
    return PlanPlots(plan)


def plots_of_comparison(found: Comparison) -> ComparisonPlots:
    """Return the pictures of a comparison."""
    return ComparisonPlots(found)


def plots_of_retirement(found: Retirement) -> RetirementPlots:
    """Return the pictures of a retirement."""
    return RetirementPlots(found)


def plot_of_protection(found: Protection, *, form: Form = "wide", titled: bool = True) -> Picture:
    """Return the curve of what protecting a channel is worth [currency]."""
    from allocopt.report.pictures.protection import protection

    return protection(found.table, found.channel, found.best, found.currency, form=form, titled=titled)
