"""Switches: a group of arcs ships only if its switch is on.

.. code-block:: text

    sum_{a of line d behind switch g} ship[a] <= units[d] on[g],    on[g] in {0, 1}        for each line d behind g

One row per line instead of one per switch makes the relaxation as tight as a single binary can.
Source: disaggregated variable upper bounds, e.g. Wolsey, Integer Programming (1998), ch. 8.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import Sum, Variable, When
from allocopt.algebra.grouping import dense
from allocopt.algebra.labels import Codes, Index
from allocopt.algebra.program import COUPLES
from allocopt.problem.facts import Names
from allocopt.rules.kit.base import Statement
from allocopt.rules.kit.names import line_names, order_names
from allocopt.rules.kit.scope import order_of_lines


def add_gate(on: Statement, name: str, index: Index, members: Codes, gate: Codes, *, whole: bool = False) -> Variable:
    """Add one binary per label of `index`, and the rows that close the arcs behind a switch that is off.

    Parameters
    ----------
    on : Statement
    name : str
        Name of the variable; its rows are called ``name_switch``.
    index : Index
        Labels of the switches.
    members : integer array, shape (n,)
        Ascending positions of the arcs behind switches.
    gate : integer array, shape (n,)
        Switch of each member.
    whole : bool
        Whether a line behind an open switch must be served in full.

    Returns
    -------
    Variable
    """
    lines = on.facts.lines
    line = on.arcs.line[members]
    switch = on.form.add_variable(
        name,
        index,
        upper=np.ones(len(index)),
        sku=_sku_of(gate, lines.sku[line], len(index)),
        integer=np.ones(len(index), dtype=bool),
    )
    pair, present = dense(gate.astype(np.int64) * len(lines.sku) + line, len(index) * len(lines.sku))
    owner, row_line = present // len(lines.sku), present % len(lines.sku)
    labels = Index(index.names, tuple(codes[owner] for codes in index.codes), index.texts)
    if "line" not in index.names:
        labels = Index(
            (*labels.names, "line"), (*labels.codes, row_line), (*labels.texts, partial(line_names, on.facts))
        )
    units, pairs = lines.units[row_line], np.arange(len(present))
    on.form.add_rows(
        f"{name}_switch",
        labels,
        [Sum(on.ship, pair, members=members)],
        lower=units if whole else -np.inf,
        upper=units,
        when=When(switch, pairs, owner, np.ones(len(pairs), dtype=bool)),
        otherwise=0.0,
    )
    return switch


def _sku_of(gate: Codes, sku: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """Return the SKU of each switch, `COUPLES` where lines of several SKUs are behind it."""
    found = np.full(size, COUPLES, dtype=np.int32)
    found[gate] = sku
    found[gate[found[gate] != sku]] = COUPLES
    return found


def order_gate(
    on: Statement, name: str, members: Codes, *, by_node: bool, by_period: bool, whole: bool = False
) -> tuple[Variable, Codes]:
    """Add a switch per order, and node and ship period if asked for; return it with each member's switch."""
    facts, arcs = on.facts, on.arcs
    order = order_of_lines(facts)[arcs.line[members]].astype(np.int64)
    nodes, horizon = len(facts.nodes.id) if by_node else 1, facts.periods if by_period else 1
    key = order * nodes
    if by_node:
        key += arcs.node[members]
    key *= horizon
    if by_period:
        key += arcs.ship[members]
    gate, present = dense(key, (len(facts.orders) + len(facts.lines.sku)) * nodes * horizon)
    index = Index(("order",), (present // (nodes * horizon),), (partial(order_names, facts),))
    if by_node:
        index = _extended(index, "node", present // horizon % nodes, facts.nodes.id)
    if by_period:
        index = _extended(index, "period", present % horizon, None)
    return add_gate(on, name, index, members, gate, whole=whole), gate


def _extended(index: Index, name: str, codes: Codes, texts: Names | None) -> Index:
    return Index((*index.names, name), (*index.codes, codes), (*index.texts, texts))
