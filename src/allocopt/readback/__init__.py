"""The plan and its tables: from columns of a solved program back to lots, lines, channels and money."""

from allocopt.readback.answer import Answer
from allocopt.readback.broken import Broken
from allocopt.readback.conflict import Conflict
from allocopt.readback.plan import SOLVED, Plan, Status
from allocopt.readback.proof import PlanCertificate, StageProof

__all__ = ["SOLVED", "Answer", "Broken", "Conflict", "Plan", "PlanCertificate", "StageProof", "Status"]
