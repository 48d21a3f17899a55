"""Demand lines that a contract changes or adds: every array aligned, in the canonical order of `Lines`."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allocopt.problem.encode import OF_CONTRACTS, freeze
from allocopt.problem.facts import ANY, Facts, Flags, Ints, Lines, Names
from allocopt.problem.labels import encode
from allocopt.problem.schema import TABLES


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


def unsaid() -> dict[str, Any]:
    """Return what demand lines hold where nothing is said of them: the declared defaults, as facts have them."""
    blank = {"number": np.nan, "time": np.nan, "whole": 0}
    said = {each.name: each for each in TABLES["demand"].columns if not each.required}
    held = {name: blank.get(each.type) if each.default is None else each.default for name, each in said.items()}
    contracts = {name: value for name, (value, _) in OF_CONTRACTS.items()}
    return {**held, "region": ANY, "order": ANY, "row": ANY, **contracts}


def made(like: Lines, number: int, **said: Any) -> Lines:
    """Return so many new lines, with what is said of them: arrays, or one value for all; columns as those of others."""
    values = unsaid() | said
    kinds = {field.name: getattr(like, field.name).dtype for field in fields(Lines)}
    return Lines(**{name: np.broadcast_to(np.asarray(values[name], kind), number) for name, kind in kinds.items()})


def emptied(lines: Lines, gone: Flags) -> Lines:
    """Return the lines, those that are gone without any units, commitments and costs: they count as not there."""
    columns = ("units", "min_units", "lost_cost", "otif_cost", "confirmed")
    return take(lines, slice(None), **{name: np.where(gone, 0.0, getattr(lines, name)) for name in columns})


def with_lines(facts: Facts, kept: Lines, *added: Lines) -> Facts:
    """Return the facts with these demand lines in place of their own, in canonical order and read-only.

    Parameters
    ----------
    facts : Facts
    kept : Lines
        Lines in canonical order.
    *added : Lines
        More lines, in any order.
    """
    lines = kept
    if any(len(part.sku) for part in added):
        parts = [kept, *added]
        joined = Lines(
            **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Lines)}
        )
        lines = take(joined, _merged(facts, joined, len(kept.sku)))
    freeze(lines)
    return replace(facts, lines=lines)


def _merged(facts: Facts, lines: Lines, kept: int) -> Ints:
    """Return the positions of lines sorted by sku, channel, period, region, order, line; the first ones are already."""
    place = lines.sku.astype(np.int64) * len(facts.channels.id) + lines.channel
    place = place * facts.periods + lines.period
    detail = (lines.region.astype(np.int64) + 1) * (len(facts.orders) + 1) + lines.order + 1
    order = np.lexsort((detail, place))
    # Texts are compared only where nothing else tells an added line from another: sorting all would take longest.
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(place[order]) != 0) | (np.diff(detail[order]) != 0)
    cell = np.cumsum(new) - 1
    size = np.bincount(cell)
    mixed = (size > 1) & (np.bincount(cell, weights=order >= kept) > 0)
    tied = np.flatnonzero(mixed[cell])
    text = text_ranks(lines.line[order[tied]])
    order[tied] = order[tied][np.lexsort((text, cell[tied]))]
    found: Ints = order.astype(np.int32)
    return found


def text_ranks(texts: Names) -> Ints:
    """Return the rank of each text among those that occur, by code point."""
    encoded = pc.dictionary_encode(pa.array(texts, pa.large_string()))
    rank = encode(encoded.dictionary)[1]
    ranks: Ints = rank[encoded.indices.to_numpy()]
    return ranks
