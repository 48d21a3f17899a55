"""Writes a problem for people: CSV files or an Excel workbook, which `Problem.read` reads back as the same problem."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from allocopt.documents.whole import beside_of, written_whole
from allocopt.errors import DataError, Issue
from allocopt.problem.readers import SETTINGS_FILE
from allocopt.problem.schema import NEEDED, TABLES, Table
from allocopt.problem.settings import stated

if TYPE_CHECKING:
    from allocopt.problem.problem import Problem

BOOKS = (".xlsx", ".xlsm")
WHOLE = 2.0**53


def write(problem: Problem, path: Path, *, every: bool = False) -> None:
    """Write a problem; see `Problem.write`.

    Parameters
    ----------
    problem : Problem
    path : Path
        A workbook where it ends in ``.xlsx``, else a folder.
    every : bool
        Whether to write every column, and the tables that may be left out too, as a form to fill in; else only what
        was stated.

    Raises
    ------
    DataError
        If there is a problem already, or the files cannot be written; nothing is left half written.
    """
    try:
        refuse(path)
        tables = {
            name: cells(problem, table, every=every) for name, table in TABLES.items() if every or told(problem, name)
        }
        if path.suffix.lower() in BOOKS:
            from allocopt.problem.book import write_book

            path.parent.mkdir(parents=True, exist_ok=True)
            written_whole(path, lambda target: write_book(tables, settings(problem), target))
        else:
            _write_folder(tables, settings(problem), path)
    except OSError as error:
        raise _unwritten(path, "not_writable", f"{path} cannot be written: {error.strerror or error}.") from None


def refuse(path: Path) -> None:
    """Raise `DataError` where there is a problem, or a workbook, already: what somebody typed is never overwritten."""
    held = [path.name] if path.is_file() else _inputs(path)
    if held:
        raise _unwritten(path, "holds_inputs", f"{path} is there already ({', '.join(held)}), and is not overwritten.")
    if path.suffix.lower() in (".xls", ".ods", ".csv", ".parquet", ".json"):
        raise _unwritten(path, "unknown_form", f"{path.name} is neither an .xlsx workbook nor the name of a folder.")


def _inputs(folder: Path) -> list[str]:
    names = (SETTINGS_FILE, *(f"{name}{form}" for name in TABLES for form in (".csv", ".parquet")))
    return [name for name in names if (folder / name).exists()]


def _unwritten(path: Path, code: str, message: str) -> DataError:
    return DataError([Issue("output", None, None, str(path), code, message, "Give another folder or workbook.")])


def told(problem: Problem, name: str) -> bool:
    """Return whether a table says anything, or has to be there."""
    return name in NEEDED or len(getattr(problem, name)) > 0


def settings(problem: Problem) -> dict[str, Any]:
    """Return the settings that were given."""
    return {name: value for name, value in stated(problem).items() if value not in (None, "")}


def cells(problem: Problem, table: Table, *, every: bool) -> pd.DataFrame:
    """Return a table as it is written: numbers without needless decimals, blanks missing; all columns or those stated.

    Parameters
    ----------
    problem : Problem
    table : Table
    every : bool
    """
    frame: pd.DataFrame = getattr(problem, table.name)
    kept = [column.name for column in table.columns if every or column.required or _stated(frame[column.name], column)]
    return pd.DataFrame({name: _plain(frame[name]) for name in kept})


def _stated(series: pd.Series[Any], column: Any) -> bool:
    """Return whether a column says more than its default."""
    default = column.default
    if default in (None, ""):
        return bool((series.notna() & (series.astype(str) != "")).any())
    return not bool((series == default).all())


def _plain(series: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column with whole numbers as such and blank texts missing."""
    if pd.api.types.is_bool_dtype(series.dtype) or series.dtype.kind == "M":
        return series
    if series.dtype.kind == "f":
        values = series.to_numpy(float, na_value=np.nan)
        held = values[~np.isnan(values)]
        whole = bool((held == np.floor(held)).all() and (np.abs(held) <= WHOLE).all())
        return series.astype("Int64") if whole else series
    return series if pd.api.types.is_numeric_dtype(series.dtype) else series.where(series != "", None)


def _write_folder(tables: dict[str, pd.DataFrame], given: dict[str, Any], folder: Path) -> None:
    """Write all files, or none: made beside, then moved."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = beside_of(folder)
    try:
        beside.mkdir()
        for name, frame in tables.items():
            frame.apply(_flags).to_csv(beside / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
        if given:
            lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in given.items()]
            (beside / SETTINGS_FILE).write_text("".join(lines), encoding="utf-8")
        folder.mkdir(exist_ok=True)
        for path in sorted(beside.iterdir()):
            path.rename(folder / path.name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _flags(series: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column with flags as a planner writes them."""
    return series.map({True: "true", False: "false"}) if pd.api.types.is_bool_dtype(series.dtype) else series
