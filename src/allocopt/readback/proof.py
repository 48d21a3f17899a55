"""The certificate of a plan: the check of the last stage, with those of the stages before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allocopt.solve import Certificate


@dataclass(frozen=True)
class StageProof:
    """How good one stage is, given what earlier stages locked.

    Attributes
    ----------
    stage : str
        The stage in a few words.
    objective, bound, gap : float
        What was reached, what is possible at most, and the relative difference.
    claimed_bound : float or None
        The solver's own bound, believed by nobody.
    """

    stage: str
    objective: float
    bound: float
    gap: float
    claimed_bound: float | None


@dataclass(frozen=True)
class PlanCertificate(Certificate):
    """A `Certificate` of the whole plan.

    Attributes
    ----------
    checked_by : str
        How it was checked.
    proved_by : str
        ``"allocopt"`` where our own bound closes the gap asked for, ``"solver"`` where only the solver's claim does,
        ``""`` where neither does.
    worst_row_label : str
        The row of the worst violation, in words.
    stages : tuple of StageProof
        One per stage, in order.
    """

    checked_by: str = "rows, bounds, whole units and a dual bound recomputed from the program's arrays"
    proved_by: str = ""
    worst_row_label: str = ""
    stages: tuple[StageProof, ...] = ()

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> PlanCertificate:
        """Return the certificate that `to_dict` wrote."""
        stages = tuple(StageProof(**stage) for stage in content["stages"])
        return cls(**{**content, "stages": stages})
