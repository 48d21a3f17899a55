"""Contracts: clauses and stages, their files, their presets, and how the stages are solved."""

from allocopt.contracts.contract import Contract
from allocopt.contracts.presets import PRESETS, pooled
from allocopt.contracts.stages import Contribution, Fill, MaxMinFill, Stage

__all__ = ["PRESETS", "Contract", "Contribution", "Fill", "MaxMinFill", "Stage", "pooled"]
