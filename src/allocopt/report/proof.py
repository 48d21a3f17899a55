"""What stands at the end of a page: the rules, what was rounded or assumed, how it was proven, where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pandas as pd

from allocopt.plan.decided import decision_words
from allocopt.report.columns import view
from allocopt.report.page import Block, Section, TableBlock, Words, folded, opened
from allocopt.report.seen import digest, digest_of
from allocopt.report.spoken import ruled, sentence, told, typeset
from allocopt.report.words import exactly, many
from allocopt.words import ALONE, decimal, percent

if TYPE_CHECKING:
    from allocopt.errors import Issue
    from allocopt.plan import Plan, PlanCertificate
    from allocopt.report.seen import Seen

SAID = 40
"""Notes and warnings that are told in full."""
LARGE = 1000.0
"""From where on a goal is told without its fractions."""
LEAST = 0.5
"""What a rule costs at least that is told by itself [currency]."""
ROUNDING = 1e-9
"""What a limit may be missed by and is still kept, but for rounding."""
LETTERS = 120
"""Of the words of a rule, in the sentence about the dearest."""


def rules(seen: Seen) -> Section:
    """Return what was agreed on, what each rule costs where it is known, and what was decided or broken."""
    plan, prices = seen.plan, seen.prices
    content = plan.contract
    clauses, optimised = contract_words(content)
    blocks = _prices(prices, plan.currency, _whole(plan, seen.baseline))
    if clauses and not (len(prices) and (prices["kind"] == "clause").sum() == len(clauses)):
        blocks.insert(0, Words("list", clauses))
    decided = [told(words) for words in decision_words(plan.decisions, content["clauses"])]
    broken = [f"Broken, as {found.channel} is retired: {told(found.words())}" for found in plan.broken]
    if decided or broken:
        blocks.append(Words("list", [*decided, *broken]))
    has = f"has {many(len(clauses), 'clause')}" if clauses else "has no clauses: only what physics and the tables allow"
    if len(prices) > len(clauses):
        has += "; promises and store floors of the tables are rules as well"
    said = [
        f"{content['name']} {has}.",
        sentence(content["reason"]) if content.get("reason") else "",
        f"{content['owner']} answers for this contract." if content.get("owner") else "",
        optimised,
        "" if len(blocks) else dearest(prices, plan.currency),
    ]
    return Section("rules", "What do the rules cost?", " ".join(filter(None, said)), blocks)


def dearest(prices: pd.DataFrame, currency: str) -> str:
    """Say what the dearest rule costs, and who could drop it; nothing where it is not known."""
    if not len(prices):
        return ""
    ordered = prices.sort_values("value", ascending=False, kind="stable")
    first, others = ordered.iloc[0], ordered.iloc[1:]
    if not first["value"] >= LEAST:
        most = float(prices["high"].max())
        sure = f", and none can cost more than {exactly(most, currency)}" if LEAST <= most < math.inf else ""
        unknown = "" if math.isfinite(most) else "; of some it is not known how much they cost at most"
        return f"No rule was found to cost anything{sure}{unknown}."
    between = _between(float(first["low"]), float(first["high"]), currency)
    what, end = ruled(str(first["what"])), "."
    if len(what) > LETTERS:
        what, end = what[: what.rindex(" ", 0, LETTERS)].rstrip(","), "\N{HORIZONTAL ELLIPSIS}"
    who = f" {first['owner']} could drop it." if first["owner"] else ""
    found = "that was found " if (others["high"] - first["value"] >= LEAST).any() else ""
    unsure = others["value"].isna() | (others["high"] >= LEAST)
    sure = _free(others, currency) if unsure.any() else ""
    rest = f" Of the others, {sure}." if sure else ""
    return f"The dearest {found}costs {exactly(float(first['value']), currency)}{between}: {what}{end}{who}{rest}"


def _free(prices: pd.DataFrame, currency: str) -> str:
    """Say how many rules were found to cost nothing to speak of, how much at most, and of how many nothing is known.

    An empty text where there is no such rule.
    """
    free, unknown = prices[prices["value"].abs() < LEAST], int(prices["value"].isna().sum())
    told = [f"of {unknown:,} it is not known what {'it costs' if unknown == 1 else 'they cost'}"] if unknown else []
    if not len(free):
        return "".join(told)
    nothing = f"less than {LEAST:g}" if free["value"].round(2).any() else "nothing"
    most, one = float(free["high"].max()), len(free) == 1
    sure = "" if most < LEAST else ", but it is not known how much at most"
    if LEAST <= most < math.inf:
        limit = exactly(most, currency)
        sure = f", and {limit} at most" if one else f", and none of them more than {limit}"
    return "; ".join([f"{len(free):,} {'was' if one else 'were'} found to cost {nothing}{sure}", *told])


def _between(low: float, high: float, currency: str) -> str:
    """Return between what a cost certainly lies, as far as that is known."""
    if math.isfinite(high):
        return f", certainly {exactly(low, '')} to {exactly(high, currency)}" if high - low >= LEAST else ""
    return f", certainly {exactly(low, currency)} or more" if math.isfinite(low) else ""


def _prices(prices: pd.DataFrame, currency: str, whole: str) -> list[Block]:
    """Return what each rule costs; those that cost nothing are folded."""
    if not len(prices):
        return []
    prices = prices.assign(what=prices["what"].map(ruled))
    names = {
        "what": "rule",
        "value": "costs",
        "owner": "who could drop it",
        "low": "certainly at least",
        "high": "at most",
    }
    only = ("what", "value", *(("low", "high") if (prices["high"] - prices["low"] >= LEAST).any() else ()), "owner")
    looks: dict[str, Any] = {"only": only, "headings": names, "kinds": {"what": "sentence"}, "keep": ("value",)}
    costly = prices[(prices["value"].abs() >= LEAST) | (prices["kind"] == "clause")]
    blocks = opened(costly, "prices", "What each rule costs", ("rule", "rules"), **looks)
    left = int((costly["status"] == "feasible").sum())
    if left and "low" in only:
        said = f"{left} of {len(costly)} were not searched to the end: what they cost lies between the two ends."
        blocks.append(Words("text", [said]))
    if len(costly) < len(prices):
        idle = _free(prices.drop(index=costly.index), currency)
        blocks += folded(prices, "prices-rest", (f"rule: {idle}", f"rules: {idle}"), **looks)
    if len(prices) > 1:
        blocks.append(Words("text", [f"{ALONE}{whole}"]))
    return blocks


def _whole(plan: Plan, baseline: Plan | None) -> str:
    """Say what the contract as a whole costs, where the baseline is a plan without any clause; else nothing."""
    if baseline is None or not baseline.solved or baseline.contract["clauses"] or not plan.contract["clauses"]:
        return ""
    less = baseline.contribution - plan.contribution
    against = f"{baseline.contract['name']}, which has no clauses"
    if abs(less) < LEAST:
        return f" The contract as a whole earns as much as {against}."
    way = "less" if less > 0 else "more"
    return f" The contract as a whole earns {exactly(abs(less), plan.currency)} {way} than {against}."


def contract_words(content: dict[str, Any]) -> tuple[list[str], str]:
    """Return the clauses of a contract in words, in their order, and what is optimised where it is not money alone."""
    from allocopt.contracts import Contract
    from allocopt.errors import ContractError

    try:
        contract = Contract.from_dict(content)
    except ContractError:  # one of an older version, in a plan that was read from a file
        return [sentence(", ".join(f"{key} {value}" for key, value in one.items())) for one in content["clauses"]], ""
    stages = "; then ".join(stage.words() for stage in contract.all_stages)
    optimised = f"Optimised: {stages}." if len(contract.all_stages) > 1 else ""
    return [sentence(ruled(clause.words())) for clause in contract.clauses], optimised


def remarks(plan: Plan) -> Section:
    """Return what was rounded, assumed or looks odd."""
    notes = list(map(told, plan.notes))
    odd = [told(said(issue)) for issue in plan.warnings]
    blocks: list[Block] = []
    for each in (notes, odd):
        if each:
            more = [f"And {len(each) - SAID:,} more."] if len(each) > SAID else []
            blocks.append(Words("list", [*each[:SAID], *more]))
    counts = [many(len(notes), "note") + " on what was rounded or assumed"] if notes else []
    counts += [many(len(odd), "warning") + " about the tables"] if odd else []
    lead = f"{sentence(' and '.join(counts))}" if counts else ""
    return Section("notes", "What was rounded, assumed or looks odd?", lead, blocks)


def said(issue: Issue) -> str:
    """Return a warning as a sentence with its remedy."""
    return f"{issue.table}: {issue.message} {issue.hint}".strip()


def proof(plan: Plan) -> Section:
    """Return how good the plan is, and how that is known."""
    found, unit = plan.certificate, plan.currency
    assert found is not None
    rows = [
        {
            "stage": stage.stage,
            "objective": stage.objective,
            "bound": stage.bound if math.isfinite(stage.bound) else None,
            "gap": typeset(percent(_none_if_tiny(stage.gap))),
        }
        for stage in found.stages
    ]
    frame = pd.DataFrame(rows, columns=["stage", "objective", "bound", "gap"])
    for name in ("objective", "bound"):
        large = frame[name].astype(float)
        frame[name] = large.where(large.abs() < LARGE, large.round())
    names = {"objective": "reached", "bound": "no plan reaches more than"}
    table = view(frame, "stages", "Stage by stage", headings=names, kinds={"objective": "number", "bound": "number"})
    ways = {
        "allocopt": "our own bound",
        "solver": "the solver's claim, confirmed by a second search from other settings",
    }
    by = f" It is called {plan.status} by {ways[found.proved_by]}." if found.proved_by in ways else ""
    lead = f"The plan is {plan.status}."
    if math.isfinite(found.bound):
        reached, most = exactly(plan.objective, unit), exactly(found.bound, unit)
        lead = f"The plan is worth {reached}, and no plan under this contract is worth more than {most}."
    also = [f"Limits, whole units and the bound were recomputed without the solver: {_kept(found)}."]
    if plan.message:
        also.append(told(plan.message))
    if plan.played:
        also.append("It was played forward period by period: nobody could have planned it as a whole.")
    stages: list[Block] = [TableBlock(table)] if len(frame) > 1 else []
    return Section("proof", "How good is it, and how is that known?", lead + by, [*stages, Words("text", also)])


def _kept(found: PlanCertificate) -> str:
    """Return how well limits are kept."""
    if not found.violation:
        return "every limit is kept"
    by = "rounding" if found.violation < ROUNDING else decimal(found.violation)
    return f"no limit is missed by more than {by}"


def _none_if_tiny(gap: float) -> float:
    """Return a gap without what is rounding."""
    return gap if gap > 1e-9 else 0.0


def origin(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield where the page comes from: equal plans say the same."""
    yield "Contract", str(plan.contract["name"])
    if plan.contract.get("owner"):
        yield "Owner of the contract", str(plan.contract["owner"])
    if plan.contract.get("valid_from") or plan.contract.get("valid_to"):
        yield (
            "Valid",
            f"{plan.contract.get('valid_from', 'always')} to {plan.contract.get('valid_to', 'further notice')}",
        )
    yield "Status", plan.status
    if plan.method:
        yield "Way of solving", plan.method
    yield "Fingerprint of the contract", digest(plan.contract)
    if plan.solved:
        yield "Fingerprint of the allocation", digest_of(plan.allocation)
    yield "allocopt", metadata.version("allocopt")
