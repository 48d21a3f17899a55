"""The plan of an earlier run, as `allocopt allocate --out` and `--json` wrote it."""

from __future__ import annotations

import json
from pathlib import Path

from allocopt.errors import DataError, Issue
from allocopt.plan import Plan


def earlier_plan(path: Path) -> Plan:
    """Return the plan in a JSON file, or in the ``plan.json`` of a folder.

    Raises
    ------
    DataError
        If there is none, or it has no answer.
    """
    file = path / "plan.json" if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        said = f"{file} cannot be read as a plan: {getattr(error, 'strerror', None) or error}."
        raise _refused(file, said) from None
    plan = Plan.from_dict(content)
    if not plan.solved:
        raise _refused(file, f"The plan in {file} has no answer ({plan.status}): there is nothing to compare with.")
    return plan


def _refused(file: Path, said: str) -> DataError:
    hint = "Give the plan.json that allocopt allocate --out wrote."
    return DataError([Issue("--since", None, None, str(file), "no_plan", said, hint)])
