"""Contracts: what was agreed on. Clauses and stages, their files and their presets; nothing is solved here."""

from allocopt.contracts.contract import Contract
from allocopt.contracts.presets import (
    PRESETS,
    by_priority,
    fair_share,
    first_come,
    fixed_split,
    max_min_fair,
    pooled,
    preset,
    priority,
    protect_and_pool,
    protection_levels,
    split_with_release,
    strata,
)
from allocopt.contracts.stages import Confirmed, Contribution, Fill, FirstCome, MaxMinFill, Stage

__all__ = [
    "PRESETS",
    "Confirmed",
    "Contract",
    "Contribution",
    "Fill",
    "FirstCome",
    "MaxMinFill",
    "Stage",
    "by_priority",
    "fair_share",
    "first_come",
    "fixed_split",
    "max_min_fair",
    "pooled",
    "preset",
    "priority",
    "protect_and_pool",
    "protection_levels",
    "split_with_release",
    "strata",
]
