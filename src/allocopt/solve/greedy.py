"""Takers that come one after the other, or together, and take what is best for themselves of what is left.

.. code-block:: text

    level by level; in a level each taker d eats, from time 0 to 1, at the speed want[d] from the first of its choices
    that is open; a choice closes when one of its limits is used up:    sum_{p in row} value[p] took[p] <= limit

What was eaten is made whole by largest remainder: each taker gets the whole part of what it ate from each choice, then
what whole parts of several choices lost together, and what rounding left of an article goes to the largest remainders,
the first taker where these are equal. What limits in fractions leave beyond that is given out unit by unit in the same
order. A taker alone takes as much of each choice, in turn, as there is. Source: simultaneous eating, Bogomolnaia and
Moulin, A new solution to the random assignment problem, Journal of Economic Theory 100 (2001); largest remainder,
Balinski and Young, Fair Representation (1982).

All functions run as they stand on lists, and compiled on arrays (see `native_greedy`).
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

TINY = 1e-9
"""Amounts below are rounding residues [unit]."""


class Taking(NamedTuple):
    """Takers, their choices, and the limits; lists or arrays.

    Takers are numbered in the order in which they come, their choices from the best to the worst: those of taker d are
    ``first[d]`` to ``first[d + 1]``; the entries of choice p ``entry_first[p]`` on; those of row k ``row_first[k]`` on.
    ``grain`` is what a taker takes at a time (0: anything), ``article`` whose rounding it shares. ``room`` is what a
    choice holds, ``slack`` what is left of a row, ``took`` the outcome, ``slip`` the rounding of a row's own sums;
    what follows is for one level at a time.
    """

    first: Any
    entry_first: Any
    entry_row: Any
    entry_value: Any
    row_first: Any
    row_choice: Any
    row_value: Any
    taker: Any
    want: Any
    grain: Any
    article: Any
    room: Any
    slack: Any
    slip: Any
    took: Any
    flow: Any
    rate: Any
    since: Any
    stamp: Any
    seen: Any
    at: Any
    begun: Any
    turn: Any
    eaten: Any
    got: Any
    left: Any


def run(board: Taking, levels: Any, begin: int, end: int) -> None:
    """Let the takers of levels ``begin`` to ``end`` take; those of a level are ``levels[l]`` to ``levels[l + 1]``."""
    for level in range(begin, end):
        low, high = levels[level], levels[level + 1]
        if high - low == 1:
            alone(board, low)
        elif high > low:
            eat(board, low, high, level)
            settle(board, low, high)


def alone(board, taker):
    """Let a taker take as much of each choice, in turn, as there is."""
    rest = board.want[taker]
    for choice in range(board.first[taker], board.first[taker + 1]):
        if rest <= TINY:
            break
        rest -= give(board, choice, rest, board.grain[taker])


def give(board, choice, amount, grain):
    """Take at most an amount of a choice, in whole grains, and return what was taken."""
    most = min(amount, board.room[choice])
    for entry in range(board.entry_first[choice], board.entry_first[choice + 1]):
        value, row = board.entry_value[entry], board.entry_row[entry]
        if value > 0.0:
            most = min(most, (board.slack[row] + board.slip[row]) / value)
    if grain > 0.0:
        most = int(most / grain + 1e-12) * grain
    if most <= 0.0:
        return 0.0
    board.took[choice] += most
    board.room[choice] -= most
    for entry in range(board.entry_first[choice], board.entry_first[choice + 1]):
        board.slack[board.entry_row[entry]] -= board.entry_value[entry] * most
    return most


def eat(board, low, high, level):
    """Let the takers of a level eat at the same time, until all are full or find nothing open."""
    rows = len(board.slack)
    events = [(2.0, -1, 0)]
    for taker in range(low, high):
        board.at[taker] = board.first[taker]
        start(board, events, taker, 0.0, level)
    while True:
        time, what, stamp = heappop(events)
        if time >= 1.0:
            break
        if what >= rows:
            taker = what - rows
            if stamp == board.turn[taker]:
                stop(board, events, taker, time)
                board.at[taker] += 1
                start(board, events, taker, time, level)
        elif stamp == board.stamp[what]:
            touch(board, what, time)
            board.flow[what] = 0.0
            for entry in range(board.row_first[what], board.row_first[what + 1]):
                choice = board.row_choice[entry]
                taker = board.taker[choice]
                if low <= taker < high and board.at[taker] == choice and board.row_value[entry] > 0.0:
                    stop(board, events, taker, time)
                    board.at[taker] += 1
                    start(board, events, taker, time, level)
    for taker in range(low, high):
        if board.at[taker] < board.first[taker + 1]:
            stop(board, events, taker, 1.0)


def touch(board, row, time):
    """Bring what is left of a row up to a time."""
    board.flow[row] -= board.rate[row] * (time - board.since[row])
    board.since[row] = time


def start(board, events, taker, time, level):
    """Let a taker eat from the first of its remaining choices that is open."""
    choice, last = board.at[taker], board.first[taker + 1]
    while choice < last:
        is_open = board.room[choice] > TINY
        for entry in range(board.entry_first[choice], board.entry_first[choice + 1]):
            row, value = board.entry_row[entry], board.entry_value[entry]
            if board.seen[row] != level:
                board.seen[row] = level
                board.flow[row] = board.slack[row]
                board.rate[row] = 0.0
                board.since[row] = time
            left = board.flow[row] - board.rate[row] * (time - board.since[row])
            is_open = is_open and (value <= 0.0 or left > TINY * value)
        if is_open:
            break
        choice += 1
    board.at[taker] = choice
    if choice == last:
        return
    speed = board.want[taker]
    pace(board, events, choice, speed, time)
    board.begun[taker] = time
    board.turn[taker] += 1
    if board.room[choice] < speed * (1.0 - time):
        heappush(events, (time + board.room[choice] / speed, len(board.slack) + taker, board.turn[taker]))


def stop(board, events, taker, time):
    """Write down what a taker ate from its choice."""
    choice = board.at[taker]
    board.eaten[choice] += board.want[taker] * (time - board.begun[taker])
    board.turn[taker] += 1
    pace(board, events, choice, -board.want[taker], time)


def pace(board, events, choice, speed, time):
    """Change the speed at which a choice is eaten, and foresee when its rows are used up."""
    for entry in range(board.entry_first[choice], board.entry_first[choice + 1]):
        row = board.entry_row[entry]
        touch(board, row, time)
        board.rate[row] += board.entry_value[entry] * speed
        board.stamp[row] += 1
        if board.rate[row] > TINY:
            heappush(events, (time + max(board.flow[row], 0.0) / board.rate[row], row, board.stamp[row]))


def settle(board, low, high):
    """Make what was eaten in a level whole by largest remainder."""
    for taker in range(low, high):
        board.left[board.article[taker]] = 0.0
    order = [(0.0, 0)]
    order.pop()
    for taker in range(low, high):
        got, grain = 0.0, board.grain[taker]
        for choice in range(board.first[taker], board.first[taker + 1]):
            if board.eaten[choice] > 0.0:
                got += give(board, choice, board.eaten[choice] + (TINY if grain > 0.0 else 0.0), grain)
        board.got[taker] = got
    for taker in range(low, high):
        eaten, got, grain = 0.0, board.got[taker], board.grain[taker]
        for choice in range(board.first[taker], board.first[taker + 1]):
            eaten += board.eaten[choice]
            board.eaten[choice] = 0.0
        if grain > 0.0:
            # What whole parts of several choices lost together.
            while got <= eaten - grain + TINY and more(board, taker, grain):
                got += grain
            order.append((-round((eaten - got) / grain, 6), taker))
        board.got[taker] = got
        board.left[board.article[taker]] += eaten - got
    heapify(order)
    ranked = [heappop(order) for _ in range(len(order))]
    for remainder, taker in ranked:
        grain, article = board.grain[taker], board.article[taker]
        if remainder < 0.0 and board.left[article] > grain - 1e-6 and more(board, taker, grain):
            board.got[taker] += grain
            board.left[article] -= grain
    given = True
    while given:
        given = False
        for _, taker in ranked:
            grain = board.grain[taker]
            if board.got[taker] + grain <= board.want[taker] + TINY and more(board, taker, grain):
                board.got[taker] += grain
                given = True


def more(board, taker, grain):
    """Give a taker one grain more from the best choice that has it, and return whether there was one."""
    choice, last = board.first[taker], board.first[taker + 1]
    while choice < last and give(board, choice, grain, grain) <= 0.0:
        choice += 1
    return choice < last
