"""The page of a comparison: which contract, how sure that is, who pays, and what each run came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from allocopt.compare.beside import side_by_side
from allocopt.compare.risk_words import level_by_risk, value_gap
from allocopt.compare.verdict import verdict
from allocopt.report import seen
from allocopt.report.columns import view
from allocopt.report.headings import Kind
from allocopt.report.level import level, sameness
from allocopt.report.page import (
    FIRST,
    ROWS,
    Block,
    Card,
    Page,
    Section,
    TableBlock,
    Terms,
    both,
    folded,
    opened,
    write_page,
)
from allocopt.report.plots import ComparisonPlots
from allocopt.report.proof import contract_words
from allocopt.report.spoken import sentence, typeset
from allocopt.report.totals import Totals
from allocopt.report.words import NBSP, exactly, listed, many, money, share

if TYPE_CHECKING:
    from allocopt.compare import Comparison
    from allocopt.compare.risk import CVaR

MINUS = "\N{MINUS SIGN}"
RANKING = (
    *("contract", "contribution", "difference", "low", "high", "fill_rate", "regret", "worst_regret", "best"),
    "failed",
)
GAP = ("alone", "best_low", "best_high", "gap_low", "gap_high")
NAMES = {"contribution": "contribution, mean", "low": "certainly at least", "high": "certainly at most"}
TOLD = 3
"""Contracts that are told one by one at first."""
SMALL = 12
"""Scenarios and contracts that a picture of them all has room for: the table stands behind a summary."""


def report(found: Comparison, path: str | Path) -> None:
    """Write the page of a comparison; see `allocopt.Comparison.report`."""
    write_page(page_of(found), Path(path))


def page_of(found: Comparison) -> Page:
    """Return what the page of a comparison says."""
    what = f"{many(len(found.contracts), 'contract')} under {many(len(found.scenarios), 'scenario')}"
    ranking = found.summary()
    return Page(
        f"Comparison of {what}",
        _title(found, ranking),
        [typeset(verdict(found.standing, TOLD))],
        list(_cards(found, ranking)),
        sections=[section for section in _sections(found, ranking) if section.blocks],
        origin=list(_origin(found)),
    )


def _title(found: Comparison, ranking: pd.DataFrame) -> str:
    if not found.ranked:
        return "No contract has a plan in every run that counts."
    if found.risk is not None:
        return _title_by_risk(found, found.risk)
    best, first = ranking.iloc[0], level(found.standing)
    earned = money(float(best["contribution"]), found.currency)
    if len(first) > 1:
        same = sameness(found.standing, first[0], first[-1])
        return f"{listed(first, TOLD)} earn most, and the same{same}: {earned}."
    title = f"{best['contract']} earns most: {earned}"
    if len(found.ranked) < 2:
        return f"{title}."
    second = ranking.iloc[1]
    gap = float(best["contribution"] - second["contribution"])
    return f"{title}, {money(gap, found.currency)} more than {second['contract']}."


def _title_by_risk(found: Comparison, risk: CVaR) -> str:
    """Return who comes first by the measure that ranks, and by how much of that measure."""
    standing, ranked = found.standing, found.ranked
    worth = money(float(standing.value[ranked[0]]), found.currency)
    same = level_by_risk(standing)
    if len(same) > 1:
        return f"{listed(same, TOLD)} are worth the same by {risk.words()}: {worth}."
    title = f"{ranked[0]} comes first by {risk.words()}: {worth}"
    if len(ranked) < 2:
        return f"{title}."
    gap = value_gap(standing, ranked[0], ranked[1])
    return f"{title}, {money(gap, found.currency)} more than {ranked[1]}."


def _cards(found: Comparison, ranking: pd.DataFrame) -> Iterator[Card]:
    """Yield the three numbers of the best contract against the baseline."""
    if not found.ranked:
        return
    best, base = ranking.iloc[0], ranking[ranking["contract"] == found.baseline].iloc[0]
    if best["contract"] == found.baseline and len(found.ranked) > 1:
        base = ranking.iloc[1]
    other, unit = str(base["contract"]), found.currency
    itself = best["contract"] == other

    def card(what: str, amount: str, beside: str, column: str, words: Callable[[float], str], sign: int) -> Card:
        gain = float(best[column] - base[column])
        if itself:
            return Card(what, amount, beside, "nothing to compare it with")
        same = words(gain).lstrip(f"+{MINUS}") == words(0.0).lstrip("+")
        against = f"as under {other}" if same else f"{words(gain)} against {other}"
        return Card(what, amount, beside, against, None if same else gain * sign > 0)

    def amount(gain: float) -> str:
        return exactly(gain, unit, signed=True)

    def points(gain: float) -> str:
        return f"{gain * 100:+.1f} points".replace("-", MINUS)

    name, earned = str(best["contract"]), exactly(float(best["contribution"]), unit)
    yield card(f"Contribution of {name}", earned, "mean over the scenarios that count", "contribution", amount, 1)
    if best["fill_rate"] == best["fill_rate"]:
        filled = share(float(best["fill_rate"]), 1)
        yield card(f"Fill rate of {name}", filled, "of the units wanted", "fill_rate", points, 1)
    worst = exactly(float(best["worst_regret"]), unit)
    beside = "less than the best contract of a scenario"
    yield card(f"{name} leaves on the table at worst", worst, beside, "worst_regret", amount, -1)


def _sections(found: Comparison, ranking: pd.DataFrame) -> Iterator[Section]:
    draw, unit = ComparisonPlots(found), f" [{found.currency}]" if found.currency else ""
    names = NAMES | {"difference": f"against {found.baseline}"}
    by, shown = "mean contribution", list(RANKING)
    if found.risk is not None:
        by, shown = found.risk.words(), ["contract", "value", *RANKING[1:]]
        names |= {"value": "value that ranks", "difference": f"mean contribution against {found.baseline}"}
        names |= {"low": "of that mean, at least", "high": "of that mean, at most"}
    ordered = view(ranking, "ranking", f"By {by}{unit}", only=shown, headings=names)
    yield Section("ranking", "Which contract?", "", [TableBlock(ordered), *_deltas(found, ranking, unit)])
    if len(found.ranked) > 1:
        blocks = [both("waterfall", draw.waterfall), *_by_channel(found, unit)]
        yield Section("who-pays", "Who gains, and who pays?", "", blocks)
    beside = side_by_side(found.by_scenario(), found.baseline)
    beside = beside.apply(lambda column: column.str.replace("-", MINUS) if column.name in found.contracts else column)
    caption = f"What {found.baseline} earns in each scenario, and how much more or less the others{unit}"
    numbers: dict[str, Kind] = dict.fromkeys(found.contracts, "number")
    heads = {name: name for name in found.contracts}
    told = view(beside, "scenarios", caption, kinds=numbers, headings=heads)
    blocks = [TableBlock(told)]
    if found.ranked:
        drawn = len(found.scenarios) <= SMALL and len(found.contracts) <= SMALL
        blocks = [both("table", draw.table), TableBlock(told, folded=drawn), both("regret", draw.regret)]
    yield Section("scenarios", "What happens in which scenario?", "", blocks)
    yield _gap(found, unit)
    yield _contracts(found)
    yield _runs(found)


def _deltas(found: Comparison, ranking: pd.DataFrame, unit: str) -> list[Block]:
    """Return how sure each difference is, in the order of the ranking, behind a summary."""
    if len(found.contracts) < 2:
        return []
    deltas = found.deltas().set_index("contract").reindex(ranking["contract"]).dropna(how="all").reset_index()
    if np.allclose(deltas["contribution"], deltas["difference"], equal_nan=True):
        deltas = deltas.drop(columns="contribution")  # what is proven is the contribution itself
    of = "" if found.risk is None else " of mean contributions"
    caption = f"How sure the differences{of} to {found.baseline} are{unit}"
    return [TableBlock(view(deltas, "deltas", caption, headings=NAMES), folded=True)]


def _by_channel(found: Comparison, unit: str) -> list[Block]:
    """Return what each channel earns under each contract."""
    columns = {name: seen.contributions(found, name, name)["one"] for name in found.ranked[:FIRST]}
    frame = pd.DataFrame(columns).reset_index(names="channel")
    kinds: dict[str, Kind] = dict.fromkeys(columns, "money")
    looks: dict[str, Any] = {"most": ROWS, "kinds": kinds, "headings": {name: name for name in columns}}
    caption = f"Contribution of each channel{unit}"
    return opened(frame, "by-channel", caption, ("channel", "channels"), totals=Totals(tuple(columns)), **looks)


def _gap(found: Comparison, unit: str) -> Section:
    """What channels lose by acting alone, where somebody did."""
    heading = "What is coordination worth?"
    with suppress(ValueError):
        gap = found.coordination_gap()
        average = gap[gap["scenario"] == "(average)"]
        if len(average):
            first = average.iloc[0]
            least, most = exactly(float(first["gap_low"]), ""), exactly(float(first["gap_high"]), found.currency)
            between = most if least == most.removesuffix(f"{NBSP}{found.currency}") else f"{least} to {most}"
            lead = f"{first['contract']} loses {between} against the best that is possible."
            caption = f"Acting alone against the best that is possible{unit}"
            table = view(average, "gap-table", caption, only=("contract", *GAP))
            return Section("gap", heading, lead, [TableBlock(table)])
    return Section("gap", heading, "")


def _contracts(found: Comparison) -> Section:
    """What the contracts say."""
    said = []
    for contract in found.given_contracts:
        content = contract.to_dict()
        clauses, optimised = contract_words(content)
        why = sentence(content["reason"]) if content.get("reason") else ""
        who = f"{content['owner']} answers for this contract." if content.get("owner") else ""
        rules = " ".join(clauses) or "No clauses."
        said.append((contract.name, " ".join(filter(None, (why, rules, optimised, who)))))
    return Section("contracts", "What do the contracts say?", "", [Terms(said)])


def _runs(found: Comparison) -> Section:
    """What each run came to, how it was proven, and who has no plan."""
    runs = found.runs.drop(columns=["digest", "seconds"])
    kinds: dict[str, Kind] = {"draw": "text"}
    drawn = ("draw",) if (runs["draw"] >= 0).any() else ()
    only = ("scenario", *drawn, "contract", "status", "contribution", "objective", "bound", "played")
    names = {"bound": "no plan is worth more than"}
    blocks = opened(found.failures, "failures", "Runs without a plan", ("run", "runs"), most=ROWS)
    blocks += folded(runs, "runs", ("run", "runs"), only=only, kinds=kinds, headings=names)
    lead = "Each plan was checked without its solver; a bound says what no plan of its run is worth more than."
    return Section("runs", "How good is each plan, and how is that known?", lead, blocks)


def _origin(found: Comparison) -> Iterator[tuple[str, str]]:
    from importlib import metadata

    yield "Contracts", ", ".join(found.contracts)
    yield "Scenarios", ", ".join(found.scenarios)
    yield "Baseline", found.baseline
    yield "Fingerprint of the contracts", seen.digest([contract.to_dict() for contract in found.given_contracts])
    told = found.runs[["scenario", "draw", "contract", "status", "contribution", "digest"]]
    yield "Fingerprint of the answers", seen.digest_of(told)
    yield "allocopt", metadata.version("allocopt")
