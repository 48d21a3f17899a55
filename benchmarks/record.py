"""What every timing run shares: processes of their own, the machine in a line, tables in Markdown, files of results."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
STOPPED: dict[str, Any] = {"stopped": True}
"""What stands for a process that had to be ended."""


class Failed(SystemExit):
    """A process of its own ended with an error."""


def machine(*packages: str) -> str:
    """Return what figures are taken on, in a line; allocopt, HiGHS and numpy are always named."""
    names = dict.fromkeys(("allocopt", "highspy", "numpy", *packages))
    told = ", ".join(f"{name} {found}" for name in names if (found := installed(name)))
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{os.cpu_count()} cores{_processor()}{load}, {platform.system()}, Python {platform.python_version()}, {told}"
    )


def _processor() -> str:
    """Return the name of the processor where the system tells it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    return next((f" ({line.split(':', 1)[1].strip()})" for line in lines if line.startswith("model name")), "")


def installed(package: str) -> str | None:
    """Return the version of a package, None where it is missing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def peak() -> float:
    """Return the memory of the largest process so far, this one or its workers [MiB]."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    most = max(resource.getrusage(each).ru_maxrss for each in who)
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


def apart(module: str, *arguments: object, seconds: float | None = None) -> dict[str, Any]:
    """Run a module of the benchmarks in a process of its own; return the JSON of its last line.

    Parameters
    ----------
    module : str
    *arguments : object
    seconds : float, optional
        After which it is ended; `STOPPED` is returned then.

    Raises
    ------
    Failed
        With the end of what it had to say.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            said, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return STOPPED
        finally:
            if process.poll() is None:  # with the solvers that it may have started
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        raise Failed(f"{' '.join(command[2:])} failed:\n{errors[-2000:]}")
    found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return found


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def proven(own: float | None, claimed: float | None, by: str) -> str:
    """Return a gap for a table: our own, and the solver's claim where only that closes it; a dash for none."""
    if own is None:
        return "-"
    return f"{own:.1e}" + (f" (solver: {claimed:.1e})" if by == "solver" and claimed is not None else "")


def figure(value: float | None, digits: int = 2) -> str:
    """Return seconds or another figure for a table; a dash for None."""
    return "-" if value is None else f"{value:,.{digits}f}"


def counted(number: float) -> str:
    """Return a count for a table: 10 k, 3 M, or as it is below 10,000."""
    if number < 10_000:
        return f"{number:,.0f}"
    return f"{number / 1e6:.3g} M" if number >= 1e6 else f"{number / 1e3:.3g} k"


def command(module: str) -> str:
    """Return the command that this process was called with; of folders of this machine the last part alone."""
    given = [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
    return " ".join(["python -m", f"benchmarks.{module}", *given]).rstrip()


def kept(folder: Path, name: str, title: str, text: str, content: dict[str, Any]) -> None:
    """Write results as Markdown for people and as JSON for machines.

    Parameters
    ----------
    folder : Path
    name : str
        Of both files.
    title, text : str
        What stands above the facts about the run, and below them.
    content : dict
        Must have ``command``, ``machine`` and ``seed``; the date is added.
    """
    folder.mkdir(parents=True, exist_ok=True)
    date = dt.date.today().isoformat()
    head = f"# {title}\n\n{date}, `{content['command']}`, seed {content['seed']}.\n{content['machine']}.\n"
    (folder / f"{name}.md").write_text(f"{head}\n{text.strip()}\n", encoding="utf-8")
    (folder / f"{name}.json").write_text(json.dumps({"date": date, **content}, indent=1) + "\n", encoding="utf-8")


def common(parser: argparse.ArgumentParser) -> None:
    """Add the options that every recorded run has."""
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--whole", action="store_true", help="whole units instead of divisible ones")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds that a solve may take")
    parser.add_argument("--gap", type=float, help="relative gap; by default 1e-6, with whole units 1e-4")
    parser.add_argument("--solver", default="auto", help="passed to allocate()")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--task", help=argparse.SUPPRESS)
