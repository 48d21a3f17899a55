"""A problem never changes, goes through plain values and back, and has variants."""

from __future__ import annotations

import ast
import datetime as dt
import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.problem.small import build, frames, nothing, two_days

import allocopt.problem
import allocopt.scenario
from allocopt.errors import DataError
from allocopt.problem import Problem
from allocopt.problem.schema import NEEDED, TABLES


def full() -> Problem:
    """Return a problem that uses every table and every kind of blank."""
    return Problem(
        **frames(
            skus={"map_price": [None, 9.5], "pack": [6, 1], "divisible": [False, True]},
            channels={"advertised": [None, True], "owner": ["Ann", ""]},
            supply={
                "expires": pd.to_datetime(["2026-11-03", None, "2026-01-01"]),
                "available": pd.to_datetime(["2026-11-03", "2026-11-02", "2026-11-02"]),
                "reference": ["PO 1", "", "007"],
                "unit_cost": [None, 1.25, 0.1],
            },
            demand={"region": ["", "EU", "EU"], "order": ["9", "9", "9"], "pack": [None, 3, None]},
            lanes={"capacity": [None, 4, 5, 6], "region": ["EU", "", "", ""]},
            capacity={"node": ["East"], "period": [1], "limit": [9.5]},
            workloads={"resource": ["units"], "workload": [2.0], "sku": ["A"]},
            periods=two_days(),
        ),
        as_of="2026-11-27",
        currency="EUR",
        name="All <tables>",
    )


def test_plain_values_give_the_same_problem_again() -> None:
    """to_dict goes through JSON and back without a change, dates as the periods they are in."""
    problem = full()
    values = json.loads(json.dumps(problem.to_dict(), allow_nan=False))
    again = Problem.from_dict(values)
    assert again.to_dict() == problem.to_dict()
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(again, table), getattr(problem, table))
    assert (again.as_of, again.currency, again.name) == (dt.date(2026, 11, 27), "EUR", "All <tables>")
    assert [issue.to_dict() for issue in again.warnings if issue.row is None] == [
        issue.to_dict() for issue in problem.warnings if issue.row is None
    ]


def test_frames_give_the_same_problem_again() -> None:
    """The checked frames are valid tables themselves."""
    problem = full()
    again = Problem(**{table: getattr(problem, table) for table in TABLES})
    assert {**again.to_dict(), "as_of": "2026-11-27", "currency": "EUR", "name": "All <tables>"} == problem.to_dict()


def test_frames_have_every_declared_column_in_the_users_row_order() -> None:
    """Columns that were left out are there with their default, in proper types."""
    problem = build()
    for name, table in TABLES.items():
        assert list(getattr(problem, name).columns) == [column.name for column in table.columns]
    assert problem.demand["sku"].tolist() == ["A", "B", "A"]
    kinds = {column: str(kind) for column, kind in problem.demand.dtypes.items()}
    assert kinds["sku"] == kinds["region"] == "str"
    assert kinds["units"] == kinds["arrived"] == "float64"
    assert kinds["period"] == kinds["max_late"] == "int64"
    assert kinds["pack"] == "Int64"
    assert kinds["firm"] == "bool"
    assert str(problem.channels["advertised"].dtype) == "boolean"
    assert problem.supply["confidence"].tolist() == [1.0, 1.0, 1.0]
    assert problem.demand["region"].tolist() == ["", "", ""]


def test_nothing_a_user_does_changes_a_problem() -> None:
    """Neither the frames that went in nor those that come out are tied to the problem."""
    given = frames()
    given["supply"]["units"] = given["supply"]["units"].astype(float)
    held = given["supply"]["units"].to_numpy()
    problem = Problem(**given)
    before = problem.to_dict()
    given["supply"].loc[0, "units"] = 99
    given["supply"].loc[0, "sku"] = "B"
    held.setflags(write=True)
    held[:] = 77
    out = problem.supply
    out.loc[0, "units"] = 1
    out["sku"] = "Z"
    out.pop("kind")
    assert problem.to_dict() == before
    with pytest.raises(ValueError, match="read-only"):
        problem.facts.lots.units[0] = 5
    with pytest.raises(AttributeError):
        problem.supply = out  # type: ignore[misc]
    with pytest.raises(AttributeError):
        problem.colour = "red"  # type: ignore[attr-defined]


def test_a_pickled_problem_is_the_same_and_still_read_only() -> None:
    """Workers receive the same unchangeable problem."""
    problem = full()
    again = pickle.loads(pickle.dumps(problem))
    assert again.to_dict() == problem.to_dict()
    assert again.facts.lines.units.tolist() == problem.facts.lines.units.tolist()
    assert not again.facts.lots.units.flags.writeable


def test_replace_keeps_what_is_not_given() -> None:
    """A variant differs in the given table only, and is checked like any problem."""
    problem = full()
    variant = problem.replace(demand=problem.demand.assign(units=1), name="Low")
    assert variant.demand["units"].tolist() == [1.0, 1.0, 1.0]
    assert problem.demand["units"].tolist() == [6.0, 5.0, 8.0]
    assert (variant.name, variant.currency, variant.as_of) == ("Low", "EUR", dt.date(2026, 11, 27))
    assert variant.to_dict()["supply"] == problem.to_dict()["supply"]
    with pytest.raises(DataError, match="cannot be negative"):
        problem.replace(demand=problem.demand.assign(units=-1))
    with pytest.raises(DataError, match="is no table"):
        problem.replace(demand=7)


def test_replace_keeps_the_names_of_rows() -> None:
    """Rows of a table that was not replaced are still named as in the user's file."""
    given = frames()
    given["supply"].index = pd.Index([11, 12, 13])
    problem = Problem(**given)
    assert problem.row("supply", 1) == 12
    assert problem.replace(name="x").row("supply", 1) == 12
    with pytest.raises(DataError) as caught:
        problem.replace(nodes=pd.DataFrame({"node": ["West"]}))
    assert [issue.rows for issue in caught.value.issues if issue.table == "supply"] == [(11, 12)]


def test_replace_can_empty_a_table() -> None:
    """An empty frame empties the table."""
    problem = build()
    assert len(problem.replace(lanes=pd.DataFrame()).lanes) == 0
    assert len(problem.replace(lanes=problem.lanes.iloc[:0]).lanes) == 0


def test_a_problem_without_tables_is_empty_and_one_period_long() -> None:
    """Tables without rows are a problem of nothing, in every form."""
    problem = Problem(**nothing())
    assert problem.facts.periods == 1
    plain = problem.to_dict()
    assert not any(cells for name in NEEDED for cells in plain[name].values())
    assert Problem.from_dict(plain).to_dict() == plain
    assert Problem.from_dict({name: [] for name in NEEDED}).to_dict() == plain
    assert repr(problem).startswith("Problem(0 skus")


def test_it_shows_itself_briefly_and_safely() -> None:
    """The text is one line; the picture for notebooks escapes what users wrote."""
    problem = full()
    assert repr(problem) == (
        "Problem('All <tables>': 2 skus, 2 nodes, 2 channels, 3 supply lots, 3 demand lines, 4 lanes, 2 periods)"
    )
    assert "All &lt;tables&gt;" in problem._repr_html_()
    assert "<tables>" not in problem._repr_html_()


@pytest.mark.parametrize("day", ["2026-11-27", dt.date(2026, 11, 27), pd.Timestamp("2026-11-27 10:00")])
def test_as_of_is_a_day(day: Any) -> None:
    """The day may be text, a date or a time stamp."""
    assert Problem(**nothing(), as_of=day).as_of == dt.date(2026, 11, 27)


def test_problems_import_file_libraries_only_where_used() -> None:
    """No module of the package imports a solver, or at its top a library that only some forms of files need."""
    rare = ("openpyxl", "ruamel", "pyomo", "highspy", "polars")
    modules = sorted(Path(allocopt.problem.__file__).parent.glob("*.py"))
    assert len(modules) > 10
    for module in modules:
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in rare], module.name


def test_arrays_of_facts_are_read_only() -> None:
    """No array of the facts can be written to, in any part."""
    facts = full().facts
    arrays = [
        array
        for part in vars(facts).values()
        if not isinstance(part, int)
        for array in ([part] if isinstance(part, np.ndarray) else vars(part).values())
        if isinstance(array, np.ndarray)
    ]
    assert len(arrays) > 60
    assert not any(array.flags.writeable for array in arrays)


def test_every_listed_code_is_used_and_tested() -> None:
    """The codes that the packages list for users are those of their sources, each with a test."""
    folder = Path(allocopt.problem.__file__).parent
    listed = set(re.findall(r"``(\w+)``", f"{allocopt.problem.__doc__}{allocopt.scenario.__doc__}"))
    files = [*folder.glob("*.py"), *(folder.parent / "scenario").glob("*.py")]
    sources = "".join(path.read_text(encoding="utf-8") for path in files if path.name != "__init__.py")
    assert listed <= set(re.findall(r'"([a-z_]+)"', sources))
    tested = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].glob("*/test_*.py"))
    assert listed <= set(re.findall(r'"([a-z_]+)"', tested))


def test_a_record_that_leaves_a_column_out_gets_its_default():
    """In records, a column that is left out says its default, and so does a blank in it."""
    empty: dict[str, Any] = {name: [] for name in NEEDED}
    rows = [{"channel": "a"}, {"channel": "b", "fee_rate": 0.1}]
    channels = Problem.from_dict(empty | {"channels": rows}).channels
    assert channels["fee_rate"].tolist() == [0.0, 0.1]
    blank = Problem.from_dict(empty | {"channels": [rows[0] | {"fee_rate": None}, rows[1]]})
    assert blank.channels["fee_rate"].tolist() == [0.0, 0.1]
