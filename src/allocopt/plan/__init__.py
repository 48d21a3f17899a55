"""The plan and its tables: from columns of a solved program back to lots, lines, channels and money."""

from allocopt.plan.answer import Answer
from allocopt.plan.conflict import Conflict
from allocopt.plan.plan import SOLVED, Plan, Status
from allocopt.plan.proof import PlanCertificate, StageProof
from allocopt.rules.kit.broken import Broken

__all__ = ["SOLVED", "Answer", "Broken", "Conflict", "Plan", "PlanCertificate", "StageProof", "Status"]
