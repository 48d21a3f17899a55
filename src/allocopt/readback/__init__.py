"""The plan and its tables: from columns of a solved program back to lots, lines, channels and money."""

from allocopt.readback.answer import Answer
from allocopt.readback.broken import Broken
from allocopt.readback.plan import SOLVED, Conflict, Plan, Status
from allocopt.readback.proof import PlanCertificate, StageProof

__all__ = ["SOLVED", "Answer", "Broken", "Conflict", "Plan", "PlanCertificate", "StageProof", "Status"]
