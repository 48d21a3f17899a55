"""One move: as many units as the rows allow, and the columns that have to follow.

A move adds to some arcs and takes from others. Where a row would break, columns that are no arcs (packs, switches,
idle stock, promises broken) may follow, each once: the one that breaks the fewest other rows. Money is never given up,
beyond rounding. Plain functions of scalars and of things with places, so that they run as they are or compiled.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from allocopt.solve.ties.board import (
    EQUAL,
    FOLLOWERS,
    FOLLOWING,
    HALVINGS,
    LONG,
    MADE,
    ROUNDING,
    SEARCHED,
    TOUCHED,
    WORK,
)


def move(board, hand, count, most, better):
    """Make the move of the first ``count`` arcs in hand with as many units as can be, at most ``most``.

    It is made if it earns more, or as much and is ``better`` by the order of ties.
    """
    columns, rows = board.columns, board.rows
    hand.count[WORK] += 32
    _lay_out(columns, hand, count)
    step = _step(columns, rows, hand, count)
    units = _room(columns, rows, hand, count, most)
    least = board.lines.least[board.arcs.line[hand.column[0]]]
    if step > 0.0:
        units, least = step * ((units + 1e-9) // step), step
    touched = hand.count[TOUCHED]
    for _ in range(HALVINGS):
        if units < least:
            for at in range(hand.count[TOUCHED]):
                rows.barred[hand.touched[at]] = True
            break
        kept = _follows(columns, rows, hand, touched, units)
        if kept and _worth_it(columns.cost, board.arcs.money, hand, count, units, better):
            _make(board, hand, count, units)
            break
        units = step * (units / 2.0 // step) if step > 0.0 else units / 2.0
    for at in range(hand.count[TOUCHED]):
        hand.marked[hand.touched[at]] = False
    hand.count[TOUCHED] = 0


def closed(ptr, rows, value, full, taker, giver, other_taker, other_giver):
    """Return whether an arc is in a full row that no other arc of a move is in; arcs may be named twice."""
    for entry in range(ptr[taker], ptr[taker + 1]):
        row = rows[entry]
        if (full[row] == 1 and value[entry] > 0.0) or (full[row] == -1 and value[entry] < 0.0):
            alone = True
            for against in range(ptr[giver], ptr[giver + 1]):
                alone = alone and rows[against] != row
            for against in range(ptr[other_giver], ptr[other_giver + 1]):
                alone = alone and rows[against] != row
            if other_taker != taker:
                for against in range(ptr[other_taker], ptr[other_taker + 1]):
                    alone = alone and rows[against] != row
            if alone:
                return True
    return False


def _lay_out(columns, hand, count):
    """Add up what a unit of a move adds to each row."""
    touched = 0
    for at in range(count):
        column, sign = hand.column[at], hand.sign[at]
        for entry in range(columns.ptr[column], columns.ptr[column + 1]):
            row = columns.row[entry]
            if not hand.marked[row]:
                hand.marked[row] = True
                hand.touched[touched] = row
                touched += 1
                hand.per_unit[row] = 0.0
            hand.per_unit[row] += sign * columns.value[entry]
    hand.count[TOUCHED] = touched


def _step(columns, rows, hand, count):
    """Return how many units have to move at once, 0 for any: one, or whole packs where a row counts them."""
    step = 0.0
    for at in range(count):
        if columns.whole[hand.column[at]]:
            step = 1.0
    for at in range(hand.count[TOUCHED]):
        row = hand.touched[at]
        first = rows.ptr[row]
        one = rows.ptr[row + 1] == first + 1 and hand.per_unit[row] != 0.0
        if one and rows.lower[row] == rows.upper[row] and columns.whole[rows.column[first]]:
            size = abs(rows.value[first] / hand.per_unit[row])
            if step == 0.0 or (size % 1.0 == 0.0 and size < 1e9):
                step = _multiple(step, size)
    return step


def _multiple(one, other):
    """Return the least common multiple of two whole numbers; of nothing and a number, that number."""
    if one <= 0.0:
        return other
    high, low = one, other
    while low > 0.5:
        high, low = low, high % low
    return one / high * other


def _room(columns, rows, hand, count, most):
    """Return how many units the columns' limits and the rows in which nothing can follow allow."""
    units = most
    for at in range(count):
        column = hand.column[at]
        room = columns.upper[column] - columns.x[column]
        if hand.sign[at] < 0.0:
            room = columns.x[column] - columns.lower[column]
        units = min(units, room)
    for at in range(hand.count[TOUCHED]):
        row = hand.touched[at]
        per_unit = hand.per_unit[row]
        if per_unit != 0.0 and rows.ptr[row] == rows.ptr[row + 1]:
            activity, slack = rows.activity[row], 0.5 * rows.slack[row]
            if per_unit > 0.0 and activity + per_unit * units > rows.upper[row]:
                units = (rows.upper[row] + slack - activity) / per_unit
            if per_unit < 0.0 and activity + per_unit * units < rows.lower[row]:
                units = (rows.lower[row] - slack - activity) / per_unit
    return units


def _off(activity, lower, upper, slack, change):
    """Return by how much a change of a row would break it: above 0 too much, below 0 too little."""
    after = activity + change
    if change > 0.0 and after > upper + slack:
        return after - upper
    if change < 0.0 and after < lower - slack:
        return after - lower
    return 0.0


def _follows(columns, rows, hand, touched, units):
    """Return whether a move of so many units keeps every row, and find the columns that have to follow it."""
    for at in range(touched, hand.count[TOUCHED]):
        hand.marked[hand.touched[at]] = False
    hand.count[TOUCHED], hand.count[FOLLOWING] = touched, 0
    for at in range(touched):
        row = hand.touched[at]
        hand.change[row] = hand.per_unit[row] * units
    looked = 0
    while looked < hand.count[TOUCHED]:
        row = hand.touched[looked]
        off = _off(rows.activity[row], rows.lower[row], rows.upper[row], rows.slack[row], hand.change[row])
        looked += 1
        if off != 0.0:
            hand.count[WORK] += 16
            if hand.count[FOLLOWING] == FOLLOWERS or not _follow(columns, rows, hand, row, off):
                return False
            looked = 0
    return True


def _follow(columns, rows, hand, row, off):
    """Let the column follow that mends a row and breaks the fewest others; False where there is none."""
    best, best_amount, fewest = -1, 0.0, 1 << 30
    first = rows.ptr[row]
    for entry in range(first, min(rows.ptr[row + 1], first + SEARCHED)):
        column = rows.column[entry]
        amount = -off / rows.value[entry]
        if columns.whole[column]:
            amount = float(-((-amount + 1e-9) // 1.0)) if amount > 0.0 else float((amount + 1e-9) // 1.0)
        inside = columns.lower[column] - 1e-9 <= columns.x[column] + amount <= columns.upper[column] + 1e-9
        for at in range(hand.count[FOLLOWING]):
            inside = inside and hand.follower[at] != column
        if inside and columns.ptr[column + 1] - columns.ptr[column] <= LONG:
            broken = 0
            for other in range(columns.ptr[column], columns.ptr[column + 1]):
                line = columns.row[other]
                change = amount * columns.value[other]
                if hand.marked[line]:
                    change += hand.change[line]
                if _off(rows.activity[line], rows.lower[line], rows.upper[line], rows.slack[line], change) != 0.0:
                    broken += 1
            if broken < fewest:
                best, best_amount, fewest = column, amount, broken
            if fewest == 0:
                break
    if best < 0:
        return False
    for entry in range(columns.ptr[best], columns.ptr[best + 1]):
        line = columns.row[entry]
        if not hand.marked[line]:
            hand.marked[line] = True
            hand.touched[hand.count[TOUCHED]] = line
            hand.count[TOUCHED] += 1
            hand.per_unit[line] = hand.change[line] = 0.0
        hand.change[line] += best_amount * columns.value[entry]
    hand.follower[hand.count[FOLLOWING]], hand.amount[hand.count[FOLLOWING]] = best, best_amount
    hand.count[FOLLOWING] += 1
    return True


def _worth_it(cost, arc_money, hand, count, units, better):
    """Return whether a move earns more, or as much and is better by the order of ties."""
    gain, money = 0.0, 0.0
    for at in range(count):
        gain += hand.sign[at] * units * cost[hand.column[at]]
        money += units * arc_money[hand.column[at]]
    for at in range(hand.count[FOLLOWING]):
        paid = hand.amount[at] * cost[hand.follower[at]]
        gain += paid
        money += abs(paid)
    return gain > EQUAL * money or (better and gain >= -ROUNDING * money)


def _make(board, hand, count, units):
    """Change the plan."""
    columns, rows, lines = board.columns, board.rows, board.lines
    hand.count[MADE] += 1
    for at in range(count):
        column, change = hand.column[at], hand.sign[at] * units
        line = board.arcs.line[column]
        columns.x[column] = min(max(columns.x[column] + change, columns.lower[column]), columns.upper[column])
        lines.served[line] += change
        lines.changed[line] = hand.count[MADE]
        board.lots.used[board.arcs.lot[column]] += change
    for at in range(hand.count[FOLLOWING]):
        column = hand.follower[at]
        columns.x[column] = min(max(columns.x[column] + hand.amount[at], columns.lower[column]), columns.upper[column])
    for at in range(hand.count[TOUCHED]):
        row = hand.touched[at]
        if hand.change[row] != 0.0:
            before, full = rows.full[row], 0
            rows.activity[row] += hand.change[row]
            if rows.ptr[row] == rows.ptr[row + 1]:
                if rows.activity[row] >= rows.upper[row] - rows.slack[row]:
                    full = 1
                elif rows.activity[row] <= rows.lower[row] + rows.slack[row]:
                    full = -1
            rows.full[row] = full
            if (before == 0 and rows.barred[row]) or (before != 0 and full != before):
                rows.freed[row] = hand.count[MADE]


PARTS = (_multiple, closed, _off, _lay_out, _step, _room, _follow, _follows, _worth_it, _make, move)
"""What `move` is made of."""
