"""A price: what a change is worth, between what it certainly lies, and what of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Price:
    """What a change is worth.

    Attributes
    ----------
    low, high : float
        Between what it certainly lies, by the certificates of both plans [currency].
    value : float
        By the plans that were found; nan where there is no plan with the change [currency].
    measure : {"contribution", "objective"}
        What it is a difference of; they are the same unless the contract has penalties or stages before the last.
    status : str
        Of the plan with the change.
    message : str
        Why there is none, or why it is not optimal.
    """

    low: float
    high: float
    value: float
    measure: str = "contribution"
    status: str = "optimal"
    message: str = ""

    def words(self, currency: str = "") -> str:
        """Return it as a phrase.

        >>> Price(59.0, 61.0, 60.0).words("EUR")
        '60.00 EUR (between 59.00 and 61.00 EUR)'
        """
        unit = f" {currency}" if currency else ""
        if math.isnan(self.value):
            return f"unknown: {self.message}" if self.message else "unknown"
        if self.high - self.low < 0.005:
            return f"{self.value:,.2f}{unit}"
        return f"{self.value:,.2f}{unit} (between {self.low:,.2f} and {self.high:,.2f}{unit})"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values; what is not a finite number becomes None."""
        numbers = {name: getattr(self, name) for name in ("low", "high", "value")}
        told = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
        return told | {"measure": self.measure, "status": self.status, "message": self.message}
