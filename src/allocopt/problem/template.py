"""What an empty problem starts from: two example rows a table, and an example of what a column may hold."""

from __future__ import annotations

from functools import cache
from typing import Any

from allocopt.problem.problem import Problem
from allocopt.problem.schema import Column, Table
from allocopt.problem.weeks import weeks

FIRST_DAY = "2026-11-30"
ROWS: dict[str, list[dict[str, Any]]] = {
    "skus": [{"sku": "LAMP-01", "unit_cost": 20.0, "map_price": 55.0}, {"sku": "MUG-12", "unit_cost": 5.0, "pack": 12}],
    "nodes": [
        {"node": "DC-East", "kind": "dc", "holding_cost": 0.05},
        {"node": "Store-1", "kind": "store", "store_floor": 2},
    ],
    "channels": [
        {"channel": "web", "kind": "dtc", "return_rate": 0.1, "return_cost": 4.0, "owner": "Head of DTC"},
        {
            "channel": "amazon",
            "kind": "marketplace",
            "fee_rate": 0.15,
            "fee_per_unit": 1.0,
            "owner": "Head of Marketplaces",
        },
    ],
    "supply": [
        {"sku": "LAMP-01", "node": "DC-East", "kind": "on_hand", "units": 40},
        {
            "sku": "MUG-12",
            "node": "DC-East",
            "kind": "inbound",
            "units": 60,
            "available": 1,
            "confidence": 0.8,
            "reference": "PO-7001",
        },
    ],
    "demand": [
        {"sku": "LAMP-01", "channel": "web", "period": 0, "units": 30, "price": 60.0},
        {"sku": "MUG-12", "channel": "amazon", "period": 1, "units": 48, "price": 15.0, "order": "A-100", "firm": True},
    ],
    "lanes": [
        {"node": "DC-East", "channel": "web", "cost": 4.0},
        {"node": "DC-East", "channel": "amazon", "cost": 2.0},
    ],
    "capacity": [
        {"node": "DC-East", "period": 0, "limit": 50},
        {"node": "DC-East", "period": 1, "limit": 8, "resource": "hours"},
    ],
    "workloads": [{"resource": "hours", "workload": 0.1}, {"resource": "hours", "workload": 0.2, "sku": "MUG-12"}],
}
"""Two rows a table, of one small problem that can be solved as it is."""
OTHERWISE = {
    "id": "X-1",
    "text": "text",
    "number": 1.0,
    "whole": 1,
    "flag": True,
    "period": 3,
    "time": FIRST_DAY,
    "date": FIRST_DAY,
}
"""What a column may hold that no row shows, by its type."""


@cache
def template() -> Problem:
    """Return the problem of the example rows, with two weeks."""
    calendar = weeks(FIRST_DAY, 2).astype({"start": str, "end": str}).to_dict("list")
    return Problem.from_dict({**ROWS, "periods": calendar, "currency": "EUR", "name": "My problem"})


def example_of(table: Table, column: Column) -> Any:
    """Return what a column may hold: of the example rows, else its default, else something of its type."""
    for row in ROWS.get(table.name, []):
        if column.name in row:
            return row[column.name]
    if column.choices:
        return column.choices[0]
    if column.default not in (None, ""):
        return str(column.default).lower()
    return OTHERWISE[column.type]
