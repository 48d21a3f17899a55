"""The verdict of a comparison: only what the intervals allow, in words."""

from __future__ import annotations

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
    elif ranked:
        said.append(f"Only {ranked[0]} has a plan everywhere.")
    failed = found.failures.groupby("contract", sort=False).size()
    for name, times in failed.items():
        said.append(f"{name} has no plan in {times} of {(found.runs['contract'] == name).sum()} runs.")
    return " ".join(said)


def _ranking(found: Compared, ranked: list[str]) -> str:
    first = ranked[0]
    apart: list[tuple[str, Difference]] = []
    ties: list[tuple[str, Difference]] = []
    for name in ranked[1:]:
        gap = found.difference(first, name)
        (apart if gap.apart else ties).append((name, gap))
    words = [f"{_amount(found, gap)} more than {name} ({_range(found, gap)})" for name, gap in apart]
    said = ""
    if words:
        said = f"{first} is worth {_listed(words)}."
    if ties:
        names = _listed([name for name, _ in ties])
        verb = "is a tie" if len(ties) == 1 else "are ties"
        widest = max(ties, key=lambda tie: tie[1].high)[1]
        reason = f"what lies between them may be nothing, and is at most {_money(found, widest.high)}"
        said += f" {names} {verb} with it: {reason}." if said else f"{names} {verb} with {first}: {reason}."
    return said.strip()


def _amount(found: Compared, gap: Difference) -> str:
    return _money(found, gap.mean)


def _range(found: Compared, gap: Difference) -> str:
    kind = _kind(found.runs)
    ahead = f"ahead in {gap.ahead} of {gap.runs} {kind}"
    behind = f", behind in {gap.behind}" if gap.behind else ""
    return f"certainly {_money(found, gap.low, unit=False)} to {_money(found, gap.high, unit=False)}; {ahead}{behind}"


def _kind(runs: pd.DataFrame) -> str:
    """Return what the runs of one contract are called."""
    drawn = runs["draw"] >= 0
    return "draws" if drawn.all() else "scenarios" if not drawn.any() else "runs"


def _money(found: Compared, amount: float, *, unit: bool = True) -> str:
    digits = 0 if abs(amount) >= 100 else 2
    return f"{amount:,.{digits}f}" + (f" {found.currency}" if unit and found.currency else "")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
