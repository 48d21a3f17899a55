"""What in a plan needs a person: what rules report, and what the plan as a whole shows."""

from allocopt.readback.exceptions.table import exceptions
from allocopt.readback.exceptions.thresholds import Thresholds

__all__ = ["Thresholds", "exceptions"]
