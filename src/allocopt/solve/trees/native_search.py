"""Branch and bound of one small program, compiled: every leaf keeps the multipliers that bound it.

A node differs from its parent by one limit of one column, so the sheet goes on from wherever it stands. The search
dives into the child that loses less, until a plan is found or nothing is left; then it goes on with the node that
promises most (before there is a plan, with the last one). Source: Land and Doig, Econometrica 28 (1960); penalties of
Driebeek, Management Science 12 (1966), choose the column.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from allocopt.solve.trees.native_dual import ASTRAY, BEST, NO_PLAN, dual, multipliers, those_that_mend
from allocopt.solve.trees.native_sheet import LINE, PIVOT, PIVOTS, WORK, WORTH, inner, load, put_free, rewrite

WHOLE = 1e-6
"""Distance from a whole number that is rounding."""
NEARLY = 1e-6
"""What a row of a plan may be off by here; whoever takes the plan checks it to the unit."""
FRESH = 300
"""Pivots after which the sheet is written anew."""
TURN = 20
"""Before there is a plan, one in so many nodes is the most promising one, and not the last."""
FAR = 1e7
"""Worth more than any penalty."""


class Small(NamedTuple):
    """A program as compiled code takes it; `integer` says of columns, then of rows, whether they are always whole."""

    cost: Any
    lower: Any
    upper: Any
    integer: Any
    indptr: Any
    indices: Any
    data: Any
    row_lower: Any
    row_upper: Any


class TreeNodes(NamedTuple):
    """Every node: who it comes from, by which limit (`side` 1: upper) of which column, its bound, its first child.

    `own` is the line of `multipliers` that bounds it, -1 for none.
    """

    parent: Any
    column: Any
    side: Any
    limit: Any
    bound: Any
    child: Any
    waits: Any
    own: Any
    multipliers: Any


def new_nodes(most, rows):
    """Return room for a search that looks at so many nodes of a program with so many rows."""
    size = 2 * most + 1
    return TreeNodes(
        np.full(size, -1, np.int32),
        np.full(size, -1, np.int32),
        np.zeros(size, np.int8),
        np.zeros(size),
        np.full(size, np.inf),
        np.full(size, -1, np.int32),
        np.zeros(size, np.bool_),
        np.full(size, -1, np.int32),
        np.zeros((most, rows)),
    )


@inner
def search(program, sheet, nodes, plan, worth, margin, work):
    """Search; return the nodes made, the nodes looked at, the worth of the plan (in `plan`), work and pivots.

    `worth` is that of the plan given, -inf for none; nodes that promise no more than `margin` beyond are left.
    """
    load(sheet, program)
    found, blame = np.zeros(len(program.cost)), np.zeros(len(program.cost))
    nodes.waits[0] = True
    made, looked, node, jumped, anew, fresh = 1, 0, -1, True, True, 0.0
    while looked < len(nodes.multipliers) and sheet.told[WORK] < work:
        if node < 0:
            deep = np.isinf(worth) and looked % TURN != 0
            node, jumped = next_node(nodes, made, worth + margin, deep), True
            if node < 0:
                break
        if sheet.told[PIVOTS] - fresh > FRESH:
            rewrite(sheet, program)
            fresh, jumped, anew = sheet.told[PIVOTS], True, True
        if jumped:
            hold(sheet, program, nodes, node)
            if not put_free(sheet, anew):
                break
            jumped, anew = False, False
        nodes.waits[node] = False
        fate = solved(sheet, program, nodes.multipliers[looked], worth + margin)
        if fate == ASTRAY:  # this node stays as its parent bounds it
            node, fresh = -1, -np.inf
            continue
        nodes.own[node] = looked
        looked += 1
        nodes.bound[node] = -np.inf if fate == NO_PLAN else min(nodes.bound[node], sheet.told[WORTH])
        if fate != BEST:
            if fate == NO_PLAN:
                put_blame(sheet, program, blame)
            node = -1
            continue
        line, down = undecided(sheet, program, blame)
        if line < 0:
            value = read(sheet, program, found)
            if value > worth:
                worth = value
                for j in range(len(plan)):
                    plan[j] = found[j]
            node = -1
            continue
        node = split(sheet, nodes, node, made, sheet.basic[line], np.floor(sheet.value[line] + WHOLE), down)
        made += 2
    return made, looked, worth, sheet.told[WORK], sheet.told[PIVOTS]


@inner
def next_node(nodes, made, enough, deep):
    """Return the node that waits and promises most, of equal ones the last; or simply the last one."""
    best = -1
    for node in range(made):
        more = best < 0 or deep or nodes.bound[node] >= nodes.bound[best]
        if more and nodes.waits[node] and nodes.bound[node] > enough:
            best = node
    return best


@inner
def put_blame(sheet, program, blame):
    """Blame the columns without whose branching the line that cannot be met could be."""
    line = int(sheet.told[LINE])
    for j in range(len(sheet.free)):
        who = sheet.free[j]
        if who >= len(blame) or abs(sheet.table[line, j]) < PIVOT:
            continue
        if sheet.low[who] > program.lower[who] or sheet.high[who] < program.upper[who]:
            blame[who] += 1.0
    who = sheet.basic[line]
    if who < len(blame):
        blame[who] += 1.0


@inner
def hold(sheet, program, nodes, node):
    """Set the limits of a node."""
    columns = len(program.lower)
    for j in range(columns):
        sheet.low[j], sheet.high[j] = program.lower[j], program.upper[j]
    for i in range(len(program.row_lower)):
        sheet.low[columns + i], sheet.high[columns + i] = program.row_lower[i], program.row_upper[i]
    while nodes.parent[node] >= 0:
        column, limit = nodes.column[node], nodes.limit[node]
        if nodes.side[node] == 1:
            sheet.high[column] = min(sheet.high[column], limit)
        else:
            sheet.low[column] = max(sheet.low[column], limit)
        node = nodes.parent[node]


@inner
def solved(sheet, program, into, enough):
    """Solve the node at hand and write its multipliers; once more on a fresh sheet where rounding got in the way."""
    pivots = 100 + 5 * (len(sheet.basic) + len(sheet.free))
    for _ in range(2):
        fate = dual(sheet, enough, pivots)
        if fate != ASTRAY and multipliers(sheet, fate, enough, into) and (fate != BEST or kept(sheet, program)):
            return fate
        rewrite(sheet, program)
        if not put_free(sheet, True):
            return ASTRAY
    return ASTRAY


@inner
def kept(sheet, program):
    """Return whether what the sheet says of the rows is what the columns make of them."""
    rows, columns = len(sheet.basic), len(sheet.free)
    x, said = np.zeros(columns), np.zeros(rows)
    for j in range(columns):
        if sheet.free[j] < columns:
            x[sheet.free[j]] = sheet.at[j]
        else:
            said[sheet.free[j] - columns] = sheet.at[j]
    for i in range(rows):
        if sheet.basic[i] < columns:
            x[sheet.basic[i]] = sheet.value[i]
        else:
            said[sheet.basic[i] - columns] = sheet.value[i]
    for j in range(columns):
        for entry in range(program.indptr[j], program.indptr[j + 1]):
            said[program.indices[entry]] -= program.data[entry] * x[j]
    off = 0.0
    for i in range(rows):
        off = max(off, abs(said[i]))
    return off <= NEARLY


@inner
def undecided(sheet, program, blame):
    """Return the line of the column to branch on (-1 where all are whole), and whether down comes first.

    What either child loses at least is known without solving it: the price of the first pivot. The column counts whose
    two children lose most.
    """
    pick, most, down_first = -1, -1.0, True
    for line in range(len(sheet.basic)):
        who = sheet.basic[line]
        if not program.integer[who]:
            continue
        part = sheet.value[line] - np.floor(sheet.value[line])
        if part <= WHOLE or part >= 1.0 - WHOLE:
            continue
        down, up = part * penalty(sheet, line, -part), (1.0 - part) * penalty(sheet, line, 1.0 - part)
        score = max(down, WHOLE) * max(up, WHOLE) * (1.0 + (blame[who] if who < len(blame) else 0.0)) ** 4
        if score > most:
            pick, most, down_first = line, score, down < up or (down == up and part < 0.5)
    return pick, down_first


@inner
def penalty(sheet, line, short):
    """Return what a line costs at least per unit by which it has to change."""
    least = FAR
    for k in range(those_that_mend(sheet, line, short)):
        least = min(least, sheet.ratio[k])
    sheet.told[WORK] += len(sheet.free)
    return least


@inner
def read(sheet, program, x):
    """Write the plan, whole units whole, and return its worth; -inf where that breaks a row."""
    rows, columns = len(sheet.basic), len(sheet.free)
    for j in range(columns):
        if sheet.free[j] < columns:
            x[sheet.free[j]] = sheet.at[j]
    for i in range(rows):
        if sheet.basic[i] < columns:
            x[sheet.basic[i]] = sheet.value[i]
    taken, worth = np.zeros(rows), 0.0
    for j in range(columns):
        if program.integer[j]:
            x[j] = np.rint(x[j])
        worth += program.cost[j] * x[j]
        for entry in range(program.indptr[j], program.indptr[j + 1]):
            taken[program.indices[entry]] += program.data[entry] * x[j]
    for i in range(rows):
        if taken[i] < program.row_lower[i] - NEARLY or taken[i] > program.row_upper[i] + NEARLY:
            return -np.inf
    return worth


@inner
def split(sheet, nodes, node, made, column, floor, down):
    """Make the two children of a node, and return the one to go on with, whose limit the sheet has then."""
    nodes.child[node] = made
    for child in (made, made + 1):
        nodes.parent[child] = node
        nodes.column[child] = column
        nodes.bound[child] = nodes.bound[node]
        nodes.waits[child] = True
    nodes.side[made] = 1
    nodes.limit[made], nodes.limit[made + 1] = floor, floor + 1.0
    if down:
        sheet.high[column] = floor
        return made
    sheet.low[column] = floor + 1.0
    return made + 1
