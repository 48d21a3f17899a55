"""Pictures of a comparison and of a retirement: what each contract is worth where, and what each channel is worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from allocopt.report.pictures.bars import Bar, bars, rest_of
from allocopt.report.pictures.money import MOST, _in
from allocopt.report.pictures.style import (
    INK,
    LINE,
    MUTED,
    ON_DARK,
    SMALL,
    STEPS,
    WIDTH,
    Form,
    Picture,
    blank,
    breadth,
    drawn,
    fitted,
    labels,
    picture,
    wrapped,
)
from allocopt.report.words import CENT, listed, many, money

CELL = 42.0
"""Width of a cell at least, so that amounts are never cut [pt]."""
SAID = 3
"""Contracts that a title names."""
ROWS, COLUMNS = 16, 8
"""Scenarios and contracts of a table; more are told, not drawn."""
PARTS_SAID = {
    "contribution_lost": "own contribution lost, before fixed cost",
    "freed": "others earn more from its stock",
    "fixed_cost_saved": "fixed cost saved",
    "recaptured": "demand that others take over",
    "stranded": "holding and unsold stock",
    "contribution_gained": "own contribution, before fixed cost",
    "displaced": "others earn less",
    "fixed_cost_added": "fixed cost",
    "diverted": "demand taken from others",
    "stock": "holding and unsold stock",
}


def regrets(
    frame: pd.DataFrame, currency: str, level: Sequence[str] = (), *, form: Form = "wide", titled: bool = True
) -> Picture:
    """Return what each contract leaves on the table on average, and at worst.

    Parameters
    ----------
    frame : DataFrame
        The ranking of a comparison: columns contract, regret and worst_regret.
    currency : str
    level : sequence of str
        Contracts that nothing tells from the best one.
    form : {"wide", "narrow"}
    titled : bool
    """
    known = frame.dropna(subset=["regret", "worst_regret"]).sort_values("regret", kind="stable")
    rows = []
    for row in known.to_dict("records"):
        mean, worst = float(row["regret"]), float(row["worst_regret"])
        rows.append(
            Bar(
                str(row["contract"]),
                mean,
                f"{money(mean, currency)} (worst {money(worst, currency)})",
                low=mean,
                high=max(worst, mean),
            )
        )
    title = "Nothing could be compared."
    if rows:
        first, last = rows[0], rows[-1]
        least = [first.name, *(name for name in level if name != first.name)] if first.name in level else [first.name]
        leaves = "leaves" if len(least) == 1 else "leave"
        title = f"{listed(least, SAID)} {leaves} least on the table: {money(first.amount, currency)} on average"
        title += f"; {last.name} most, {money(last.amount, currency)}." if len(rows) > 1 else "."
    words = (
        "What each contract earns less than the best one of the scenario: mean as a bar, the worst scenario as a line."
    )
    shown = rest_of(rows, 2 * MOST, "contracts", lambda amount: money(amount, currency), by_size=False)
    return bars(title, words, shown, _in("left on the table", currency), form=form, titled=titled)


def steps_between(
    frame: pd.DataFrame,
    one: str,
    other: str,
    currency: str,
    *,
    same: str | None = None,
    form: Form = "wide",
    titled: bool = True,
) -> Picture:
    """Return how the contribution of one contract becomes that of another, channel by channel.

    Parameters
    ----------
    frame : DataFrame
        Index channel; columns one and other: contributions [currency].
    one, other : str
        Names of contracts.
    currency : str
    same : str, optional
        How far they are known to be the same, where nothing tells them apart.
    form : {"wide", "narrow"}
    titled : bool
    """
    change = frame["one"] - frame["other"]
    steps = [
        Bar(str(name), float(value), money(float(value), currency, signed=True), "step")
        for name, value in change.items()
        if abs(value) >= 0.005
    ]
    steps.sort(key=lambda bar: -bar.amount)
    end, gap = float(frame["one"].sum()), float(change.sum())
    shown = rest_of(steps, MOST, "channels", lambda amount: money(amount, currency, signed=True))
    rows = [*shown, Bar("in all", gap, money(gap, currency, signed=True), "mark")]
    if one == other or not steps:
        title = f"{one} earns what {other} earns: {money(end, currency)}."
    elif abs(gap) < CENT or same is not None:
        title = f"{one} earns what {other} earns{same or ''}, {money(end, currency)}, but "
        title += listed([f"{step.name} gets {step.said}" for step in dict.fromkeys((steps[0], steps[-1]))]) + "."
    else:
        title = f"{one} earns {money(abs(gap), currency)} {'more' if gap >= 0 else 'less'} than {other}"
        gains, pays = steps[0].amount > 0, steps[-1].amount < 0
        moves = [f"{steps[0].name} gains {'most ' if gap > 0 else ''}({steps[0].said})"] if gains else []
        moves += [f"{steps[-1].name} pays {'most ' if gap < 0 else ''}({steps[-1].said})"] if pays else []
        title += f": {', '.join(moves if gap > 0 else reversed(moves))}."
    told = "; ".join(f"{bar.name}: {bar.said}" for bar in rows)
    words = f"What {one} earns more or less than {other} by channel, mean over the scenarios that count. {told}."
    measure = _in(f"contribution of {one} less that of {other}", currency)
    return bars(title, words, rows, measure, form=form, titled=titled)


def leaving(
    row: dict[str, object],
    parts: tuple[str, ...],
    currency: str,
    *,
    admitting: bool,
    form: Form = "wide",
    titled: bool = True,
) -> Picture:
    """Return of what the worth of retiring (or admitting) one channel consists.

    Parameters
    ----------
    row : dict
        Of the table of a retirement.
    parts : tuple of str
        Names of the columns that add up to ``net``.
    currency : str
    admitting : bool
    form : {"wide", "narrow"}
    titled : bool
    """
    channel = str(row["channel"])
    amounts = {name: float(row[name]) for name in parts}  # type: ignore[arg-type]
    net, low, high = (float(row[name]) for name in ("net", "low", "high"))  # type: ignore[arg-type]
    rows = [
        Bar(PARTS_SAID.get(name, name), amount, money(amount, currency, signed=True), "step")
        for name, amount in amounts.items()
        if abs(amount) >= 0.005
    ]
    rows.append(
        Bar(
            f"{'with' if admitting else 'without'} {channel}", net, money(net, currency, signed=True), "mark", low, high
        )
    )
    verb = "Adding" if admitting else "Retiring"
    if low > 0.005:
        title = f"{verb} {channel} is worth {money(net, currency)}."
    elif high < -0.005:
        title = f"{verb} {channel} would cost {money(-net, currency)}."
    else:
        between = f"{money(low, currency)} to {money(high, currency)}"
        title = f"It cannot be told whether {verb.lower()} {channel} pays: {between}."
    told = "; ".join(f"{bar.name}: {bar.said}" for bar in rows)
    return bars(
        title,
        f"What the worth consists of. {told}.",
        rows,
        _in("contribution of the company", currency),
        form=form,
        titled=titled,
    )


@drawn
def table(frame: pd.DataFrame, baseline: str, currency: str, *, form: Form = "wide", titled: bool = True) -> Picture:
    """Return scenarios and contracts as a table in which colour says how far each is from the best of its scenario.

    Parameters
    ----------
    frame : DataFrame
        Columns scenario, role, contract and contribution, and perhaps level: whether nothing tells the contract from
        the best one of the scenario.
    baseline : str
        Contract whose own contribution is told; of the others, how much more they earn.
    currency : str
    form : {"wide", "narrow"}
    titled : bool
    """
    wide = frame.pivot_table(index="scenario", columns="contract", values="contribution", dropna=False, sort=False)
    wide = wide[[baseline, *(name for name in wide.columns if name != baseline)]]
    best = _best(frame, wide)
    title, words = _said(wide, best)
    scenarios = list(wide.index[:ROWS])
    total = WIDTH[form] * 72
    left = min(max(breadth(str(name)) for name in scenarios), total * (0.24 if form == "wide" else 0.34)) + 12
    heads = list(wide.columns[: min(COLUMNS, max(int((total - left - 2) // CELL), 1))])
    cell = (total - left - 2) / len(heads)
    numbered = form == "narrow" or cell < 70
    keys = [f"{place}. {name}" for place, name in enumerate(heads, start=1)] if numbered else []
    lines = [wrapped(str(head), cell - 6, SMALL, most=2) for head in heads]
    top = 16.0 if numbered else 6 + 11 * max(len(each) for each in lines)
    unit = f" [{currency}]" if currency else ""
    said = f"First column: contribution{unit}; others: more or less than that. Strong colours: far from the best."
    foot = [*wrapped(said, total - 6, SMALL), *_legend_lines(keys, total), *_not_drawn(wide, len(heads))]
    height = top + 22 * len(scenarios) + 8 + 13 * len(foot)
    figure, part = picture(title, words, form, height, titled=titled)
    axes = blank(figure, height)
    axes.set_position((0, 0, 1, part))
    for place in range(len(heads)):
        text = str(place + 1) if numbered else "\n".join(lines[place])
        axes.text(left + cell * (place + 0.5), top - 5, text, size=SMALL, color=MUTED, ha="center", va="bottom")
    names = labels([str(scenario) for scenario in scenarios], left - 10)
    for row, scenario in enumerate(scenarios):
        axes.text(left - 8, top + 22 * row + 11, names[row], ha="right", va="center_baseline")
        first = best.loc[scenario, heads].to_numpy(bool)
        _cells(axes, wide.loc[scenario, heads].to_numpy(np.float64), first, (left, top + 22 * row, cell))
    for place, line in enumerate(foot, start=1):
        axes.text(0, top + 22 * len(scenarios) + 13 * place, line, size=SMALL, color=MUTED, va="baseline")
    return figure


def _cells(axes, earned, first, place) -> None:  # type: ignore[no-untyped-def]
    """Draw the cells of one scenario."""
    left, top, cell = place
    best = np.nanmax(earned) if not np.isnan(earned).all() else np.nan
    reach = max(abs(best), 1.0)
    for column, value in enumerate(earned):
        lost = (best - value) / reach
        step = 0 if np.isnan(value) or first[column] else 1 + int(np.searchsorted((0.01, 0.05, 0.15, 0.4), lost))
        shape = Rectangle((left + cell * column + 0.5, top + 0.5), cell - 1, 21, fc=STEPS[step], ec=LINE, lw=0.6)
        axes.add_patch(shape)
        amount = value if not column else value - earned[0]
        text = "no plan" if np.isnan(amount) else money(float(amount), "", signed=column > 0)
        text = fitted(text.replace("\N{NO-BREAK SPACE}", "" if cell < 60 else "\N{NO-BREAK SPACE}"), cell - 3, SMALL)
        weight = "bold" if step == 0 and not np.isnan(value) else "normal"
        where = (left + cell * (column + 0.5), top + 11)
        colour = ON_DARK if step >= 4 else INK
        axes.text(*where, text, size=SMALL, color=colour, ha="center", va="center_baseline", weight=weight)


def _best(frame: pd.DataFrame, wide: pd.DataFrame) -> pd.DataFrame:
    """Return which contracts are the best of each scenario: all of them that nothing tells apart."""
    if "level" not in frame:
        return wide.ge(wide.max(axis=1) - CENT, axis=0)
    found = frame.pivot_table(index="scenario", columns="contract", values="level", aggfunc="any", sort=False)
    return found.reindex(index=wide.index, columns=wide.columns).astype(bool)


def _said(wide: pd.DataFrame, best: pd.DataFrame) -> tuple[str, str]:
    """Return the finding, and what is drawn."""
    words = f"What {len(wide.columns)} contracts earn in {len(wide)} scenarios, against {wide.columns[0]}."
    if not wide.notna().any(axis=1).all():
        return "Some scenarios have no plan.", words
    wins = best.sum().sort_values(ascending=False, kind="stable")
    always = [str(name) for name in wins.index[wins == len(wide)]]
    where = "in the only scenario" if len(wide) == 1 else f"in each of {len(wide)} scenarios"
    if len(always) > 1:
        spread = wide[always].max(axis=1) - wide[always].min(axis=1)
        same = "and the same" if (spread < CENT).all() else "and nothing tells them apart"
        return f"{listed(always, SAID)} earn most, {same}, {where}.", words
    shared = int((best.sum(axis=1) > 1).sum())
    if always:
        ties = f", in {shared} of them level with others" if shared else ""
        return f"{always[0]} earns most {where}{ties}.", words
    first, second = wins.index[:2]
    ties = f"; {many(shared, 'tie counts', 'ties count')} for each" if shared else ""
    return f"{first} earns most in {wins.iloc[0]} of {len(wide)} scenarios, {second} in {wins.iloc[1]}{ties}.", words


def _not_drawn(wide: pd.DataFrame, columns: int) -> list[str]:
    found = []
    if len(wide) > ROWS:
        found.append(f"{many(len(wide) - ROWS, 'more scenario is', 'more scenarios are')} not drawn.")
    if len(wide.columns) > columns:
        rest = len(wide.columns) - columns
        found.append(f"{rest} more contract{'s are' if rest > 1 else ' is'} not drawn.")
    return found


def _legend_lines(keys: list[str], width: float) -> list[str]:
    """Return the names of numbered columns in lines that fit."""
    lines: list[str] = []
    for key in keys:
        if lines and breadth(f"{lines[-1]}    {key}", SMALL) <= width - 6:
            lines[-1] = f"{lines[-1]}    {key}"
        else:
            lines.append(fitted(key, width - 6, SMALL))
    return lines
