"""A workbook as planners have them: told whole in one round, and read once a person has mended what only they can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.problem.test_problem_files import read_faults, write_book

import allocopt as ao

Sheets = dict[str, list[list[Any]]]


def messy() -> Sheets:
    """Return a workbook with titles, Title Case, currencies, percent, text numbers, notes, and four mistakes."""
    return {
        "Skus": [
            ["Articles of the season"],
            [],
            ["SKU", "Unit Cost", "Colour"],
            ["00123", "$4.00", "red"],
            ["A-7 ", "$6.50", "blue"],
        ],
        "Nodes": [["Node", "Kind"], ["East", "DC"]],
        "Channels": [["Channel", "Kind", "Fee Rate"], ["web", "DTC", "15%"], ["amazon", "Marketplace", "12.5 %"]],
        "Supply": [
            ["Stock as of week 48"],
            ["Sku", "Node", "Kind", "Units"],
            ["123", "East", "On Hand", "10"],
            ["A-7", "East", "on_hand", 5],
            ["Total", None, None, 15],
        ],
        "Demand": [
            ["Demand plan, week 48"],
            ["prepared by K."],
            ["SKU", "Channel", "Period", "Units", "Price", "Remark"],
            ["00123", "web", 0, "6", "$10.00", "call first"],
            ["A-7", "amazn", 0, 3, "$1,060.00", None],
            ["A-7", "web", 1, 2, "12.00", None],
            ["Total", None, None, 11, None, None],
        ],
        "Lanes": [["Node", "Channel", "Cost"], ["East", "web", "1.50"], ["East", "amazon", "2"]],
        "Notes": [["call Anna about the inbound"]],
    }


def mended() -> Sheets:
    """Return the workbook after a person has mended what is told, and nothing else."""
    book = messy()
    book["Supply"][2][0] = "00123"
    book["Demand"][4][1] = "amazon"
    del book["Supply"][4], book["Demand"][6]
    return book


def clean() -> ao.Problem:
    """Return the problem that the planner means."""
    return ao.Problem.from_dict(
        {
            "skus": {"sku": ["00123", "A-7"], "unit_cost": [4.0, 6.5]},
            "nodes": {"node": ["East"], "kind": ["dc"]},
            "channels": {"channel": ["web", "amazon"], "kind": ["dtc", "marketplace"], "fee_rate": [0.15, 0.125]},
            "supply": {"sku": ["00123", "A-7"], "node": ["East"] * 2, "kind": ["on_hand"] * 2, "units": [10, 5]},
            "demand": {
                "sku": ["00123", "A-7", "A-7"],
                "channel": ["web", "amazon", "web"],
                "period": [0, 0, 1],
                "units": [6, 3, 2],
                "price": [10.0, 1060.0, 12.0],
            },
            "lanes": {"node": ["East"] * 2, "channel": ["web", "amazon"], "cost": [1.5, 2.0]},
        }
    )


def test_a_messy_workbook_is_told_whole_in_one_round(tmp_path: Path) -> None:
    """Two total rows, a lost zero and a misspelled channel are four lines, and nothing else needs a person."""
    found = read_faults(write_book(tmp_path / "book.xlsx", messy()))
    assert [(issue.table, issue.row, issue.column, issue.code) for issue in found] == [
        ("supply", 5, "sku", "total_row"),
        ("supply", 3, "sku", "unknown_id"),
        ("demand", 7, "sku", "total_row"),
        ("demand", 5, "channel", "unknown_id"),
    ]
    assert "Did you mean '00123'? Leading zeros were lost." in found[1].message
    assert "Did you mean 'amazon'?" in found[3].message


def test_the_mended_workbook_reads_as_what_is_meant(tmp_path: Path) -> None:
    """All that was understood is in the notes, and the problem is the one of a clean file."""
    problem = ao.Problem.read(write_book(tmp_path / "book.xlsx", mended()))
    assert problem.to_dict() == clean().to_dict()
    said = " ".join(map(str, problem.notes))
    for piece in (
        "Demand plan, week 48",
        "'Unit Cost' for unit_cost",
        "$10.00",
        "15%",
        "'6'",
        "Notes",
        "Remark",
        "'A-7 '",
    ):
        assert piece in said
    assert len(problem.notes) == len({(note.table, note.column, note.message) for note in problem.notes})


def test_a_strict_reading_refuses_all_that_was_understood(tmp_path: Path) -> None:
    """What is a note otherwise is a fault, one for one."""
    path = write_book(tmp_path / "book.xlsx", mended())
    notes = ao.Problem.read(path).notes
    with pytest.raises(ao.DataError) as caught:
        ao.Problem.read(path, strict=True)
    assert sorted((each.table, each.code, each.count) for each in caught.value.issues) == sorted(
        (each.table, each.code, each.count) for each in notes
    )
    assert all(issue.hint for issue in caught.value.issues)
