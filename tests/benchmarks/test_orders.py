"""The benchmark of whole orders: every contender is told the same, and what breaks a rule is no plan."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.orders import __main__ as command
from benchmarks.orders import agree
from benchmarks.orders.contenders import in_allocopt, in_highs, looped
from benchmarks.orders.families import FAMILIES, knapsack, published
from benchmarks.orders.natural import natural

import allocopt as ao
from allocopt.solve.orders import solving
from benchmarks import record

TINY = 8


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_the_natural_model_and_allocopt_have_the_same_optimum(family: str) -> None:
    """What HiGHS finds on the natural model is what allocopt finds on the tables, and the loop finds no more."""
    shop = FAMILIES[family](TINY, 3)
    theirs, ours = in_highs(shop, 20.0), ao.allocate(ao.Problem(**shop.tables()), gap=1e-9)
    assert theirs["status"] == "kOptimal"
    assert shop.earned(shop.shipped(ours.allocation)) == pytest.approx(ours.objective)
    assert ours.objective == pytest.approx(theirs["value"])
    x = looped(shop)
    if all(shop.kept(x).values()):
        assert shop.earned(x) <= theirs["value"] + 1e-6


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda x: x * 0 + 1_000, "stock"),
        (lambda x: np.where(np.arange(len(x))[:, None] == x.sum(1).argmax(), 0, x), "all or none"),
    ],
)
def test_a_plan_that_breaks_a_rule_is_none(change: object, rule: str) -> None:
    """Too much of a lot, or an order in part: the rule is named."""
    shop = FAMILIES["four"](20, 1)
    x = looped(shop)
    assert shop.earned(x) > 0
    with pytest.raises(AssertionError, match=rule):
        shop.earned(change(x))  # type: ignore[operator]


def test_cp_sat_is_told_the_same() -> None:
    """CP-SAT finds the optimum of HiGHS, in a process that has no HiGHS."""
    if record.installed("ortools") is None:
        pytest.skip("ortools is not installed")
    shop = FAMILIES["mixed"](TINY, 1)
    task = {"family": "mixed", "size": TINY, "seed": 1, "published": None, "memory": 6.0, "limit": 10.0}
    theirs = record.apart("orders", "--task", json.dumps(task | {"name": "cp-sat"}))
    assert theirs["value"] == pytest.approx(in_highs(shop, 10.0)["value"])


def test_a_knapsack_is_worth_what_it_says() -> None:
    """Two of three fit: the orders' worth is theirs whatever units they take."""
    shop = knapsack(np.array([7, 5, 4]), np.array([[3, 2, 2], [1, 4, 4]]), np.array([4, 9]), best=9.0)
    assert in_highs(shop, 5.0)["value"] == 9.0
    assert natural(shop).cents.tolist() == [700, 500, 400]


def test_published_problems_are_read_from_a_folder(tmp_path: Path) -> None:
    """Knapsacks and assignments are told apart by what they hold; an empty folder is an error."""
    with pytest.raises(FileNotFoundError, match="no problems"):
        published(tmp_path)
    knap = {"p": [7, 5], "a": [[3, 2]], "b": [3], "best": 7}
    gap = {"cost": [[3, 9], [5, 2]], "w": [[1, 1], [1, 1]], "cap": [1, 1], "best": 5}
    (tmp_path / "mkp.json").write_text(json.dumps({"cases": {"k": knap}}))
    (tmp_path / "gap.json").write_text(json.dumps({"cases": {"g": gap}}))
    found = published(tmp_path)
    assert {name: in_highs(shop, 5.0)["value"] for name, shop in found.items()} == {"k": 7.0, "g": -5.0}
    assert found["g"].best == -5.0


def test_the_command_writes_what_it_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of two contenders leaves tables and figures, the seed being that of the commit unless told."""
    monkeypatch.setattr(command, "told", lambda task: task | {"value": 10.0, "bound": 11.0, "seconds": 1.0})
    sizes = ["--families", "complete", "--sizes", "50", "--limits", "1"]
    monkeypatch.setattr(sys, "argv", ["orders", *sizes, "--only", "loop", "allocopt", "--out", str(tmp_path)])
    command.main()
    content = json.loads((tmp_path / "orders.json").read_text(encoding="utf-8"))
    assert content["seed"] == command.seed_of_commit()
    assert "10.00%" in (tmp_path / "orders.md").read_text(encoding="utf-8")


def test_who_earns_less_is_named() -> None:
    """Less than a peer at the same limit, or than the loop at any, is said; a thousandth counts only in large shops."""
    shop = {"family": "complete", "limit": 1.0}
    small = [shop | {"size": 500, "name": name, "value": v} for name, v in (("allocopt", 999.5), ("highs", 1000.0))]
    large = [shop | {"size": 5_000, "name": name, "value": v} for name, v in (("allocopt", 999.5), ("highs", 1000.0))]
    none = [shop | {"size": 50, "name": name, "value": v} for name, v in (("allocopt", None), ("loop", 3.0))]
    said = command.behind(small + large + none)
    assert said == [
        "complete 5,000 at 1 s: -0.05% against HiGHS, natural model",
        "complete 50 at 1 s: no plan against a loop",
    ]


def test_a_shop_at_a_limit_is_held_against_its_own_rules() -> None:
    """What allocopt says it earns is what its shipments earn."""
    found = in_allocopt(FAMILIES["parcel"](30, 2), 2.0)
    assert found["value"] > 0
    assert found["bound"] >= found["value"] - 1e-6


def test_the_search_agrees_with_brute_force() -> None:
    """Tiny shops that mix everything: never above the optimum, never a bound below it, and mostly the optimum."""
    found = agree.compared([agree.tiny(seed) for seed in range(1, 8)], agree.by_brute_force)
    assert found["shops"] == 7
    assert not found["wrong"]
    assert found["met"] >= 5


@pytest.mark.parametrize("seed", [4, 7, 9])
def test_allocate_finds_what_the_search_alone_misses(seed: int) -> None:
    """Few orders are proven by branch and bound: the optimum of brute force."""
    shop = agree.tiny(seed)
    assert ao.allocate(ao.Problem(**shop.tables())).objective == pytest.approx(agree.by_brute_force(shop))


def test_brute_force_and_the_natural_model_agree() -> None:
    """Two statements that share no code have the same optimum."""
    for seed in range(1, 5):
        shop = agree.tiny(seed)
        assert agree.by_brute_force(shop) == pytest.approx(in_highs(shop, 20.0)["value"])


def test_one_plan_whatever_the_order_of_rows_and_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same shop, its rows shuffled, on one thread and on two: one plan."""
    monkeypatch.setattr(solving, "MANY", 20)
    assert len(set(agree.prints(FAMILIES["mixed"](80, 4)))) == 1
