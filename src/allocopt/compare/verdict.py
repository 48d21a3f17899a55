"""The verdict of a comparison: only what the intervals allow, in words, every figure against one baseline."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from allocopt.compare.intervals import Difference
from allocopt.compare.risk_words import by_risk
from allocopt.compare.standing import Future, Standing
from allocopt.compare.telling import against, some
from allocopt.words import few, listed, money

FEW = 10
"""Fewer draws than these say little about how wide a range is."""
NAMED = 12
"""Scenarios that a sentence names."""


def verdict(found: Standing, most: int | None = None) -> str:
    """Return who is worth more than whom, who cannot be told apart, and where it is otherwise.

    Parameters
    ----------
    found : Standing
    most : int, optional
        Contracts that are told one by one, and how many more there are; by default all.
    """
    left, failures = (_first(list(told), most) for told in (_left(found), _failures(found)))
    return " ".join([*_ranking(found, most), *left, *_caveats(found), *failures])


def _first(told: list[str], most: int | None) -> list[str]:
    """Return the first of some sentences, and of how many more contracts the like could be told."""
    if most is None or len(told) <= most + 1:
        return told
    return [*told[:most], f"The like holds for {len(told) - most} more contracts."]


def _ranking(found: Standing, most: int | None) -> Iterator[str]:
    ranked = found.ranked
    if not found.counted:
        yield "No scenario has a weight above 0, so nothing is ranked."
    elif not ranked:
        yield "No contract has a plan in every run."
    elif len(ranked) > 1 and found.risk is not None:
        said = by_risk(found, most)
        yield f"{_basis(found)}{next(said)}"
        yield from said
        yield from _otherwise(found)
    elif len(ranked) > 1:
        yield f"{_basis(found)}{_leader(found, most)}"
        yield from _others(found, most)
        yield from _otherwise(found)
    elif any(map(found.left, found.contracts)):
        first, others = ranked[0], [name for name in found.contracts if found.left(name)]
        clear = found.risk is None and found.measure(first, *others) == "contribution"
        yield f"{_basis(found)}{first} {'is worth most' if clear else 'comes first'}."
    elif len(found.contracts) > 1:
        yield f"Only {ranked[0]} has a plan in every run."
    else:
        yield f"{ranked[0]} was compared with nothing."


def _basis(found: Standing) -> str:
    """Return by what contracts are ranked: a risk, or scenarios beside which others stand."""
    risk = "" if found.risk is None else f"By {found.risk.words()}, "
    if not found.played:
        return risk
    draws = sum(future.draws for future in found.counted)
    number = f"{draws} draws" if draws > 1 else "1 draw"
    return f"{risk}{'by' if risk else 'By'} {listed(_names(found.counted))} ({number}, played without foresight), "


def _leader(found: Standing, most: int | None) -> str:
    """Return who comes first by the mean, and who cannot be told from it."""
    first, others = found.ranked[0], found.ranked[1:]
    gaps = {name: found.difference(first, name) for name in others}
    same = [name for name in others if gaps[name].nothing]
    above = [name for name in others if gaps[name].apart and not gaps[name].positive]
    ties = [name for name in others if not gaps[name].apart and name not in same]
    if len(same) == len(others):
        return f"{listed(some([first, *same], most))} are worth the same."
    clear = all(gap.positive and gap.clear for gap in gaps.values())
    proven = clear and found.measure(*found.ranked) == "contribution"
    text = f"{first} is worth most" if proven else f"{first} comes first"
    if first != found.baseline and found.baseline not in same:
        text += f": {_amount(found, first, f' against {found.baseline}')}"
    if ties:
        text += f", but {listed(some(ties, most))} {'is a tie' if len(ties) == 1 else 'are ties'} with it"
    if above:
        text += (
            f"{', and' if ties else ', but'} by what is proven, {listed(some(above, most))} {_is(above)} ahead of it"
        )
    return f"{text}." + (f" {listed(some([first, *same], most))} are worth the same." if same else "")


def _others(found: Standing, most: int | None) -> Iterator[str]:
    """Yield how the other contracts stand to the baseline."""
    rest = [name for name in found.ranked if name not in (found.ranked[0], found.baseline)]
    if found.ranked[0] == found.baseline:
        rest = [name for name in rest if not found.difference(name).nothing]
    told = {name: _amount(found, name) for name in rest}
    gaps = {name: found.difference(name).contribution for name in rest}
    yield from against(f"Against {found.baseline}", told, gaps, found.currency, most)


def _left(found: Standing) -> Iterator[str]:
    """Yield which contracts were not solved in every run, and how far they certainly stay behind the first one."""
    for name in found.contracts:
        if not found.left(name) or not found.ranked:
            continue
        first, runs = found.ranked[0], found.failed(name)[1]
        gap, times = found.difference(first, name), found.left(name)
        where = f"in {times} of {runs} {_kind(found)}" if runs > 1 else f"in the only {_kind(found)[:-1]}"
        of_means = found.risk is None and math.isfinite(gap.low)
        least, per = (gap.low, "") if of_means else (gap.least, " in each" if runs > 1 else "")
        far = f"is worth at least {money(least, found.currency)} less than" if least > 0 else "earns less than"
        yield f"{name} was not solved {where}: by its bounds it {far} {first}{per}."


def _otherwise(found: Standing) -> Iterator[str]:
    """Yield in which scenarios another contract is ahead of the first one."""
    first = found.ranked[0]
    flips = found.otherwise(first)
    by = "" if found.risk is None else " by the mean"
    for beforehand in (False, True):
        here = [(f, name) for f, name in flips if (found.role(f) == "known beforehand") == beforehand]
        by_winner: dict[str, list[Future]] = {}
        for future, name in here:
            by_winner.setdefault(name, []).append(future)
        words = [
            f"{name} is ahead of {first}{by} in {listed(few(_names(futures), NAMED))}"
            for name, futures in by_winner.items()
        ]
        if words and beforehand:
            yield f"Known beforehand, {listed(words)}: that supposes that everybody knows what comes."
        elif words and len(found.counted) > 1:
            yield f"But {listed(words)}."


def _caveats(found: Standing) -> Iterator[str]:
    """Yield what the reader has to know about the figures."""
    perfect = [future for future in found.counted if future.draws and not future.played]
    if perfect:
        yield f"The draws of {listed(_names(perfect))} are decided with perfect foresight."
    for future in found.counted:
        if 0 < future.draws < FEW:
            number = f"{future.draws} draws are" if future.draws > 1 else "One draw is"
            yield f"{number} few: make at least {FEW} of {future.name}."
    if found.risk is None and len(found.ranked) > 1 and found.measure(*found.ranked) == "objective":
        why = "no more is proven of a contract with penalties or several stages"
        yield f"Objective is contribution less clause penalties: {why}."


def _failures(found: Standing) -> Iterator[str]:
    """Yield who has no plan where it would count, or be read."""
    for name in found.contracts:
        times, runs = found.failed(name, weighed=True)
        if times:
            yield f"{name} has no plan" + (f" in {times} of {runs} runs." if runs > 1 else ".")


def _amount(found: Standing, name: str, against: str = "") -> str:
    """Return how much more a contract is worth than the baseline, and in brackets how sure that is."""
    gap = found.difference(name)
    figure = money(gap.contribution, found.currency, signed=True)
    sure = [*_range(found, gap, found.measure(name, found.baseline) == "contribution"), *_counts(found, gap)]
    if found.measure(name, found.baseline) == "objective":
        apart = abs(gap.mean - gap.contribution) >= 0.005
        against += " in the plans found" if apart else ""
        objective = f"objective {money(gap.mean, signed=True)}" if apart else "objective"
        sure = [f"{objective}, {'; '.join(sure)}"] if sure else [objective]
    return f"{figure}{against} ({'; '.join(sure)})" if sure else f"{figure}{against}"


def _range(found: Standing, gap: Difference, plain: bool) -> Iterator[str]:
    """Yield between what a difference lies."""
    drawn = any(future.draws for future in found.counted)
    if gap.in_every_run and not gap.clear:
        runs = f"in each of {gap.runs} {_kind(found)}" if gap.runs > 1 else f"in the only {_kind(found)[:-1]}"
        yield f"{runs} {_between(gap.least, gap.most)}"
    elif not math.isfinite(gap.low) or not math.isfinite(gap.high):
        yield "a single draw tells nothing" if drawn else "nobody knows how much at most"
    elif gap.low != gap.high:
        yield f"{'95 % sure' if drawn else 'certainly' if plain else 'proven'}: {_between(gap.low, gap.high)}"


def _counts(found: Standing, gap: Difference) -> Iterator[str]:
    """Yield in how many runs a contract is ahead of the baseline, and behind."""
    said = [f"{word} in {times}" for word, times in (("ahead", gap.ahead), ("behind", gap.behind)) if times]
    if said and gap.runs > 1:
        said[0] += f" of {gap.runs} {_kind(found)}"
        yield ", ".join(said)


def _between(low: float, high: float) -> str:
    ends = [money(end, signed=True) for end in (low, high) if math.isfinite(end)]
    return " to ".join(dict.fromkeys(ends)) if math.isfinite(low) else f"at most {ends[0]}" if ends else "unknown"


def _kind(found: Standing) -> str:
    """Return what the runs of one contract are called."""
    drawn = [future.draws > 0 for future in found.counted]
    return "draws" if all(drawn) else "runs" if any(drawn) else "scenarios"


def _names(futures: Sequence[Future]) -> list[str]:
    return [future.name for future in futures]


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
