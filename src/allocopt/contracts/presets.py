"""Contracts that people use, by name: each is a few clauses or stages, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

from allocopt.contracts.contract import Contract
from allocopt.contracts.stages import Confirmed, Fill, FirstCome, MaxMinFill
from allocopt.errors import ContractError
from allocopt.rules.cap import Cap
from allocopt.rules.kit.base import Base, Clause
from allocopt.rules.protect import Protect
from allocopt.rules.protection_levels import ProtectionLevels

Shares = Mapping[str, float]
"""Share of each channel [1]."""
ChannelWeights = Mapping[str, float]
"""Weight of each channel that shares [1]."""
Tier = str | tuple[str, ...] | list[str]
"""One channel or several."""
Tiers = int | tuple[int, ...] | list[int] | None
"""One rank, several, or none."""
ROUNDING = 1e-9
"""By how much shares may sum to more than 1, since 0.1 + 0.2 + 0.7 does."""


def pooled() -> Contract:
    """Return the contract without clauses: one optimum for all, every unit goes where it earns most.

    Source: inventory pooling, Eppen, Effects of centralization on expected costs in a multi-location newsboy
    problem, Management Science 25 (1979).

    Examples
    --------
    >>> pooled().name
    'Pooled'
    """
    return Contract("Pooled", reason="Every unit goes where it earns most; nobody has a right to any of it.")


def fixed_split(shares: Shares) -> Contract:
    """Return the contract in which each channel owns its share of each lot; what it does not sell stays unsold.

    The shares are hard reserves that add up. What they leave of a lot is open to everybody. Lots at nodes without a
    lane to a channel are not split with it. Source: partitioned allocation, Talluri and van Ryzin, The Theory and
    Practice of Revenue Management (2004), ch. 2; "allocation by ratio" in supply planning systems.

    Parameters
    ----------
    shares : mapping of str to float
        Share of each channel, in sum at most 1 [1].

    Raises
    ------
    ContractError
        If the shares are none, or sum to more than 1.

    Examples
    --------
    >>> [clause.words() for clause in fixed_split({"dtc": 0.75, "amazon": 0.25}).clauses]
    ['protect channel dtc, share 0.75', 'protect channel amazon, share 0.25']
    """
    return Contract(
        "Fixed split",
        clauses=_kept(shares),
        reason=f"Each channel owns its share of every lot ({_said(shares)}), and what it does not sell stays unsold.",
    )


def split_with_release(shares: Shares, release_from: int) -> Contract:
    """Return the fixed split whose unsold rest is open to everybody from a period on.

    Source: seat and room allotments with a release (cut-off) date, e.g. Phillips, Pricing and Revenue Optimization
    (2005), ch. 6.

    Parameters
    ----------
    shares : mapping of str to float
        Share of each channel, in sum at most 1 [1].
    release_from : int
        First period in which the split no longer holds.

    Raises
    ------
    ContractError
        If the shares are none, or sum to more than 1.

    Examples
    --------
    >>> split_with_release({"dtc": 0.5, "amazon": 0.5}, release_from=6).clauses[0].release_from
    6
    """
    return Contract(
        "Split with release",
        clauses=_kept(shares, release_from=release_from),
        reason=f"Each channel owns its share of every lot ({_said(shares)}) until period {release_from}.",
    )


def priority(*tiers: Tier) -> Contract:
    """Return the contract of strict tiers: the first is served as far as possible, then the second, and so on.

    Channels that stand in no tier come last. How much a tier gets is never taken back; by which lots it is served
    may change, where that helps a later tier or earns more. Source: priority rules of order promising; lexicographic
    (preemptive) goals, Ignizio, Goal Programming and Extensions (1976).

    Parameters
    ----------
    *tiers : str or sequence of str
        Each a channel, or several that share a tier.

    Raises
    ------
    ContractError
        If there is no tier, or a channel stands in two.

    Examples
    --------
    >>> [stage.words() for stage in priority("wholesale", ["dtc", "amazon"]).stages]
    ['fill of wholesale', 'fill of dtc, amazon']
    """
    named = [_several(tier) or () for tier in tiers]
    if not named:
        raise ContractError('priority needs at least one tier, such as priority("wholesale", "dtc").')
    twice = [name for name, count in Counter(name for tier in named for name in tier).items() if count > 1]
    if twice:
        names = ", ".join(map(str, twice))
        raise ContractError(f"A channel stands in one tier only, and here more than once: {names}.")
    order = ", then ".join(" and ".join(map(str, tier)) for tier in named)
    reason = f"Strict tiers: {order}; whoever is left comes last."
    return Contract("Priority", stages=tuple(Fill(tier) for tier in named), reason=reason)


def by_priority() -> Contract:
    """Return the contract of strict ranks: `demand.priority` 1 is served as far as possible, then 2, and so on.

    Lines without a rank come last; between plans that serve all ranks alike the one that earns most counts. Source:
    lexicographic (preemptive) goals, Ignizio, Goal Programming and Extensions (1976).

    Examples
    --------
    >>> [stage.words() for stage in by_priority().stages]
    ['fill, rank after rank']
    """
    reason = "Rank after rank, whatever they pay: nobody gets a unit that somebody of a higher rank could have."
    return Contract("By priority", stages=(Fill(priority="each"),), reason=reason)


def strata(
    win: Tiers = None, gain: Tiers = None, redistribute: Tiers = None, fill: Tiers = None, lose: Tiers = None
) -> Contract:
    """Return the contract in which ranks are strata of a backorder run: who wins, gains, may lose, and loses.

    Stratum after stratum, in the order of their names, whatever they pay; lines of other ranks, or none, come last.

    - win: served in full, as far as there is stock at all;
    - gain: keeps at least what was confirmed (`demand.confirmed`), and gets more where there is more;
    - redistribute: may lose what was confirmed to the strata before, and may gain;
    - fill: gets what is left;
    - lose: gives all that it had, and gets nothing.

    What one stratum gets is never taken back for a later one; of lines of one stratum the higher rank comes first, and
    of plans that serve all alike the one counts that earns most. Source: the strategies of backorder processing, SAP,
    Advanced Available-to-Promise.

    Parameters
    ----------
    win, gain, redistribute, fill, lose : int, sequence of int or None
        Ranks (`demand.priority`) of each stratum; None: nobody is in it.

    Raises
    ------
    ContractError
        If no rank is given, or one stands in two strata.

    Examples
    --------
    >>> agreed = strata(win=1, gain=(2, 3), lose=9)
    >>> [stage.words() for stage in agreed.stages]
    ['fill of rank 1', 'confirmed of rank 2, 3', 'fill of rank 2', 'fill of rank 3']
    >>> [clause.words() for clause in agreed.clauses]
    ['cap units 0.0, per total, priority 9']
    """
    given = {"win": win, "gain": gain, "redistribute": redistribute, "fill": fill, "lose": lose}
    ranks = {name: _ranks(one) for name, one in given.items()}
    every = [rank for some in ranks.values() for rank in some]
    twice = sorted({rank for rank in every if every.count(rank) > 1})
    if not every:
        raise ContractError("strata needs the ranks of at least one stratum, such as strata(win=1, gain=2).")
    if twice:
        raise ContractError(
            f"A rank stands in one stratum only, and here more than once: {', '.join(map(str, twice))}."
        )
    held = (Confirmed(priority=ranks["gain"]),) if ranks["gain"] else ()
    order = {name: tuple(Fill(priority=rank) for rank in sorted(some)) for name, some in ranks.items()}
    stages = (*order["win"], *held, *order["gain"], *order["redistribute"], *order["fill"])
    clauses = (Cap(units=0, per="total", priority=ranks["lose"]),) if ranks["lose"] else ()
    said = "; ".join(f"{name}: {', '.join(map(str, some))}" for name, some in ranks.items() if some)
    return Contract("Strata", clauses=clauses, stages=stages, reason=f"Ranks are served stratum by stratum ({said}).")


def fair_share(channels: Tier | None = None, weights: ChannelWeights | None = None) -> Contract:
    """Return the contract in which each SKU is shared in proportion to demand, as far as lanes and capacity allow.

    Nobody's share of demand served can be raised without lowering that of somebody who is served less. Source: fair
    share rule A (in proportion to demand) of deployment planning, SAP APO SNP; max-min fairness of fill rates, Luss,
    Equitable Resource Allocation (2012), ch. 2.

    Parameters
    ----------
    channels : str, sequence of str or None
        Channels that share; None: all. Others get what these leave.
    weights : mapping of str to float, or None
        Weight of each channel that shares: levels are units / weight [1]; None: see `MaxMinFill`.

    Examples
    --------
    >>> fair_share().stages[0].measure
    'fill'
    """
    reason = "Each article that is short is shared in proportion to what the channels want."
    return Contract("Fair share", stages=(_levelled("fill", channels, weights),), reason=reason)


def max_min_fair(channels: Tier | None = None, weights: ChannelWeights | None = None) -> Contract:
    """Return the contract in which each SKU is shared in equal units, nobody getting more than they want.

    Source: max-min fair share, Keshav, An Engineering Approach to Computer Networking (1997), ch. 9; Bertsekas and
    Gallager, Data Networks (1992), ch. 6.

    Parameters
    ----------
    channels : str, sequence of str or None
        Channels that share; None: all. Others get what these leave.
    weights : mapping of str to float, or None
        Weight of each channel that shares: levels are units / weight [1]; None: see `MaxMinFill`.

    Examples
    --------
    >>> max_min_fair(["dtc", "amazon"]).stages[0].words()
    'max min fill of dtc, amazon'
    """
    reason = "Of each article that is short every channel gets as many units as any other, at most what it wants."
    return Contract("Max-min fair", stages=(_levelled("units", channels, weights),), reason=reason)


def first_come(by: Literal["arrived", "due"] = "arrived") -> Contract:
    """Return the contract of no coordination: each line takes what is best for itself, whoever comes first.

    What was ordered first is promised first (`demand.arrived`, blank: the start of the due period), inbound stock
    included, and promises are kept. Source: first-come-first-served order promising, Ball, Chen and Zhao, Available
    to promise, in Handbook of Quantitative Supply Chain Analysis (2004), ch. 11.

    Parameters
    ----------
    by : {"arrived", "due"}
        Whether what was ordered first comes first, or what is due first, period by period.

    Examples
    --------
    >>> first_come().stages[0].words()
    'first come'
    """
    reason = "Nobody coordinates: whoever comes first takes what is best for itself from what is left."
    return Contract("First come", stages=(FirstCome(by=by),), reason=reason)


def protect_and_pool(
    shares: Shares, of: Base = "supply", release_from: int | None = None, penalty: float | None = None
) -> Contract:
    """Return the contract in which shares are kept for some channels, and the rest goes where it earns most.

    Source: protected quantities of order promising; protection levels, Talluri and van Ryzin, The Theory and Practice
    of Revenue Management (2004), ch. 2.

    Parameters
    ----------
    shares : mapping of str to float
        Share kept for each channel, in sum at most 1 unless it is of demand [1].
    of : {"supply", "on_hand", "inbound", "demand"}
        What the shares are shares of; ``"demand"``: of each channel's own.
    release_from : int or None
        First period in which nothing is kept any more; None: it is kept for good.
    penalty : float or None
        Cost per unit by which a share is not kept [currency/unit]; None: it is hard.

    Raises
    ------
    ContractError
        If the shares are none, or shares of supply sum to more than 1.

    Examples
    --------
    >>> protect_and_pool({"dtc": 0.3}, of="inbound", penalty=4).clauses[0].words()
    'protect channel dtc, share 0.3, of inbound, penalty 4.0'
    """
    return Contract(
        "Protect and pool",
        clauses=_kept(shares, of=of, release_from=release_from, penalty=penalty),
        reason=f"A share of {of.replace('_', ' ')} is kept ({_said(shares)}); the rest goes where it earns most.",
    )


def protection_levels(
    channels: Tier | None = None,
    value: Literal["price", "contribution"] = "price",
    sku: Tier | None = None,
    penalty: float | None = None,
) -> Contract:
    """Return the contract in which channels that pay less leave units for those that pay more (EMSR-b).

    How many follows from the spread of demand (`demand.sd`). A plan that knows all demand has little use for it: it
    shows its worth where demand is random and played forward, or with a `FirstCome` stage. Source: Belobaba,
    Operations Research 37 (1989); Talluri and van Ryzin, The Theory and Practice of Revenue Management (2004),
    ch. 2.2.4.

    Parameters
    ----------
    channels : str, sequence of str or None
        Channels that take part; None: all.
    value : {"price", "contribution"}
        By what channels are ranked.
    sku : str, sequence of str or None
        Only these articles.
    penalty : float or None
        Cost per unit beyond a limit [currency/unit]; None: limits are hard.

    Examples
    --------
    >>> protection_levels(["dtc", "amazon"]).clauses[0].words()
    'protection levels channels dtc, amazon'
    """
    clause = ProtectionLevels(_several(channels), value=value, penalty=penalty, sku=_several(sku))
    reason = "Channels that pay less leave units for those that pay more, as far as these are likely to come."
    return Contract("Protection levels", clauses=(clause,), reason=reason)


def _several(channels: Tier | None) -> tuple[str, ...] | None:
    """Return one channel, or several, as a tuple."""
    return channels if channels is None else tuple(channels) if isinstance(channels, tuple | list) else (channels,)


def _ranks(ranks: Tiers) -> tuple[int, ...]:
    """Return one rank, several, or none, as a tuple."""
    return () if ranks is None else tuple(ranks) if isinstance(ranks, tuple | list) else (ranks,)


def _levelled(measure: Literal["fill", "units"], channels: Tier | None, weights: ChannelWeights | None) -> MaxMinFill:
    """Return the stage that shares each article fairly."""
    return MaxMinFill(_several(channels), measure=measure, weights=None if weights is None else dict(weights))


def _kept(shares: Shares, **terms: Any) -> tuple[Clause, ...]:
    """Return the reserves of a mapping of channels to shares, which may not sum to more than 1 of the same stock."""
    if not isinstance(shares, Mapping) or not shares:
        raise ContractError('shares must name a share for each channel, such as {"dtc": 0.6, "amazon": 0.4}.')
    clauses = tuple(Protect(channel, share=share, **terms) for channel, share in shares.items())
    total = sum(clause.share or 0.0 for clause in clauses)
    if total > 1 + ROUNDING and terms.get("of") != "demand":
        raise ContractError(f"The shares sum to {total:.6g}, and may not sum to more than 1: {_said(shares)}.")
    return clauses


def _said(shares: Shares) -> str:
    """Return shares in words, such as ``"dtc 60%, amazon 40%"``."""
    return ", ".join(f"{channel} {100 * share:.6g}%" for channel, share in shares.items())


PRESETS: dict[str, Callable[[], Contract]] = {
    make.__name__: make for make in (pooled, fair_share, max_min_fair, by_priority, first_come, protection_levels)
}
"""Every preset that needs no arguments, by the name that the command line takes."""

WITH_ARGUMENTS: dict[str, str] = {
    "fixed_split": "protect clauses with a share",
    "split_with_release": "protect clauses with a share and release_from",
    "priority": "one fill stage a tier",
    "protect_and_pool": "protect clauses with a share",
    "strata": "fill and confirmed stages of ranks, and a cap of 0 units for those that lose",
}
"""The other presets, each with what a contract file says instead."""


def preset(name: str) -> Contract | None:
    """Return the preset of a name, None where there is none.

    Raises
    ------
    ContractError
        If the preset needs arguments, which a name cannot give.
    """
    if name in WITH_ARGUMENTS:
        raise ContractError(
            f"The preset {name!r} needs arguments, which a name alone cannot give: write a contract file with "
            f"{WITH_ARGUMENTS[name]}, or call allocopt.{name}(...) in Python."
        )
    return PRESETS[name]() if name in PRESETS else None
