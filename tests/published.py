"""Published cases, schema ``alloc-golden/1``, as problems and contracts.

What is minimised is stated at price 0, so that the objective is the published cost with its sign turned. Goods cost
nothing and are worth nothing in the end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import allocopt as ao

Case = dict[str, Any]
HOURS = "hours"
"""Name of the resource that stands for a node's capacity."""
KNOWN = {
    "skus", "periods", "nodes", "channels", "supply", "supply_rule", "demand", "lanes", "lane_groups", "node_use",
    "carry_over", "backorder", "backorder_penalty", "objective_constant",
}  # fmt: skip
"""What the adapter understands of a case's data; anything else must not pass unseen."""


class NotExpressibleError(Exception):
    """A case asks for something that allocopt does not have."""


@dataclass(frozen=True)
class Stated:
    """A published case in allocopt's words."""

    problem: ao.Problem
    contract: ao.Contract
    sign: float
    constant: float

    def objective(self, plan: ao.Plan) -> float:
        """Return the plan's objective as the publisher counts it."""
        return self.sign * plan.objective + self.constant


def read(folder: Path, name: str) -> Case:
    """Return one published case."""
    content: Case = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return content


def state(case: Case, *, lost: float | None = None, divisible: bool = False) -> Stated:
    """State a published case.

    Parameters
    ----------
    case : dict
    lost : float, optional
        Cost of a unit never served, in place of the duty to serve.
    divisible : bool
        Whether fractions of units may ship, as the publisher's own plan does.

    Raises
    ------
    NotExpressibleError
        Naming what allocopt does not have.
    """
    data = case["data"]
    _check_known(data)
    closing = _closing(data)
    tables = {
        "skus": [{"sku": sku, "divisible": divisible} for sku in data["skus"]],
        "nodes": [{"node": node["id"]} for node in data["nodes"]],
        "channels": [{"channel": c["id"], "fixed_cost": closing.get(c["id"], 0.0)} for c in data["channels"]],
        "supply": _supply(data),
        "demand": [_line(data, row, lost) for row in data["demand"]],
        "lanes": _lanes(data),
        "capacity": _capacity(data),
        "workloads": _workloads(data),
    }
    problem = ao.Problem(**{name: pd.DataFrame(rows) for name, rows in tables.items() if rows})
    sign = 1.0 if case["sense"] == "max" else -1.0
    contract = ao.Contract("as published", clauses=[ao.KeepOrRetire(channel) for channel in closing])
    return Stated(problem, contract, sign, float(data.get("objective_constant", 0.0)))


def _closing(data: Case) -> dict[str, float]:
    """Return what closing a channel saves: the fixed cost of the node that serves it, where each has only the other."""
    saved = {}
    for node in data["nodes"]:
        if "fixed_cost" in node:
            served = {lane["channel"] for lane in data["lanes"] if lane["node"] == node["id"]}
            serving = {lane["node"] for lane in data["lanes"] if lane["channel"] in served}
            if len(served) != 1 or len(serving) != 1:
                raise NotExpressibleError("a node that may be closed while its channels stay")
            saved[served.pop()] = node["fixed_cost"]
    return saved


def _check_known(data: Case) -> None:
    if set(data) - KNOWN:
        raise NotExpressibleError(f"the adapter does not read {sorted(set(data) - KNOWN)}")
    if any("min_if_open" in node for node in data["nodes"]):
        raise NotExpressibleError("a node that ships a least amount while it is open")
    if len(data["periods"]) > 1 and not data.get("carry_over"):
        raise NotExpressibleError("stock that does not last from one period to the next")
    if data.get("supply_rule") == "exactly":
        _check_all_ships(data)


def _check_all_ships(data: Case) -> None:
    """Raise unless serving all demand already ships all supply, which allocopt cannot ask for by itself."""
    total: dict[str, float] = dict.fromkeys(data["skus"], 0.0)
    for row in data["supply"]:
        total[row["sku"]] += row["qty"]
    for row in data["demand"]:
        total[row["sku"]] -= row["qty"]
    if any(total.values()) or any(row["rule"] != "must" for row in data["demand"]):
        raise NotExpressibleError("supply that must ship although nobody has to be served")


def _supply(data: Case) -> list[dict[str, Any]]:
    """Return the lots; at a node with unlimited supply, as much of each SKU as anybody wants."""
    first = min(data["periods"])
    wanted = dict.fromkeys(data["skus"], 0.0)
    for row in data["demand"]:
        wanted[row["sku"]] += row["qty"]
    lots = [(row["node"], row["sku"], row["period"], row["qty"]) for row in data["supply"]]
    endless = [node["id"] for node in data["nodes"] if node.get("unlimited_supply")]
    lots += [(node, sku, first, units) for node in endless for sku, units in wanted.items()]
    columns = ("node", "sku", "available", "units")
    return [{**dict(zip(columns, lot, strict=True)), "kind": "on_hand"} for lot in lots]


def _line(data: Case, row: dict[str, Any], lost: float | None) -> dict[str, Any]:
    """Return a demand line: must -> all of it is a commitment, backorder -> late up to the end, at its cost."""
    price, rule = row.get("price", 0.0), row["rule"]
    line = {
        "sku": row["sku"],
        "channel": row["channel"],
        "period": row["period"],
        "units": row["qty"],
        "price": price,
        "min_units": row.get("min_qty", 0.0),
        "min_ship": row.get("min_ship", 0.0),
        "lost_cost": 0.0,
        "max_late": 0,
        "late_cost": 0.0,
    }
    if rule == "must":
        line |= {"min_units": row["qty"]} if lost is None else {"lost_cost": lost}
    elif rule == "backorder":
        # Where the line itself names no cost, the case's is per unit, day and unit of price.
        cost = row.get("late_penalty", data["backorder_penalty"] * price)
        line |= {"max_late": row.get("max_late", max(data["periods"]) - row["period"]), "late_cost": cost}
    elif rule != "lost":
        raise NotExpressibleError(f"demand of the rule {rule!r}")
    return line


def _lanes(data: Case) -> list[dict[str, Any]]:
    """Return the lanes; a limit that SKUs share is the capacity of the general lane of their pair."""
    rows = []
    for lane in data["lanes"]:
        if "pack" in lane:
            raise NotExpressibleError("packs of a lane")
        rows.append(
            {
                "node": lane["node"],
                "channel": lane["channel"],
                "sku": lane["sku"],
                "cost": lane["unit_cost"],
                "capacity": lane.get("cap"),
            }
        )
    for group in data.get("lane_groups", ()):
        if "fixed_cost" in group or "min_if_used" in group:
            raise NotExpressibleError("a lane that costs or ships a least amount once it is used")
        rows.append(
            {"node": group["node"], "channel": group["channel"], "sku": "", "cost": 0.0, "capacity": group["cap"]}
        )
    return rows


def _capacity(data: Case) -> list[dict[str, Any]]:
    return [
        {"node": node["id"], "period": period, "limit": node["capacity"], "resource": HOURS}
        for node in data["nodes"]
        if "capacity" in node
        for period in data["periods"]
    ]


def _workloads(data: Case) -> list[dict[str, Any]]:
    """Return what a unit takes, which in allocopt depends on the SKU and not on the node."""
    if not _capacity(data):
        return []
    use: dict[str, float] = {}
    for row in data.get("node_use", ()):
        if use.setdefault(row["sku"], row["per_unit"]) != row["per_unit"]:
            raise NotExpressibleError("a workload that depends on the node")
    return [{"resource": HOURS, "sku": sku, "workload": use.get(sku, 1.0)} for sku in data["skus"]]
