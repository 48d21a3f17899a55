"""allocopt decides who gets scarce stock: proven, priced and explained."""

from allocopt.allocate import allocate, bound, to_pyomo
from allocopt.compare import (
    Comparison,
    CVaR,
    Protection,
    compare,
    price_of_protection,
    screen,
)
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
from allocopt.explain import conflicts
from allocopt.plan import Conflict, Plan
from allocopt.plan import rooms as _rooms
from allocopt.problem import Problem, example, examples, weeks
from allocopt.retire import Retirement, admission, retirement
from allocopt.rules import CLAUSES, Recapture, emsr_a, emsr_b
from allocopt.rules.clauses import *  # noqa: F403
from allocopt.scenario import Add, Draws, Put, Remove, Scale, Scenario, Shift

_rooms.ROOMS.update(
    attach=("allocopt.explain.attaching", "attached"),
    diff=("allocopt.explain.diff", "diff"),
    envy=("allocopt.explain.envy", "envy"),
    expedite=("allocopt.explain.expediting", "expedite"),
    explain=("allocopt.explain.explanation", "explain"),
    model=("allocopt.stages.stated", "model_of_plan"),
    plot=("allocopt.report.plots", "plots_of_plan"),
    plot_comparison=("allocopt.report.plots", "plots_of_comparison"),
    plot_protection=("allocopt.report.plots", "plot_of_protection"),
    plot_retirement=("allocopt.report.plots", "plots_of_retirement"),
    price_of=("allocopt.explain.prices", "price_of"),
    prices=("allocopt.explain.prices", "prices"),
    record=("allocopt.service.record", "record"),
    report=("allocopt.report.plan_page", "report"),
    report_comparison=("allocopt.report.comparison_page", "report"),
    report_retirement=("allocopt.report.retirement_page", "report"),
    shortfalls=("allocopt.explain.shortfalls", "shortfalls"),
    to_excel=("allocopt.report.plan_book", "to_excel"),
    to_excel_comparison=("allocopt.report.other_books", "comparison_to_excel"),
    to_excel_retirement=("allocopt.report.other_books", "retirement_to_excel"),
    value_of=("allocopt.explain.finite", "value_of"),
    values=("allocopt.explain.values", "values"),
    values_for=("allocopt.explain.values", "values_for"),
    why_not=("allocopt.explain.why_not", "why_not"),
)

__version__ = "0.1.0"

__all__ = [
    "Add",
    "AllocoptError",
    "CVaR",
    "Comparison",
    "Confirmed",
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
    "Protection",
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
    "emsr_a",
    "emsr_b",
    "example",
    "examples",
    "fair_share",
    "first_come",
    "fixed_split",
    "max_min_fair",
    "pooled",
    "price_of_protection",
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
