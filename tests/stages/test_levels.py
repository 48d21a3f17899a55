"""Fair shares of many articles: each in its block, by prices, are those of enumeration and of all rows at once."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from benchmarks.fair import levels as sorted_levels
from benchmarks.fair import splits

import allocopt as ao
from allocopt.solve import Effort, stabilised
from allocopt.solve.prices.serving import Serving
from allocopt.solve.solution import Clock
from allocopt.stages import levels, max_min_fill, whole_shares
from allocopt.stages.stated import formulate
from allocopt.stages.task import Task

CHANNELS = ("c0", "c1", "c2")
Drawn = tuple[list[int], list[list[str]], dict[str, int]]


@pytest.fixture(params=[True, False], ids=["compiled", "highs"])
def by_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Let programs of any size go block by block, by compiled code or without."""
    monkeypatch.setattr(levels, "LARGE", -1)
    monkeypatch.setattr(whole_shares, "LARGE", -1)
    monkeypatch.setattr("allocopt.solve.prices.levels.serving", lambda *_: Serving(native=request.param))
    return bool(request.param)


def drawn(rng: random.Random, number: int) -> Drawn:
    """Return what the channels want of an article, the nodes that serve each, and what lies there."""
    nodes = [f"n{number}{place}" for place in range(rng.randint(1, 3))]
    wanted = [rng.randint(1, 8) for _ in CHANNELS]
    ways = [[node for node in nodes if rng.random() < 0.7] or nodes[:1] for _ in CHANNELS]
    return wanted, ways, {node: rng.randint(0, 9) for node in nodes}


def problem_of(articles: list[Drawn], *, divisible: bool = False, **tables: pd.DataFrame) -> ao.Problem:
    """Return a problem of some articles."""
    names = [f"A{number}" for number in range(len(articles))]
    wants = [zip(CHANNELS, wanted, strict=True) for wanted, _, _ in articles]
    demand = [(sku, c, 0, units, 10.0) for sku, want in zip(names, wants, strict=True) for c, units in want]
    lanes = {(node, c) for _, ways, _ in articles for c, some in zip(CHANNELS, ways, strict=True) for node in some}
    stock = [(sku, n, "on_hand", u) for sku, (_, _, lots) in zip(names, articles, strict=True) for n, u in lots.items()]
    nodes = sorted({node for _, _, lots in articles for node in lots})
    return ao.Problem(
        skus=pd.DataFrame({"sku": names, "divisible": divisible}),
        nodes=pd.DataFrame({"node": nodes}),
        channels=pd.DataFrame({"channel": CHANNELS}),
        supply=pd.DataFrame(stock, columns=["sku", "node", "kind", "units"]),
        demand=pd.DataFrame(demand, columns=["sku", "channel", "period", "units", "price"]),
        lanes=pd.DataFrame(sorted(lanes), columns=["node", "channel"]),
        **tables,
    )


def given(plan: ao.Plan, sku: str) -> tuple[float, ...]:
    """Return what each channel gets of an article."""
    units = plan.allocation[plan.allocation["sku"] == sku].groupby("channel")["units"].sum()
    return tuple(float(units.get(channel, 0.0)) for channel in CHANNELS)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("make", [ao.fair_share, ao.max_min_fair])
def test_each_article_is_shared_as_enumeration_says(seed: int, make: object, by_blocks: bool) -> None:
    """Where nothing couples them, every article has its lexicographic best split, and the plan is called optimal."""
    rng = random.Random(seed)
    articles = [drawn(rng, number) for number in range(4)]
    plan = ao.allocate(problem_of(articles), make())  # type: ignore[operator]
    assert plan.status == "optimal"
    for number, (wanted, ways, lots) in enumerate(articles):
        weights = [float(units) for units in wanted] if make is ao.fair_share else [1.0] * len(wanted)
        best = max(sorted_levels(split, weights) for split in splits(wanted, ways, lots))
        assert sorted_levels(given(plan, f"A{number}"), weights) == best  # type: ignore[arg-type]


def shared_node(rng: random.Random, limit: int, *, divisible: bool) -> tuple[list[Drawn], ao.Problem]:
    """Return articles that all leave from one node, which ships no more than a limit."""
    articles: list[Drawn] = []
    for _ in range(24):
        wanted, _, _ = drawn(rng, 0)
        articles.append((wanted, [["hub"]] * len(CHANNELS), {"hub": rng.randint(2, 16)}))
    capacity = pd.DataFrame({"node": ["hub"], "period": 0, "limit": limit})
    return articles, problem_of(articles, divisible=divisible, capacity=capacity)


@pytest.mark.parametrize("seed", range(6))
def test_an_article_has_the_best_split_of_what_the_others_leave(seed: int, by_blocks: bool) -> None:
    """Where a node's limit couples articles, no exchange within one of them makes it fairer, and no unit is left."""
    rng = random.Random(seed)
    limit = rng.randint(40, 240)
    articles, problem = shared_node(rng, limit, divisible=False)
    plan = ao.allocate(problem, ao.fair_share())
    got = [given(plan, f"A{number}") for number in range(len(articles))]
    assert plan.solved
    assert sum(map(sum, got)) == min(limit, sum(min(sum(w), lots["hub"]) for w, _, lots in articles))
    for number, (wanted, ways, lots) in enumerate(articles):
        weights = [float(units) for units in wanted]
        left = limit - sum(map(sum, got)) + sum(got[number])
        best = max(
            sorted_levels(split, weights) for split in splits(wanted, ways, {"hub": int(min(lots["hub"], left))})
        )
        assert sorted_levels(got[number], weights) == best  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(6))
def test_divisible_articles_are_raised_under_a_limit_of_all(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where levels of blocks alone cannot be reached, those under all rows come to what they come to in one program."""
    rng = random.Random(seed)
    _, problem = shared_node(rng, rng.randint(40, 240), divisible=True)
    once = ao.allocate(problem, ao.fair_share())
    monkeypatch.setattr(levels, "LARGE", -1)
    monkeypatch.setattr(whole_shares, "LARGE", -1)
    plan = ao.allocate(problem, ao.fair_share())
    lowest, expected = (each.certificate.stages[0].objective for each in (plan, once))  # type: ignore[union-attr]
    assert lowest == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("divisible", [True, False])
def test_levels_of_blocks_are_those_of_one_program(seed: int, divisible: bool, by_blocks: bool) -> None:
    """Where nothing couples them, articles are raised as far one by one as all at once, compiled or not."""
    rng = random.Random(seed)
    problem = problem_of([drawn(rng, number) for number in range(5)], divisible=divisible)
    contract = ao.max_min_fair()
    stated, stage = formulate(problem.facts, contract), contract.all_stages[0]
    task = Task(stage, stated, stated.program, np.ones(15, dtype=bool), Effort(), lambda words: None)
    groups = max_min_fill._groups_of(stage, task)  # type: ignore[arg-type]
    one_by_one, at_once = levels.fair_levels(task, groups), levels.together(task, groups)
    assert one_by_one.apart
    assert not at_once.apart
    assert one_by_one.units == pytest.approx(at_once.units, abs=1e-4)
    assert one_by_one.bound == pytest.approx(at_once.bound, abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_blocks_that_have_all_they_could_have_alone_are_stable(seed: int) -> None:
    """Opened blocks that end with what each could have alone are called stable, also where one of them got better."""
    rng = random.Random(seed)
    program = formulate(problem_of([drawn(rng, number) for number in range(4)]).facts, ao.pooled()).program
    stable = stabilised(program, np.zeros(program.columns), 1e-6, Clock.started(None))
    assert stable.alone
    assert stable.stable
