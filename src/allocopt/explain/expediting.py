"""What inbound lots would earn if they came earlier: their SKU solved again, all else as planned.

.. code-block:: text

    gain = worth of the SKU's plan with the lot usable k periods earlier - its worth as planned
           - holding_cost k usable                                    k = 1, 2, 3        [currency]

Lots of different SKUs share no block: one statement of the program serves one lot of every SKU.
"""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pandas as pd

from allocopt.arrays import Places
from allocopt.explain.change import Change
from allocopt.explain.limits import stock_cash, turns
from allocopt.explain.local import Local
from allocopt.explain.neighbours import SMALL, Neighbour, stated_whole
from allocopt.explain.unit import MARGIN
from allocopt.explain.values import NODES, WORK
from allocopt.plan import Answer, Plan
from allocopt.problem.facts import Facts, Floats, Lots
from allocopt.problem.schema import LOT_KINDS
from allocopt.rules.kit.names import lot_names

INBOUND = LOT_KINDS.index("inbound")
EARLIER = (1, 2, 3)
"""Periods by which a lot could come earlier."""


def expedite(plan: Plan) -> pd.DataFrame:
    """Return what inbound lots would earn if they came earlier; see `Plan.expedite`."""
    answer = stated_whole(plan)
    lots_, names = answer.stated.lots, lot_names(answer.stated)
    inbound = np.flatnonzero((lots_.kind == INBOUND) & (lots_.usable > 0) & ~lots_.hold)
    gains = {step: np.full(len(lots_.sku), math.nan) for step in EARLIER}
    turn = turns(lots_.sku[inbound])
    for step in EARLIER:
        for one in range(int(turn.max(initial=-1)) + 1):
            mine = inbound[(turn == one) & (lots_.available[inbound] >= step)]
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


def _earlier(plan: Plan, answer: Answer, mine: Places, step: int) -> Floats:
    """Return what lots, one of each of some SKUs, gain by being there so many periods earlier [currency]."""
    facts = answer.stated
    available = facts.lots.available.copy()
    available[mine] -= step
    cash = stock_cash(replace(facts, lots=replace(facts.lots, available=available))) - stock_cash(facts)
    near = Neighbour.of(plan, facts=_sorted(replace(facts, lots=replace(facts.lots, available=available))))
    program = near.stated.program
    local = Local(program, near.x, np.arange(program.columns)[near.stated.switch])
    if program.columns > SMALL:
        local.nodes, local.work = NODES, WORK
    gains = np.zeros(len(mine))
    for place, sku in enumerate(facts.lots.sku[mine].tolist()):
        blocks = local.block_of[np.flatnonzero(program.column_sku == sku)]
        blocks = np.unique(blocks[blocks >= 0])
        found = local.solve(Change(), blocks, margin=MARGIN) if len(blocks) else None
        gains[place] = math.nan if found is None else found.gain
    gained: Floats = gains + cash[mine] * facts.lots.usable[mine]
    return gained


def _sorted(facts: Facts) -> Facts:
    """Return facts with the lots in their canonical order again, after some came to be available earlier."""
    lots_ = facts.lots
    order = np.lexsort((np.arange(len(lots_.sku)), lots_.available, lots_.expires, lots_.sku))
    return replace(facts, lots=Lots(**{one.name: getattr(lots_, one.name)[order] for one in fields(Lots)}))
