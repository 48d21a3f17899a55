"""The best plans of many blocks, compiled: a primal network simplex that goes on from where it stood.

The edges of a block's rows span a tree: that is where its first solve begins, with artificial edges beside the rows
that are not met yet. Later solves go on from the last tree, which stays feasible whatever the prices are. Source:
Ahuja, Magnanti, Orlin, Network Flows (1993), ch. 11.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, types

from allocopt.solve.prices.native_networks import NETS
from allocopt.solve.prices.native_store import CODES, FLOATS, INTS, SIDES, TABLE, compiled

FINE, INFEASIBLE, ENDLESS = 0, 1, 2
"""What became of a block: solved; no plan keeps its rows; gave up after too many pivots."""


class Trees(NamedTuple):
    """Where the network simplex stands in each block.

    Flow and state (1 at the lower limit, 0 in the tree, -1 at the upper limit) of columns and rows; parent of each
    row's node, and the edge to it; multipliers of the rows; what became of each block.
    """

    started: Any
    flow: Any
    state: Any
    row_flow: Any
    row_state: Any
    parent: Any
    edge: Any
    multiplier: Any
    fate: Any


TREES = types.NamedTuple((SIDES, FLOATS, SIDES, FLOATS, SIDES, CODES, CODES, FLOATS, SIDES), Trees)


class _Block(NamedTuple):
    """Room for one block: its edges (columns, rows, artificial edges), and its tree as lists of children."""

    tail: Any
    head: Any
    lower: Any
    upper: Any
    cost: Any
    kept: Any
    flow: Any
    state: Any
    parent: Any
    edge: Any
    depth: Any
    potential: Any
    first: Any
    after: Any
    before: Any
    stack: Any


@compiled((INTS, CODES, NETS, TREES, FLOATS, FLOATS, FLOATS, TABLE))
def best_plans(blocks, group, nets, trees, worth, prices, value, usage):
    """Find the best plan of each of some blocks at prices of the coupling rows.

    Parameters
    ----------
    blocks : int64
    group : int32, shape (all blocks,)
        Whose sums each block counts in.
    nets, trees : Nets, Trees
        ``trees`` is where each block starts from and where its plan is left.
    worth : float64, shape (columns,)
        Before prices [currency per unit].
    prices : float64, shape (coupling rows,)
    value : float64, shape (groups,)
        Is given the worth of the plans, before prices.
    usage : float64, shape (groups, coupling rows)
        Is given what they take of the coupling rows.
    """
    wide = high = 0
    for block in blocks:
        wide = max(wide, nets.column_ptr[block + 1] - nets.column_ptr[block])
        high = max(high, nets.row_ptr[block + 1] - nets.row_ptr[block])
    room = _room(wide + 2 * high, high + 1)
    for block in blocks:
        column, row = nets.column_ptr[block], nets.row_ptr[block]
        columns, rows = nets.column_ptr[block + 1] - column, nets.row_ptr[block + 1] - row
        _load(room, nets, trees, worth, prices, column, columns, row, rows)
        limit = 1_000 + 50 * (columns + rows)
        fate = FINE
        if trees.started[block] == 0:
            fate = _begin(room, nets, row, columns, rows, limit)
            trees.started[block] = 1
        if fate == FINE:
            fate = _simplex(room, rows + 1, columns + rows, limit)
        trees.fate[block] = fate
        _store(room, nets, trees, worth, column, columns, row, rows, value, usage, group[block])


@njit(nogil=True)
def _room(edges, nodes):
    return _Block(
        np.empty(edges, np.int32),
        np.empty(edges, np.int32),
        np.empty(edges),
        np.empty(edges),
        np.empty(edges),
        np.empty(edges),
        np.empty(edges),
        np.empty(edges, np.int8),
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int32),
        np.empty(nodes),
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int32),
    )


@njit(nogil=True)
def _load(room, nets, trees, worth, prices, column, columns, row, rows):
    """Copy a block into the room, with its columns priced."""
    for edge in range(columns):
        here = column + edge
        net = worth[here]
        for link in range(nets.link_ptr[here], nets.link_ptr[here + 1]):
            net -= nets.link_value[link] * prices[nets.link_row[link]]
        scale = nets.scale[here]
        room.tail[edge], room.head[edge] = nets.tail[here], nets.head[here]
        room.lower[edge], room.upper[edge] = nets.lower[here] * scale, nets.upper[here] * scale
        room.cost[edge] = -net / scale
        room.flow[edge], room.state[edge] = trees.flow[here], trees.state[here]
    for number in range(rows):
        edge, here = columns + number, row + number
        outer, own = nets.above[here], number + 1
        room.tail[edge], room.head[edge] = (outer, own) if nets.side[here] == 0 else (own, outer)
        room.lower[edge], room.upper[edge], room.cost[edge] = nets.row_lower[here], nets.row_upper[here], 0.0
        room.flow[edge], room.state[edge] = trees.row_flow[here], trees.row_state[here]
        room.parent[own], room.edge[own] = trees.parent[here], trees.edge[here]


@njit(nogil=True)
def _store(room, nets, trees, worth, column, columns, row, rows, value, usage, group):
    """Copy a block's plan back, and add it to the sums of its group."""
    for edge in range(columns):
        here = column + edge
        trees.flow[here], trees.state[here] = room.flow[edge], room.state[edge]
        if room.flow[edge] != 0.0:
            units = room.flow[edge] / nets.scale[here]
            value[group] += worth[here] * units
            for link in range(nets.link_ptr[here], nets.link_ptr[here + 1]):
                usage[group, nets.link_row[link]] += nets.link_value[link] * units
    for number in range(rows):
        edge, here, own = columns + number, row + number, number + 1
        trees.row_flow[here], trees.row_state[here] = room.flow[edge], room.state[edge]
        trees.parent[here], trees.edge[here] = room.parent[own], room.edge[own]
        rise = room.potential[own] - room.potential[nets.above[here]]
        trees.multiplier[here] = rise if nets.side[here] == 0 else -rise


@njit(nogil=True)
def _begin(room, nets, row, columns, rows, limit):
    """Begin with every column at its lower limit and the tree of all rows; make the rows hold."""
    edges = columns + rows
    for number in range(rows):
        room.flow[columns + number], room.state[columns + number] = 0.0, 0
        room.parent[number + 1], room.edge[number + 1] = nets.above[row + number], columns + number
    for edge in range(columns):
        room.flow[edge], room.state[edge] = room.lower[edge], 1
        if room.flow[edge] != 0.0:
            for end in range(2):
                node = room.tail[edge] if end == 0 else room.head[edge]
                while node > 0:
                    down = nets.side[row + node - 1] == 0
                    room.flow[columns + node - 1] += room.flow[edge] if down == (end == 0) else -room.flow[edge]
                    node = nets.above[row + node - 1]
    missing = False
    for number in range(rows):
        edge, extra = columns + number, edges + number
        room.tail[extra], room.head[extra] = room.tail[edge], room.head[edge]
        room.lower[extra], room.upper[extra], room.cost[extra] = 0.0, 0.0, 0.0
        if room.flow[edge] < room.lower[edge]:
            # The row carries its lower limit, and an artificial edge carries back what is not there yet.
            room.tail[extra], room.head[extra] = room.head[edge], room.tail[edge]
            room.upper[extra] = room.lower[edge] - room.flow[edge]
            room.state[edge], room.flow[edge] = 1, room.lower[edge]
        elif room.flow[edge] > room.upper[edge]:
            room.upper[extra] = room.flow[edge] - room.upper[edge]
            room.state[edge], room.flow[edge] = -1, room.upper[edge]
        room.flow[extra], room.state[extra] = room.upper[extra], 0
        if room.upper[extra] > 0.0:
            missing = True
            room.cost[extra], room.edge[number + 1] = 1.0, extra
    return _repair(room, columns, rows, limit) if missing else FINE


@njit(nogil=True)
def _repair(room, columns, rows, limit):
    """Empty the artificial edges; those still in the tree then give way to the rows that they stand beside."""
    edges = columns + rows
    for edge in range(columns):
        room.kept[edge], room.cost[edge] = room.cost[edge], 0.0
    fate = _simplex(room, rows + 1, edges + rows, limit)
    left = most = 0.0
    for edge in range(columns):
        room.cost[edge] = room.kept[edge]
    for extra in range(edges, edges + rows):
        left += room.flow[extra]
        most += room.upper[extra]
    for node in range(1, rows + 1):
        if room.edge[node] >= edges:
            room.edge[node] -= rows
            room.state[room.edge[node]] = 0
    return INFEASIBLE if fate == FINE and left > 1e-9 * (1.0 + most) else fate


@njit(nogil=True)
def _simplex(room, nodes, edges, limit):
    """Minimise the cost of the circulation from the tree that is there; ENDLESS after too many pivots."""
    for node in range(nodes):
        room.first[node] = -1
    for node in range(nodes - 1, 0, -1):
        _hang(room, node, room.parent[node])
    room.depth[0], room.potential[0] = 0, 0.0
    _descend(room, 0)
    largest = 0.0
    for edge in range(edges):
        largest = max(largest, abs(room.cost[edge]))
    least = 1e-11 * largest
    chunk = max(64, int(np.sqrt(edges)))
    place, pivots = 0, 0
    while True:
        best, enter, looked, pause = least, -1, 0, chunk
        while looked < edges:
            edge = place
            place = place + 1 if place + 1 < edges else 0
            looked += 1
            state = room.state[edge]
            if state != 0:
                slope = room.cost[edge] + room.potential[room.tail[edge]] - room.potential[room.head[edge]]
                if -state * slope > best:
                    best, enter = -state * slope, edge
            if looked >= pause:
                if enter >= 0:
                    break
                pause += chunk
        if enter < 0:
            return FINE
        pivots += 1
        if pivots > limit:
            return ENDLESS
        _pivot(room, enter)


@njit(nogil=True)
def _pivot(room, enter):
    """Push flow around the cycle that an edge closes with the tree, until an edge of it is at a limit."""
    forward = room.state[enter] > 0
    start, goal = (room.tail[enter], room.head[enter]) if forward else (room.head[enter], room.tail[enter])
    amount = room.upper[enter] - room.lower[enter]
    leave, at_start = -1, True
    behind, ahead = start, goal
    while behind != ahead:
        if room.depth[behind] >= room.depth[ahead]:
            edge = room.edge[behind]
            up = room.tail[edge] == behind
            free = room.flow[edge] - room.lower[edge] if up else room.upper[edge] - room.flow[edge]
            if free < amount:
                amount, leave, at_start = free, behind, True
            behind = room.parent[behind]
        else:
            edge = room.edge[ahead]
            up = room.tail[edge] == ahead
            free = room.upper[edge] - room.flow[edge] if up else room.flow[edge] - room.lower[edge]
            if free <= amount:
                amount, leave, at_start = free, ahead, False
            ahead = room.parent[ahead]
    if amount > 0.0:
        room.flow[enter] += amount if forward else -amount
        top = behind
        behind, ahead = start, goal
        while behind != top:
            edge = room.edge[behind]
            room.flow[edge] += -amount if room.tail[edge] == behind else amount
            behind = room.parent[behind]
        while ahead != top:
            edge = room.edge[ahead]
            room.flow[edge] += amount if room.tail[edge] == ahead else -amount
            ahead = room.parent[ahead]
    if leave < 0:
        room.state[enter] = -room.state[enter]
        room.flow[enter] = room.lower[enter] if room.state[enter] > 0 else room.upper[enter]
        return
    edge = room.edge[leave]
    if (room.tail[edge] == leave) == at_start:
        room.state[edge], room.flow[edge] = 1, room.lower[edge]
    else:
        room.state[edge], room.flow[edge] = -1, room.upper[edge]
    room.state[enter] = 0
    _rehang(room, enter, leave, start if at_start else goal, goal if at_start else start)


@njit(nogil=True)
def _rehang(room, enter, leave, inside, outside):
    """Hang the part below the leaving edge onto the entering edge."""
    edge, parent, node = enter, outside, inside
    while True:
        old_edge, old_parent = room.edge[node], room.parent[node]
        if room.before[node] >= 0:
            room.after[room.before[node]] = room.after[node]
        else:
            room.first[old_parent] = room.after[node]
        if room.after[node] >= 0:
            room.before[room.after[node]] = room.before[node]
        room.parent[node], room.edge[node] = parent, edge
        _hang(room, node, parent)
        if node == leave:
            break
        edge, parent, node = old_edge, node, old_parent
    room.depth[inside] = room.depth[outside] + 1
    rise = room.cost[enter] if room.head[enter] == inside else -room.cost[enter]
    room.potential[inside] = room.potential[outside] + rise
    _descend(room, inside)


@njit(nogil=True)
def _hang(room, node, parent):
    """Make a node the first child of its parent."""
    room.after[node], room.before[node] = room.first[parent], -1
    if room.first[parent] >= 0:
        room.before[room.first[parent]] = node
    room.first[parent] = node


@njit(nogil=True)
def _descend(room, top):
    """Set depth and potential of every node below one whose own are right."""
    room.stack[0] = top
    waiting = 1
    while waiting > 0:
        waiting -= 1
        node = room.stack[waiting]
        child = room.first[node]
        while child >= 0:
            edge = room.edge[child]
            rise = room.cost[edge] if room.head[edge] == child else -room.cost[edge]
            room.depth[child], room.potential[child] = room.depth[node] + 1, room.potential[node] + rise
            room.stack[waiting] = child
            waiting += 1
            child = room.after[child]
