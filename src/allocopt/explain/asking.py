"""Which demand line somebody asks about."""

from __future__ import annotations

from typing import Any

import numpy as np

from allocopt.explain.shortfalls import Why
from allocopt.problem.facts import ANY
from allocopt.problem.report import Nearest

Asked = dict[str, Any]
NAMED = 5
"""So many lines are named where a question is about several."""


def lines_of(
    why: Why,
    sku: str,
    channel: str,
    due: int | None = None,
    order: str | None = None,
    line: str | None = None,
    region: str | None = None,
) -> np.ndarray:
    """Return the demand lines that a question is about.

    Raises
    ------
    ValueError
        If there is none.
    """
    facts = why.answer.arcs.facts
    lines = facts.lines
    mine = np.ones(len(lines.sku), dtype=bool)
    for name, ids, codes, value in (
        ("sku", facts.skus.id, lines.sku, sku),
        ("channel", facts.channels.id, lines.channel, channel),
    ):
        if not (ids == value).any():
            near = Nearest(sorted(map(str, ids))).of(str(value))
            raise ValueError(f"{name} {value!r} is not in the problem" + (f": did you mean {near!r}?" if near else ""))
        mine &= ids[codes] == value
    if due is not None:
        mine &= lines.period == due
    for codes, ids, named in ((lines.order, facts.orders, order), (lines.region, facts.regions, region)):
        if named is not None:
            mine &= np.where(codes == ANY, "", ids[codes] if len(ids) else "") == named
    if line is not None:
        mine &= lines.line == line
    found: np.ndarray = np.flatnonzero(mine)
    if not len(found):
        given = {"sku": sku, "channel": channel, "due": due, "order": order, "line": line, "region": region}
        said = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is not None)
        raise ValueError(f"no demand line has {said}")
    return found


def the_line(why: Why, **asked: Any) -> int:
    """Return the one line that a question is about: of several, the one that is short.

    Raises
    ------
    ValueError
        If several are meant; the message names the first few of them.
    """
    found = lines_of(why, **asked)
    if len(found) > 1:
        short = found[why.short[found] > 0]
        found = short if len(short) == 1 else found
    if len(found) > 1:
        names = "; ".join(why.words.line(int(one)) for one in found[:NAMED])
        more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
        told = {"due": "period", "order": "order", "region": "region", "line": "line"}
        lines = why.answer.arcs.facts.lines
        open_ = [f"{name}=" for name, column in told.items() if len(set(getattr(lines, column)[found])) > 1]
        say = f". Say {' or '.join(open_)} as well" if open_ else ": they differ in what no argument tells"
        raise ValueError(f"{len(found):,} demand lines are meant: {names}{more}{say}")
    return int(found[0])
