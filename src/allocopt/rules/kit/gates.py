"""Switches: a group of arcs ships only if its switch is on.

.. code-block:: text

    sum_{a of line d behind switch g} ship[a] <= units[d] on[g],    on[g] in {0, 1}        for each line d behind g

One row per line instead of one per switch makes the relaxation as tight as a single binary can.
Source: disaggregated variable upper bounds, e.g. Wolsey, Integer Programming (1998), ch. 8.
"""

from __future__ import annotations

import numpy as np

from allocopt.algebra.formulation import Sum, Variable, When
from allocopt.algebra.labels import Codes, Index
from allocopt.algebra.program import shared
from allocopt.arcs import Arcs
from allocopt.problem.facts import Flags
from allocopt.rules.kit.base import Statement
from allocopt.rules.kit.names import grouped
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
    sku = shared(gate, lines.sku[line], len(index))
    switch = on.form.add_variable(name, index, upper=1.0, sku=sku, integer=True)
    pair, behind = grouped(on.facts, gate=gate, line=line)
    owner, row_line = behind.codes
    rows = index.of(owner) if "line" in index.names else index.of(owner).extended("line", row_line, behind.texts[1])
    units, pairs = lines.units[row_line], np.arange(len(owner))
    on.form.add_rows(
        switch_rows(name),
        rows,
        [Sum(on.ship, pair, members=members)],
        lower=units if whole else -np.inf,
        upper=units,
        when=When(switch, pairs, owner, np.ones(len(pairs), dtype=bool)),
        otherwise=0.0,
    )
    return switch


def switch_rows(name: str) -> str:
    """Return what the rows behind a switch are called."""
    return f"{name}_switch"


def order_gate(
    on: Statement, name: str, members: Codes, *, whole: bool = False, **apart: Codes
) -> tuple[Variable, Codes]:
    """Add a switch per order and whatever else tells members apart; return it with each member's switch."""
    gate, index = grouped(on.facts, order=order_of_lines(on.facts)[on.arcs.line[members]], **apart)
    return add_gate(on, name, index, members, gate, whole=whole), gate


def one_way(on: Statement, rule: str, name: str, marked: Flags, **apart: Codes) -> None:
    """Add that marked orders ship over one of several ways alone: a switch per order and way, and a row per order.

    Orders that have one way only need no switch.

    Parameters
    ----------
    on : Statement
    rule : str
        Name of the rows that open at most one switch of an order.
    name : str
        Name of the switches.
    marked : bool, shape (lines,)
        Lines of the orders.
    apart : integer array, shape (arcs,)
        The way of each arc, under the name that labels it.
    """
    facts, arcs = on.facts, on.arcs
    mine = np.flatnonzero(marked[arcs.line])
    if not len(mine):
        return
    ((label, ways),) = apart.items()
    order = order_of_lines(facts)[arcs.line[mine]]
    pairs = np.unique(np.stack([order, ways[mine]]), axis=1)
    members = mine[np.bincount(pairs[0])[order] > 1]
    if not len(members):
        return
    switch, _ = order_gate(on, name, members, whole=False, **{label: ways[members]})
    group, index = grouped(facts, order=switch.index.codes[0])
    on.form.add_rows(rule, index, [Sum(switch, group)], upper=1.0)


def shipments(arcs: Arcs, members: Codes) -> tuple[Codes, Index]:
    """Return the shipment of each of some arcs, and the labels of the shipments: line, lane and ship period."""
    return grouped(arcs.facts, line=arcs.line[members], lane=arcs.lane[members], period=arcs.ship[members])
