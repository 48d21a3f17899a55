"""What each channel may publish as available."""

from allocopt.readback.exposure.table import exposure

__all__ = ["exposure"]
