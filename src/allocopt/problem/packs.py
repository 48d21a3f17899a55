"""The scenario packs that come with allocopt: problems to try it on, by name."""

from __future__ import annotations

from pathlib import Path

from allocopt.problem.problem import Problem
from allocopt.problem.report import did_you_mean


def packs_folder() -> Path:
    """Return the folder of the packs: inside the installed package, or beside the source tree."""
    inside = Path(__file__).parents[1] / "scenarios"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "scenarios"


def examples() -> dict[str, Path]:
    """Return the example problems that come with allocopt: names, and the folders where they lie.

    A folder holds the tables as CSV, ``contracts/*.yaml``, ``scenarios/*.yaml`` and a README that tells the story.

    Returns
    -------
    dict of str to Path
        In the order of the names.

    Examples
    --------
    >>> "quickstart" in examples()
    True
    >>> sorted(path.name for path in (examples()["quickstart"] / "contracts").iterdir())
    ['pooled.yaml', 'protect_dtc.yaml']
    """
    folder = packs_folder()
    found = sorted(path for path in folder.iterdir() if (path / "skus.csv").is_file()) if folder.is_dir() else []
    return {path.name: path for path in found}


def example(name: str) -> Problem:
    """Return an example problem that comes with allocopt.

    Parameters
    ----------
    name : str
        One of `examples`, such as ``"quickstart"``.

    Returns
    -------
    Problem

    Raises
    ------
    ValueError
        If there is no such example.

    Examples
    --------
    >>> example("quickstart")
    Problem('Quickstart': 2 skus, 2 nodes, 3 channels, 5 supply lots, 8 demand lines, 4 lanes, 2 periods)
    """
    return Problem.read(example_folder(name))


def example_folder(name: str) -> Path:
    """Return the folder of an example problem; `ValueError` if there is none of this name."""
    known = examples()
    path = known.get(name)
    if path is None:
        raise ValueError(
            f"There is no example {name!r}. {did_you_mean(name, known)} The examples are: {', '.join(known)}."
        )
    return path
