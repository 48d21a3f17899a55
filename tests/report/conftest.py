"""Plans that reports are made of: small, awkward, and the worst case."""

from __future__ import annotations

import pandas as pd
import pytest
from gallery.worst import worst

import allocopt as ao


@pytest.fixture(scope="session")
def quick_plan() -> ao.Plan:
    """Return a small plan under a contract."""
    problem = ao.example("quickstart")
    return ao.allocate(problem, ao.Contract("Protect DTC", clauses=[ao.Protect("dtc", share=0.5, of="inbound")]))


@pytest.fixture(scope="session")
def hostile() -> ao.Plan:
    """Return a plan whose every name tries to be markup, a formula, mathematics or a colour."""
    sku, channel, node = (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(2)>',
        "=cmd|'/c calc'!A1 $x^2$ #1d5c96",
    )
    other = "</svg></style><b>{{ 7*7 }}</b> url(#x)"
    tables = {
        "skus": {"sku": [sku], "unit_cost": [1.0]},
        "nodes": {"node": [node]},
        "channels": {"channel": [channel, other], "owner": ["<i>Head & Co</i>", ""]},
        "supply": {
            "sku": [sku] * 2,
            "node": [node] * 2,
            "kind": ["on_hand", "inbound"],
            "units": [3, 4],
            "reference": ["", "<PO>"],
        },
        "demand": {
            "sku": [sku] * 2,
            "channel": [channel, other],
            "period": [0, 1],
            "units": [5, 9],
            "price": [9.0, 8.0],
            "order": ["<o>", ""],
        },
        "lanes": {"node": [node] * 2, "channel": [channel, other]},
    }
    problem = ao.Problem(currency="<EUR>", **{name: pd.DataFrame(columns) for name, columns in tables.items()})
    contract = ao.Contract("<Contract> & co", reason="<b>why</b>", owner="O'Hara", clauses=[ao.Approval(units=2)])
    return ao.allocate(problem, contract)


@pytest.fixture(scope="session")
def worst_plan() -> ao.Plan:
    """Return the plan of the worst case: 40 channels, names of 60 characters, 104 weeks, 5,000 short lines."""
    return ao.allocate(worst())
