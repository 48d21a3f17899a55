"""The page of a comparison: which contract, how sure that is, who pays, and what each run came to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from allocopt.compare.beside import side_by_side
from allocopt.report import seen
from allocopt.report.columns import Kind, view
from allocopt.report.page import FIRST, ROWS, Block, Card, Page, Section, TableBlock, Words, both, tables, write_page
from allocopt.report.plots import ComparisonPlots
from allocopt.report.proof import contract_words
from allocopt.report.words import NBSP, exactly, many, money, sentence, share

if TYPE_CHECKING:
    from allocopt.compare import Comparison

MINUS = "\N{MINUS SIGN}"
RANKING = (
    "contract",
    "contribution",
    "difference",
    "low",
    "high",
    "fill_rate",
    "regret",
    "worst_regret",
    "best",
    "failed",
)
NAMES = {"difference": "against the baseline", "contribution": "contribution (mean)"}


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
        [found.verdict],
        list(_cards(found, ranking)),
        [section for section in _sections(found, ranking) if section.blocks],
        list(_origin(found)),
    )


def _title(found: Comparison, ranking: pd.DataFrame) -> str:
    if not found.ranked:
        return "No contract has a plan in every run that counts."
    best = ranking.iloc[0]
    title = f"{best['contract']} earns most: {money(float(best['contribution']), found.currency)}"
    if len(found.ranked) < 2:
        return f"{title}."
    second = ranking.iloc[1]
    gap = float(best["contribution"] - second["contribution"])
    if gap < 0.005:
        earned = money(float(best["contribution"]), found.currency)
        return f"{best['contract']} and {second['contract']} earn most, and the same: {earned}."
    return f"{title}, {money(gap, found.currency)} more than {second['contract']}."


def _cards(found: Comparison, ranking: pd.DataFrame) -> Iterator[Card]:
    """Yield the three numbers of the best contract against the baseline."""
    if not found.ranked:
        return
    best, base = ranking.iloc[0], ranking[ranking["contract"] == found.baseline].iloc[0]
    if best["contract"] == found.baseline and len(found.ranked) > 1:
        base = ranking.iloc[1]
    itself = best["contract"] == base["contract"]
    against = "nothing to compare it with" if itself else ""
    gains = [float(best[name] - base[name]) for name in ("contribution", "fill_rate", "worst_regret")]
    unit = found.currency
    told = [
        f"{exactly(gains[0], unit, signed=True)} against {base['contract']}",
        f"{f'{gains[1] * 100:+.1f}'.replace('-', MINUS)} points against {base['contract']}",
        f"{exactly(gains[2], unit, signed=True)} against {base['contract']}",
    ]
    said = [against or words for words in told]
    signs = (1, 1, -1)
    good = [None if itself or abs(gain) < 1e-9 else gain * sign > 0 for gain, sign in zip(gains, signs, strict=True)]
    name = str(best["contract"])
    yield Card(
        f"Contribution of {name}",
        exactly(float(best["contribution"]), unit),
        "mean over the scenarios that count",
        said[0],
        good[0],
    )
    if best["fill_rate"] == best["fill_rate"]:
        yield Card(f"Fill rate of {name}", share(float(best["fill_rate"]), 1), "of the units wanted", said[1], good[1])
    yield Card(
        f"Worst regret of {name}",
        exactly(float(best["worst_regret"]), unit),
        "what it leaves on the table at worst",
        said[2],
        good[2],
    )


def _sections(found: Comparison, ranking: pd.DataFrame) -> Iterator[Section]:
    draw, unit = ComparisonPlots(found), f" [{found.currency}]" if found.currency else ""
    ordered = view(ranking, "ranking", f"Ranking by mean contribution{unit}", only=RANKING, headings=NAMES)
    blocks: list[Block] = [TableBlock(ordered)]
    if len(found.contracts) > 1:
        names = {
            "low": "certainly at least",
            "high": "certainly at most",
            "apart": "told apart",
            "measure": "proven of",
        }
        deltas = found.deltas()
        if np.allclose(deltas["contribution"], deltas["difference"], equal_nan=True):
            deltas = deltas.drop(columns="contribution")  # what is proven is the contribution itself
        blocks.append(TableBlock(view(deltas, "deltas", f"Against {found.baseline}{unit}", headings=names)))
    yield Section("ranking", "Which contract", "", blocks)
    if len(found.ranked) > 1:
        yield Section(
            "who-pays", "Who gains and who pays", "", [both("waterfall", draw.waterfall), *_by_channel(found)]
        )
    beside = side_by_side(found.by_scenario(), found.baseline)
    beside = beside.apply(lambda column: column.str.replace("-", MINUS) if column.name in found.contracts else column)
    caption = f"What {found.baseline} earns in each scenario, and how much more or less the others{unit}"
    numbers: dict[str, Kind] = dict.fromkeys(found.contracts, "number")
    table = TableBlock(
        view(
            beside,
            "scenarios",
            caption,
            kinds=numbers,
            headings=dict(zip(found.contracts, found.contracts, strict=True)),
        )
    )
    blocks = [table]
    if found.ranked:
        blocks = [both("table", draw.table), table, both("regret", draw.regret)]
    yield Section("scenarios", "Scenario by scenario", "", blocks)
    yield _gap(found, unit)
    yield _contracts(found)
    yield _runs(found)


def _by_channel(found: Comparison) -> list[Block]:
    """Return what each channel earns under each contract."""
    columns = {name: seen.contributions(found, name, name)["one"] for name in found.ranked[:FIRST]}
    frame = pd.DataFrame(columns).reset_index(names="channel")
    kinds: dict[str, Kind] = dict.fromkeys(columns, "money")
    names = {name: name for name in columns}
    unit = f" [{found.currency}]" if found.currency else ""
    return list(
        tables(view(frame, "by-channel", f"Contribution of each channel{unit}", kinds=kinds, headings=names, most=ROWS))
    )


def _gap(found: Comparison, unit: str) -> Section:
    """What channels lose by acting alone, where somebody did."""
    with suppress(ValueError):
        gap = found.coordination_gap()
        average = gap[gap["scenario"] == "(average)"]
        if len(average):
            names = {
                "alone": "acting alone earns",
                "best_low": "possible at least",
                "best_high": "possible at most",
                "gap_low": "lost at least",
                "gap_high": "lost at most",
            }
            only = ("contract", *names)
            first = average.iloc[0]
            least, most = exactly(float(first["gap_low"]), ""), exactly(float(first["gap_high"]), found.currency)
            between = most if least == most.removesuffix(f"{NBSP}{found.currency}") else f"{least} to {most}"
            lead = f"{first['contract']} loses {between} against the best that is possible."
            return Section(
                "gap",
                "What coordination is worth",
                lead,
                [
                    TableBlock(
                        view(
                            average,
                            "gap-table",
                            f"Acting alone against the best that is possible{unit}",
                            only=only,
                            headings=names,
                        )
                    )
                ],
            )
    return Section("gap", "What coordination is worth", "")


def _contracts(found: Comparison) -> Section:
    """What the contracts say."""
    blocks: list[Block] = []
    for contract in found.given_contracts:
        content = contract.to_dict()
        who = f" ({content['owner']})" if content.get("owner") else ""
        why = f" {sentence(content['reason'])}" if content.get("reason") else ""
        clauses, optimised = contract_words(content)
        rules = " ".join(clauses) or "No clauses."
        blocks.append(Words("text", [f"{contract.name}{who}:{why} {rules} {optimised}".rstrip()]))
    return Section("contracts", "What the contracts say", "", blocks)


def _runs(found: Comparison) -> Section:
    """What each run came to, how it was proven, and who has no plan."""
    runs = found.runs.drop(columns=["digest", "seconds"])
    runs["gap"] = np.where(runs["bound"].notna(), (runs["bound"] - runs["objective"]).clip(lower=0.0), np.nan)
    failed = found.failures
    blocks: list[Block] = []
    if len(failed):
        blocks += tables(view(failed, "failures", "Runs without a plan", most=ROWS))
    only: tuple[str, ...] = ("scenario", "draw", "contract", "status", "contribution", "objective", "bound", "played")
    kinds: dict[str, Kind] = {"draw": "text"}
    if not (runs["draw"] >= 0).any():
        only = tuple(name for name in only if name != "draw")
    whole = view(
        runs,
        "runs",
        f"All {len(runs):,} runs" if len(runs) <= ROWS else f"The first {ROWS:,} of {len(runs):,} runs",
        only=only,
        most=ROWS,
        kinds=kinds,
    )
    blocks += tables(view(runs.head(0), "runs", ""), whole)
    return Section(
        "runs",
        "How it was proven, run by run",
        "Each plan was checked without its solver; a bound says what no plan of its run is worth more than.",
        blocks,
    )


def _origin(found: Comparison) -> Iterator[tuple[str, str]]:
    from importlib import metadata

    yield "Contracts", ", ".join(found.contracts)
    yield "Scenarios", ", ".join(found.scenarios)
    yield "Baseline", found.baseline
    yield "Fingerprint of the contracts", seen.digest([contract.to_dict() for contract in found.given_contracts])
    told = found.runs[["scenario", "draw", "contract", "status", "contribution", "digest"]]
    yield "Fingerprint of the answers", seen.digest_of(told)
    yield "allocopt", metadata.version("allocopt")
