"""What one more unit of each limit is worth at the margin."""

from __future__ import annotations

from allocopt.plan.answer import Answer
from allocopt.problem.facts import Floats


def multipliers_of(answer: Answer) -> Floats | None:
    """Return the multipliers of the rows of a plan's program, shape (rows,) [currency per unit of the row].

    Positive on an upper limit that binds. None where the last stage has none: fair splits and turns are no linear
    programs.
    """
    found = answer.multipliers
    return None if found is None else found[: answer.program.rows]
