"""Things that are allowed and look odd: warnings, which do not stop a plan."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocopt.problem.checks import Tables
from allocopt.problem.facts import Facts, Ints, Names
from allocopt.problem.report import Report, plain
from allocopt.words import many

LISTED = 20
"""Names spelled out in one warning."""


def look(tables: Tables, facts: Facts, report: Report) -> None:
    """Add a warning for everything that looks odd."""
    _ids_alike(facts, report)
    _lots(tables, facts, report)
    _expiring(tables, facts, report)
    _demand(tables, facts, report)
    _references(tables, facts, report)
    _resources(facts, report)


def _some(names: Names) -> str:
    shown = ", ".join(repr(name) for name in names[:LISTED])
    return shown if len(names) <= LISTED else f"{shown} and {len(names) - LISTED} more"


def _positions(rows: Ints) -> NDArray[np.intp]:
    return np.sort(rows).astype(np.intp)


def _ids_alike(facts: Facts, report: Report) -> None:
    for where, names in (
        ("skus.sku", facts.skus.id),
        ("nodes.node", facts.nodes.id),
        ("channels.channel", facts.channels.id),
        ("demand.region", facts.regions),
        ("lanes.via", facts.vias),
        ("capacity.resource", facts.resources),
    ):
        if len(names) < 2:
            continue
        lower = pc.utf8_ltrim(pc.utf8_lower(pa.array(names, pa.large_string())), characters="0")
        if pc.count_distinct(lower).as_py() == len(names):
            continue
        groups: dict[str, list[str]] = defaultdict(list)
        for name in names.tolist():
            groups[plain(name)].append(name)
        for group in [group for group in groups.values() if len(group) > 1][:LISTED]:
            said = f"{', '.join(repr(name) for name in group)} differ only by case or leading zeros."
            report.warn(where, "ids_alike", group[0], said, "If they are one thing, spell it one way everywhere.")


def _lots(tables: Tables, facts: Facts, report: Report) -> None:
    lots, source = facts.lots, tables["supply"].source
    empty = _positions(lots.row[(lots.usable <= 0) & (lots.units > 0)])
    early = _positions(lots.row[lots.expires < lots.available])

    def expired(row: int, value: str) -> str:
        return f"The lot expires in {value}, before it can ship ({source.text('available', row) or 'period 0'})."

    said = "Of the {value} in this lot nothing can be used after confidence and reservations."
    hint = "Check `confidence` and `reserved`."
    report.rows(source, "units", empty, "nothing_usable", said, hint, severity="warning")
    hint = "Check the two moments; the lot cannot be sold as it stands."
    report.rows(source, "expires", early, "expires_before_available", expired, hint, severity="warning")


def _expiring(tables: Tables, facts: Facts, report: Report) -> None:
    """Say what is left counts in the end of lots that expire inside the horizon."""
    lots = facts.lots
    soon = np.flatnonzero((lots.expires < facts.periods) & (lots.usable > 0))
    stated = ~np.isnan(tables["supply"].numbers["end_value"][lots.row[soon]])
    silent, told = soon[~stated & (lots.unit_cost[soon] > 0)], soon[stated & (lots.end_value[soon] > 0)]
    if len(silent):
        what = many(len(silent), "lot expires", "lots expire")
        said = f"{what} inside the horizon without an `end_value`: what is left "
        said += f"is worth 0 in the end ({_some(np.unique(facts.skus.id[lots.sku[silent]]))})."
        hint = "State `end_value` where what has expired is still worth something."
        report.warn("supply.end_value", "expires_unsold", None, said, hint)
    if len(told):
        least, most = lots.end_value[told].min(), lots.end_value[told].max()
        worth = f"{least:,.10g}" if least == most else f"{least:,.10g} to {most:,.10g}"
        what = many(len(told), "lot expires", "lots expire")
        said = f"{what} inside the horizon, and what is left counts in the end with the "
        said += f"stated `end_value` of {worth} a unit ({_some(np.unique(facts.skus.id[lots.sku[told]]))})."
        hint = "Check that what has expired is still worth that."
        report.warn("supply.end_value", "expires_with_value", worth, said, hint)


def _demand(tables: Tables, facts: Facts, report: Report) -> None:
    lines, skus = facts.lines, facts.skus
    wanted = np.bincount(lines.channel, lines.units, len(facts.channels.id))
    served = np.bincount(facts.lanes.channel, minlength=len(facts.channels.id)) > 0
    for channel in np.flatnonzero((wanted > 0) & ~served).tolist():
        name = facts.channels.id[channel]
        said = f"The channel {name!r} wants {wanted[channel]:,.10g} units, and no lane leads to it."
        report.warn("demand.channel", "no_lane", name, said, "Add a lane to the channel, or none of it can be served.")
    size = len(skus.id)
    wanted = np.bincount(lines.sku, lines.units, size)
    usable = np.bincount(facts.lots.sku, facts.lots.usable, size)
    lots = np.bincount(facts.lots.sku, minlength=size)
    without = np.flatnonzero((wanted > 0) & (lots == 0))
    if len(without):
        said = f"{many(len(without), 'SKU has', 'SKUs have')} demand and no supply at all: {_some(skus.id[without])}."
        hint = "Check the supply table if this is not meant."
        report.warn("demand.sku", "no_supply", skus.id[without[0]], said, hint)
    promised = np.bincount(lines.sku, lines.min_units, size)
    over = np.flatnonzero(promised > usable + 1e-9)
    if len(over):
        first = over[0]
        said = f"More is promised (`min_units`) than there is usable supply for: {_some(skus.id[over])}; of "
        said += f"{skus.id[first]!r} {promised[first]:,.10g} are promised and {usable[first]:,.10g} usable."
        hint = "Lower the commitments or raise the supply: no plan can keep them all."
        report.warn("demand.min_units", "committed_over_supply", skus.id[first], said, hint)
    late = _positions(lines.row[(lines.min_ship > lines.units) & (lines.units > 0)])
    source = tables["demand"].source

    def too_few(row: int, value: str) -> str:
        units = source.text("units", row)
        return f"The least shipment is {value} and only {units} are wanted: the line can never ship."

    report.rows(source, "min_ship", late, "min_ship_over_units", too_few, "Lower `min_ship`.", severity="warning")


def _references(tables: Tables, facts: Facts, report: Report) -> None:
    """Say which references lines ask for that no lot of their article has."""
    lines, lots = facts.lines, facts.lots
    asking = np.flatnonzero((lines.reference != "") & (lines.units > 0))
    if not len(asking):
        return
    held = set(zip(lots.sku.tolist(), lots.reference.tolist(), strict=True))
    wanted = zip(lines.sku[asking].tolist(), lines.reference[asking].tolist(), strict=True)
    missing = asking[np.array([pair not in held for pair in wanted], dtype=bool)]
    source, rows = tables["demand"].source, _positions(lines.row[missing])
    hint = "Check the spelling, or leave it blank where lots of any reference will do."
    unheld = "No lot of the article has the reference {value!r}: the line gets nothing."
    report.rows(source, "reference", rows, "no_such_reference", unheld, hint, severity="warning")


def _resources(facts: Facts, report: Report) -> None:
    size = len(facts.resources)
    limited = np.bincount(facts.capacities.resource, minlength=size) > 0
    loaded = np.bincount(facts.workloads.resource, minlength=size) > 0
    for code in range(size):
        name = facts.resources[code]
        if limited[code] and not loaded[code] and name != "units":
            said = f"The resource {name!r} has a limit, and nothing takes any of it."
            hint = "Add its workload per unit to the table `workloads`."
            report.warn("capacity.resource", "no_workload", name, said, hint)
        if loaded[code] and not limited[code]:
            said = f"The resource {name!r} has a workload, and no node has a limit for it."
            report.warn("workloads.resource", "no_capacity", name, said, "Add its limits to the table `capacity`.")
