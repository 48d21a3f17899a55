"""What each channel may publish as available."""

from allocopt.plan.exposure.table import exposure

__all__ = ["exposure"]
