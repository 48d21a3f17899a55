"""What each demand line can count on, and which promises moved since an earlier plan.

Plans are matched line by line: by SKU, channel, region, order, line and the day on which the line is due where both
have dates, so that the plan of last week, whose periods were counted from another day, is read rightly; by the number
of the period otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allocopt.algebra.grouping import extreme
from allocopt.arguments import instance
from allocopt.plan.answer import Answer
from allocopt.plan.dates import with_dates
from allocopt.plan.tables import line_columns, typed
from allocopt.problem.facts import ANY

LINE = ("sku", "channel", "region", "order", "line")
"""What names a demand line, beside the period or day on which it is due."""
SLACK = 1e-9
"""Units that differ by less are the same: that much is rounding."""


def promises(plan: Any, since: Any = None) -> pd.DataFrame:
    """Return what the lines of a plan are promised; see `Plan.promises`."""
    now = _of(plan)
    if since is None:
        return now
    instance("since", since, type(plan))
    before = _of(since)
    dated = "due_date" in now and "due_date" in before
    key = [*LINE, "due_date" if dated else "due"]
    old = before[[*key, "due", "promised", "date" if dated else "arrives"]].set_axis(
        [*key, "old_due", "old_promised", "old_date"], axis=1
    )
    both = now.merge(old, on=key, how="outer", indicator=True, sort=False)
    gone = both["_merge"] == "right_only"
    for name in ("wanted", "promised", "old_promised"):
        both[name] = both[name].fillna(0.0)
    if dated:
        # The day is the same; the number is that of the calendar of each plan.
        both = both.drop(columns=["due"])
    at, was = ("date", "old_date") if dated else ("arrives", "old_date")
    units = (both["promised"] - both["old_promised"]).abs() > SLACK * (1 + both["old_promised"].abs())
    days = ~((both[at] == both[was]).fillna(False).astype(bool) | (both[at].isna() & both[was].isna()))
    both["changed"] = units | days
    moved = both[both["changed"]].copy()
    moved["how"] = pd.array(_how(moved, at, was, gone[moved.index]), dtype="str")
    order = [*LINE, key[-1], "wanted", "promised", "date", "old_promised", "old_date", "changed", "how"]
    return moved.sort_values(key, kind="stable").reset_index(drop=True)[order]


def _how(moved: pd.DataFrame, at: str, was: str, gone: Any) -> Any:
    """Return in a word or two how each promise moved."""
    more, less = moved["promised"] > moved["old_promised"], moved["promised"] < moved["old_promised"]
    later = (moved[at] > moved[was]).fillna(False).astype(bool).to_numpy()
    earlier = (moved[at] < moved[was]).fillna(False).astype(bool).to_numpy()
    units = np.select([gone, moved["old_promised"] == 0, moved["promised"] == 0, more, less], UNITS, "")
    when = np.select([later, earlier], ["later", "earlier"], "")
    between = np.where((units != "") & (when != ""), ", ", "")
    return units.astype(object) + between + when


UNITS = ["no longer wanted", "new", "none any more", "more", "less"]


def _of(plan: Any) -> pd.DataFrame:
    """Return the promises of a plan, from its numbers, or from its tables where it was read from a file."""
    plan.raise_for_status()
    return _from_numbers(plan.answer) if plan.answer is not None else _from_tables(plan)


def _from_numbers(answer: Answer) -> pd.DataFrame:
    arcs, facts, rows = answer.arcs, answer.arcs.facts, answer.shipped
    lines = facts.lines
    last = extreme(np.maximum, arcs.arrives(rows), arcs.line[rows], len(lines.sku), none=ANY)
    at = np.flatnonzero(answer.wanted > 0)
    table = typed(
        {
            "sku": facts.skus.id[lines.sku[at]],
            **line_columns(facts, at),
            "wanted": answer.wanted[at],
            "promised": answer.served_lines[at],
        }
    )
    table["arrives"] = pd.arrays.IntegerArray(last[at].astype(np.int64), last[at] == ANY)
    return _told(with_dates(table, facts.starts))


def _from_tables(plan: Any) -> pd.DataFrame:
    """Return the promises that the allocation and the shortfalls of a plan come to."""
    shipped, short = plan.allocation, plan.shortfalls
    if "wanted_sku" in shipped:
        shipped = shipped.assign(sku=shipped["wanted_sku"])
    units = "served" if "served" in shipped else "units"
    when = [name for name in ("due_date",) if name in shipped]
    key = [*LINE, "due", *when]
    kinds: dict[str, tuple[str, str]] = {"promised": (units, "sum"), "arrives": ("arrives", "max")}
    if when:
        kinds["arrives_date"] = ("arrives_date", "max")
    got = shipped.groupby(key, sort=False).agg(**kinds).reset_index()
    lines = short[[*key, "wanted"]].drop_duplicates(key).merge(got, on=key, how="outer", sort=False)
    lines["promised"] = lines["promised"].fillna(0.0)
    lines["wanted"] = lines["wanted"].fillna(lines["promised"])
    lines["arrives"] = lines["arrives"].astype("Int64")
    lines = lines.sort_values([*LINE[:2], "due", *LINE[2:]], kind="stable").reset_index(drop=True)
    return _told(lines[[*key, "wanted", "promised", "arrives", *(["arrives_date"] if when else [])]])


def _told(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the date of the last arrival: a day where there are dates, else the period."""
    if "arrives_date" in table:
        return table.rename(columns={"arrives_date": "date"})
    return table.assign(date=table["arrives"])
