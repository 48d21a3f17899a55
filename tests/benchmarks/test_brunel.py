"""The outbound-logistics adapter, on hand-made files with the layout of the real ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmarks.real import brunel
from benchmarks.real.assignment import cheapest_most
from scipy.optimize import linear_sum_assignment

import allocopt as ao

HEADER = (
    "Order ID,Order Date,Origin Port,Carrier,TPT,Service Level,Ship ahead day count,Ship Late Day count,Customer,"
    "Product ID,Plant Code,Destination Port,Unit quantity,Weight\r\n"
)


def _order(order: str, customer: str, sku: str, units: float, weight: float, to: str = "PORT09") -> str:
    return f"{order},5/26/13,PORT09,V44_3,1,CRF,3,0,{customer},{sku},P1,{to},{units},{weight}\r\n"


@pytest.fixture
def folder(tmp_path):
    """A tiny data set in which every rule of reading takes something away."""
    files = {
        "OrderList": HEADER
        + _order("001", "C1", "A", 10, 10)
        + _order("002", "C1", "A", 100, 20)
        + _order("003", "C2", "A", 10, 50)
        + _order("004", "C2", "B", 10, 5)
        + _order("005", "C2", "B", 10, 5000)
        + _order("006", "C2", "B", 0, 5)
        + _order("007", "C2", "B", 7, 5, to="PORT01"),
        "WhCapacities": "Plant ID,Daily Capacity \r\nP1,1\r\nP2,1\r\nP3,1\r\n",
        "WhCosts": "WH,Cost/unit\r\nP1,1.00\r\nP2,0.50\r\nP3,0.10\r\nP4,0.10\r\n,",
        "ProductsPerPlant": "Plant Code,Product ID\r\nP1,A\r\nP2,A\r\nP3,A\r\nP2,B\r\nXX,A\r\nP2,B\r\n",
        "VmiCustomers": "Plant Code,Customers\r\nP3,C2\r\n",
        "PlantPorts": "Plant Code,Port\r\nP1,PORT09\r\nP2,PORT01\r\nP2,PORT02\r\nP3,PORT02",
        "FreightRates": "Carrier,orig_port_cd,dest_port_cd,minm_wgh_qty,max_wgh_qty,svc_cd,minimum cost,rate,mode_dsc,"
        "tpt_day_cnt,Carrier type\r\n"
        "V,PORT01,PORT09,0,9.99,DTD, $8.00 , $1.00 ,AIR,2,V\r\n"
        'V,PORT01,PORT09,10,"1,000.00",DTD, $8.00 , $1.00 ,AIR,2,V\r\n'
        'V,PORT02,PORT09,15,"1,000.00",DTD, $2.00 , $0.50 ,AIR,2,V\r\n',
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, newline="")
    return tmp_path


def test_lanes_follow_products_customers_and_rates(folder):
    """Who may serve what, and at which freight."""
    stated, found = brunel.problem(folder)
    assert stated.demand["order"].tolist() == ["001", "002", "003", "004", "005"]
    assert stated.nodes["node"].tolist() == ["P1", "P2", "P3"]
    lanes = found.table.assign(
        order=stated.demand["order"].to_numpy()[found.table["order"]],
        plant=stated.nodes["node"].to_numpy()[found.table["plant"]],
    )
    # P3 serves C2 alone; P1 is at home and needs no freight; nothing carries 5,000 from P2; bands and ports choose.
    costs = {(row.order, row.plant): (row.freight, round(row.cost, 9)) for row in lanes.itertuples()}
    assert costs == {
        ("001", "P1"): (0.0, 1.0),
        ("001", "P2"): (10.0, 1.5),
        ("002", "P1"): (0.0, 1.0),
        ("002", "P2"): (10.0, 0.6),
        ("003", "P1"): (0.0, 1.0),
        ("003", "P2"): (25.0, 3.0),
        ("003", "P3"): (25.0, 2.6),
        ("004", "P2"): (8.0, 1.3),
    }


def test_what_is_left_out_is_said(folder):
    """Nothing disappears without a line about it."""
    text = "\n".join(brunel.problem(folder)[1].notes)
    for words in (
        "1 rows of XX",
        "1 rows occur twice",
        "nothing in line 6",
        "1 pairs of order and plant have no lane",
        "0 orders no plant may serve, 1 no plant can reach",
    ):
        assert words in text


def test_most_orders_at_least_cost(folder):
    """A plan to check by hand: as many orders as possible, then the cheapest."""
    stated, found = brunel.problem(folder)
    plan = ao.allocate(stated, brunel.CONTRACT)
    most, cost = brunel.proof(stated, found)
    # P3 takes 003 (its only customer), P1 takes 001 rather than 002, P2 then 004 at 13 (002 would cost 60).
    assert (most, cost) == (3, pytest.approx(10 + 13 + 26))
    last = list(brunel.told(stated, found, plan))[-1]
    assert last.startswith("orders served 3, cost 49.00, status optimal, gap ")


def test_the_proof_agrees_with_an_assignment_solver():
    """Augmenting paths against the Hungarian method, with dummies for orders that stay unserved."""
    rng = np.random.default_rng(5)
    for _ in range(30):
        cost = rng.integers(1, 50, (12, 4)).astype(float)
        cost[rng.random(cost.shape) < 0.5] = np.inf
        limit = rng.integers(0, 4, 4).astype(float)
        slots = np.repeat(np.arange(4), limit.astype(int))
        unserved = 1e6
        dense = np.hstack([np.where(np.isfinite(cost[:, slots]), cost[:, slots], 1e9), np.full((12, 12), unserved)])
        rows, columns = linear_sum_assignment(dense)
        served = dense[rows, columns] < unserved
        assert cheapest_most(cost, limit) == (served.sum(), dense[rows, columns][served].sum())


def test_bands_include_both_ends():
    """A weight between two bands has no rate."""
    rates = pd.DataFrame({"least": [0.0], "most": [9.99], "minimum": [5.0], "rate": [1.0]})
    assert brunel.cheapest(np.array([0.0, 4.0, 9.99, 9.995, 10.0]), rates).tolist() == [5.0, 5.0, 9.99, np.inf, np.inf]
