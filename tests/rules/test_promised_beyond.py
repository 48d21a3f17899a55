"""Lots that were promised beyond what is sure of them."""

from __future__ import annotations

import pytest
from tests.rules.small import problem

import allocopt as ao

TABLES = {
    "skus": "sku unit_cost divisible\nA 4 false\nB 3 true",
    "channels": "channel owner return_rate\nweb Wendy 0.5\nshop Sam 0",
    "supply": """
        sku node kind    units confidence reserved reference available
        A   East inbound 20    0.8        18       PO7       1
        A   East inbound 20    0.8        16       PO8       2
        A   East on_hand 5     1          5        .         0
        B   East inbound 3     0.5        2        PO9       1
    """,
    "demand": "sku channel period units price\nA web 2 5 10\nA shop 1 5 9",
}


def test_a_lot_promised_beyond_what_is_sure_is_an_exception():
    """16 of 20 are sure and 18 promised: 2 units, worth the mean net price of 7; B is wanted by nobody: its cost."""
    plan = ao.allocate(problem(**TABLES))
    assert plan.status == "optimal"
    rows = plan.exceptions.to_dict("records")
    assert [(row["kind"], row["clause"], row["sku"], row["units"], row["money"], row["owner"]) for row in rows] == [
        ("promised_beyond", None, "A", 2, 14, "Sam, Wendy"),
        ("promised_beyond", None, "B", 0.5, 1.5, ""),
    ]
    assert rows[0]["sentence"] == (
        "2 of the units promised beforehand of A at East (inbound, PO7) are beyond the 16 that are sure of it: "
        "worth 14.00."
    )


@pytest.mark.parametrize("reserved", [0, 15, 16])
def test_what_is_sure_may_be_promised(reserved):
    """The sure units themselves are no exception."""
    tables = {**TABLES, "supply": f"sku node kind units confidence reserved\nA East inbound 20 0.8 {reserved}"}
    assert not len(ao.allocate(problem(**tables)).exceptions)
