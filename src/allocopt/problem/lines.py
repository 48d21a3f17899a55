"""Demand lines that a contract changes or adds: every array aligned, in the canonical order of `Lines`."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from allocopt.problem.encode import freeze
from allocopt.problem.facts import Facts, Flags, Ints, Lines


def take(lines: Lines, rows: Any, **changes: Any) -> Lines:
    """Return some of the lines, with other values in the columns that `changes` names.

    Parameters
    ----------
    lines : Lines
    rows : positions or bool, shape (lines,)
    **changes
        Arrays, shape (rows taken,), or one value for all of them.

    Returns
    -------
    Lines
    """
    kept: dict[str, Any] = {}
    for field in fields(Lines):
        column = getattr(lines, field.name)[rows]
        if field.name in changes:
            column = np.broadcast_to(np.asarray(changes[field.name], dtype=column.dtype), column.shape)
        kept[field.name] = column
    return Lines(**kept)


def with_lines(facts: Facts, *parts: Lines) -> Facts:
    """Return the facts with these demand lines in place of their own, in canonical order and read-only.

    Parameters
    ----------
    facts : Facts
    *parts : Lines
        All lines of the new facts, in any order; put what is in order already first.
    """
    joined = Lines(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Lines)}
    )
    order = canonical_order(facts, joined)
    lines = joined if (np.diff(order) == 1).all() else take(joined, order)
    freeze(lines)
    return replace(facts, lines=lines)


def canonical_order(facts: Facts, lines: Lines) -> Ints:
    """Return the positions of lines sorted by sku, channel, period, region, order, line."""
    place = lines.sku.astype(np.int64) * len(facts.channels.id) + lines.channel
    place = place * facts.periods + lines.period
    detail = (lines.region.astype(np.int64) + 1) * (len(facts.orders) + 1) + lines.order + 1
    text = np.zeros(len(place), dtype=np.int64)
    tied = _tied(place, detail)
    if tied.any():
        # Texts are compared only where nothing else tells two lines apart: sorting all of them would take longest.
        import pandas as pd

        text[tied] = pd.factorize(lines.line[tied], sort=True)[0]
    order: Ints = np.lexsort((text, detail, place)).astype(np.int32)
    return order


def _tied(place: Any, detail: Any) -> Flags:
    """Return which entries share both keys with another one."""
    order = np.lexsort((detail, place))
    same = (np.diff(place[order]) == 0) & (np.diff(detail[order]) == 0)
    tied = np.zeros(len(place), dtype=bool)
    tied[order[1:][same]] = True
    tied[order[:-1][same]] = True
    return tied
