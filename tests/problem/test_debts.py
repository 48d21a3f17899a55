"""Negative stock is a fault, or a debt of its SKU and node that the lots there pay in the order of their arrival."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.problem.test_problem_files import write_csv

import allocopt as ao

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "sku": st.sampled_from("AB"),
            "node": st.sampled_from(["East", "West"]),
            "kind": st.sampled_from(["on_hand", "inbound", "safety"]),
            "units": st.integers(-9, 12),
            "available": st.integers(0, 2),
            "confidence": st.sampled_from([0.5, 1.0]),
            "hold": st.booleans(),
        }
    ),
    min_size=1,
    max_size=7,
)


def netted(folder: Path, rows: list[dict[str, Any]], **changes: Any) -> ao.Problem:
    """Return the problem of a folder with these lots, debts netted."""
    supply = {name: [row.get(name, "") for row in rows] for name in rows[0]}
    supply["reference"] = [f"r{place}" for place in range(len(rows))]
    return ao.Problem.read(write_csv(folder, supply=supply, **changes), negative="net")


def lot(units: int, node: str = "East", kind: str = "on_hand", **more: Any) -> dict[str, Any]:
    """Return one lot of article A."""
    return {"sku": "A", "node": node, "kind": kind, "units": units, "available": 0, **more}


def usable(problem: ao.Problem) -> list[float]:
    """Return the usable units of the lots in the order of the file."""
    facts = problem.facts.lots
    return [units for _, units in sorted(zip(facts.row.tolist(), facts.usable.tolist(), strict=True))]


def test_without_being_asked_a_debt_is_a_fault(tmp_path: Path) -> None:
    """Its remedy names the setting, and never advises to write 0, which would free what is owed."""
    write_csv(tmp_path, supply={"units": [-7, 5, 7]})
    with pytest.raises(ao.DataError) as caught:
        ao.Problem.read(tmp_path)
    (issue,) = caught.value.issues
    assert (issue.code, issue.value) == ("negative", "-7")
    assert 'negative="net"' in issue.hint
    assert "Write 0" not in issue.hint


def test_the_next_lots_pay_in_the_order_of_arrival(tmp_path: Path) -> None:
    """7 owed: the 4 of period 1 and 3 of the 15 of period 2 pay; what pays is reserved, and stays in the lot."""
    rows = [
        lot(-7),
        lot(15, kind="inbound") | {"available": 2},
        lot(4, kind="inbound") | {"available": 1},
        lot(9, node="West"),
    ]
    problem = netted(tmp_path, rows, demand={"period": [0, 1, 2]})
    assert usable(problem) == [0, 12, 0, 9]
    assert problem.supply["units"].tolist() == [0, 15, 4, 9]
    assert problem.supply["reserved"].tolist() == [0, 3, 4, 0]
    (note,) = problem.notes
    assert (note.code, note.row) == ("debt", 2)
    assert note.message == "'A' at 'East' owes 7 units: they are paid from the lots there (rows 3, 4)."


def test_what_nobody_pays_stays_owed_and_is_a_warning(tmp_path: Path) -> None:
    """Another node and a lot on hold pay nothing, safety stock pays last, and a lot pays what is sure of it."""
    problem = netted(tmp_path, [lot(-7), lot(6, node="West")])
    assert usable(problem) == [0, 6]
    (warning,) = [each for each in problem.warnings if each.code == "debt"]
    assert warning.message == "'A' at 'East' owes 7 units: no lot there pays them, and 7 stay owed."
    assert usable(netted(tmp_path, [lot(-7, hold=False), lot(9, hold=True), lot(9, hold=False)]))[0::2] == [0, 2]
    rows = [lot(-7), lot(5, kind="safety"), lot(6, kind="inbound") | {"available": 2}]
    assert usable(netted(tmp_path, rows)) == [0, 4, 0]
    rows = [lot(-7, confidence=1.0), lot(20, kind="inbound", confidence=0.5)]
    assert usable(netted(tmp_path, rows)) == [0, 3]


def test_what_is_promised_of_a_debt_is_owed_too(tmp_path: Path) -> None:
    """Units below 0 with a reservation owe both, and a debt in fractions of a unit is a fault as ever."""
    assert usable(netted(tmp_path, [lot(-3, reserved=2), lot(9, kind="returns", reserved=1)])) == [0, 3]
    with pytest.raises(ao.DataError, match="fraction of a unit"):
        netted(tmp_path, [lot(-3) | {"units": -2.5}, lot(9)])


def test_netting_changes_nothing_where_nothing_is_owed(tmp_path: Path) -> None:
    """A problem without debts is the same, and a netted one can be sent on as it is."""
    write_csv(tmp_path)
    assert ao.Problem.read(tmp_path, negative="net").to_dict() == ao.Problem.read(tmp_path).to_dict()
    problem = netted(tmp_path, [lot(-7), lot(9)])
    assert ao.Problem.from_dict(problem.to_dict()).to_dict() == problem.to_dict()
    assert ao.Problem.read(tmp_path, negative="net", strict=True).to_dict() == problem.to_dict()


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_nothing_that_is_owed_can_be_sold(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Of a SKU at a node at most what is sure less what is owed is left, and no lot pays before an earlier one."""
    problem = netted(tmp_path_factory.mktemp("debts"), rows)
    left = usable(problem)
    sure = [int(max(row["units"], 0) * row["confidence"]) for row in rows]
    for place in {(row["sku"], row["node"]) for row in rows}:
        mine = [number for number, row in enumerate(rows) if (row["sku"], row["node"]) == place]
        owed = sum(max(-rows[number]["units"], 0) for number in mine)
        payers = [number for number in mine if not rows[number]["hold"]]
        assert sum(left[number] for number in payers) == max(sum(sure[number] for number in payers) - owed, 0)
        rank = {number: (rows[number]["kind"] == "safety", rows[number]["available"]) for number in payers}
        assert all(
            left[earlier] == 0
            for earlier in payers
            for later in payers
            if rank[earlier] < rank[later] and left[later] < sure[later]
        )
