"""Workbooks: headings in words, formats, filters, sums, dates, no formulas, no empty columns, equal bytes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import allocopt as ao
from allocopt.report.spoken import typeset
from allocopt.report.totals import Totals
from allocopt.report.workbook import Chart, sheet, write


def opened(path: Path) -> Any:
    """Return a workbook, read."""
    return openpyxl.load_workbook(path)


def test_the_workbook_of_a_plan(quick_plan: ao.Plan, tmp_path: Path) -> None:
    """A summary with a chart, exceptions first; headings stay in sight, tables filter, sums stand below."""
    quick_plan.to_excel(tmp_path / "plan.xlsx")
    book = opened(tmp_path / "plan.xlsx")
    names = book.sheetnames
    assert names[:2] == ["summary", "exceptions"]
    assert names.index("shortfalls") < names.index("allocation") < names.index("channels")
    assert len(book["summary"]._charts) == 1
    for name in names[1:]:
        assert book[name].freeze_panes == "B2"
        assert book[name].auto_filter.ref
    page = book["allocation"]
    heads = [cell.value for cell in page[1]]
    assert {"article", "channel", "revenue [USD]"} <= set(heads)
    last = len(quick_plan.allocation) + 2
    place = heads.index("revenue [USD]") + 1
    assert page.cell(last, 1).value == "in all"
    assert page.cell(last, place).value == pytest.approx(quick_plan.allocation["revenue"].sum())
    assert page.cell(2, place).number_format == "#,##0.00"
    assert page.column_dimensions["A"].width > 8
    blank = [
        column[0].value
        for column in page.iter_cols(min_row=1, max_row=last - 1)
        if all(cell.value in (None, "") for cell in column[1:])
    ]
    assert not blank


def test_nothing_is_run(hostile: ao.Plan, tmp_path: Path) -> None:
    """Names that look like formulas, links or numbers are texts."""
    hostile.to_excel(tmp_path / "plan.xlsx")
    cells = [cell for page in opened(tmp_path / "plan.xlsx") for row in page.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    nodes = [cell.value for cell in cells if isinstance(cell.value, str) and cell.value.startswith("=cmd")]
    assert nodes
    assert not [cell for cell in cells if cell.hyperlink is not None and cell.hyperlink.target]


def test_equal_plans_make_equal_workbooks(quick_plan: ao.Plan, tmp_path: Path) -> None:
    """The same bytes, whenever they are written."""
    again = ao.allocate(ao.example("quickstart"), ao.Contract.from_dict(quick_plan.contract))
    quick_plan.to_excel(tmp_path / "one.xlsx")
    again.to_excel(tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_cells_have_the_type_of_their_column(tmp_path: Path) -> None:
    """Dates are dates, shares are shares, blanks are blank, long texts are broken into lines."""
    frame = pd.DataFrame(
        {
            "sku": ["00123", "=1+1"],
            "due": [0, 1],
            "due_date": pd.to_datetime(["2026-11-30", None]),
            "fill_rate": [0.25, float("nan")],
            "units": [3.0, 4.5],
            "changed": [True, False],
            "sentence": ["short", "long " * 60],
            "reason": ["", ""],
        }
    )
    write(
        tmp_path / "b.xlsx",
        "T",
        ["told"],
        [sheet(frame, "rows", "EUR", totals=Totals(("units",)))],
        Chart("rows", "units", "U"),
    )
    page = opened(tmp_path / "b.xlsx")["rows"]
    assert [cell.value for cell in page[1]] == ["article", "due", "fill rate", "units", "changed", "what it is"]
    first, second = ([cell.value for cell in page[row]] for row in (2, 3))
    assert first[:5] == ["00123", dt.datetime(2026, 11, 30), 0.25, 3, "yes"]
    assert second[:5] == ["=1+1", None, None, 4.5, "no"]
    assert page["B2"].number_format == "yyyy-mm-dd"
    assert page["C2"].number_format == "0.0%"
    assert page.row_dimensions[3].height > 60
    assert page["D4"].value == 7.5


def test_comparisons_and_retirements_have_workbooks(tmp_path: Path) -> None:
    """Their tables as sheets, a verdict and a chart; means are not added up."""
    problem = ao.example("quickstart")
    found = ao.compare(problem, [ao.pooled(), ao.first_come()], [ao.Scenario("As stated")])
    found.to_excel(tmp_path / "compare.xlsx")
    book = opened(tmp_path / "compare.xlsx")
    assert book["summary"]["A2"].value == typeset(found.verdict)
    assert "draw" not in [cell.value for cell in book["runs"][1]]
    written = [cell for row in book["ranking"].iter_rows(min_row=2) for cell in row if isinstance(cell.value, float)]
    assert {cell.number_format for cell in written} <= {"#,##0.00", "0.0%"}
    for cell in written:
        assert book["ranking"].column_dimensions[cell.column_letter].width > len(f"{cell.value:,.2f}")
    assert {"ranking", "deltas", "by_scenario", "regret", "runs", "by_channel"} <= set(book.sheetnames)
    assert book["ranking"].max_row == 3
    answer = ao.retirement(problem)
    answer.to_excel(tmp_path / "retire.xlsx")
    book = opened(tmp_path / "retire.xlsx")
    assert [cell.value for cell in book["worth"]["A"]][1:] == answer.table["channel"].tolist()
    assert len(book["summary"]._charts) == 1
