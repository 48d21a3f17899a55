"""Which Pyomo component holds which columns or rows, and under which keys: read by build and compile alike."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from allocopt.algebra.labels import Family, Labels

OBJECTIVE = "objective"
ARCS = "arcs"
DUAL = "dual"
_TAKEN = frozenset(dir(pyo.ConcreteModel())) | {OBJECTIVE, ARCS, DUAL}


@dataclass(frozen=True)
class Component:
    """One component of the model.

    Attributes
    ----------
    component : str
        Its name in the model: the family's, made an identifier that nothing else uses.
    families : tuple of Family
        The families that it holds: all columns, or all rows, of one name.
    keys : list
        Its keys, in the order of the families: a plain value for labels of one part, else a tuple.
    positions : int64 array, shape (members,)
        Column or row of each key.
    """

    component: str
    families: tuple[Family, ...]
    keys: list[Any]
    positions: NDArray[np.int64]

    @property
    def family(self) -> str:
        """Name of the families."""
        return self.families[0].name


@dataclass(frozen=True)
class Layout:
    """The components of a model: variables and constraints, each in the order of their first position."""

    columns: tuple[Component, ...]
    rows: tuple[Component, ...]


def layout(labels: Labels) -> Layout:
    """Return which component holds what.

    Families of columns that share a name are one component over the union of their labels; so are rows. A name
    that is no identifier, or that Pyomo or another component uses, is changed; variables get theirs first.
    Labels that occur twice in a component get one more part that numbers them.
    """
    used: set[str] = set()
    return Layout(tuple(_places(labels.columns, used, "")), tuple(_places(labels.rows, used, "_rows")))


def _places(families: Iterable[Family], used: set[str], suffix: str) -> Iterable[Component]:
    together: dict[str, list[Family]] = {}
    for family in families:
        together.setdefault(family.name, []).append(family)
    for name, members in together.items():
        keys = _distinct([label for family in members for label in family.index.tuples()])
        positions = np.concatenate([np.arange(family.start, family.stop) for family in members])
        yield Component(_free_name(name, used, suffix), tuple(members), keys, positions)


def _distinct(labels: list[tuple[Any, ...]]) -> list[Any]:
    if len(set(labels)) < len(labels):
        count = Counter(labels)
        labels = [(*label, f"#{k}") if count[label] > 1 else label for k, label in enumerate(labels)]
    return [label[0] if len(label) == 1 else label for label in labels]


def _free_name(name: str, used: set[str], suffix: str) -> str:
    """Return an identifier that neither Python, Pyomo nor another component uses, and mark it used."""
    safe = re.sub(r"\W", "_", name)
    if not safe or safe[0].isdigit() or safe[0] == "_":
        safe = f"n{safe}"
    if safe in used and suffix:
        safe += suffix
    plain, number = safe, 1
    while safe in used or safe in _TAKEN or keyword.iskeyword(safe):
        number += 1
        safe = f"{plain}_{number}"
    used.add(safe)
    return safe
