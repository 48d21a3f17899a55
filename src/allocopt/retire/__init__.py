"""What each channel is worth: what it is worth that it goes, or comes, and from which recapture on that turns."""

from allocopt.retire.retirement import admission, retirement
from allocopt.retire.worth import Retirement

__all__ = ["Retirement", "admission", "retirement"]
