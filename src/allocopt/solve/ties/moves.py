"""Moves between plans of equal worth, article by article, until none is left that betters the order of ties.

Three moves: units go from one line to another; a line takes units of another lot, or over another lane or in another
period; two lines exchange. Each article is gone through until nothing moves: first all of it, then lines that have
changed and arcs in rows in which there is room again.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from allocopt.solve.ties.board import CUT, EQUAL, MADE, NOWHERE, ROUNDING, SWEEPS, UNKNOWN, WORK
from allocopt.solve.ties.moving import PARTS as OF_A_MOVE
from allocopt.solve.ties.moving import closed, move


def settle(board, hand, desk, seen, begin, end, limit):
    """Settle the ties of the articles from ``begin`` to ``end``.

    Parameters
    ----------
    board : Board
    hand : Hand
    desk : Desk
    seen : int64, shape (articles,)
        How many moves were made when an article was settled last, -1 for never; changed.
    begin, end : int
    limit : int
        Of the work; the article at which it is reached is not finished.
    """
    lines, lots = board.lines.of_sku, board.lots.of_sku
    for sku in range(begin, end):
        if lines[sku + 1] > lines[sku] and lots[sku + 1] > lots[sku] and hand.count[WORK] <= limit:
            if not _settled(board, hand, desk, sku, seen[sku], limit):
                hand.count[CUT] += 1
            seen[sku] = hand.count[MADE]


def _settled(board, hand, desk, sku, since, limit):
    """Settle the ties of an article that was settled when so many moves were made; return whether no move is left."""
    for sweep in range(SWEEPS):
        before = hand.count[MADE]
        if not _wake(board.columns, board.rows.freed, board.lines, desk, sku, since):
            return True
        if hand.count[WORK] > limit:
            return False
        if sweep == 0:
            _by_lot(board, desk, sku)
        active = _shipping(board, desk, sku)
        _between_lines(board, hand, desk, sku, active)
        _within_lines(board, hand, desk, sku, active)
        _exchanges(board, hand, desk, sku, active)
        since = before
    return False


def _wake(columns, freed, lines, desk, sku, since):
    """Find the arcs whose line has changed since, or that are in rows in which there is room since."""
    first = lines.of_sku[sku]
    base, some = lines.ptr[first], False
    for line in range(first, lines.of_sku[sku + 1]):
        fresh = lines.changed[line] > since
        stirred = fresh
        for arc in range(lines.ptr[line], lines.ptr[line + 1]):
            woken = fresh
            if not fresh:
                for entry in range(columns.ptr[arc], columns.ptr[arc + 1]):
                    if freed[columns.row[entry]] > since:
                        woken = True
            desk.woken[arc - base] = woken
            stirred = stirred or woken
        desk.stirred[line - first] = stirred
        some = some or stirred
    return some


def _by_lot(board, desk, sku):
    """Sort the arcs of an article by lot, those of the first line first."""
    lines, lot_of = board.lines, board.arcs.lot
    first, base = board.lots.of_sku[sku], lines.ptr[lines.of_sku[sku]]
    lots = board.lots.of_sku[sku + 1] - first
    for lot in range(lots + 2):
        desk.lot_ptr[lot] = 0
    for arc in range(base, lines.ptr[lines.of_sku[sku + 1]]):
        desk.lot_ptr[lot_of[arc] - first + 2] += 1
        desk.gain[(arc - base) * lots] = UNKNOWN
    for lot in range(lots):
        desk.lot_ptr[lot + 2] += desk.lot_ptr[lot + 1]
    for at in range(lines.of_sku[sku], lines.of_sku[sku + 1]):
        line = lines.ordered[at]
        for arc in range(lines.ptr[line], lines.ptr[line + 1]):
            lot = lot_of[arc] - first + 1
            desk.lot_arcs[desk.lot_ptr[lot]] = arc
            desk.lot_ptr[lot] += 1


def _shipping(board, desk, sku):
    """List the arcs of an article from which units can be taken, those of the last line first; return how many."""
    columns, lines = board.columns, board.lines
    number = 0
    for back in range(lines.of_sku[sku + 1] - lines.of_sku[sku]):
        line = lines.ordered[lines.of_sku[sku + 1] - 1 - back]
        least = lines.least[line]
        for arc in range(lines.ptr[line], lines.ptr[line + 1]):
            if columns.x[arc] - columns.lower[arc] > least:
                desk.active[number] = arc
                number += 1
    return number


def _between_lines(board, hand, desk, sku, active):
    """Move units from one line to another."""
    columns, rows, lines, cost = board.columns, board.rows, board.lines, board.columns.cost
    lot_of, line_of, money_of, place = board.arcs.lot, board.arcs.line, board.arcs.money, board.lines.place
    first, base = board.lots.of_sku[sku], lines.ptr[lines.of_sku[sku]]
    for rank in range(active):
        arc = desk.active[rank]
        line, lot, fresh = line_of[arc], lot_of[arc] - first, desk.woken[arc - base]
        least = lines.least[line]
        hand.count[WORK] += desk.lot_ptr[lot + 1] - desk.lot_ptr[lot]
        for at in range(desk.lot_ptr[lot], desk.lot_ptr[lot + 1]):
            other = desk.lot_arcs[at]
            taker = line_of[other]
            if taker == line or not (fresh or desk.woken[other - base]):
                continue
            gain, money = cost[other] - cost[arc], money_of[other] + money_of[arc]
            better = place[taker] < place[line]
            if gain > EQUAL * money or (better and gain >= -ROUNDING * money):
                room = lines.wanted[taker] - lines.served[taker]
                if room <= lines.least[taker] or columns.x[arc] - columns.lower[arc] <= least:
                    continue
                if not closed(columns.ptr, columns.row, columns.value, rows.full, other, arc, other, arc):
                    hand.column[0], hand.sign[0] = arc, -1.0
                    hand.column[1], hand.sign[1] = other, 1.0
                    move(board, hand, 2, room, better)


def _within_lines(board, hand, desk, sku, active):
    """Let lines take units of other lots, over other lanes, in other periods."""
    columns, rows, arcs, lines, lots = board.columns, board.rows, board.arcs, board.lines, board.lots
    cost, base = board.columns.cost, lines.ptr[lines.of_sku[sku]]
    for rank in range(active):
        arc = desk.active[rank]
        line, lot = arcs.line[arc], arcs.lot[arc]
        if not desk.stirred[line - lines.of_sku[sku]]:
            continue
        least = lines.least[line]
        hand.count[WORK] += lines.ptr[line + 1] - lines.ptr[line]
        for other in range(lines.ptr[line], lines.ptr[line + 1]):
            source = arcs.lot[other]
            if other == arc or not desk.woken[other - base]:
                continue
            if source != lot and lots.stock[source] - lots.used[source] <= least:
                continue
            gain, money = cost[other] - cost[arc], arcs.money[other] + arcs.money[arc]
            better = arcs.late[other] < arcs.late[arc]
            if arcs.late[other] == arcs.late[arc]:
                better = arcs.key[other] < arcs.key[arc]
            if gain > EQUAL * money or (better and gain >= -ROUNDING * money):
                room = columns.x[arc] - columns.lower[arc]
                if room <= least:
                    continue
                if not closed(columns.ptr, columns.row, columns.value, rows.full, other, arc, other, arc):
                    hand.column[0], hand.sign[0] = arc, -1.0
                    hand.column[1], hand.sign[1] = other, 1.0
                    move(board, hand, 2, room, better)


def _instead(board, desk, sku, arc):
    """Write down what an arc's line would gain by shipping from each other lot, how late, with which key, at best."""
    arcs, ptr, cost = board.arcs, board.lines.ptr, board.columns.cost
    first = board.lots.of_sku[sku]
    lots = board.lots.of_sku[sku + 1] - first
    base = (arc - ptr[board.lines.of_sku[sku]]) * lots
    for place in range(base, base + lots):
        desk.gain[place] = NOWHERE
    line = arcs.line[arc]
    for other in range(ptr[line], ptr[line + 1]):
        place = base + arcs.lot[other] - first
        if other != arc:
            if desk.gain[place] == NOWHERE:
                desk.late[place], desk.key[place] = arcs.late[other], arcs.key[other]
            desk.gain[place] = max(desk.gain[place], cost[other] - cost[arc])
            desk.late[place] = min(desk.late[place], arcs.late[other])
            desk.key[place] = min(desk.key[place], arcs.key[other])


def _exchanges(board, hand, desk, sku, active):
    """Let each two lines exchange what they ship."""
    lot_of, line_of, late_of, key_of = board.arcs.lot, board.arcs.line, board.arcs.late, board.arcs.key
    top = board.lines.of_sku[sku]
    first, base = board.lots.of_sku[sku], board.lines.ptr[board.lines.of_sku[sku]]
    lots, fresh, equal = board.lots.of_sku[sku + 1] - first, 0, 0.0
    for rank in range(active):
        arc = desk.active[rank]
        equal = max(equal, 4.0 * EQUAL * board.arcs.money[arc])
        if desk.stirred[line_of[arc] - top]:
            desk.fresh[fresh] = rank
            fresh += 1
        if desk.gain[(arc - base) * lots] == UNKNOWN:
            _instead(board, desk, sku, arc)
    hand.count[WORK] += fresh * active // 2
    for at in range(fresh):
        this, until = desk.active[desk.fresh[at]], desk.fresh[at]
        for rank in range(active):
            behind, ahead = desk.active[rank], this
            if rank >= until:
                if desk.stirred[line_of[behind] - top]:
                    continue
                behind, ahead = this, behind
            mine = (ahead - base) * lots + lot_of[behind] - first
            his = (behind - base) * lots + lot_of[ahead] - first
            gain = desk.gain[mine] + desk.gain[his]
            if gain < -equal:
                continue
            later = desk.late[mine] + desk.late[his] >= late_of[ahead] + late_of[behind]
            worse = gain <= equal and desk.key[mine] >= key_of[ahead] and later
            if not worse and line_of[ahead] != line_of[behind]:
                _exchange(board, hand, ahead, behind)


def _exchange(board, hand, ahead, behind):
    """Let the line of ``ahead`` ship from the lot of ``behind``, and the other way round."""
    columns, arcs, ptr, cost = board.columns, board.arcs, board.lines.ptr, board.columns.cost
    full = board.rows.full
    room = min(columns.x[ahead] - columns.lower[ahead], columns.x[behind] - columns.lower[behind])
    if room <= board.lines.least[arcs.line[ahead]]:
        return
    begin = _first(ptr, arcs.lot, arcs.line[ahead], arcs.lot[behind])
    start = _first(ptr, arcs.lot, arcs.line[behind], arcs.lot[ahead])
    for mine in range(begin, ptr[arcs.line[ahead] + 1]):
        if arcs.lot[mine] != arcs.lot[behind]:
            break
        for other in range(start, ptr[arcs.line[behind] + 1]):
            if arcs.lot[other] != arcs.lot[ahead]:
                break
            if mine == ahead or other == behind:
                continue
            gain = cost[mine] + cost[other] - cost[ahead] - cost[behind]
            money = arcs.money[mine] + arcs.money[other] + arcs.money[ahead] + arcs.money[behind]
            late = arcs.late[mine] + arcs.late[other] - arcs.late[ahead] - arcs.late[behind]
            better = late < 0 or (late == 0 and arcs.key[mine] < arcs.key[ahead])
            if gain > EQUAL * money or (better and gain >= -ROUNDING * money):
                if closed(columns.ptr, columns.row, columns.value, full, mine, ahead, other, behind):
                    continue
                if closed(columns.ptr, columns.row, columns.value, full, other, ahead, mine, behind):
                    continue
                hand.column[0], hand.sign[0] = ahead, -1.0
                hand.column[1], hand.sign[1] = behind, -1.0
                hand.column[2], hand.sign[2] = mine, 1.0
                hand.column[3], hand.sign[3] = other, 1.0
                move(board, hand, 4, room, better)


def _first(ptr, lots, line, lot):
    """Return the first arc of a line from a lot, or where it would stand."""
    low, high = ptr[line], ptr[line + 1]
    while low < high:
        middle = (low + high) // 2
        if lots[middle] < lot:
            low = middle + 1
        else:
            high = middle
    return low


PARTS = (
    *OF_A_MOVE,
    _first,
    _exchange,
    _instead,
    _exchanges,
    _within_lines,
    _between_lines,
    _shipping,
    _by_lot,
    _wake,
    _settled,
    settle,
)
"""Everything that is compiled for large programs."""
