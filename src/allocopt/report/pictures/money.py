"""Pictures of money: from revenue to contribution, what one more unit is worth, what needs a person."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from allocopt.problem.schema import COMPANY
from allocopt.report.columns import heading
from allocopt.report.pictures.bars import Bar, bars, rest_of
from allocopt.report.pictures.style import Form, Picture
from allocopt.report.words import NOBODY, many, money, units

MOST = 12
"""Rows of a picture; the last stands for the others."""
NO_COST = ("channel", "demand", "units", "fill_rate", "revenue", "contribution", "margin", "clause_penalties")


def costs_of(frame: pd.DataFrame) -> list[str]:
    """Return the columns of a profit and loss between revenue and contribution, which are costs."""
    names = [str(name) for name in frame.columns]
    return names[names.index("revenue") + 1 : names.index("contribution")]


def channels(frame: pd.DataFrame, currency: str, *, form: Form = "wide", titled: bool = True) -> Picture:
    """Return what remains of revenue, step by step, and whose contribution it is.

    Parameters
    ----------
    frame : DataFrame
        The profit and loss of a plan, a row per channel and one of the company.
    currency : str
    form : {"wide", "narrow"}
    titled : bool
    """
    sums = frame.sum(numeric_only=True)
    rows = [Bar("revenue", float(sums["revenue"]), money(float(sums["revenue"]), currency), "mark")]
    costs = [(name, float(sums[name])) for name in costs_of(frame) if abs(sums[name]) >= 0.005]
    rows += [Bar(heading(name), -cost, money(-cost, currency, signed=True), "step") for name, cost in costs]
    total = float(sums["contribution"])
    rows.append(Bar("contribution", total, money(total, currency), "mark"))
    each = list(zip(frame["channel"].astype(str), frame["contribution"].astype(float), strict=True))
    mine = [Bar(name, value, money(value, currency), "sum") for name, value in each if name != COMPANY]
    mine.sort(key=lambda bar: -bar.amount)
    company = [
        Bar("company", value, money(value, currency), "sum") for name, value in each if name == COMPANY and value
    ]
    parts = [*_rest(mine, MOST, "channels", currency), *company]
    rows += [Bar(f"of it {bar.name}", bar.amount, bar.said, bar.kind) for bar in parts]
    remains = (
        f"{money(total, currency)} remain" if total >= 0 else f"nothing remains but a loss of {money(-total, currency)}"
    )
    title = f"Of {money(float(sums['revenue']), currency)} revenue, {remains}"
    title += _extremes(mine, currency)
    told = "; ".join(f"{bar.name}: {bar.said}" for bar in rows)
    words = f"From revenue to contribution, step by step, then by channel. {told}."
    return bars(f"{title}.", words, rows, _in("money", currency), form=form, titled=titled)


def _extremes(mine: list[Bar], currency: str) -> str:
    """Return who brings most and who least, where they differ; who loses is said to lose."""
    if len(mine) < 2 or mine[0].amount - mine[-1].amount < 0.005:
        return ""
    (first, best), (last, worst) = ((bar.name, bar.amount) for bar in (mine[0], mine[-1]))
    if best <= 0:
        return f"; {first} loses least ({money(-best, currency)}), {last} most ({money(-worst, currency)})"
    if worst < 0:
        return f"; {first} brings most ({money(best, currency)}), {last} loses {money(-worst, currency)}"
    return f"; {first} brings most ({money(best, currency)}), {last} least ({money(worst, currency)})"


def values(frame: pd.DataFrame, currency: str, *, form: Form = "wide", titled: bool = True) -> Picture:
    """Return what one more unit, hour or earlier week of the scarcest things is worth.

    Parameters
    ----------
    frame : DataFrame
        With columns kind, what and one_more, and perhaps low and high.
    currency : str
    form : {"wide", "narrow"}
    titled : bool
    """
    known = frame[frame["one_more"].fillna(frame["price"]).fillna(0.0) > 0.005].copy()
    known["one_more"] = known["one_more"].fillna(known["price"])
    known = known.sort_values("one_more", ascending=False, kind="stable")
    rows = []
    for row in known.head(MOST).to_dict("records"):
        worth, what = float(row["one_more"]), str(row["what"])
        rows.append(Bar(what, worth, money(worth, currency)))
    if not rows:
        return bars(
            "One more of anything is worth nothing.",
            "Nothing is scarce.",
            [],
            _in("worth", currency),
            form=form,
            titled=titled,
        )
    title = f"One more of {rows[0].name} is worth most: {rows[0].said}"
    counts = known.groupby("kind", sort=False).size()
    told = ", ".join(f"{count:,} of kind {kind}" for kind, count in counts.items())
    words = f"What one more unit of the {len(rows)} scarcest is worth. Scarce are {told}."
    measure = _in("worth of one more (unit, hour, parcel)", currency)
    return bars(f"{title}.", words, rows, measure, form=form, titled=titled)


def exceptions(frame: pd.DataFrame, currency: str, *, form: Form = "wide", titled: bool = True) -> Picture:
    """Return the money that waits for each owner.

    Parameters
    ----------
    frame : DataFrame
        With columns owner, kind and money.
    currency : str
    form : {"wide", "narrow"}
    titled : bool
    """
    if not len(frame):
        return bars(
            "Nothing needs a person.",
            "There are no exceptions.",
            [],
            _in("money at stake", currency),
            form=form,
            titled=titled,
        )
    owner = frame["owner"].astype(object).where(frame["owner"].astype(str) != "", NOBODY)
    found = frame.assign(owner=owner).groupby("owner", sort=False)["money"].agg(["sum", "count"])
    found = found.sort_values(["sum", "count"], ascending=False, kind="stable")
    rows = [
        Bar(str(who), float(row["sum"]), f"{money(float(row['sum']), currency)} in {many(int(row['count']), 'matter')}")
        for who, row in found.iterrows()
    ]
    first = rows[0]
    need = "matter needs" if len(frame) == 1 else "matters need"
    title = f"{len(frame):,} {need} a person; most money waits for {first.name}: {first.said}"
    told = "; ".join(f"{bar.name}: {bar.said}" for bar in rows[:MOST])
    shown = _rest(rows, MOST, "people", currency)
    return bars(
        f"{title}.",
        f"Money at stake, by who has to decide. {told}.",
        shown,
        _in("money at stake", currency),
        form=form,
        titled=titled,
    )


def short(frame: pd.DataFrame, name: str, *, form: Form = "wide", titled: bool = True) -> Picture:
    """Return the units that are short by one column of the shortfalls."""
    found = frame.groupby(name, sort=False)["units"].sum().sort_values(ascending=False, kind="stable")
    rows = [Bar(str(key) or "not told", float(value), units(value)) for key, value in found.items()]
    title = f"{units(frame['units'].sum())} are short" + (f", most of them: {rows[0].name}" if rows else "")
    rows = rest_of(rows, MOST, f"{name}s", units)
    return bars(f"{title}.", "Units short.", rows, "units short", form=form, titled=titled)


def _in(measure: str, currency: str) -> str:
    """Return what an axis measures, with its unit."""
    return f"{measure} [{currency or 'money'}]"


def _rest(rows: list[Bar], most: int, words: str, currency: str) -> list[Bar]:
    say: Callable[[float], str] = lambda amount: money(amount, currency)  # noqa: E731
    return rest_of(rows, most, words, say)
