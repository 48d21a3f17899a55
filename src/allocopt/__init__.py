"""allocopt decides who gets scarce stock: proven, priced and explained."""

from allocopt.allocate import allocate, to_pyomo
from allocopt.compare import Comparison, compare
from allocopt.contracts import (
    Contract,
    Contribution,
    Fill,
    FirstCome,
    MaxMinFill,
    fair_share,
    first_come,
    fixed_split,
    max_min_fair,
    pooled,
    priority,
    protect_and_pool,
    split_with_release,
)
from allocopt.errors import AllocoptError, ContractError, DataError, Issue, ScenarioError, SolveError
from allocopt.problem import Add, Draws, Problem, Put, Remove, Scale, Scenario, Shift
from allocopt.readback import Plan
from allocopt.rules import (
    Access,
    Approval,
    Cap,
    Lock,
    MarginFloor,
    PriceParity,
    Protect,
    Recapture,
    Retire,
    SafetyStock,
    Service,
)

__version__ = "0.1.0"

__all__ = [
    "Access",
    "Add",
    "AllocoptError",
    "Approval",
    "Cap",
    "Comparison",
    "Contract",
    "ContractError",
    "Contribution",
    "DataError",
    "Draws",
    "Fill",
    "FirstCome",
    "Issue",
    "Lock",
    "MarginFloor",
    "MaxMinFill",
    "Plan",
    "PriceParity",
    "Problem",
    "Protect",
    "Put",
    "Recapture",
    "Remove",
    "Retire",
    "SafetyStock",
    "Scale",
    "Scenario",
    "ScenarioError",
    "Service",
    "Shift",
    "SolveError",
    "allocate",
    "compare",
    "fair_share",
    "first_come",
    "fixed_split",
    "max_min_fair",
    "pooled",
    "priority",
    "protect_and_pool",
    "split_with_release",
    "to_pyomo",
]
