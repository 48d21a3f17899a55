"""allocopt decides who gets scarce stock: proven, priced and explained."""

from allocopt.allocate import allocate, bound, to_pyomo
from allocopt.compare import Comparison, Retirement, admission, compare, retirement, screen
from allocopt.contracts import (
    Confirmed,
    Contract,
    Contribution,
    Fill,
    FirstCome,
    MaxMinFill,
    by_priority,
    fair_share,
    first_come,
    fixed_split,
    max_min_fair,
    pooled,
    priority,
    protect_and_pool,
    protection_levels,
    split_with_release,
    strata,
)
from allocopt.errors import AllocoptError, ContractError, DataError, Issue, ScenarioError, SolveError
from allocopt.problem import Add, Draws, Problem, Put, Remove, Scale, Scenario, Shift, example, examples, weeks
from allocopt.readback import Plan
from allocopt.readback import plan as _plan
from allocopt.rules import CLAUSES, Recapture, emsr_a, emsr_b
from allocopt.rules.clauses import *  # noqa: F403

_plan.ROOMS.update(model=("allocopt.stages.stated", "model_of_plan"))

__version__ = "0.1.0"

__all__ = [
    "Add",
    "AllocoptError",
    "Comparison",
    "Confirmed",
    "Contract",
    "ContractError",
    "Contribution",
    "DataError",
    "Draws",
    "Fill",
    "FirstCome",
    "Issue",
    "MaxMinFill",
    "Plan",
    "Problem",
    "Put",
    "Recapture",
    "Remove",
    "Retirement",
    "Scale",
    "Scenario",
    "ScenarioError",
    "Shift",
    "SolveError",
    "admission",
    "allocate",
    "bound",
    "by_priority",
    "compare",
    "emsr_a",
    "emsr_b",
    "example",
    "examples",
    "fair_share",
    "first_come",
    "fixed_split",
    "max_min_fair",
    "pooled",
    "priority",
    "protect_and_pool",
    "protection_levels",
    "retirement",
    "screen",
    "split_with_release",
    "strata",
    "to_pyomo",
    "weeks",
]
__all__ += [kind.__name__ for kind in CLAUSES]
__all__.sort()
