"""Families of whole orders: made up at any size, and published ones with the best worth that is known.

``complete``: orders of one to four lines, all or nothing, stock for half of them at one node. ``four``: the same with
four lines each. ``parcel``: one to three lines, one parcel an order, 70 % of the stock spread over several nodes.
``mixed``: three in ten are complete orders, the rest forecasts, in packs where they go to a store; two nodes that are
short of hours. ``least``: forecasts of which a node ships nothing or at least so much. ``assign``: every order to one
of several nodes at least cost, hours short (types d and e of the generalized assignment problem: Chu and Beasley, A
genetic algorithm for the generalised assignment problem, Computers & Operations Research 24 (1997)).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.orders.shop import Ints, Shop

Random = np.random.Generator


def complete(size: int, seed: int, lines: tuple[int, int] = (1, 4)) -> Shop:
    """Return complete orders, with stock for half of what they want."""
    random = np.random.default_rng(seed)
    skus = articles(size)
    order, sku = _baskets(random, size, skus, *lines)
    units = random.integers(1, 6, len(order))
    stock = (np.bincount(sku, weights=units, minlength=skus) * 0.5).astype(np.int64)
    return Shop(
        order, sku, units, _cents(random.uniform(5, 50, len(order))), np.ones(size, bool), np.zeros(size, bool),
        stock[:, None], np.zeros((len(order), 1)),
    )  # fmt: skip


def four(size: int, seed: int) -> Shop:
    """Return complete orders of four lines each."""
    return complete(size, seed, (4, 4))


def parcel(size: int, seed: int) -> Shop:
    """Return orders that ship from one node each, as far as there is stock."""
    random = np.random.default_rng(seed)
    skus, nodes = articles(size), 4 if size < 2_000 else 5 if size < 20_000 else 8
    order, sku = _baskets(random, size, skus, 1, 3)
    units = random.integers(1, 4, len(order))
    wanted = np.bincount(sku, weights=units, minlength=skus)
    stock = np.floor(random.dirichlet(np.ones(nodes), skus) * wanted[:, None] * 0.7).astype(np.int64)
    cost = np.broadcast_to(_cents(np.linspace(0.5, 1.5, nodes)), (len(order), nodes))
    return Shop(
        order, sku, units, _cents(random.uniform(5, 50, len(order))), np.zeros(size, bool), np.ones(size, bool), stock,
        cost.copy(),
    )  # fmt: skip


def mixed(size: int, seed: int) -> Shop:
    """Return complete orders among forecasts, some in packs, from two nodes that are short of hours."""
    random = np.random.default_rng(seed)
    channels, skus = 4, max(2, round(0.7 * size / 4))
    whole = max(1, round(0.3 * size))
    forecast = skus * channels
    order, sku = _baskets(random, whole, skus, 1, 4)
    order = np.concatenate([order, whole + np.arange(forecast)])
    channel = np.concatenate([np.zeros(len(sku), np.int64), np.tile(1 + np.arange(channels), skus)])
    sku = np.concatenate([sku, np.repeat(np.arange(skus), channels)])
    lines = len(sku)
    pack = np.where(channel >= 3, random.choice([6, 12], lines), 1)
    units = np.where(channel == 0, random.integers(1, 6, lines), pack * random.integers(3, np.where(pack > 1, 8, 30)))
    wanted = np.bincount(sku, weights=units, minlength=skus)
    part = random.uniform(0.3, 0.7, skus)
    stock = np.floor(np.stack([part, 1 - part], 1) * wanted[:, None] * 0.7).astype(np.int64)
    work = np.repeat(random.integers(1, 7, skus)[:, None], 2, 1)
    minutes = np.floor(0.75 * (work * stock).sum(0)).astype(np.int64)
    ways = _cents(random.uniform(0.5, 3.0, (channels + 1, 2)))
    price = random.uniform(8, 40, skus)[sku] * random.uniform(0.8, 1.2, lines)
    orders = whole + forecast
    return Shop(
        order, sku, units, _cents(price), np.arange(orders) < whole, np.zeros(orders, bool), stock, ways[channel],
        channel=channel, pack=pack, work=work, minutes=minutes,
    )  # fmt: skip


def least(size: int, seed: int) -> Shop:
    """Return forecasts of which each of three nodes ships nothing, or at least a fifth to a half."""
    random = np.random.default_rng(seed)
    channels, nodes = 5, 3
    skus = max(2, size // channels)
    lines = skus * channels
    sku, channel = np.repeat(np.arange(skus), channels), np.tile(np.arange(channels), skus)
    units = random.integers(5, 40, lines)
    wanted = np.bincount(sku, weights=units, minlength=skus)
    stock = np.floor(random.dirichlet(np.ones(nodes), skus) * wanted[:, None] * 0.6).astype(np.int64)
    ways = _cents(random.uniform(0.5, 3.0, (channels, nodes)))
    return Shop(
        np.arange(lines), sku, units, _cents(random.uniform(5, 30, lines)), np.zeros(lines, bool),
        np.zeros(lines, bool), stock, ways[channel], channel=channel,
        least=np.ceil(units * random.uniform(0.2, 0.5, lines)).astype(np.int64),
    )  # fmt: skip


def assign(size: int, seed: int, kind: str = "d", nodes: int | None = None) -> Shop:
    """Return orders of which each has to go to one node, that takes its hours and costs so much there."""
    random = np.random.default_rng(seed)
    nodes = nodes or (5 if size <= 100 else 20 if size <= 200 else 40)
    if kind == "d":
        work = random.integers(1, 101, (nodes, size))
        cost = 111 - work + random.integers(-10, 11, (nodes, size))
    else:
        work = np.ceil(1 - 10 * np.log(1 - random.uniform(0, 1, (nodes, size)))).astype(np.int64)
        cost = np.ceil(1000 / work - 10 * random.uniform(0, 1, (nodes, size))).astype(np.int64)
    limit = np.floor(0.8 * work.sum(1) / nodes).astype(np.int64)
    return assignment(np.maximum(cost, 1), work, limit)


def assignment(cost: Ints, work: Ints, limit: Ints, best: float | None = None) -> Shop:
    """Return orders of one unit of an SKU of their own, in stock at every node: costs and minutes are (node, order)."""
    nodes, size = cost.shape
    every = np.ones(size, bool)
    return Shop(
        np.arange(size), np.arange(size), np.ones(size, np.int64), np.zeros(size), every, every,
        np.ones((size, nodes), np.int64), cost.T.astype(float), must=every, by_sku=True, work=work.T.copy(),
        minutes=limit, best=None if best is None else -float(best),
    )  # fmt: skip


def knapsack(worth: Ints, takes: Ints, limit: Ints, best: float | None = None) -> Shop:
    """Return complete orders that take so much (resource, order) of some SKUs, and are worth so much in all."""
    skus, size = takes.shape
    order, sku = np.nonzero(takes.T)
    units = takes[sku, order]
    first = np.append(True, order[1:] != order[:-1])
    # All that an order is worth is the price of a single unit of it: then prices are whole, however many units.
    dear = np.flatnonzero(first)
    order, sku = np.append(order, order[dear]), np.append(sku, skus + order[dear])
    units, price = np.append(units, np.ones(len(dear), np.int64)), np.zeros(len(order))
    price[-len(dear) :] = worth[order[-len(dear) :]]
    by = np.argsort(order, kind="stable")
    stock = np.concatenate([limit, np.ones(size, np.int64)])[:, None]
    return Shop(
        order[by], sku[by], units[by], price[by], np.ones(size, bool), np.zeros(size, bool), stock,
        np.zeros((len(order), 1)), best=best,
    )  # fmt: skip


FAMILIES: dict[str, Callable[[int, int], Shop]] = {
    "complete": complete,
    "parcel": parcel,
    "mixed": mixed,
    "four": four,
    "least": least,
    "assign-d": assign,
    "assign-e": lambda size, seed: assign(size, seed, "e"),
}


def published(folder: Path) -> dict[str, Shop]:
    """Return the published problems in a folder: ``mkp.json`` (knapsacks) and ``gap.json`` (assignments)."""
    found = {}
    for file in sorted(folder.glob("*.json")):
        for name, case in json.loads(file.read_text(encoding="utf-8"))["cases"].items():
            if "cost" in case:
                shop = assignment(*(np.array(case[key]) for key in ("cost", "w", "cap")), best=case["best"])
            else:
                shop = knapsack(*(np.array(case[key]) for key in ("p", "a", "b")), best=case["best"])
            found[name] = shop
    if not found:
        raise FileNotFoundError(f"{folder} holds no problems: mkp.json and gap.json are looked for")
    return found


def articles(size: int) -> int:
    """Return how many SKUs so many orders are about: a hundred for 500, 5,000 for 50,000."""
    return max(4, round(0.5 * size**0.85))


def _baskets(random: Random, orders: int, skus: int, low: int, high: int) -> tuple[Ints, Ints]:
    """Return order and SKU of the lines of orders that want `low` to `high` SKUs each, none twice."""
    order = np.repeat(np.arange(orders), random.integers(low, min(high, skus) + 1, orders))
    sku = random.integers(0, skus, len(order))
    while True:  # drawn anew where an order has an SKU twice
        key = order * skus + sku
        _, first = np.unique(key, return_index=True)
        twice = np.ones(len(order), bool)
        twice[first] = False
        if not twice.any():
            return order, sku
        sku[twice] = random.integers(0, skus, int(twice.sum()))


def _cents(money: np.ndarray) -> np.ndarray:
    return np.round(money, 2)
