"""Whatever is put into the tables, the answer is a problem or a list of faults."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.problem.small import tables

from allocopt.errors import DataError
from allocopt.problem import Problem
from allocopt.problem.csv_file import careful_source, plain_source
from allocopt.problem.report import Report
from allocopt.problem.schema import TABLES

SCALARS: list[Any] = [
    None, math.nan, math.inf, -math.inf, -1, 0, 1, 2, 0.5, 1e300, 2**31, 2**63, 2**70, 10**400, -(2**64), True, False,
    "", " ", "A", "B", "A ", "a", "East", "web", "company", "on_hand", "inbound", "nan", "NA", "2026-11-02",
    "2026-13-01", "0001-01-01", "9999-12-31", "1e999", "\x00", "\ud800", "Ä", "\u202e", "true",
    dt.date(2026, 11, 2), dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.datetime(2026, 11, 2, 12),
    dt.datetime(2026, 11, 2, tzinfo=dt.UTC), dt.timedelta(1), dt.time(3), pd.NaT, pd.NA, pd.Timestamp("2026-11-03"),
    pd.Timestamp("2026-11-03", tz="UTC"), pd.Period("2026-11"), np.datetime64("NaT"), np.datetime64("2026-11-02"),
    np.int8(3), np.uint64(2**63), np.float32(0.1), np.bool_(True), Decimal("1.5"), Decimal("NaN"), Decimal("sNaN"),
    Decimal("Infinity"), 1 + 2j, b"A", bytearray(b"x"), [1], (1,), {"a": 1}, {1}, object(), range(3), np.zeros(2),
]  # fmt: skip
KINDS = ["Int64", "Float64", "boolean", "string", "category", "datetime64[s]", "timedelta64[s]", "complex128", "uint8"]

cell = st.one_of(st.sampled_from(SCALARS), st.integers(-3, 4), st.floats(), st.text(max_size=3))


@st.composite
def column(draw: st.DrawFn, length: int) -> Any:
    """Draw a column of anything."""
    alike = draw(st.booleans())
    cells = [draw(st.sampled_from(SCALARS))] * length if alike else [draw(cell) for _ in range(length)]
    values = pd.Series(cells, dtype=object)
    if draw(st.booleans()):
        try:
            return values.astype(draw(st.sampled_from(KINDS)))
        except Exception:  # not every mixture can be converted, which is no concern of this test
            return values
    try:
        return values.infer_objects() if draw(st.booleans()) else values
    except Exception:
        return values


@st.composite
def garbage(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    """Draw the small problem with some columns of some tables replaced by anything."""
    found = {}
    for name, columns in tables(
        periods={"period": [0, 1], "start": ["2026-11-02"] * 2, "end": ["2026-11-02"] * 2}
    ).items():
        length = len(next(iter(columns.values())))
        frame = pd.DataFrame(columns)
        if name == "periods" and draw(st.booleans()):
            continue
        known = [each.name for each in TABLES[name].columns] + ["strange"]
        for chosen in draw(st.lists(st.sampled_from(known), max_size=2, unique=True)):
            frame[chosen] = draw(column(length))
        found[name] = frame
    return found


def outcome(build: Any) -> None:
    """Build, and hold that faults are complete and can be printed."""
    fault: DataError | None = None
    try:
        problem = build()
    except DataError as error:
        fault = error
    if fault is None:
        assert Problem.from_dict(problem.to_dict()).to_dict() == problem.to_dict()
        return
    assert fault.issues
    str(fault).encode()
    for issue in fault.issues:
        assert issue.code
        assert issue.message
        assert isinstance(issue.row, int | str | None)
        assert isinstance(issue.value, str | None)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(given_frames=garbage())
def test_garbage_in_frames_is_a_problem_or_faults(given_frames: dict[str, pd.DataFrame]) -> None:
    """Any cell of any type is either understood or named as a fault; nothing else is ever raised."""
    outcome(lambda: Problem(**given_frames))


tame_kinds = (
    st.integers(-(2**62), 2**62),
    st.floats(),
    st.booleans(),
    st.sampled_from(["A", "", "on_hand", "2026-11-02", "web"]),
    st.dates(),
    st.binary(max_size=2),
    st.lists(st.integers(0, 3), max_size=2),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_garbage_in_polars_is_a_problem_or_faults(data: st.DataObject) -> None:
    """The same holds for polars frames, whose columns are of one type each."""
    converted: dict[str, Any] = {}
    for name, columns in tables().items():
        chosen = data.draw(st.sampled_from([each.name for each in TABLES[name].columns]))
        length = len(next(iter(columns.values())))
        alike = data.draw(st.sampled_from(tame_kinds))
        cells = data.draw(st.lists(st.one_of(st.none(), alike), min_size=length, max_size=length))
        converted[name] = pl.DataFrame({**columns, chosen: cells})
    outcome(lambda: Problem(**converted))


json_cell = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.lists(st.none(), max_size=1)
)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_garbage_in_plain_values_is_a_problem_or_faults(data: st.DataObject) -> None:
    """The same holds for what a service receives."""
    values: dict[str, Any] = dict(tables())
    for name in data.draw(st.lists(st.sampled_from([*TABLES, "as_of", "name", "odd"]), max_size=2, unique=True)):
        known = [each.name for each in TABLES[name].columns] if name in TABLES else ["x"]
        columns = st.dictionaries(st.sampled_from(known), st.lists(json_cell, max_size=3), max_size=4)
        records = st.lists(st.dictionaries(st.sampled_from(known), json_cell, max_size=3), max_size=3)
        values[name] = data.draw(st.one_of(columns, records, json_cell))
    outcome(lambda: Problem.from_dict(values))


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=st.one_of(st.binary(max_size=60), st.text(',"\n\rskuunit_co st;1A\x00é$%().#', max_size=60).map(str.encode))
)
def test_garbage_in_files_is_a_problem_or_faults(content: bytes, tmp_path_factory: Any) -> None:
    """Any bytes in a CSV file are understood or named as faults."""
    folder: Path = tmp_path_factory.mktemp("garbage")
    (folder / "skus.csv").write_bytes(content)
    outcome(lambda: Problem.read(folder))


ODD = [
    None, 0, 1, -1, 2.5, 1e300, True, "", " ", "A", " A", "East", "web", "on hand", "Total", "sku", "Units", "#REF!",
    "$5", "1,060", "12,5", "15%", "(3)", "=1+1", "2026-11-02", "€ 1 060,5", "5 €", dt.datetime(2026, 11, 2, 12),
]  # fmt: skip
in_workbooks = st.sampled_from(ODD)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_garbage_in_workbooks_is_a_problem_or_faults(data: st.DataObject, tmp_path_factory: Any) -> None:
    """Titles, stray cells, currencies, formulas and total rows anywhere are understood or named as faults."""
    book = openpyxl.Workbook()
    for name, columns in tables().items():
        rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
        for _ in range(data.draw(st.integers(0, 2))):
            row = data.draw(st.integers(0, len(rows) - 1))
            rows[row][data.draw(st.integers(0, len(rows[row]) - 1))] = data.draw(in_workbooks)
        extra = data.draw(st.lists(st.lists(in_workbooks, max_size=4), max_size=2))
        sheet = book.create_sheet(name)
        for cells in [*extra, *rows] if data.draw(st.booleans()) else [*rows, *extra]:
            sheet.append(cells)
    path: Path = tmp_path_factory.mktemp("garbage") / "book.xlsx"
    book.save(path)
    strict = data.draw(st.booleans())
    outcome(lambda: Problem.read(path, strict=strict, negative="net"))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.text('ab,"\n\r é\x00\u2028', max_size=30), header=st.sampled_from(["a,b", "a,b,b", "a", ",", "é,\u2028"])
)
def test_the_fast_and_the_careful_reader_agree(body: str, header: str) -> None:
    """Where the fast reader of CSV files gives an answer, it is the careful one's, line by line."""
    text = header + "\n" + body
    fast = plain_source("skus", text)
    if fast is None:
        return
    report = Report()
    careful = careful_source("skus", Path("skus.csv"), text, report)
    assert not report.issues
    assert fast.repeated == careful.repeated
    assert [fast.row(place) for place in range(fast.length)] == [careful.row(place) for place in range(careful.length)]
    assert {name: cells.objects() for name, cells in fast.columns.items()} == {
        name: cells.objects() for name, cells in careful.columns.items()
    }
