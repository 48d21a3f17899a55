"""The books of a plan, kept a second time: from the user's tables and what ships, by the formula, row by row."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from allocopt.problem import Problem

Row = dict[str, Any]
COSTS = ("fees", "goods", "lanes", "parcels", "returns", "penalties", "fixed_cost", "otif", "holding", "write_down")


def rows(frame: pd.DataFrame) -> list[Row]:
    """Return a table as records in which a blank is None."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def usable(problem: Problem) -> dict[tuple[Any, ...], tuple[float, Row]]:
    """Return the usable units and the row of each lot, by SKU, node, kind, arrival and reference."""
    divisible = {row["sku"] for row in rows(problem.skus) if row["divisible"]}
    found = {}
    for lot in rows(problem.supply):
        sure = lot["confidence"] * lot["units"]
        units = sure if lot["sku"] in divisible else math.floor(sure + 1e-9)
        key = (lot["sku"], lot["node"], lot["kind"], lot["available"], lot["reference"])
        assert key not in found
        found[key] = (max(units - lot["reserved"], 0.0), lot)
    return found


def lane_name(lane: Row) -> str:
    """Return the name that the allocation calls a lane by."""
    parts = [f"/{key}={lane[key]}" for key in ("region", "sku", "via") if lane[key]]
    return f"{lane['node']}>{lane['channel']}" + "".join(parts)


def otif(line: Row, in_time: float, *, divisible: bool) -> float:
    """Return what it costs if less than its share of a line arrives by its due period."""
    least = line["otif_share"] * line["units"]
    least = least if divisible else math.ceil(least - 1e-9)
    missed = least > 0 and in_time < least - 1e-9
    return float(line["otif_cost"]) if missed else 0.0


def profit_and_loss(problem: Problem, allocation: pd.DataFrame) -> pd.DataFrame:
    """Return revenue, costs and contribution per channel, the company last; and hold how parcels are numbered."""
    channels = {row["channel"]: row for row in rows(problem.channels)}
    skus = {row["sku"]: row for row in rows(problem.skus)}
    lanes = {lane_name(row): row for row in rows(problem.lanes)}
    lots = usable(problem)
    lines = {
        (row["sku"], row["channel"], row["period"], row["region"], row["order"], row["line"]): row
        for row in rows(problem.demand)
    }
    book = {name: dict.fromkeys(("units", "revenue", *COSTS), 0.0) for name in [*sorted(channels), "company"]}
    left = {key: units for key, (units, _) in lots.items()}
    unmet = {key: row["units"] for key, row in lines.items()}
    nodes = {row["node"]: row for row in rows(problem.nodes)}
    horizon = problem.facts.periods
    for key, (units, lot) in lots.items():
        waits = max(horizon - lot["available"], 0)
        book["company"]["holding"] += nodes[key[1]]["holding_cost"] * waits * units
    for arc in rows(allocation):
        lot_key = tuple(arc[name] for name in ("sku", "node", "kind", "available", "reference"))
        line_key = tuple(arc[name] for name in ("sku", "channel", "due", "region", "order", "line"))
        line, lot, lane = lines[line_key], lots[lot_key][1], lanes[arc["lane"]]
        channel, units = channels[arc["channel"]], arc["units"]
        cost = skus[arc["sku"]]["unit_cost"] if lot["unit_cost"] is None else lot["unit_cost"]
        kept = 1 - channel["return_rate"]
        late = max(arc["ship"] + lane["lead"] - arc["due"], 0)
        assert (arc["arrives"], arc["late"]) == (arc["ship"] + lane["lead"], late)
        entry = {
            "units": 1.0,
            "revenue": line["price"] * kept,
            "fees": line["price"] * kept * channel["fee_rate"] + channel["fee_per_unit"],
            "goods": cost * (1 - channel["return_rate"] * channel["recovery"]),
            "lanes": lane["cost"],
            "returns": channel["return_rate"] * channel["return_cost"],
            "penalties": line["late_cost"] * late,
        }
        for column, amount in entry.items():
            book[arc["channel"]][column] += amount * units
        earned = entry["revenue"] - sum(amount for name, amount in entry.items() if name not in ("units", "revenue"))
        assert abs(arc["revenue"] - entry["revenue"] * units) < 1e-6
        assert abs(arc["contribution"] - earned * units) < 1e-6
        book["company"]["holding"] -= nodes[arc["node"]]["holding_cost"] * (horizon - arc["ship"]) * units
        left[lot_key] -= units
        unmet[line_key] -= units
    in_time = dict.fromkeys(lines, 0.0)
    for arc in rows(allocation):
        line_key = tuple(arc[name] for name in ("sku", "channel", "due", "region", "order", "line"))
        in_time[line_key] += arc["units"] if arc["arrives"] <= arc["due"] else 0.0
    sent: dict[tuple[Any, ...], int] = {}
    for arc in rows(allocation):
        alone = () if arc["order"] else (arc["sku"], arc["region"], arc["line"], arc["due"])
        key = (arc["channel"], arc["order"], *alone, arc["lane"], arc["ship"])
        if key not in sent:
            book[arc["channel"]]["parcels"] += lanes[arc["lane"]]["parcel_cost"]
        assert sent.setdefault(key, arc["parcel"]) == arc["parcel"]
    assert sorted(sent.values()) == list(range(1, len(sent) + 1))
    for key, units in unmet.items():
        book[key[1]]["penalties"] += lines[key]["lost_cost"] * units
        book[key[1]]["otif"] += otif(lines[key], in_time[key], divisible=skus[key[0]]["divisible"])
    for key, units in left.items():
        lot = lots[key][1]
        cost = skus[key[0]]["unit_cost"] if lot["unit_cost"] is None else lot["unit_cost"]
        lasts = lot["expires"] is None or lot["expires"] >= horizon
        worth = (cost if lasts else 0.0) if lot["end_value"] is None else lot["end_value"]
        book["company"]["write_down"] += (cost - worth) * units
    for name, channel in channels.items():
        book[name]["fixed_cost"] += channel["fixed_cost"]
    table = pd.DataFrame.from_dict(book, orient="index")
    table["contribution"] = table["revenue"] - table[list(COSTS)].sum(axis=1)
    return table


def broken_promises(problem: Problem, allocation: pd.DataFrame) -> list[str]:
    """Return what a plan oversells: lots over-used, lines over-served or under their commitment, broken units."""
    found = []
    left = {key: units for key, (units, _) in usable(problem).items()}
    open_ = {}
    for row in rows(problem.demand):
        key = tuple(row[name] for name in ("sku", "channel", "period", "region", "order", "line"))
        open_[key] = row["units"]
    divisible = {row["sku"] for row in rows(problem.skus) if row["divisible"]}
    for arc in rows(allocation):
        if arc["sku"] not in divisible and arc["units"] != round(arc["units"]):
            found.append(f"{arc['units']} units of {arc['lot']}")
        if arc["units"] <= 0:
            found.append(f"nothing ships from {arc['lot']}")
        left[tuple(arc[name] for name in ("sku", "node", "kind", "available", "reference"))] -= arc["units"]
        open_[tuple(arc[name] for name in ("sku", "channel", "due", "region", "order", "line"))] -= arc["units"]
    found += [f"{key} is over-used by {-units}" for key, units in left.items() if units < -1e-6]
    return found + [f"{key} is over-served by {-units}" for key, units in open_.items() if units < -1e-6]
