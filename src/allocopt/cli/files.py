"""The files of a plan: whether they can be written is known before anything is solved, and they appear together.

Inputs are never overwritten; files of an earlier plan are.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from allocopt.documents.whole import UNFINISHED
from allocopt.errors import DataError, Issue
from allocopt.plan import Plan
from allocopt.plan.files import sweep, write_text
from allocopt.plan.inputs import refuse_inputs
from allocopt.plan.making import TABLES

FILES = ("plan.json", "plan.xlsx", *(f"{name}.csv" for name in TABLES))
"""What is written of a plan."""


def check_folder(folder: Path, source: Path | None = None) -> None:
    """Raise `DataError` if the files of a plan cannot be written into a folder, or not without loss.

    Parameters
    ----------
    folder : Path
        May be one that can be made.
    source : Path, optional
        Where the problem comes from: a workbook is not overwritten by the plan.
    """
    there = folder
    while not there.exists() and not there.is_symlink() and there != there.parent:
        there = there.parent
    try:
        if not there.is_dir():
            raise NotADirectoryError(0, f"{there} is no folder")
        refuse_inputs(folder, FILES, source)
        Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{os.getpid()}-", dir=there)).rmdir()
        taken = [why for name in FILES if (why := _in_the_way(folder / name))]
        if taken:
            raise FileExistsError(0, "; ".join(taken))
    except OSError as error:
        raise _refused(folder, error) from None


def _in_the_way(path: Path) -> str:
    """Return why a file may not take the place of what is there; empty where it may."""
    if not path.exists():
        return ""
    if not path.is_file():
        return f"{path.name} {'is a folder' if path.is_dir() else 'is no file'}"
    writable = path.stat().st_mode & 0o222 and os.access(path, os.W_OK)  # a superuser can write what nobody should
    return "" if writable else f"{path.name} is read-only"


def write_plan(plan: Plan, folder: Path) -> None:
    """Write a plan as JSON, CSV tables and a workbook: all of them or none.

    Raises
    ------
    DataError
        If they cannot be written; the folder is as it was.
    """
    check_folder(folder)
    try:
        with _made(folder):
            sweep(folder)
            beside = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{os.getpid()}-", dir=folder))
            try:
                write_text(beside / "plan.json", json.dumps(plan.to_dict(), indent=1))
                plan.to_csv(beside)
                plan.to_excel(beside / "plan.xlsx")
                _exchange(beside, folder)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise _refused(folder, error) from None


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder with those above it that are missing, and remove these again where something fails."""
    missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in missing:
            with suppress(OSError):
                each.rmdir()
        raise


def _exchange(beside: Path, folder: Path) -> None:
    """Move all files of one folder into another; where one cannot be moved, put back what was there."""
    kept = Path(tempfile.mkdtemp(dir=beside))
    before = [name for name in FILES if os.path.lexists(folder / name)]
    for name in before:
        shutil.copy2(folder / name, kept / name, follow_symlinks=False)
    moved: list[str] = []
    try:
        for name in FILES:
            (beside / name).replace(folder / name)
            moved.append(name)
    except BaseException:
        for name in moved:
            if name in before:
                (kept / name).replace(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        raise


def _refused(folder: Path, error: OSError) -> DataError:
    said = f"Files cannot be written to {folder}: {error.strerror or error}."
    return DataError([Issue("--out", None, None, str(folder), "not_writable", said, "Give another folder.")])
