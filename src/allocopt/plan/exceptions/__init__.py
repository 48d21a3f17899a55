"""What in a plan needs a person: what rules report, and what the plan as a whole shows."""

from allocopt.plan.exceptions.table import exceptions
from allocopt.plan.exceptions.thresholds import Thresholds

__all__ = ["Thresholds", "exceptions"]
