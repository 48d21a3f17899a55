"""`screen`: what no plan of a scenario can beat, for the price of one look at it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from allocopt.allocate import bound, relaxation
from allocopt.arguments import instance, several
from allocopt.contracts import Contract, pooled
from allocopt.errors import ScenarioError
from allocopt.plan import Answer, Plan
from allocopt.problem import Problem
from allocopt.scenario import Scenario


def screen(
    problem: Problem,
    contract: Contract | None = None,
    scenarios: Sequence[Scenario] = (),
    *,
    start: Plan | Answer | None = None,
) -> pd.DataFrame:
    """Bound what each scenario can be worth, without solving it, so that the interesting ones can be solved.

    The prices of capacity, margin floors and other rows that couple the SKUs are taken from the base; at these prices
    every SKU of a scenario answers once. The sum is a bound on every plan of the scenario: far below the base, and the
    scenario is certain to hurt. It says nothing certain about how much more than the base a scenario may bring, except
    that it is no more than that.

    Parameters
    ----------
    problem : Problem
        The base.
    contract : Contract, optional
        By default `pooled`. Stages before the contribution are left out of the bound, which stays one.
    scenarios : sequence of Scenario
        Random draws are not made: a scenario counts as it is stated.
    start : Plan or Answer, optional
        Plan of the base, whose prices are used; by default the base's relaxation is solved first.

    Returns
    -------
    pandas.DataFrame
        ``scenario`` (text), ``bound`` (float, on the objective [currency]), one row a scenario, least first.

    Raises
    ------
    ScenarioError
        If two scenarios have the same name, or one does not fit the problem.
    ContractError
        If the contract does not fit a scenario's problem.

    Notes
    -----
    Lagrangian bound at given multipliers: Geoffrion, Mathematical Programming Study 2 (1974).

    Examples
    --------
    >>> import allocopt as ao
    >>> problem = ao.Problem.read("scenarios/quickstart")
    >>> spike = ao.Scenario("Spike", [ao.Scale("demand.units", by=1.5)])
    >>> ao.screen(problem, scenarios=[spike])["scenario"].tolist()
    ['Spike']
    """
    instance("problem", problem, Problem)
    instance("contract", contract, Contract, optional=True)
    instance("start", start, Plan, Answer, optional=True)
    scenarios = several("scenarios", scenarios, Scenario)
    names = [scenario.name for scenario in scenarios]
    if len(set(names)) < len(names):
        raise ScenarioError("scenarios to screen must have names of their own")
    agreed = contract or pooled()
    agreed.check(problem)
    before = relaxation(problem, agreed) if start is None else start
    bounds = [bound(scenario.apply(problem), agreed, start=before) for scenario in scenarios]
    frame = pd.DataFrame({"scenario": pd.Series(names, dtype="str"), "bound": pd.Series(bounds, dtype="float64")})
    return frame.sort_values("bound", kind="stable", ignore_index=True)
