"""Faults that only show when columns or tables are seen together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocopt.errors import Issue
from allocopt.problem.calendar import Calendar, CalendarState, calendar_of
from allocopt.problem.currencies import check_currencies
from allocopt.problem.date_text import with_days
from allocopt.problem.debts import pay, with_debts
from allocopt.problem.facts import Floats, Ints
from allocopt.problem.headers import understood
from allocopt.problem.orders import check_orders
from allocopt.problem.report import Nearest, Report, Telling, nearest, plain
from allocopt.problem.schema import COMPANY, NEEDED, TABLES, Table
from allocopt.problem.source import Source, without
from allocopt.problem.tables import Flags, ReadTable, check_key, read
from allocopt.problem.totals import report_strays, strays
from allocopt.problem.weeks import Every, made_periods

SUGGESTED = 100
"""Distinct unknown ids of one column for which the nearest known one is looked for."""
WHOLE_COLUMNS = {"supply": ("units", "reserved"), "demand": ("units", "min_units", "min_ship")}
"""Amounts that must be whole for SKUs that cannot be divided."""

MISNAMED = ("unknown_table", "unknown_form")
"""Codes of faults whose value is the name of something that is no table."""

Tables = dict[str, ReadTable]


def check(
    sources: Mapping[str, Source],
    horizon: int | None,
    report: Report,
    *,
    negative: str = "error",
    every: Every | None = None,
    currency: str = "",
) -> Tables:
    """Read all tables and report every fault in them.

    `horizon` is the number of periods where it was given, `every` the length of periods that dates make; `negative`
    says what negative units of supply are, `currency` in which one amounts are.
    """
    _check_there(sources, report)
    given, sources = (
        sources,
        {
            name: with_days(TABLES[name], understood(TABLES[name], source, report), report)
            for name, source in sources.items()
        },
    )
    check_currencies(sources, currency, report)
    calendar: CalendarState = None
    source = sources["periods"]
    if not source.length:
        source = made_periods(sources, horizon, every, report) or source
    found = _read(TABLES["periods"], source, None, report)
    if any(issue.table == "periods" for issue in report.errors):
        calendar = "faulty" if source.given else None
    else:
        period, start, end = (found.numbers[name] for name in ("period", "start", "end"))
        calendar = calendar_of(source, period, start, end, report)
        if horizon is not None and isinstance(calendar, Calendar):
            calendar = _opened(calendar, horizon, report)
    tables: Tables = {}
    for name, table in TABLES.items():
        if name == "periods":
            tables[name] = found
            continue
        declared = table if negative == "error" else with_debts(table)
        tables[name] = _read(declared, sources[name], calendar, report)
    for name, checked in tables.items():
        if checked.source.bare and not given[name].bare:  # it has no header: what it says is not known
            checked.unread |= {column.name for column in checked.table.columns if column.required}
    for checked in tables.values():
        _check_references(checked, tables, report)
    _check_amounts(tables, report)
    if negative == "net":
        pay(tables["supply"], divisible(tables, tables["supply"]), report)
    _check_parts(tables, report)
    check_orders(tables["demand"], report)
    if horizon is not None and calendar is None:
        _check_horizon(tables, horizon, report)
    _check_reserved_names(tables["channels"], report)
    return tables


def _read(table: Table, source: Source, calendar: CalendarState, report: Report) -> ReadTable:
    """Read one table and check its key; rows that are none of it are told as such, and as nothing else."""
    before = len(report.issues)
    checked = read(table, source, calendar, report)
    found = strays(checked)
    if len(found.all):
        del report.issues[before:]
        report_strays(checked, found, report)
        checked = read(table, without(source, found.all), calendar, report)
    check_key(checked, report)
    return checked


def _check_there(sources: Mapping[str, Source], report: Report) -> None:
    """Report the tables that are missing, but for one that is there under a wrong name."""
    told = {nearest(issue.value or "", TABLES) or "" for issue in report.errors if issue.code in MISNAMED}
    for name in NEEDED:
        if not sources[name].given and name not in told:
            report.add(
                name,
                "missing_table",
                f"The table {name!r} is missing.",
                f"Give it; if there is nothing to say, as a table without rows. {TABLES[name].meaning}",
            )


def _opened(calendar: Calendar, horizon: int, report: Report) -> CalendarState:
    """Return the calendar of a problem whose horizon was given too: lots may become available after it."""
    if horizon == len(calendar):
        return replace(calendar, open=True)
    report.add(
        "problem",
        "bad_horizon",
        f"`horizon` is {horizon}, and the periods table has {len(calendar)} periods.",
        "Leave `horizon` out, or lengthen or shorten the periods table.",
        column="horizon",
        value=str(horizon),
    )
    return "faulty"


def _check_horizon(tables: Tables, horizon: int, report: Report) -> None:
    for name in ("demand", "capacity"):
        checked = tables[name]
        if "period" not in checked.source.columns:
            continue
        with np.errstate(invalid="ignore"):
            beyond = checked.numbers["period"] >= horizon
        text = f"is {{value}}, beyond the horizon, whose last period is {horizon - 1}."
        checked.at("period", report).fault(beyond, "beyond_horizon", text, "Raise `horizon`, or remove the row.")


def references(checked: ReadTable, name: str, tables: Tables) -> Ints:
    """Return, for every row, the position of its id among the sorted ids of the table it refers to; else -1."""
    refers = checked.table.column(name).refers
    labels = checked.labels[name]
    if refers is None or not len(labels.texts):
        return np.broadcast_to(np.int32(-1), checked.length)
    known = tables[refers].labels[TABLES[refers].key[0]].texts
    if known.equals(labels.texts):
        return labels.codes
    place = pc.index_in(labels.texts, value_set=known).fill_null(-1).to_numpy()
    found: Ints = np.append(place, np.int32(-1))[labels.codes]
    return found


def _check_references(checked: ReadTable, tables: Tables, report: Report) -> None:
    for column in checked.table.columns:
        refers = column.refers
        if refers is None or column.name not in checked.source.columns:
            continue
        target = tables[refers]
        key = TABLES[refers].key[0]
        if key in target.unread or not target.source.given:
            continue
        labels = checked.labels[column.name]
        unknown = (labels.codes >= 0) & (references(checked, column.name, tables) < 0)
        if not unknown.any():
            continue
        positions = np.flatnonzero(unknown)
        if not target.length:
            said = f"{{value!r}} is not in the table `{refers}`, which is empty."
            hint = f"Give `{refers}` one row for each {key}."
            report.rows(checked.source, column.name, positions, "unknown_id", said, hint)
            continue
        _report_unknown(checked, column.name, refers, positions, target.labels[key].texts, report)


def _report_unknown(
    checked: ReadTable,
    name: str,
    refers: str,
    positions: NDArray[np.intp],
    known: pa.Array,
    report: Report,
) -> None:
    search = Nearest(known.to_pylist())
    texts, codes = checked.labels[name].texts, checked.labels[name].codes
    distinct, place = np.unique(codes[positions], return_inverse=True)
    guesses = {code: search.of(texts[code].as_py()) for code in distinct[:SUGGESTED].tolist()}
    # What a spreadsheet did to a whole column of ids is one cause; any other misspelling is one of its own.
    slips = {code: slip for code, guess in guesses.items() if (slip := _slip(texts[code].as_py(), guess))}
    kinds = list(dict.fromkeys(slips.values()))
    causes = np.array([-1 - kinds.index(slips[code]) if code in slips else code for code in distinct.tolist()])

    def message(position: int, value: str) -> str:
        code = int(codes[position])
        guess = guesses.get(code)
        slip = f" {slips[code]}" if code in slips else ""
        return f"{value!r} is not in the table `{refers}`." + (f" Did you mean {guess!r}?{slip}" if guess else "")

    hint = f"Add it to `{refers}` or mend the spelling."
    report.grouped(checked.source, name, positions, causes[place], "unknown_id", message, hint)


def _slip(value: str, guess: str | None) -> str:
    """Return by what an unknown id differs from the known one, where it is what programs do to ids."""
    if guess is None or plain(value) != plain(guess):
        return ""
    if value.lstrip("0") == guess.lstrip("0"):
        return "Leading zeros were lost." if len(value) < len(guess) else "There are more leading zeros."
    return "They differ by case." if value.casefold() == guess.casefold() else ""


def divisible(tables: Tables, checked: ReadTable) -> Flags:
    """Return whether the SKU of each row can be divided; of an unknown one, which is a fault, it is not known."""
    skus = tables["skus"]
    by_code = np.zeros(len(skus.labels["sku"].texts) + 1, bool)
    by_code[skus.labels["sku"].codes] = skus.codes["divisible"] == 1
    place = references(checked, "sku", tables)
    found: Flags = (place < 0) | by_code[place]
    return found


def _check_amounts(tables: Tables, report: Report) -> None:
    for name, columns in WHOLE_COLUMNS.items():
        checked = tables[name]
        parts = divisible(tables, checked)
        for column in columns:
            if column in checked.source.columns:
                _check_whole(checked, column, parts, report)


def _check_parts(tables: Tables, report: Report) -> None:
    """Report amounts that are part of another one and larger than it."""
    supply, demand = tables["supply"], tables["demand"]
    _check_at_most(supply, "reserved", "reserved_over_units", "More units are reserved than there are", report)
    _check_at_most(demand, "min_units", "min_over_units", "More units are promised than are wanted", report)


def _check_whole(checked: ReadTable, column: str, divisible: Flags, report: Report) -> None:
    values = checked.numbers[column]
    with np.errstate(invalid="ignore"):
        fraction = ~np.isnan(values) & (values != np.floor(values)) & ~divisible
    sku = checked.labels["sku"].texts
    codes = checked.labels["sku"].codes
    text: Telling = lambda row, value: (  # noqa: E731
        f"is {value}, a fraction of a unit, and SKU {sku[codes[row]].as_py()!r} cannot be divided."
    )
    hint = "Round it, or set `divisible` to true for the SKU."
    checked.at(column, report).fault(fraction, "fractional_units", text, hint)


def _check_at_most(checked: ReadTable, name: str, code: str, what: str, report: Report) -> None:
    if name not in checked.source.columns:
        return
    part: Floats = checked.numbers[name]
    whole: Floats = checked.numbers["units"]
    with np.errstate(invalid="ignore"):
        over = part > whole
    say: Telling = lambda position, value: (  # noqa: E731
        f"{what}: `{name}` is {value} and `units` is {checked.source.text('units', position)}."
    )
    report.rows(checked.source, name, over, code, say, f"Lower `{name}` or raise `units`.")


def _check_reserved_names(channels: ReadTable, report: Report) -> None:
    labels = channels.labels["channel"]
    taken = labels.among(pc.equal(pc.utf8_lower(labels.texts), COMPANY))
    said = "{value!r} is the name of the row for what belongs to no channel."
    report.rows(channels.source, "channel", taken, "reserved_id", said, "Give the channel another name.")


def refers_to(issue: Issue) -> str | None:
    """Return the table that the column of a fault refers to."""
    columns = TABLES[issue.table].columns
    return next((column.refers for column in columns if column.name == issue.column), None)
