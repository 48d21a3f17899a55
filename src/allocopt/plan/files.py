"""Plans as files: tables that no spreadsheet runs as formulas, written whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path

import pandas as pd

from allocopt.documents.whole import UNFINISHED, written_whole
from allocopt.plan.inputs import refuse_inputs

SHEET_ROWS = 1_048_575
"""Rows of data that fit on a worksheet."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that a spreadsheet takes for a formula."""
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that no cell can hold; names never have them, those of a plan that was read back may."""


def write_tables(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write one CSV file a table; `DataError` for a folder that holds inputs."""
    refuse_inputs(folder, [f"{name}.csv" for name in tables])
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        written_whole(folder / f"{name}.csv", partial(neutral(table).to_csv, index=False))


def neutral(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with an apostrophe before every text that a spreadsheet would take for a formula."""
    texts = [column for column in table.columns if table[column].dtype.kind not in "biufM"]
    changed = {}
    for column in texts:
        text = table[column].astype(str)
        changed[column] = text.where(~text.str.startswith(FORMULA), "'" + text)
    return table.assign(**changed)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written_whole(path, lambda target: target.write_text(text, encoding="utf-8"))


def sweep(folder: Path) -> None:
    """Remove what processes that are gone left unfinished in a folder of this machine."""
    for path in folder.glob(f"{UNFINISHED}*"):
        number = path.name.removeprefix(UNFINISHED).partition("-")[0]
        if number.isdecimal() and not _alive(int(number)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()


def _alive(process: int) -> bool:
    """Return whether there is a process of this number, as far as one can know."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
