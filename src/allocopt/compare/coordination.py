"""What channels lose by acting alone, against the best that is possible; see `Comparison.coordination_gap`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from allocopt.compare.possible import bound_of, freest, same_rules
from allocopt.compare.runs import AS_STATED, Run
from allocopt.plan import SOLVED

if TYPE_CHECKING:
    from allocopt.compare.comparison import Comparison


def coordination_gap(found: Comparison) -> pd.DataFrame:
    """Return a row per run and contract that acts alone, and their averages; see `Comparison.coordination_gap`."""
    alone = [contract for contract in found.given_contracts if contract.acts_alone]
    if not alone:
        raise ValueError("compare a contract that acts alone (first_come, fixed_split)")
    frame = found.runs[found.runs["status"].isin(SOLVED)]
    mine = frame[frame["contract"].isin([contract.name for contract in alone])]
    keys = ["scenario", "draw"]
    best = mine[keys].merge(_possible(found, frame), on=keys, how="left").set_index(mine.index)
    plain = {contract.name for contract in alone if contract.earns_only}
    rows = pd.DataFrame(
        {
            **{key: mine[key] for key in (*keys, "contract")},
            "alone": mine["contribution"],
            **{name: best[name] for name in ("best_low", "best_high")},
            "gap_low": (best["best_low"] - mine["high"]).clip(lower=0.0),
            "gap_high": best["best_high"] - mine["low"],
            "measure": ["contribution" if name in plain else "objective" for name in mine["contract"]],
        }
    )
    return pd.concat([rows, _averages(found, rows)], ignore_index=True)


def _possible(found: Comparison, solved: pd.DataFrame) -> pd.DataFrame:
    """Return per run between what the best that is possible lies: scenario, draw, best_low, best_high."""
    given = found.given_contracts
    runs: dict[tuple[str, int], Run] = {}
    for run in found.given_runs:
        runs.setdefault((found.scenarios[run.scenario], run.draw), run)
    outcome = solved.set_index(["scenario", "draw", "contract"])
    sets = [(free, [each.name for each in given if same_rules(each, free)]) for free in freest(given)]
    rows = []
    most = solved.groupby(["scenario", "draw"], sort=False)["contribution"].max()
    for scenario, draw in most.index:
        earned = float(most[scenario, draw])
        high = earned
        for free, names in sets:
            known = [outcome["bound"].get((scenario, draw, name), np.nan) for name in names]
            known = [bound for bound in known if not math.isnan(bound)]
            high = max(high, min(known) if known else bound_of(found.bench.problem(runs[scenario, draw]), free))
        rows.append((scenario, draw, earned, high))
    return pd.DataFrame(rows, columns=["scenario", "draw", "best_low", "best_high"])


def _averages(found: Comparison, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per contract: its means over the scenarios that count."""
    numbers = ["alone", "best_low", "best_high", "gap_low", "gap_high"]
    counted = found.standing.counting(rows)
    means = counted.groupby(["contract", "measure", "scenario"], sort=False)[numbers].mean().reset_index()
    weight = means["scenario"].map(found.weights).astype(float)  # where there are none, pandas takes them for text
    by = [means["contract"], means["measure"]]
    sums = means[numbers].mul(weight, axis=0).groupby(by, sort=False).sum()
    average = sums.div(weight.groupby(by, sort=False).sum(), axis=0).reset_index()
    return average.assign(scenario="(average)", draw=AS_STATED)[["scenario", "draw", "contract", *numbers, "measure"]]
