"""What columns and rows mean: families of them, each member with a label made of codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocopt.arrays import Codes as Codes

if TYPE_CHECKING:
    import pandas as pd

LazyTexts = NDArray[np.object_] | Callable[[], NDArray[np.object_]]


@dataclass(frozen=True)
class Index:
    """Labels of a family, kept as codes and spelled out only when somebody asks.

    Attributes
    ----------
    names : tuple of str
        What each part of a label is, such as ``("node", "period", "resource")``.
    codes : tuple of integer arrays, each shape (members,)
    texts : tuple of (array, callable giving one, or None)
        What the codes of a part stand for; None where the code is its own label (periods, numbers).
        Code -1 stands for a blank.
    """

    names: tuple[str, ...]
    codes: tuple[Codes, ...]
    texts: tuple[LazyTexts | None, ...]

    def __len__(self) -> int:
        return len(self.codes[0])

    def of(self, rows: Codes) -> Index:
        """Return the labels of some rows."""
        return Index(self.names, tuple(codes[rows] for codes in self.codes), self.texts)

    def extended(self, name: str, codes: Codes, texts: LazyTexts | None = None) -> Index:
        """Return the labels with one more part."""
        return Index((*self.names, name), (*self.codes, codes), (*self.texts, texts))

    def part(self, position: int, rows: slice | Codes = slice(None)) -> NDArray[Any]:
        """Return one part of the labels of `rows`, spelled out."""
        codes, texts = self.codes[position][rows], self.texts[position]
        if texts is None:
            return codes
        if callable(texts):
            texts = texts()
        if not len(texts):
            return np.full(len(codes), "", dtype=object)
        spelled: NDArray[Any] = np.where(codes < 0, "", texts[codes])
        return spelled

    def tuples(self, rows: slice | Codes = slice(None)) -> list[tuple[Any, ...]]:
        """Return the labels of `rows` as tuples of plain text and integers."""
        return list(zip(*(self.part(k, rows).tolist() for k in range(len(self.names))), strict=True))

    def label(self, row: int) -> tuple[Any, ...]:
        """Return one label."""
        return self.tuples(slice(row, row + 1))[0]

    def frame(self) -> pd.DataFrame:
        """Return the labels as a frame, one column a part."""
        import pandas as pd

        return pd.DataFrame({name: self.part(k) for k, name in enumerate(self.names)})


@dataclass(frozen=True)
class Family:
    """Columns or rows of one kind that stand next to each other in the program.

    Attributes
    ----------
    name : str
        Also the name of the Pyomo component.
    start : int
        First position in the program.
    index : Index
    clause : int32 array, shape (members,) or None
        Which clause of the contract states the row; None: physics.
    elastic : bool array, shape (members,) or None
        Rows that somebody promised (clauses, commitments): what may be relaxed to explain why no plan exists.
    only_least : bool
        Whether only the lower limits of these were promised: the upper ones are physics.
    rule : str
        Name of the rule that states the rows; ``""`` for columns, and for what a planner added.
    implied : bool
        Whether the rows only say what promises imply in whole units: they cut off no plan that keeps these, and hold
        nobody where one of these gives way.
    breach : bool
        Whether the columns are what soft rows are broken by.
    """

    name: str
    start: int
    index: Index
    clause: NDArray[np.int32] | None = None
    elastic: NDArray[np.bool_] | None = None
    only_least: bool = False
    rule: str = ""
    implied: bool = False
    breach: bool = False

    @property
    def stop(self) -> int:
        """One past the last position."""
        return self.start + len(self.index)

    @property
    def slice(self) -> slice:
        """Positions in the program."""
        return slice(self.start, self.stop)


@dataclass(frozen=True)
class Labels:
    """The families of columns and rows of a program, in the order of their positions."""

    columns: tuple[Family, ...]
    rows: tuple[Family, ...]

    def column(self, position: int) -> tuple[str, tuple[Any, ...]]:
        """Return family name and label of one column."""
        return _find(self.columns, position)

    def place(self, name: str) -> slice:
        """Return where the columns of a variable stand, in the order of its members; nowhere if there is none."""
        return next((family.slice for family in self.columns if family.name == name), slice(0, 0))

    def breaches(self) -> NDArray[np.int64]:
        """Return the positions of all columns that soft rows are broken by, ascending."""
        parts = [np.arange(family.start, family.stop) for family in self.columns if family.breach]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def row(self, position: int) -> tuple[str, tuple[Any, ...]]:
        """Return family name and label of one row."""
        return _find(self.rows, position)

    def elastic(self) -> NDArray[np.int64]:
        """Return the positions of all rows that somebody promised."""
        parts = [family.start + np.flatnonzero(family.elastic) for family in self.rows if family.elastic is not None]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def implied(self) -> NDArray[np.int64]:
        """Return the positions of all rows that promises imply, and that are void where one of these gives way."""
        parts = [np.arange(family.start, family.stop) for family in self.rows if family.implied]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def rises(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of some rows may give way upwards too: not where the upper limit is physics."""
        found = np.ones(len(positions), dtype=bool)
        for family in self.rows:
            if family.only_least:
                found &= (positions < family.start) | (positions >= family.stop)
        return found

    def of_rows(self, positions: NDArray[np.int64]) -> Iterator[tuple[Family, NDArray[np.int64]]]:
        """Yield each family that has members among `positions` (sorted), with the members' ranks in it."""
        for family in self.rows:
            inside = positions[(positions >= family.start) & (positions < family.stop)]
            if len(inside):
                yield family, inside - family.start


def _find(families: tuple[Family, ...], position: int) -> tuple[str, tuple[Any, ...]]:
    for family in families:
        if family.start <= position < family.stop:
            return family.name, family.index.label(position - family.start)
    raise IndexError(position)
