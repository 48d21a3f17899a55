"""The dual simplex on a sheet: from wherever no free column is worth more elsewhere to the best plan within the limits.

The line that is furthest from its limits for its length leaves; free ones whose whole range does not mend it go to
their other limit on the way. Source: Koberstein, The dual simplex method (2005), ch. 3.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from allocopt.solve.trees.native_sheet import LINE, PIVOT, PIVOTS, SIDE, WORTH, inner, move, pivot

BEST, NO_PLAN, TOO_LITTLE, ASTRAY = 0, 1, 2, 3
"""How it ended: at the best plan; at a line that cannot be met; below what is worth a look; nowhere."""

KEPT = 1e-7
"""A limit is kept if it is broken by no more than this."""
LOW = 10.0
"""Before a plan is known, a node without one is shown to be worth less than this many times nothing."""
TIED = 1e-10
"""Ratios so close are ties: the largest entry wins."""


@inner
def dual(sheet, enough, pivots):
    """Find the best plan within the limits, unless it is worth no more than `enough`."""
    table, at, told = sheet.table, sheet.at, sheet.told
    rows, columns = len(sheet.basic), len(sheet.free)
    told[WORTH] = 0.0
    for j in range(columns):
        told[WORTH] += table[rows, j] * at[j]
    for _ in range(pivots):
        if told[WORTH] <= enough:
            return TOO_LITTLE
        line, short = furthest(sheet)
        if line < 0:
            return BEST
        candidates = those_that_mend(sheet, line, short)
        place = who_enters(sheet, line, short, candidates)
        if place < 0:
            told[LINE], told[SIDE] = line, 1.0 if short > 0 else -1.0
            return NO_PLAN
        who = sheet.basic[line]
        target = sheet.low[who] if short > 0 else sheet.high[who]
        step = (target - sheet.value[line]) / table[line, place]
        move(sheet, place, step)
        entering = at[place] + step
        pivot(sheet, line, place)
        sheet.value[line], at[place] = entering, target
        told[PIVOTS] += 1
    return ASTRAY


@inner
def furthest(sheet):
    """Return the line that breaks its limits most for its length, and what it is short of (negative: over)."""
    line, short, worst = -1, 0.0, 0.0
    for i in range(len(sheet.basic)):
        who, value = sheet.basic[i], sheet.value[i]
        miss = max(sheet.low[who] - value, value - sheet.high[who])
        if miss > KEPT * (1.0 + 0.01 * abs(value)) and miss * miss > worst * sheet.length[i]:
            worst = miss * miss / sheet.length[i]
            line, short = i, miss if value < sheet.low[who] else -miss
    return line, short


@inner
def those_that_mend(sheet, line, short):
    """Put the free ones that can mend a line into `entering`, with what each costs per unit mended; their number."""
    table, count = sheet.table, 0
    rows = len(sheet.basic)
    for j in range(len(sheet.free)):
        entry = table[line, j]
        if abs(entry) < PIVOT:
            continue
        who = sheet.free[j]
        low, high = sheet.low[who], sheet.high[who]
        rises = (entry > 0) == (short > 0)
        if low != high and sheet.at[j] == (low if rises else high):
            sheet.entering[count], sheet.ratio[count] = j, abs(table[rows, j] / entry)
            count += 1
    return count


@inner
def who_enters(sheet, line, short, candidates):
    """Return who enters, -1 for nobody; those that are cheaper and do not suffice go to their other limit."""
    entering, ratio, table = sheet.entering, sheet.ratio, sheet.table
    left, missing = candidates, abs(short)
    while left > 0:
        first = 0
        for k in range(1, left):
            if ratio[k] < ratio[first]:
                first = k
        least = ratio[first]
        for k in range(left):
            if ratio[k] <= least + TIED and abs(table[line, entering[k]]) > abs(table[line, entering[first]]):
                first = k
        place = entering[first]
        who = sheet.free[place]
        range_ = (sheet.high[who] - sheet.low[who]) * abs(table[line, place])
        if range_ >= missing - KEPT:
            for k in range(left, candidates):
                over = sheet.free[entering[k]]
                other = sheet.high[over] if sheet.at[entering[k]] == sheet.low[over] else sheet.low[over]
                step = other - sheet.at[entering[k]]
                move(sheet, entering[k], step)
                sheet.at[entering[k]] = other
            return place
        missing -= range_
        left -= 1
        entering[first], entering[left] = entering[left], entering[first]
        ratio[first], ratio[left] = ratio[left], ratio[first]
    return -1


@inner
def multipliers(sheet, fate, enough, into):
    """Write the multipliers of the rows; where a line cannot be met, such as prove that no plan is worth `enough`.

    A line that cannot be met is worth any price: so much of it is added that the bound falls below `enough`. False
    where rounding has blurred what was said of the line.
    """
    rows, columns = len(sheet.basic), len(sheet.free)
    for i in range(rows):
        into[i] = 0.0
    for j in range(columns):
        if sheet.free[j] >= columns:
            into[sheet.free[j] - columns] = sheet.table[rows, j]
    if fate != NO_PLAN:
        return True
    line, side = int(sheet.told[LINE]), sheet.told[SIDE]
    reach, price = 0.0, 0.0
    for j in range(columns):
        entry = sheet.table[line, j] * side
        if abs(entry) < PIVOT:
            continue
        who = sheet.free[j]
        end = sheet.high[who] if entry > 0 else sheet.low[who]
        reach += entry * end
        price = max(price, abs(sheet.table[rows, j] / entry))
    who = sheet.basic[line]
    missing = (sheet.low[who] if side > 0 else -sheet.high[who]) - reach
    if not missing > 0.0 or np.isinf(missing):
        return False
    beyond = max(0.0, sheet.told[WORTH] - max(enough, -LOW * (1.0 + abs(sheet.told[WORTH])))) + 1.0
    price = side * (2.0 * price + 4.0 * beyond / missing + 1.0)
    for j in range(columns):
        if sheet.free[j] >= columns:
            into[sheet.free[j] - columns] += price * sheet.table[line, j]
    if who >= columns:
        into[who - columns] -= price
    return True
