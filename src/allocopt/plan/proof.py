"""The certificate of a plan: the check of the last stage, with those of the stages before."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
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
        The solver's own bound; it counts only where a second search confirms it.
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
        ``"allocopt"`` where our own bound closes the gap asked for, ``"solver"`` where only the solver's claim does
        and a second search from other settings came to it as well, ``""`` where neither is so.
    worst_row_label : str
        The row of the worst violation, in words.
    stages : tuple of StageProof
        One per stage, in order.
    """

    checked_by: str = "rows, bounds, whole units and a dual bound recomputed from the program's arrays"
    proved_by: str = ""
    worst_row_label: str = ""
    stages: tuple[StageProof, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate as JSON-ready values; a bound that proves nothing becomes None."""
        return super().to_dict() | {"stages": [_finite(asdict(stage)) for stage in self.stages]}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> PlanCertificate:
        """Return the certificate that `to_dict` wrote."""
        stages = tuple(StageProof(**_infinite(stage)) for stage in content["stages"])
        return cls(**_infinite(content) | {"stages": stages})


def _finite(content: dict[str, Any]) -> dict[str, Any]:
    return {key: None if value == math.inf else value for key, value in content.items()}


def _infinite(content: dict[str, Any]) -> dict[str, Any]:
    endless = ("bound", "gap", "violation", "integrality")
    return content | {key: math.inf for key in endless if content.get(key, 0.0) is None}
