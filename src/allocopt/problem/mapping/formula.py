"""Sums and products of columns: the language of `formula`.

.. code-block:: text

    formula = number | [Name of a column] | name | formula (+ - * /) formula | - formula | ( formula )
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

import numpy as np

from allocopt.problem.facts import Floats

NAME = re.compile(r"\[([^\[\]]+)\]")
"""The name of a column of the file, in brackets."""
SIGNS: dict[type[ast.operator], Callable[[Floats, Floats], Floats]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
SHAPE = "Write + - * / and brackets over numbers and columns, such as `[Line total] / [Quantity]`."


class FormulaError(ValueError):
    """A text is no formula."""


class Formula:
    """A formula that was understood.

    Attributes
    ----------
    names : tuple of str
        The columns that it reads, in order.

    Examples
    --------
    >>> net = Formula("[Unit Price] * (1 - [Discount])")
    >>> net.names
    ('Unit Price', 'Discount')
    >>> net({"Unit Price": np.array([10.0, 20.0]), "Discount": np.array([0.25, 0.5])})
    array([ 7.5, 10. ])
    """

    def __init__(self, text: str) -> None:
        if len(text) > 1000:
            raise FormulaError(f"it has {len(text):,} characters")
        bracketed: list[str] = []

        def stand_in(found: re.Match[str]) -> str:
            bracketed.append(found[1].strip())
            return f" _{len(bracketed) - 1}_ "

        try:
            self._tree = ast.parse(NAME.sub(stand_in, text).strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise FormulaError(f"{text!r} cannot be understood") from None
        self._names = {f"_{number}_": name for number, name in enumerate(bracketed)}
        self.names = tuple(dict.fromkeys(self._check(self._tree, text)))

    def _check(self, node: ast.expr, text: str) -> list[str]:
        """Return the columns below a node; raise for what is no arithmetic."""
        if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
            return self._check(node.left, text) + self._check(node.right, text)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return self._check(node.operand, text)
        if isinstance(node, ast.Name):
            return [self._names.get(node.id, node.id)]
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return []
        raise FormulaError(f"{text!r} is more than arithmetic")

    def __call__(self, columns: Mapping[str, Floats]) -> Floats:
        """Return the value of each row; nan where a column is blank, infinite where it divides by nothing.

        Parameters
        ----------
        columns : mapping of str to float64 array, shape (rows,)
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.asarray(self._value(self._tree, columns), float)

    def _value(self, node: ast.expr, columns: Mapping[str, Floats]) -> Floats:
        if isinstance(node, ast.BinOp):
            return SIGNS[type(node.op)](self._value(node.left, columns), self._value(node.right, columns))
        if isinstance(node, ast.UnaryOp):
            value = self._value(node.operand, columns)
            return -value if isinstance(node.op, ast.USub) else value
        if isinstance(node, ast.Name):
            return columns[self._names.get(node.id, node.id)]
        assert isinstance(node, ast.Constant)
        return np.float64(node.value)  # type: ignore[arg-type, return-value]
