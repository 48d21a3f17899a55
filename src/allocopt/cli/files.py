"""The files of a plan: whether they can be written is known before anything is solved, and they appear together."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from allocopt.errors import DataError, Issue
from allocopt.readback import Plan
from allocopt.readback.files import UNFINISHED, sweep, write_text


def check_folder(folder: Path) -> None:
    """Raise `DataError` if no files can be written into a folder that is there or can be made."""
    there = folder
    while not there.exists() and not there.is_symlink() and there != there.parent:
        there = there.parent
    try:
        if not there.is_dir():
            raise NotADirectoryError(0, f"{there} is no folder")
        Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{os.getpid()}-", dir=there)).rmdir()
    except OSError as error:
        raise _refused(folder, error) from None


def write_plan(plan: Plan, folder: Path) -> None:
    """Write a plan as JSON, CSV tables and a workbook: all of them or none.

    Raises
    ------
    DataError
        If they cannot be written; the folder is as it was.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(folder.parent)
        beside = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{os.getpid()}-", dir=folder.parent))
        try:
            write_text(beside / "plan.json", json.dumps(plan.to_dict(), indent=1))
            plan.to_csv(beside)
            plan.to_excel(beside / "plan.xlsx")
            folder.mkdir(exist_ok=True)
            for file in sorted(beside.iterdir()):
                file.replace(folder / file.name)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise _refused(folder, error) from None


def _refused(folder: Path, error: OSError) -> DataError:
    said = f"Files cannot be written to {folder}: {error.strerror or error}."
    return DataError([Issue("--out", None, None, str(folder), "not_writable", said, "Give another folder.")])
