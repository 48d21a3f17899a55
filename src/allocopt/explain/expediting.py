"""What inbound lots would earn if they came earlier: their SKU solved again, all else as planned.

.. code-block:: text

    gain = worth of the plan with the lot usable k periods earlier - its worth as planned    k = 1, 2, 3   [currency]

One statement of the program serves lots of several SKUs, where each answers alone: their blocks (also joined over
capacity and orders, `allocopt.explain.joined`) are apart, and no row over several SKUs is otherwise because a lot
moves. All others are stated alone, and their gain is that of a plan that was checked against every row.

With stages before the last one, what earlier stages come to changes as well: each lot is solved again with all stages,
as `plan.value_of` answers a finite change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
import pandas as pd

from allocopt.algebra.matching import NOWHERE
from allocopt.algebra.program import COUPLES, Program
from allocopt.arrays import Places
from allocopt.explain.change import Change
from allocopt.explain.limits import stock_cash, turns
from allocopt.explain.local import Local
from allocopt.explain.neighbours import SMALL, Neighbour, contract_of, one_stage, stated_whole
from allocopt.explain.unit import MARGIN
from allocopt.explain.values import NODES, WORK
from allocopt.plan import Answer, Plan
from allocopt.problem.facts import Facts, Floats, Lots
from allocopt.problem.schema import LOT_KINDS
from allocopt.rules import revised
from allocopt.rules.kit.names import lot_names
from allocopt.rules.kit.reserve_trial import trials
from allocopt.solve.certificate import breach, worth

INBOUND = LOT_KINDS.index("inbound")
EARLIER = (1, 2, 3)
"""Periods by which a lot could come earlier."""


def expedite(plan: Plan) -> pd.DataFrame:
    """Return what inbound lots would earn if they came earlier; see `Plan.expedite`."""
    answer = stated_whole(plan)
    lots_, names = answer.stated.lots, lot_names(answer.stated)
    inbound = np.flatnonzero((lots_.kind == INBOUND) & (lots_.usable > 0) & ~lots_.hold)
    gains = {step: np.full(len(lots_.sku), math.nan) for step in EARLIER}
    turn, staged = turns(lots_.sku[inbound]), not one_stage(contract_of(plan))
    for step in EARLIER:
        early = lots_.available[inbound] >= step
        if staged:
            for lot in inbound[early].tolist():
                gains[step][lot] = _whole(_neighbour(plan, answer, np.array([lot]), step))
            continue
        for one in range(int(turn.max(initial=-1)) + 1):
            mine = inbound[early & (turn == one)]
            if len(mine):
                gains[step][mine] = _earlier(plan, answer, mine, step)
    told = {
        "lot": names[inbound],
        "sku": answer.stated.skus.id[lots_.sku[inbound]],
        "node": answer.stated.nodes.id[lots_.node[inbound]],
        "reference": lots_.reference[inbound],
        "available": lots_.available[inbound].astype(np.int64),
        "units": lots_.usable[inbound],
        **{f"earlier_{step}": gains[step][inbound] for step in EARLIER},
    }
    frame = pd.DataFrame(told).astype(dict.fromkeys(("lot", "sku", "node", "reference"), "str"))
    most = frame[[f"earlier_{step}" for step in EARLIER]].max(axis=1).fillna(-math.inf)
    return frame.iloc[np.argsort(-most.to_numpy(), kind="stable")].reset_index(drop=True)


def _neighbour(plan: Plan, answer: Answer, mine: Places, step: int) -> Neighbour:
    """Return the program in which some lots are there so many periods earlier, beside the plan."""
    return Neighbour.of(plan, facts=_sorted(_moved(answer.stated, mine, step)))


def _moved(facts: Facts, mine: Places, step: int) -> Facts:
    """Return facts in which some lots are there so many periods earlier."""
    available = facts.lots.available.copy()
    available[mine] -= step
    return replace(facts, lots=replace(facts.lots, available=available))


def _earlier(plan: Plan, answer: Answer, mine: Places, step: int) -> Floats:
    """Return what lots, one of each of some SKUs, gain by being there so many periods earlier, each alone."""
    near = _neighbour(plan, answer, mine, step)
    program = near.stated.program
    local = Local(program, near.x, np.arange(program.columns)[near.stated.switch])
    if program.columns > SMALL:
        local.nodes, local.work = NODES, WORK
    blocks = [_blocks(program, local, sku) for sku in answer.stated.lots.sku[mine].tolist()]
    if len(mine) == 1:
        return np.array([_alone(near, local, blocks[0])])
    gains = np.full(len(mine), math.nan)
    if not _answers_alone(near):
        groups = [np.array([place]) for place in range(len(mine))]
    else:
        cluster = _clusters(blocks)
        single = np.bincount(cluster)[cluster] == 1
        cash = _cash(answer.stated, mine, step)
        for place in np.flatnonzero(single).tolist():
            found = local.solve(Change(), blocks[place], margin=MARGIN) if len(blocks[place]) else None
            gains[place] = cash[place] + (0.0 if found is None else found.gain)
        left = np.flatnonzero(~single)
        turn = turns(cluster[left].astype(np.int32))
        groups = [left[turn == one] for one in range(int(turn.max(initial=-1)) + 1)]
    for group in groups:
        gains[group] = _earlier(plan, answer, mine[group], step)
    return gains


def _blocks(program: Program, local: Local, sku: int) -> Places:
    """Return the blocks that have columns of an SKU, ascending."""
    blocks = np.unique(local.block_of[np.flatnonzero(program.column_sku == sku)])
    found: Places = blocks[blocks >= 0]
    return found


def _clusters(blocks: Sequence[Places]) -> Places:
    """Return which lots have blocks in common, directly or through others, as the lowest position among them.

    >>> _clusters([np.array([0]), np.array([1, 2]), np.array([3]), np.array([2])])
    array([0, 1, 2, 1])
    """
    cluster = np.arange(len(blocks))
    holder: dict[int, int] = {}
    for place, mine in enumerate(blocks):
        for block in mine.tolist():
            other = holder.setdefault(block, place)
            if cluster[other] != cluster[place]:
                low, high = sorted((int(cluster[other]), int(cluster[place])))
                cluster[cluster == high] = low
    return cluster


def _cash(facts: Facts, mine: Places, step: int) -> Floats:
    """Return what each of some lots costs more, negative, by lying there so many periods longer [currency]."""
    moved = _moved(facts, mine, step)
    cash: Floats = (stock_cash(moved) - stock_cash(facts))[mine] * facts.lots.usable[mine]
    return cash


def _answers_alone(near: Neighbour) -> bool:
    """Return whether lots that are moved together leave one another as they were, but for the blocks that they share.

    The plan keeps the program with all of them and earns on each column what it did; no row over several SKUs is
    otherwise, none is new that a clause states, and no reserve is tried against what others leave.
    """
    old, new, answer = near.answer.program, near.stated.program, near.answer
    facts, _ = revised(answer.stated, answer.clauses)
    if not near.keeps or trials(facts, answer.clauses) is not None:
        return False
    known = near.columns != NOWHERE
    gone = np.ones(old.columns, dtype=bool)
    gone[near.columns[known]] = False
    if answer.x[gone].any() or (new.cost[known] != old.cost[near.columns[known]]).any():
        return False
    couples = new.row_sku == COUPLES
    here = np.flatnonzero(couples & (near.rows != NOWHERE))
    there = near.rows[here]
    if (new.row_lower[here] != old.row_lower[there]).any() or (new.row_upper[here] != old.row_upper[there]).any():
        return False
    fresh = np.flatnonzero(couples & (near.rows == NOWHERE))
    return all(
        family.clause is None or not len(fresh[(fresh >= family.start) & (fresh < family.stop)])
        for family in near.stated.labels.rows
    )


def _alone(near: Neighbour, local: Local, blocks: Places) -> float:
    """Return what the one lot that is moved gains: its blocks solved again, or all where that fails."""
    x = near.x.copy()
    found = local.solve(Change(), blocks, margin=MARGIN) if len(blocks) else None
    if found is not None:
        x[found.columns] = found.x
    program = near.stated.program
    return worth(program, x) - near.plan.objective if breach(program, x)[0] == 0 else _whole(near)


def _whole(near: Neighbour) -> float:
    """Return what a change gains by a whole re-solve [currency]; NaN where there is no plan with it.

    Beyond `SMALL` columns stages are not searched to the end: then what is sure, unless the plan is proven best.
    """
    small = near.stated.program.columns <= SMALL
    price = near.price(0.0 if small else None)  # who comes first may be served otherwise within a gap of a millionth
    gain = price.value if small or price.status == "optimal" else price.low
    return gain if math.isfinite(gain) else math.nan


def _sorted(facts: Facts) -> Facts:
    """Return facts with the lots in their canonical order again, after some came to be available earlier."""
    lots_ = facts.lots
    reference = np.unique(lots_.reference.astype(str), return_inverse=True)[1]
    order = np.lexsort((reference, lots_.kind, lots_.node, lots_.available, lots_.expires, lots_.sku))
    return replace(facts, lots=Lots(**{one.name: getattr(lots_, one.name)[order] for one in fields(Lots)}))
