"""The blocks of a program that are networks, as compiled code takes them, and where its simplex stands in each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.solve.prices.apart import Apart, Floats


class Networks:
    """The networks among the blocks of a program.

    Parameters
    ----------
    apart : Apart
        Limits of its rows are looked up each time: who changes them has to let the blocks begin anew.
    flow : float64, shape (columns,)
        Is given the flow on each column.
    multipliers : float64, shape (rows,)
        Is given the multiplier of each row.

    Attributes
    ----------
    are : bool, shape (blocks,)
        Which blocks are networks.
    scale : float64, shape (columns,)
        Units of flow that a unit of the column is.
    nets : Nets
    trees : Trees
    """

    def __init__(self, apart: Apart, flow: Floats, multipliers: Floats) -> None:
        from allocopt.solve.prices import native_networks, native_simplex

        columns, rows = len(apart.columns), len(apart.rows)
        self.scale = np.ones(columns)
        self.nets = native_networks.Nets(
            column_ptr=apart.column_ptr,
            row_ptr=apart.row_ptr,
            tail=np.zeros(columns, np.int32),
            head=np.zeros(columns, np.int32),
            scale=self.scale,
            lower=apart.lower,
            upper=apart.upper,
            link_ptr=apart.links.ptr,
            link_row=apart.links.place,
            link_value=apart.links.value,
            row_lower=apart.row_lower,
            row_upper=apart.row_upper,
            side=np.zeros(rows, np.int8),
            above=np.zeros(rows, np.int32),
        )
        self.are: NDArray[np.bool_] = np.zeros(apart.blocks, dtype=bool)
        native_networks.find_networks(
            apart.column_ptr, apart.row_ptr, apart.own.ptr, apart.own.place, apart.own.value, self.nets, self.are
        )
        endless = np.flatnonzero(np.isinf(apart.lower) | np.isinf(apart.upper))
        block = np.searchsorted(apart.column_ptr, endless, side="right") - 1
        self.are &= np.bincount(block, minlength=apart.blocks) == 0
        self.scale[~np.repeat(self.are, np.diff(apart.column_ptr))] = 1.0
        self.trees = native_simplex.Trees(
            started=np.zeros(apart.blocks, np.int8),
            flow=flow,
            state=np.zeros(columns, np.int8),
            row_flow=np.zeros(rows),
            row_state=np.zeros(rows, np.int8),
            parent=np.zeros(rows, np.int32),
            edge=np.zeros(rows, np.int32),
            multiplier=multipliers,
            fate=np.zeros(apart.blocks, np.int8),
        )
        self.best_plans: Any = native_simplex.best_plans
