"""What is asked first on Monday, each answered in a sentence or two: the top of the page, and of the workbook."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from allocopt.report.monday import chase, deliveries, who_decides
from allocopt.report.page import Question
from allocopt.report.proof import dearest
from allocopt.report.short import who_is_short, why
from allocopt.report.words import exactly

if TYPE_CHECKING:
    from allocopt.plan import Plan
    from allocopt.report.seen import Seen


def answers(seen: Seen) -> Iterator[Question]:
    """Yield the answers that the plan gives: who is short and why, what to chase, who decides, what rules cost."""
    plan = seen.plan
    yield Question("Who is short most?", who_is_short(seen), "short")
    if len(seen.short):
        yield Question("Why?", why(seen), "short")
    coming = deliveries(plan.allocation, seen.table("stock"))
    yield Question("What to chase this week?", chase(coming, plan.currency), "chase")
    yield Question("Who has to decide?", who_decides(seen.matters, plan.currency), "week")
    if cost := dearest(seen.prices, plan.currency):
        yield Question("What do the rules cost?", cost, "rules")
    if sure := better(plan):
        yield Question("Could it be better?", sure, "proof")


def better(plan: Plan) -> str:
    """Say how much better a plan under the same contract could be at most; nothing where that is not known."""
    assert plan.certificate is not None
    more = plan.certificate.bound - plan.objective
    if not math.isfinite(more):
        return ""
    if more < 0.5:
        return "No: no plan under this contract is worth more, which was checked without the solver."
    return f"Under this contract by {exactly(more, plan.currency)} at most, which was checked without the solver."
