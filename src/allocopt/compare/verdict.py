"""The verdict of a comparison: only what the intervals allow, in words."""

from __future__ import annotations

import math
from typing import Protocol

import pandas as pd

from allocopt.compare.intervals import Difference


class Compared(Protocol):
    """What a verdict looks at."""

    currency: str
    contracts: tuple[str, ...]

    @property
    def ranked(self) -> list[str]:
        """Contracts with a plan in every run, worth most first."""

    @property
    def runs(self) -> pd.DataFrame:
        """One row a run."""

    @property
    def failures(self) -> pd.DataFrame:
        """Runs without a plan."""

    def difference(self, one: str, other: str | None = None) -> Difference:
        """Return how much more one contract is worth than another."""


def verdict(found: Compared) -> str:
    """Return who is worth more than whom, and who cannot be told apart."""
    ranked = found.ranked
    said = []
    if len(ranked) > 1:
        said.append(_ranking(found, ranked))
    elif not ranked:
        said.append("No contract has a plan in every run.")
    elif len(found.contracts) > 1:
        said.append(f"Only {ranked[0]} has a plan in every run.")
    else:
        said.append(f"{ranked[0]} was compared with nothing.")
    failed = found.failures.groupby("contract", sort=False).size()
    for name, times in failed.items():
        runs = int((found.runs["contract"] == name).sum())
        said.append(f"{name} has no plan" + (f" in {times} of {runs} runs." if runs > 1 else "."))
    return " ".join(said)


def _ranking(found: Compared, ranked: list[str]) -> str:
    first, others = ranked[0], ranked[1:]
    gaps = {name: found.difference(first, name) for name in others}
    apart = [name for name in others if gaps[name].apart]
    same = [name for name in others if gaps[name].low == gaps[name].high == 0]
    ties = [name for name in others if name not in (*apart, *same)]
    said = []
    if apart:
        words = [f"{_money(found, gaps[name].mean)} more than {name}{_range(found, gaps[name])}" for name in apart]
        said.append(f"{first} is worth {_listed(words)}.")
    if same:
        said.append(f"{_listed([first, *same])} are worth the same.")
    if ties:
        verb = "is a tie" if len(ties) == 1 else "are ties"
        widest = max(gaps[name].high for name in ties)
        if math.isfinite(widest):
            reason = f"what lies between them may be nothing, and is at most {_money(found, widest)}"
        elif _drawn(found):
            reason = "a single draw tells nothing"
        else:
            reason = "what lies between them may be nothing, and nobody knows how much it is at most"
        said.append(f"{_listed(ties)} {verb} with {first}: {reason}.")
    return " ".join(said)


def _range(found: Compared, gap: Difference) -> str:
    """Return in brackets how sure a difference is."""
    low, high = _money(found, gap.low, unit=False), _money(found, gap.high, unit=False)
    words = [] if low == high else [f"{'95 % sure' if _drawn(found) else 'certainly'}: {low} to {high}"]
    if gap.runs > 1:
        behind = f", behind in {gap.behind}" if gap.behind else ""
        words.append(f"ahead in {gap.ahead} of {gap.runs} {_kind(found.runs)}{behind}")
    return f" ({'; '.join(words)})" if words else ""


def _drawn(found: Compared) -> bool:
    """Return whether anything was left to chance."""
    return bool((found.runs["draw"] >= 0).any())


def _kind(runs: pd.DataFrame) -> str:
    """Return what the runs of one contract are called."""
    drawn = runs["draw"] >= 0
    return "draws" if drawn.all() else "scenarios" if not drawn.any() else "runs"


def _money(found: Compared, amount: float, *, unit: bool = True) -> str:
    digits = 0 if abs(amount) >= 100 else 2
    return f"{amount:,.{digits}f}" + (f" {found.currency}" if unit and found.currency else "")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
