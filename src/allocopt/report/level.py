"""Which contracts are level: those that nothing tells apart, of which no page says that one earns more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allocopt.report.words import CENT

if TYPE_CHECKING:
    from allocopt.compare.standing import Standing

PROVEN, DRAWN = " within what is proven", " as far as the draws tell"


def alike(found: Standing, one: str, other: str, scenario: str | None = None) -> bool:
    """Return whether nothing tells two contracts apart, on average or in one scenario.

    .. code-block:: text

        low <= 0 <= high  and  |contribution| <= high - low  [currency]

    of the difference between the two: where more is proven of objectives than of contributions, contracts whose
    contributions differ by more than that are not alike.
    """
    gap = found.difference(one, other, scenario)
    if one == other or gap.apart or gap.contribution != gap.contribution:
        return one == other
    return abs(gap.contribution) <= max(gap.high - gap.low, CENT)


def level(found: Standing, scenario: str | None = None) -> list[str]:
    """Return the contract that earns most and all that nothing tells from it, the best first; none if none is known.

    It is about contributions and their means, whatever else ranks: a risk has a title of its own.
    """
    if scenario is None:
        ranked = sorted(found.ranked, key=lambda name: -found.worth[name])
    else:
        rows = found.by_scenario()
        rows = rows[rows["scenario"] == scenario].dropna(subset=["contribution"])
        ranked = rows.sort_values("contribution", ascending=False, kind="stable")["contract"].tolist()
    return [name for name in ranked if alike(found, ranked[0], name, scenario)]


def sameness(found: Standing, one: str, other: str) -> str:
    """Return how far two contracts that are alike are known to be the same; nothing where they are, to the cent."""
    if abs(found.difference(one, other).contribution) < CENT:
        return ""
    drawn = any(future.draws for future in found.counted)
    return DRAWN if drawn else PROVEN
