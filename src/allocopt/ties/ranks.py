"""Whether anything but ties reads the ranks that demand lines have."""

from __future__ import annotations

import numpy as np

from allocopt.contracts import Contract
from allocopt.problem.facts import Facts

TIES_ONLY = (
    "`demand.priority` settles ties only, between lines of equal worth: no stage and no service of this contract "
    "reads it. by_priority() serves rank after rank, whatever they pay"
)


def rank_notes(facts: Facts, contract: Contract) -> tuple[str, ...]:
    """Return a note where a problem has ranks that no stage or service of the contract reads."""
    parts = (*contract.stages, *contract.clauses)
    read = contract.decides_in_turn or any(getattr(part, "priority", None) is not None for part in parts)
    return (TIES_ONLY,) if np.isfinite(facts.lines.priority).any() and not read else ()
