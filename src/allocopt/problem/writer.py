"""Writes a problem as a folder of Parquet files, which `Problem.read` reads back as the same problem."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd

from allocopt.problem.problem import Problem
from allocopt.problem.readers import SETTINGS_FILE
from allocopt.problem.schema import NEEDED, TABLES
from allocopt.problem.settings import stated


def write_problem(problem: Problem, folder: Path) -> None:
    """Write the tables of a problem and its settings into a folder, made if need be; optional tables with rows only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        frame: pd.DataFrame = getattr(problem, name)
        if name in NEEDED or len(frame):
            frame.to_parquet(folder / f"{name}.parquet", index=False)
    settings = {key: value for key, value in stated(problem).items() if value is not None}
    # JSON is YAML: quoting what people write as names is left to it.
    (folder / SETTINGS_FILE).write_text(json.dumps(settings), encoding="utf-8")


def digest(problem: Problem) -> str:
    """Return a fingerprint of everything that a problem states (hexadecimal SHA-256), the same in every process."""
    seen = hashlib.sha256(json.dumps(stated(problem), sort_keys=True).encode())
    for name in TABLES:
        frame: pd.DataFrame = getattr(problem, name)
        for column in frame.columns:
            values = pd.util.hash_pandas_object(frame[column], index=False).to_numpy(np.uint64)
            seen.update(f"{name}.{column}/{len(values)}".encode())
            seen.update(values.tobytes())
    return seen.hexdigest()
