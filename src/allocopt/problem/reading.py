"""What is read where: a folder or workbook as it stands, or through a mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from allocopt.problem.readers import Inputs, read_path
from allocopt.problem.report import Report

MAPPING_FILE = "mapping.yaml"
"""How the files of a folder become tables where they are those of other programs."""


def read_inputs(path: Path, mapping: Any, report: Report) -> Inputs:
    """Return the tables that lie at a path; what cannot be read is reported.

    Parameters
    ----------
    path : Path
    mapping : str, Path, mapping, sequence of these, or None
        None: that of the folder, if it holds one.
    report : Report
    """
    own = path / MAPPING_FILE
    if mapping is None and not own.is_file():
        return read_path(path, report)
    from allocopt.problem.mapping.apply import read_mapped

    return read_mapped(path, own if mapping is None else mapping, report)
