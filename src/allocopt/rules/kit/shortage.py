"""Why a line can be short: the closed set of codes, in the order in which reasons are tried.

A rule that can keep a line short names its code (`Rule.short`); what it took away and the rows that it wrote are then
found, lifted and put into words by `allocopt.explain`.
"""

from __future__ import annotations

CLAUSES, LIMITS, DATES, ORDERS, STOCK, REST = range(6)
"""Clauses come first, then capacity and lanes, dates and life, packs and orders, stock last; the rest has no turn."""

CODES: dict[str, tuple[int, str]] = {
    "retired": (CLAUSES, "the channel is retired"),
    "promotion_off": (CLAUSES, "the promotion does not run"),
    "approval": (CLAUSES, "the order waits for an approval"),
    "locked": (CLAUSES, "what was decided before stands"),
    "access": (CLAUSES, "the channel may not use these lots"),
    "safety_closed": (CLAUSES, "no clause opens the safety stock"),
    "below_floor": (CLAUSES, "the margin is below the floor that was agreed"),
    "below_map": (CLAUSES, "the price is below the minimum advertised price"),
    "protected": (CLAUSES, "a clause keeps stock for other demand"),
    "cap": (CLAUSES, "the channel is capped"),
    "share": (CLAUSES, "a share of all that ships was agreed"),
    "ratio": (CLAUSES, "articles are sold in a ratio"),
    "store_floor": (CLAUSES, "stock stays on the shelf of the store"),
    "capacity": (LIMITS, "the node cannot handle more in the period"),
    "lane_capacity": (LIMITS, "the lane is full in the period"),
    "lane_closed": (LIMITS, "the lane is closed in the period"),
    "no_lane": (LIMITS, "no lane leads from the stock to the channel"),
    "too_late": (DATES, "the stock comes too late"),
    "expired": (DATES, "the stock expires before it could arrive"),
    "pack": (ORDERS, "it ships in whole packs"),
    "min_ship": (ORDERS, "shipments have a least size"),
    "one_parcel": (ORDERS, "the order leaves from one place"),
    "all_or_none": (ORDERS, "the order is served whole or not at all"),
    "on_hold": (STOCK, "the lot is on hold"),
    "turn": (STOCK, "others came first"),
    "rank": (STOCK, "others are served before it"),
    "tie": (STOCK, "others are worth the same and come before it in the order of ties"),
    "taken_by_better": (STOCK, "the stock earns more elsewhere"),
    "no_supply": (STOCK, "there is no more stock"),
    "not_worth_it": (REST, "serving it would lose money"),
    "not_proven": (REST, "the gap of the plan allows it"),
}
"""Every code: when it has its turn, and what it says."""
