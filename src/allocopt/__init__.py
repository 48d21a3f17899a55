"""allocopt decides who gets scarce stock: proven, priced and explained."""

from allocopt.allocate import allocate, bound, to_pyomo
from allocopt.compare import Comparison, CVaR, Retirement, admission, compare, retirement, screen
from allocopt.contracts import (
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
)
from allocopt.errors import AllocoptError, ContractError, DataError, Issue, ScenarioError, SolveError
from allocopt.explain import conflicts
from allocopt.problem import Add, Draws, Problem, Put, Remove, Scale, Scenario, Shift, example, examples, weeks
from allocopt.readback import Conflict, Plan
from allocopt.readback import rooms as _rooms
from allocopt.rules import CLAUSES, Recapture, emsr_b
from allocopt.rules.clauses import *  # noqa: F403

_rooms.ROOMS.update(
    attach=("allocopt.explain.attaching", "attached"),
    diff=("allocopt.explain.diff", "diff"),
    expedite=("allocopt.explain.expediting", "expedite"),
    model=("allocopt.stages.stated", "model_of_plan"),
    price_of=("allocopt.explain.prices", "price_of"),
    prices=("allocopt.explain.prices", "prices"),
    record=("allocopt.service.record", "record"),
    value_of=("allocopt.explain.finite", "value_of"),
    values=("allocopt.explain.values", "values"),
)

__version__ = "0.1.0"

__all__ = [
    "Add",
    "AllocoptError",
    "CVaR",
    "Comparison",
    "Conflict",
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
    "conflicts",
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
    "to_pyomo",
    "weeks",
]
__all__ += [kind.__name__ for kind in CLAUSES]
__all__.sort()
