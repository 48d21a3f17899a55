"""Files that appear whole or not at all: written beside the target, then moved into place."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

UNFINISHED = ".allocopt-"
"""How the name of a file or folder begins that is being written; the number of the process follows."""


def written_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the target and move into place, so that an interruption leaves no half-written file."""
    beside = beside_of(path)
    try:
        write(beside)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def beside_of(path: Path) -> Path:
    """Return where a file or folder is written until it is whole."""
    return path.with_name(f"{UNFINISHED}{os.getpid()}-{threading.get_ident()}-{path.name}")
