"""What is read where: a folder or workbook as it stands, or through a mapping."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from allocopt.problem.debts import NEGATIVE
from allocopt.problem.readers import Inputs, read_path
from allocopt.problem.report import Report

MAPPING_FILE = "mapping.yaml"
"""How the files of a folder become tables where they are those of other programs."""


def read_inputs(path: Path, mapping: Any, *, strict: bool, negative: str) -> tuple[Inputs, Report]:
    """Return the tables that lie at a path, and what was found while reading them.

    Parameters
    ----------
    path : Path
    mapping : str, Path, mapping, sequence of these, or None
        None: that of the folder, if it holds one.
    strict : bool
        Whether what would be read with a note is a fault.
    negative : {"error", "net"}
        What negative units of supply are.

    Raises
    ------
    TypeError, ValueError
        If `strict` or `negative` is none of these.
    """
    if not isinstance(strict, bool):
        raise TypeError(f"strict must be True or False, not {strict!r}")
    if negative not in NEGATIVE:
        raise ValueError(f"negative must be one of {', '.join(map(repr, NEGATIVE))}, not {negative!r}")
    report, own = Report(strict=strict), path / MAPPING_FILE
    if mapping is None and not own.is_file():
        return replace(read_path(path, report), negative=negative), report
    from allocopt.problem.mapping.apply import read_mapped

    return replace(read_mapped(path, own if mapping is None else mapping, report), negative=negative), report
