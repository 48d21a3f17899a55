"""What stands at the end of a page: the rules, what was rounded or assumed, how it was proven, where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pandas as pd

from allocopt.plan.broken import decision_words
from allocopt.report import seen
from allocopt.report.columns import view
from allocopt.report.page import ROWS, Block, Section, Table, Words
from allocopt.report.words import exactly, many, sentence

if TYPE_CHECKING:
    from allocopt.errors import Issue
    from allocopt.plan import Plan

SAID = 40
"""Notes and warnings that are told in full."""
LARGE = 1000.0
"""From where on a goal is told without its fractions."""
SECONDS = 5.0
"""What searches for the costs of rules may take on the way to a page, and what re-solves of limits may;
`Plan.prices` and `Plan.values` take as long as they take."""
LEAST = 0.5
"""What a rule costs at least that is told by itself [currency]."""


def rules(plan: Plan) -> Iterator[Section]:
    """Yield what was agreed on, what each rule costs where it is known, and what was decided or broken."""
    content = plan.contract
    blocks: list[Block] = []
    clauses, optimised = contract_words(content)
    if clauses:
        blocks.append(Words("list", clauses))
    dearest, costs = _prices(seen.prices(plan, SECONDS), plan.currency)
    blocks += costs
    decided = [sentence(words) for words in decision_words(plan.decisions, content["clauses"])]
    broken = [f"Broken, as {found.channel} is retired: {sentence(found.words())}" for found in plan.broken]
    if decided or broken:
        blocks.append(Words("list", [*decided, *broken]))
    who = f" {content['owner']} answers for it." if content.get("owner") else ""
    why = f" {sentence(content['reason'])}" if content.get("reason") else ""
    has = f"has {many(len(clauses), 'clause')}" if clauses else "has no clauses: only what physics and the tables allow"
    told = f"{content['name']} {has}.{why}{who}{optimised and f' {optimised}'}{dearest}"
    yield Section("rules", "The rules, and what they cost", told, blocks)


def _prices(prices: pd.DataFrame | None, currency: str) -> tuple[str, list[Block]]:
    """Return a sentence about the dearest rule, and a table of what each costs; those that cost nothing are folded."""
    if prices is None or not len(prices):
        return "", []
    only = ("what", "owner", "value", "low", "high")
    names = {
        "what": "rule",
        "value": "costs",
        "owner": "who could drop it",
        "low": "certainly at least",
        "high": "at most",
    }
    looks: dict[str, Any] = {"only": only, "headings": names, "kinds": {"what": "sentence"}}
    costly = prices[(prices["value"].abs() >= LEAST) | (prices["kind"] == "clause")]
    blocks: list[Block] = []
    if len(costly):
        blocks.append(Table(view(costly, "prices", "What each rule costs", **looks, most=ROWS)))
    if len(costly) < len(prices):
        rest = f"{len(prices) - len(costly):,} cost nothing" + (
            f" to speak of (less than {LEAST:g})" if len(costly) else ""
        )
        blocks.append(
            Table(view(prices, "prices-all", f"All {many(len(prices), 'rule')}: {rest}", **looks, most=ROWS), True)
        )
    first = prices.sort_values("value", ascending=False, kind="stable").iloc[0]
    low, high = (exactly(float(first[name]), unit) for name, unit in (("low", ""), ("high", currency)))
    if not first["value"] >= LEAST:
        most = exactly(float(prices["high"].max()), currency)
        sure = f", and none can cost more than {most}" if prices["high"].max() >= LEAST else ""
        return f" No rule was found to cost anything{sure}.", blocks
    open_ = int((costly["status"] == "feasible").sum())
    if open_:
        said = f"{open_} of {len(costly)} were not searched to the end: what they cost lies between the two ends."
        blocks.append(Words("list", [said]))
    cost = exactly(float(first["value"]), currency)
    between = f"certainly {low} to {high}" if first["high"] - first["low"] >= LEAST else "for certain"
    return f" The dearest rule costs {cost} ({between}): {first['what']}.", blocks


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
    return [sentence(clause.words()) for clause in contract.clauses], optimised


def remarks(plan: Plan) -> Iterator[Section]:
    """Yield what was rounded, assumed or looks odd."""
    notes = [sentence(note) for note in plan.notes]
    odd = [sentence(said(issue)) for issue in plan.warnings]
    blocks: list[Block] = []
    for told in (notes, odd):
        if told:
            more = [f"And {len(told) - SAID:,} more."] if len(told) > SAID else []
            blocks.append(Words("list", [*told[:SAID], *more]))
    if blocks:
        lead = (
            f"{many(len(notes), 'note')} on what was rounded or assumed, {many(len(odd), 'warning')} about the tables."
        )
        yield Section("notes", "What was rounded, assumed or looks odd", lead, blocks)


def said(issue: Issue) -> str:
    """Return a warning as a sentence with its remedy."""
    return f"{issue.table}: {issue.message} {issue.hint}".strip()


def proof(plan: Plan) -> Iterator[Section]:
    """Yield how good the plan is, and how that is known."""
    found, unit = plan.certificate, plan.currency
    assert found is not None
    rows = [
        {
            "stage": stage.stage,
            "objective": stage.objective,
            "bound": stage.bound if math.isfinite(stage.bound) else None,
            "gap": f"{_none_if_tiny(stage.gap) * 100:.2g}\N{NO-BREAK SPACE}%"
            if math.isfinite(stage.gap)
            else "unknown",
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
    told = [
        f"Checked were {found.checked_by}.",
        "No row and no bound is violated."
        if not found.violation
        else f"No row or bound is violated by more than {found.violation:.1e}.",
    ]
    if plan.message:
        told.append(sentence(plan.message))
    if plan.played:
        told.append("It was played forward period by period: nobody could have planned it as a whole.")
    yield Section("proof", "How it was proven", lead + by, [Table(table), Words("text", told)])


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
    yield "Fingerprint of the contract", seen.digest(plan.contract)
    if plan.solved:
        yield "Fingerprint of the allocation", seen.digest_of(plan.allocation)
    yield "allocopt", metadata.version("allocopt")
