"""The sales adapter, on a hand-made file with the layout of the real one."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.real import us_regional_sales as sales

import allocopt as ao

HEADER = (
    "OrderNumber,Sales Channel,WarehouseCode,ProcuredDate,OrderDate,ShipDate,DeliveryDate,CurrencyCode,_SalesTeamID,"
    "_CustomerID,_StoreID,_ProductID,Order Quantity,Discount Applied,Unit Cost,Unit Price\r\n"
)


def _line(number: int, channel: str, node: str, dates: str, sku: int, units: int, money: str) -> str:
    return f"SO - {number:06d},{channel},{node},{dates},USD,6,15,259,{sku},{units},{money}\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three lines of one product from two warehouses, one of another, and one with its dates out of order."""
    may = "1931/12/17,1931/5/18,2014/6/18,2019/6/18"
    june = "10/4/2018,04/06/2018,2022/6/18,2/7/2018"
    text = (
        HEADER
        + _line(101, "In-Store", "W1", may, 12, 4, '0.6,"$1,000.00 ","$4,000.00 "')
        + _line(102, "Online", "W1", june, 12, 6, '0.1,"$2,000.00 ","$3,000.00 "')
        + _line(103, "Online", "W2", june, 12, 2, '0.1,"$2,000.00 ","$4,000.00 "')
        + _line(104, "Wholesale", "W2", june, 7, 8, "0.05,$100.00 ,$90.00 ")
        + _line(105, "Online", "W2", "10/4/2018,04/06/2018,2022/6/18,2014/6/18", 7, 8, "0.05,$100.00 ,$90.00 ")
    )
    (tmp_path / "US_Regional_Sales_Data.csv").write_text(text, newline="")
    return tmp_path


def test_months_prices_and_lots(folder: Path) -> None:
    """Dates become months from the first procurement; prices are net and averaged by units; a lost line is left out."""
    problem = sales.problem(folder, 1.0)
    demand = problem.demand.set_index(["sku", "channel", "period"])[["units", "price"]]
    assert demand.index.get_level_values("period").tolist() == [5, 6, 6]
    assert demand.loc[("12", "Online", 6)].tolist() == [8.0, (6 * 2700 + 2 * 3600) / 8]
    assert demand.loc[("12", "In-Store", 5)].tolist() == [4.0, 1600.0]
    assert problem.demand["units"].sum() == 20
    lots = problem.supply.set_index(["sku", "node", "available"])[["units", "unit_cost"]]
    assert lots.loc[("12", "W1", 0)].tolist() == [4.0, 1000.0]
    assert dict(zip(problem.channels["channel"], problem.channels["kind"], strict=True))["Wholesale"] == "wholesale"
    # W1 procured 10 units and W2 another 10, and orders came in two months: 5 a month each.
    assert set(problem.capacity["limit"]) == {5.0}
    assert len(problem.capacity) == 2 * 7
    assert str(problem.periods["start"].iloc[0])[:10] == "2017-12-01"


def test_a_plan_and_its_last_line(folder: Path) -> None:
    """In June 4 units from the old lot and 1 of the new one at W1, 2 at W2; selling below cost is left alone."""
    stated = sales.problem(folder, 1.0)
    plan, unlimited = ao.allocate(stated), ao.allocate(sales.problem(folder, None))
    text = list(sales.told(stated, plan, unlimited, 1.0))
    # May: 4 x (1600 - 1000); to keep the cheap lot for June at 2925: (2925 - 1000) x 4 + (2925 - 2000) x 3 earns more,
    # and there is no other lot in May that costs less than the 1600 which May pays.
    assert text[-1].startswith("units served 7 of 20, contribution 10475.00, status optimal, gap ")
    assert unlimited.contribution == pytest.approx(4 * 1925 + 4 * 925)
