"""Scenario files: what is right is read, and what is wrong is named with its file, its line and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.problem.small import build

import allocopt as ao
from allocopt.errors import Issue

SCHEMA = Path(ao.__file__).parent / "scenario" / "scenario.schema.json"

WHOLE = """\
name: Marketplace spike
reason: The marketplace features our articles in the promotion weeks.
weight: 2
changes:
  - scale: demand.units
    by: 1.6
    where: channel = web and period in 0..1
  - set: channels.fee_rate
    to: 0.17
    where: channel = web
  - shift: supply.available
    by: 2
    where: kind = inbound
  - remove: nodes
    where: node = West
  - add: demand
    rows:
      - {sku: A, channel: shop, period: 0, units: 10, price: 9.5}
draws: {number: 20, seed: 7, demand: true, inbound: true, foresight: none}
"""


def read(tmp_path: Path, text: str) -> ao.Scenario:
    """Return the scenario in a file with this text."""
    file = tmp_path / "spike.yaml"
    file.write_text(text, encoding="utf-8")
    return ao.Scenario.read(file)


def faults(tmp_path: Path, text: str, problem: ao.Problem | None = None) -> tuple[Issue, ...]:
    """Return the faults of a scenario file with this text, by itself or for a problem."""
    if problem is None:
        with pytest.raises(ao.ScenarioError) as caught:
            read(tmp_path, text)
    else:
        scenario = read(tmp_path, text)
        with pytest.raises(ao.ScenarioError) as caught:
            scenario.check(problem)
    assert all(issue.table == str(tmp_path / "spike.yaml") for issue in caught.value.issues)
    return caught.value.issues


def change(*lines: str) -> str:
    """Return a scenario whose only change has these lines; the first stands on line 3."""
    return "name: X\nchanges:\n  - " + "\n    ".join(lines) + "\n"


def test_a_file_is_the_same_as_its_objects(tmp_path: Path) -> None:
    """What can be written in YAML can be said in Python, with the same names for the same things."""
    assert read(tmp_path, WHOLE) == ao.Scenario(
        "Marketplace spike",
        changes=[
            ao.Scale("demand.units", by=1.6, where="channel = web and period in 0..1"),
            ao.Put("channels.fee_rate", to=0.17, where="channel = web"),
            ao.Shift(column="supply.available", by=2, where="kind = inbound"),
            ao.Remove(table="nodes", where="node = West"),
            ao.Add("demand", rows=[{"sku": "A", "channel": "shop", "period": 0, "units": 10, "price": 9.5}]),
        ],
        draws=ao.Draws(number=20, seed=7, demand=True, inbound=True, foresight="none"),
        weight=2.0,
        reason="The marketplace features our articles in the promotion weeks.",
    )


def test_the_shipped_schema_is_the_schema() -> None:
    """The JSON schema in the package is what the classes say."""
    shipped = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert shipped == ao.Scenario.json_schema()
    assert shipped["additionalProperties"] is False
    assert len(shipped["properties"]["changes"]["items"]["oneOf"]) == 5


SCALE = ("scale: demand.units", "by: 2")
ALONE: dict[str, tuple[str, int | None, str | None, str, str]] = {
    "unknown key": ("name: X\nwieght: 1\n", 2, "wieght", "unknown_key", "Did you mean 'weight'?"),
    "no name": ("changes: []\n", None, "name", "missing_key", "'name' is missing"),
    "negative weight": ("name: X\nweight: -1\n", 2, "weight", "greater_than_equal", "at least 0, not -1"),
    "changes that are no list": ("name: X\nchanges: all\n", 2, "changes", "tuple_type", "a list, not 'all'"),
    "a change that is no mapping": (change("scale"), 3, "changes[0]", "missing_key", "a mapping of keys to values"),
    "unknown kind of change": (
        change("scael: demand.units", "by: 2"),
        3,
        "changes[0]",
        "unknown_kind",
        "no kind of change called 'scael'. Did you mean 'scale'?",
    ),
    "a change without a kind": (change("by: 2"), 3, "changes[0]", "unknown_kind", "Known are: scale, set, shift"),
    "two kinds at once": (change(*SCALE, "set: demand.price"), 5, "changes[0].set", "unknown_key", "no key 'set'"),
    "unknown key of a change": (
        change(*SCALE, "were: sku = A"),
        5,
        "changes[0].were",
        "unknown_key",
        "Did you mean 'where'?",
    ),
    "no factor": (change("scale: demand.units"), 3, "changes[0].by", "missing_key", "'by' is missing"),
    "a factor in words": (change("scale: demand.units", "by: '2'"), 4, "changes[0].by", "float", "a number, not '2'"),
    "a negative factor": (change("scale: demand.units", "by: -1"), 4, "changes[0].by", "greater", "at least 0"),
    "an endless factor": (change("scale: demand.units", "by: .inf"), 4, "changes[0].by", "finite", "finite"),
    "half a period": (
        change("shift: supply.available", "by: 0.5"),
        4,
        "changes[0].by",
        "int_type",
        "a whole number, not 0.5",
    ),
    "no value": (change("set: demand.price"), 3, "changes[0].to", "missing_key", "'to' is missing"),
    "no rows": (change("add: demand", "rows: []"), 4, "changes[0].rows", "too_short", "empty"),
    "rows that are no list": (change("add: demand", "rows: 3"), 4, "changes[0].rows", "tuple_type", "a list, not 3"),
    "unknown table": (
        change("scale: demnd.units", "by: 2"),
        3,
        "changes[0].scale",
        "unknown_table",
        "no table 'demnd'. Did you mean 'demand'?",
    ),
    "unknown table to add to": (
        change("add: nodez", "rows: [{node: X}]"),
        3,
        "changes[0].add",
        "unknown_table",
        "Did you mean 'nodes'?",
    ),
    "the calendar": (change("remove: periods"), 3, "changes[0].remove", "fixed_table", "The calendar stays"),
    "unknown column": (
        change("scale: demand.unit", "by: 2"),
        3,
        "changes[0].scale",
        "unknown_column",
        "demand has no column 'unit'. Did you mean 'units'?",
    ),
    "no column": (change("scale: demand", "by: 2"), 3, "changes[0].scale", "unknown_column", "names no column"),
    "scaling a text": (
        change("scale: demand.region", "by: 2"),
        3,
        "changes[0].scale",
        "wrong_type",
        "holds text, no amounts. Use `set`.",
    ),
    "scaling a period": (
        change("scale: demand.period", "by: 2"),
        3,
        "changes[0].scale",
        "wrong_type",
        "Use `shift` for periods.",
    ),
    "shifting units": (
        change("shift: demand.units", "by: 2"),
        3,
        "changes[0].shift",
        "wrong_type",
        "holds no periods. Use `scale` or `set`.",
    ),
    "renaming": (change("set: skus.sku", "to: Z"), 3, "changes[0].set", "fixed_column", "other rows refer to them"),
    "a number as id": (
        change("set: demand.sku", "to: 00123"),
        4,
        "changes[0].to",
        "not_text",
        "It must be text, not 123. Write identifiers in quotes.",
    ),
    "no flag": (change("set: supply.hold", "to: maybe"), 4, "changes[0].to", "not_a_flag", "neither true nor false"),
    "no choice": (
        change("set: nodes.kind", "to: dcc"),
        4,
        "changes[0].to",
        "unknown_choice",
        "Did you mean 'dc'?",
    ),
    "no number": (change("set: demand.price", "to: dear"), 4, "changes[0].to", "not_a_number", "not a number"),
    "a negative price": (change("set: demand.price", "to: -1"), 4, "changes[0].to", "negative", "cannot be negative"),
    "a blank price": (change("set: demand.price", "to:"), 4, "changes[0].to", "blank", "is blank"),
    "a share over 1": (
        change("set: supply.confidence", "to: 50"),
        4,
        "changes[0].to",
        "out_of_bounds",
        "more than 0 and at most 1. Write a share",
    ),
    "half a pack": (change("set: skus.pack", "to: 1.5"), 4, "changes[0].to", "not_whole", "whole number"),
    "unknown column of where": (
        change(*SCALE, "where: chanel = web"),
        5,
        "changes[0].where",
        "unknown_column",
        "no column 'chanel'. Did you mean 'channel'?",
    ),
    "texts in order": (
        change(*SCALE, "where: sku < B"),
        5,
        "changes[0].where",
        "wrong_comparison",
        "`sku` holds text, which is neither more nor less. Compare it by =, != or in (a, b).",
    ),
    "a range of choices": (
        change("scale: supply.units", "by: 2", "where: kind in on_hand..safety"),
        5,
        "changes[0].where",
        "wrong_comparison",
        "holds a choice",
    ),
    "a word for a number": (
        change(*SCALE, "where: price > dear"),
        5,
        "changes[0].where",
        "wrong_type",
        "'dear' is no number",
    ),
    "a word for a period": (
        change(*SCALE, "where: period = soon"),
        5,
        "changes[0].where",
        "wrong_type",
        "'soon' is neither a period nor a date",
    ),
    "a word for a flag": (change(*SCALE, "where: firm = 1"), 5, "changes[0].where", "not_a_flag", "Write true or"),
    "an unknown choice": (
        change("scale: supply.units", "by: 2", "where: kind = inbond"),
        5,
        "changes[0].where",
        "unknown_choice",
        "Did you mean 'inbound'?",
    ),
    "or": (
        change(*SCALE, "where: sku = A or sku = B"),
        5,
        "changes[0].where",
        "bad_where",
        "Write `column in (a, b)`",
    ),
    "no comparison": (change(*SCALE, "where: sku"), 5, "changes[0].where", "bad_where", "a comparison is missing"),
    "no value to compare": (change(*SCALE, "where: sku ="), 5, "changes[0].where", "bad_where", "Write '' for a blank"),
    "a value of two words": (
        change(*SCALE, "where: region = New York"),
        5,
        "changes[0].where",
        "bad_where",
        "`and` is missing before `York`. Put values with spaces in quotes.",
    ),
    "an open quotation mark": (
        change(*SCALE, "where: region = 'New York"),
        5,
        "changes[0].where",
        "bad_where",
        "A quotation mark is not closed: 'New York.",
    ),
    "an open list": (change(*SCALE, "where: sku in (A, B"), 5, "changes[0].where", "bad_where", "is not closed"),
    "half a range": (change(*SCALE, "where: period in 3.."), 5, "changes[0].where", "bad_where", "such as 3..4"),
    "the column comes first": (change(*SCALE, "where: = A"), 5, "changes[0].where", "bad_where", "name of a column"),
    "and at the end": (change(*SCALE, "where: sku = A and"), 5, "changes[0].where", "bad_where", "before the end"),
    "a sign that is none": (change(*SCALE, "where: sku ! A"), 5, "changes[0].where", "bad_where", "'!' cannot stand"),
    "unknown column of a row": (
        change("add: nodes", "rows:", "  - node: X", "  - node: Y", "    knd: dc"),
        7,
        "changes[0].rows[1].knd",
        "unknown_column",
        "Did you mean 'kind'?",
    ),
    "missing column of a row": (
        change("add: nodes", "rows:", "  - node: X", "  - kind: dc"),
        6,
        "changes[0].rows[1]",
        "missing_column",
        "'node' is missing",
    ),
    "a number as id of a row": (
        change("add: nodes", "rows: [{node: 7}]"),
        4,
        "changes[0].rows[0].node",
        "not_text",
        "in quotes",
    ),
    "a list as cell": (
        change("add: nodes", "rows: [{node: [X]}]"),
        4,
        "changes[0].rows[0].node",
        "cell_type",
        "It must be text, a number, true or false, or blank, not ['X'].",
    ),
    "no draws": ("name: X\ndraws: {number: 0}\n", 2, "draws.number", "greater_than_equal", "at least 1, not 0"),
    "draws in words": ("name: X\ndraws: many\n", 2, "draws", "dataclass_type", "a mapping of keys to values"),
    "unknown key of draws": (
        "name: X\ndraws:\n  seeds: 1\n",
        3,
        "draws.seeds",
        "unknown_key",
        "Did you mean 'seed'?",
    ),
    "unknown foresight": (
        "name: X\ndraws: {foresight: some}\n",
        2,
        "draws.foresight",
        "literal_error",
        "It must be 'none' or 'perfect', not 'some'.",
    ),
    "a list": ("- a\n", 1, None, "not_a_mapping", "at least a name"),
    "broken YAML": ("name: [X\n", 2, None, "bad_yaml", "not valid YAML"),
}


@pytest.mark.parametrize(("text", "line", "key", "code", "words"), ALONE.values(), ids=ALONE)
def test_faults_of_a_file_have_their_line_and_remedy(
    tmp_path: Path, text: str, line: int | None, key: str | None, code: str, words: str
) -> None:
    """What no problem can make right is found when the file is read."""
    (issue,) = faults(tmp_path, text)
    assert (issue.row, issue.column) == (line, key)
    assert issue.code.startswith(code)
    assert words in f"{issue.message} {issue.hint}"


FITS: dict[str, tuple[str, int | None, str, str, str]] = {
    "unknown id": (
        change(*SCALE, "where: channel = wep"),
        5,
        "changes[0].where",
        "unknown_id",
        "`channel = wep`: there is no channel 'wep' in the table channels. Did you mean 'web'?",
    ),
    "unknown id in a list": (
        change(*SCALE, "where: sku in (A, C)"),
        5,
        "changes[0].where",
        "unknown_id",
        "there is no sku 'C' in the table skus",
    ),
    "unknown text": (
        change("scale: supply.units", "by: 2", "where: reference = PO-1"),
        5,
        "changes[0].where",
        "unknown_id",
        "there is no reference 'PO-1' in that column. There is nothing in that column.",
    ),
    "no row": (
        change(*SCALE, "where: channel = shop and period = 0"),
        5,
        "changes[0].where",
        "no_row",
        "No row of demand matches `channel = shop and period = 0`. Rows that match, each alone: "
        "`channel = shop` 1, `period = 0` 1.",
    ),
    "an empty table": (
        change("scale: workloads.workload", "by: 2"),
        3,
        "changes[0]",
        "no_row",
        "The table workloads has no rows.",
    ),
    "an empty range": (
        change(*SCALE, "where: period in 3..1"),
        5,
        "changes[0].where",
        "empty_range",
        "3 is more than 1",
    ),
    "a date without a calendar": (
        change(*SCALE, "where: period = 2026-11-02"),
        5,
        "changes[0].where",
        "date_without_periods",
        "no periods table",
    ),
    "a date to set without a calendar": (
        change("set: demand.period", "to: 2026-11-02"),
        4,
        "changes[0].to",
        "date_without_periods",
        "no periods table",
    ),
    "only orders": (
        change(*SCALE, "where: channel = shop"),
        3,
        "changes[0].scale",
        "no_row",
        "All 1 rows that match are firm orders, whose units scaling leaves alone. Use `set`",
    ),
    "only blanks": (
        change("scale: skus.map_price", "by: 2"),
        3,
        "changes[0].scale",
        "no_row",
        "`map_price` is blank in all 2 rows that match. Use `set`",
    ),
    "an id to set": (
        change("set: demand.channel", "to: shoop"),
        4,
        "changes[0].to",
        "unknown_id",
        "no channel 'shoop' in the table channels. Did you mean 'shop'?",
    ),
    "a share over 1 by scaling": (
        change("scale: channels.fee_rate", "by: 30", "where: channel = web"),
        3,
        "changes[0]",
        "out_of_bounds",
        "channels (channel web): `fee_rate` is 3; it must be at least 0 and at most 1.",
    ),
    "fractions of a pack by scaling": (
        change("scale: skus.pack", "by: 0.3"),
        3,
        "changes[0]",
        "not_whole",
        "skus (sku A): `pack` is 1.8; it must be a whole number. So it is in 2 rows. Use `set`",
    ),
    "too late": (
        change("shift: demand.period", "by: 1"),
        3,
        "changes[0]",
        "beyond_horizon",
        "demand (sku B, channel web, period 1): `period` is 2, beyond the horizon, whose last period is 1. "
        "So it is in 2 rows. Change it by less",
    ),
    "too early": (
        change("shift: demand.period", "by: -1", "where: channel = web"),
        3,
        "changes[0]",
        "negative",
        "`period` is -1; periods count from 0. Change it by less, or leave the row out by `where`.",
    ),
    "a lot before the first period": (
        change("shift: supply.available", "by: -1"),
        3,
        "changes[0]",
        "negative",
        "supply (sku A, node East, kind on_hand, available 0): `available` is -1;",
    ),
    "less than promised": (
        change("scale: demand.units", "by: 0.1", "where: sku = B"),
        3,
        "changes[0]",
        "min_over_units",
        "demand (sku B, channel web, period 1): More units are promised than are wanted: `min_units` is 4 and "
        "`units` is 0. Change `min_units` as well, or leave the row out",
    ),
    "less than reserved": (
        change("set: supply.units", "to: 0"),
        3,
        "changes[0]",
        "reserved_over_units",
        "Change `reserved` as well",
    ),
    "two rows alike": (
        change("set: demand.period", "to: 1", "where: sku = A and channel = web")
        + "  - set: demand.channel\n    to: web\n",
        6,
        "changes[1]",
        "duplicate_key",
        "demand (sku A, channel web, period 1): there are two such rows now.",
    ),
    "a row that is there": (
        change("add: nodes", "rows:", "  - node: X", "  - node: East"),
        6,
        "changes[0].rows[1].node",
        "duplicate_key",
        "nodes (node East): there are two such rows now.",
    ),
    "an unknown id in a row": (
        change("add: lanes", "rows:", "  - {node: Wst, channel: web}"),
        5,
        "changes[0].rows[0].node",
        "unknown_id",
        "'Wst' is not in the table `nodes`. Did you mean 'West'? Add it to `nodes` or mend the spelling.",
    ),
    "a word for a number in a row": (
        change("add: lanes", "rows:", "  - {node: East, channel: web, cost: low}"),
        5,
        "changes[0].rows[0].cost",
        "not_a_number",
        "`cost` is 'low', which is not a number",
    ),
    "fractions in a row": (
        change("add: supply", "rows:", "  - {sku: A, node: West, kind: returns, units: 2.5}"),
        5,
        "changes[0].rows[0].units",
        "fractional_units",
        "a fraction of a unit, and SKU 'A' cannot be divided. Round it",
    ),
    "a row after the horizon": (
        change("add: demand", "rows:", "  - {sku: B, channel: shop, period: 2, units: 2, price: 5}"),
        5,
        "changes[0].rows[0].period",
        "beyond_horizon",
        "Give the problem a longer horizon, or the row an earlier period.",
    ),
    "a channel called company": (
        change("add: channels", "rows: [{channel: Company}]"),
        4,
        "changes[0].rows[0].channel",
        "reserved_id",
        "Give the channel another name.",
    ),
}


def problem() -> ao.Problem:
    """Return a problem with an order, a promise, a reservation and packs."""
    return build(
        skus={"pack": [6, 6]},
        channels={"fee_rate": [0.1, 0.0]},
        supply={"reserved": [2, 0, 0]},
        demand={"firm": [False, False, True], "min_units": [0, 4, 0]},
    )


@pytest.mark.parametrize(("text", "line", "key", "code", "words"), FITS.values(), ids=FITS)
def test_faults_for_a_problem_have_their_line_and_remedy(
    tmp_path: Path, text: str, line: int | None, key: str, code: str, words: str
) -> None:
    """What does not fit a problem is told with the line of the change, the row, the value and what to do."""
    (issue,) = faults(tmp_path, text, problem())
    assert (issue.row, issue.column) == (line, key)
    assert issue.code == code
    assert words in f"{issue.message} {issue.hint}"
