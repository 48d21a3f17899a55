"""Contract files: what is right is read, and what is wrong is named with its file, its line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

import allocopt as ao
from allocopt.errors import Issue

PACKS = Path(__file__).parents[2] / "scenarios"
FILES = sorted(PACKS.glob("*/contracts/*.yaml"))


def faults(tmp_path: Path, text: str | bytes) -> tuple[Issue, ...]:
    """Return the faults of a contract file with this text."""
    file = tmp_path / "rules.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ao.ContractError) as caught:
        ao.Contract.read(file)
    assert all(issue.table == str(file) for issue in caught.value.issues)
    return caught.value.issues


def clause(*lines: str) -> str:
    """Return a contract whose only clause has these lines; the first stands on line 3."""
    return "name: X\nclauses:\n  - " + "\n    ".join(lines) + "\n"


DTC = ("clause: protect", "channel: dtc")
AMAZON = ("clause: retire", "channel: amazon")
CASES = {
    "unknown key": ("name: X\nownr: me\n", 2, "ownr", "unknown_key", "no key 'ownr' here. Did you mean 'owner'?"),
    "unknown key far from any": ("name: X\nqqq: 1\n", 2, "qqq", "unknown_key", "Known are: name, clauses, stages"),
    "unknown key of a clause": (
        clause(*DTC, "share: 0.3", "relase_from: 2"),
        6,
        "clauses[0].relase_from",
        "unknown_key",
        "Did you mean 'release_from'?",
    ),
    "unknown key of a stage": (
        "name: X\nstages:\n  - stage: fill\n    lok: plan\n",
        4,
        "stages[0].lok",
        "unknown_key",
        "Did you mean 'lock'?",
    ),
    "key that is a number": ("name: X\n1: 2\n", None, "1", "unknown_key", "no key '1'"),
    "unknown kind of clause": (
        clause("clause: protekt", "channel: dtc"),
        3,
        "clauses[0]",
        "unknown_kind",
        "no kind of clause called 'protekt'. Did you mean 'protect'?",
    ),
    "clause without a kind": (clause("channel: dtc"), 3, "clauses[0]", "missing_key", "'clause' is missing"),
    "unknown kind of stage": (
        "name: X\nstages:\n  - stage: fairness\n",
        3,
        "stages[0]",
        "unknown_kind",
        "Known are: fill, contribution, max_min_fill, confirmed, first_come.",
    ),
    "clause that is no mapping": (
        "name: X\nclauses:\n  - protect\n",
        3,
        "clauses[0]",
        "model_attributes_type",
        "a mapping of keys to values, not 'protect'",
    ),
    "clauses that are no list": ("name: X\nclauses: all\n", 2, "clauses", "tuple_type", "a list, not 'all'"),
    "blank clauses": ("name: X\nclauses:\n", 2, "clauses", "tuple_type", "not blank. Write [] for none."),
    "share over 1": (
        clause(*DTC, "share: 30"),
        5,
        "clauses[0].share",
        "less_than_equal",
        "It must be at most 1, not 30.",
    ),
    "negative units": (
        clause(*DTC, "units: -1"),
        5,
        "clauses[0].units",
        "greater_than_equal",
        "It must be at least 0, not -1.",
    ),
    "endless units": (clause(*DTC, "units: .inf"), 5, "clauses[0].units", "finite_number", "finite"),
    "units in words": (clause(*DTC, "units: some"), 5, "clauses[0].units", "float_type", "a number, not 'some'"),
    "a flag as share": (clause(*DTC, "share: true"), 5, "clauses[0].share", "float_type", "a number, not True"),
    "text as share": (clause(*DTC, "share: '0.3'"), 5, "clauses[0].share", "float_type", "a number, not '0.3'"),
    "half a period": (
        clause(*DTC, "share: 0.3", "release_from: 2.5"),
        6,
        "clauses[0].release_from",
        "int_type",
        "a whole number, not 2.5",
    ),
    "both units and share": (
        clause(*DTC, "share: 0.3", "units: 5"),
        3,
        "clauses[0]",
        "value_error",
        "Give either units or share.",
    ),
    "neither units nor share": (clause(*DTC), 3, "clauses[0]", "value_error", "Give either units or share."),
    "reserve over all SKUs": (
        clause(*DTC, "units: 5", "per: total"),
        3,
        "clauses[0]",
        "value_error",
        "per='total' needs mode='serve'",
    ),
    "missing channel": (clause("clause: cap", "units: 5"), 3, "clauses[0].channel", "missing_key", "is missing"),
    "unknown mode": (
        clause(*DTC, "units: 5", "mode: keep"),
        6,
        "clauses[0].mode",
        "literal_error",
        "It must be 'reserve' or 'serve', not 'keep'.",
    ),
    "an id read as a number": (
        clause("clause: cap", "channel: 123", "units: 5"),
        4,
        "clauses[0].channel",
        "string_type",
        "in quotes",
    ),
    "a SKU read as a number": (clause(*DTC, "units: 5", "sku: 00123"), 6, "clauses[0].sku", "tuple_type", "in quotes"),
    "SKUs read as numbers": (
        clause(*DTC, "units: 5", "sku: [A, 1E5]"),
        6,
        "clauses[0].sku[1]",
        "string_type",
        "in quotes",
    ),
    "no SKU at all": (
        clause(*DTC, "units: 5", "sku: []"),
        6,
        "clauses[0].sku",
        "too_short",
        "The list is empty. Leave it out to mean all of them.",
    ),
    "a ratio of nothing": (
        clause("clause: in_ratio", "channel: dtc", "skus: {}"),
        5,
        "clauses[0].skus",
        "too_short",
        "It names nothing. Write at least one name with its number.",
    ),
    "a ratio that takes none": (
        clause("clause: in_ratio", "channel: dtc", "skus: {A: 0, B: 1}"),
        5,
        "clauses[0].skus.A",
        "greater_than",
        "It must be more than 0, not 0.",
    ),
    "a lock without its owner": (
        clause("clause: lock", "channel: dtc", "sku: A", "units: 5", "reason: promised"),
        3,
        "clauses[0].owner",
        "missing_key",
        "The key 'owner' is missing.",
    ),
    "a lock without a reason worth the name": (
        clause("clause: lock", "channel: dtc", "sku: A", "units: 5", "owner: Ann", "reason: ' '"),
        8,
        "clauses[0].reason",
        "value_error",
        "It is blank.",
    ),
    "a lock of unknown stock": (
        clause("clause: lock", "channel: dtc", "sku: A", "units: 5", "owner: Ann", "reason: r", "kind: onhand"),
        9,
        "clauses[0].kind",
        "literal_error",
        "It must be 'on_hand', 'inbound', 'safety' or 'returns', not 'onhand'.",
    ),
    "a lock that expires some day": (
        clause("clause: lock", "channel: dtc", "sku: A", "units: 5", "owner: Ann", "reason: r", "expires: soon"),
        9,
        "clauses[0].expires",
        "date",
        "a day such as 2026-11-27, not 'soon'",
    ),
    "a service in percent": (
        clause("clause: service", "fill: 95"),
        4,
        "clauses[0].fill",
        "less_than_equal",
        "It must be at most 1, not 95.",
    ),
    "a rank in words": (
        clause("clause: service", "fill: 0.9", "priority: first"),
        5,
        "clauses[0].priority[0]",
        "int_type",
        "a whole number, not 'first'",
    ),
    "half a rank": (
        clause("clause: service", "fill: 0.9", "priority: [1, 1.5]"),
        5,
        "clauses[0].priority[1]",
        "int_type",
        "a whole number, not 1.5",
    ),
    "firm in words": (
        clause("clause: service", "fill: 0.9", "firm: orders"),
        5,
        "clauses[0].firm",
        "bool_type",
        "It must be true or false, not 'orders'.",
    ),
    "service per order": (
        clause("clause: service", "fill: 0.9", "per: order"),
        5,
        "clauses[0].per",
        "literal_error",
        "It must be 'total' or 'sku', not 'order'.",
    ),
    "too much taken over": (
        clause(*AMAZON, "recapture:", "  - {to: dtc, share: 0.7}", "  - {to: shop, share: 0.4}"),
        3,
        "clauses[0]",
        "value_error",
        "The shares recaptured of 'amazon' add up to 1.1, more than all of it.",
    ),
    "taken over by itself": (
        clause(*AMAZON, "recapture: [{to: amazon, share: 0.7}]"),
        3,
        "clauses[0]",
        "value_error",
        "cannot be recaptured by 'amazon' itself",
    ),
    "taken over by a channel that goes too": (
        clause(*AMAZON, "recapture: [{to: dtc, share: 0.7}]") + "  - {clause: retire, channel: dtc}\n",
        3,
        "clauses[0]",
        "recapture_retired",
        "It lets 'dtc' take demand over, which the contract retires. Let a channel take it over that stays.",
    ),
    "two prices": (
        clause("clause: promotion", "promotion: P1", "discount: 0.2", "price: 5"),
        3,
        "clauses[0]",
        "value_error",
        "Give either discount or price.",
    ),
    "a price of which the other is not known": (
        clause("clause: promotion", "promotion: P1", "stated: with", "price: 5"),
        3,
        "clauses[0]",
        "value_error",
        "The price without the promotion is not known: with stated='with' give a discount.",
    ),
    "all of the price given away": (
        clause("clause: promotion", "promotion: P1", "stated: with", "discount: 1"),
        3,
        "clauses[0]",
        "value_error",
        "give a smaller one",
    ),
    "a promotion that runs perhaps": (
        clause("clause: promotion", "promotion: P1", "run: maybe"),
        5,
        "clauses[0].run",
        "literal_error",
        "It must be 'choose', 'yes' or 'no', not 'maybe'.",
    ),
    "an uplift downwards": (
        clause("clause: promotion", "promotion: P1", "uplift: -0.5"),
        5,
        "clauses[0].uplift",
        "greater_than_equal",
        "It must be at least 0, not -0.5.",
    ),
    "half a campaign": (
        clause("clause: campaigns", "at_most: 1.5"),
        4,
        "clauses[0].at_most",
        "int_type",
        "a whole number, not 1.5",
    ),
    "both retired and not": (
        clause(*AMAZON) + "  - {clause: keep_or_retire, channel: amazon}\n",
        5,
        "clauses[1]",
        "clause_twice",
        "It speaks of the same thing as clause 1: keep or retire channel amazon; retire channel amazon.",
    ),
    "kept or retired, and taken over by a channel that goes": (
        clause(*AMAZON) + "  - {clause: keep_or_retire, channel: dtc, recapture: [{to: amazon, share: 1}]}\n",
        5,
        "clauses[1]",
        "recapture_retired",
        "It lets 'amazon' take demand over, which the contract retires.",
    ),
    "unknown key of what is taken over": (
        clause(*AMAZON, "recapture:", "  - to: dtc", "    shar: 0.7", "    share: 0.5"),
        7,
        "clauses[0].recapture[0].shar",
        "unknown_key",
        "Did you mean 'share'?",
    ),
    "nothing taken over": (
        clause(*AMAZON, "recapture:", "  - to: dtc"),
        6,
        "clauses[0].recapture[0].share",
        "missing_key",
        "The key 'share' is missing.",
    ),
    "unknown price": (
        clause(*AMAZON, "recapture:", "  - {to: dtc, share: 0.7, price_from: list}"),
        6,
        "clauses[0].recapture[0].price_from",
        "literal_error",
        "It must be 'receiving' or 'original', not 'list'.",
    ),
    "an approval of nothing": (
        clause("clause: approval", "channel: dtc"),
        3,
        "clauses[0]",
        "value_error",
        "Give units, or revenue, or both: what is above needs approval.",
    ),
    "approval above less than nothing": (
        clause("clause: approval", "value: -5"),
        4,
        "clauses[0].value",
        "greater_than_equal",
        "It must be at least 0, not -5.",
    ),
    "parity with itself": (
        clause("clause: price_parity", "channel: dtc", "against: dtc"),
        3,
        "clauses[0]",
        "value_error",
        "A channel is not held against itself: name another one in 'against'.",
    ),
    "parity in percent": (
        clause("clause: price_parity", "channel: dtc", "against: web", "tolerance: 5"),
        6,
        "clauses[0].tolerance",
        "less_than_equal",
        "It must be at most 1, not 5.",
    ),
    "key twice": ("name: X\nowner: a\nowner: b\n", 3, None, "bad_yaml", 'duplicate key "owner"'),
    "month 13": ("name: X\nvalid_from: 2026-13-01\n", 2, "valid_from", "date", "a day such as 2026-11-27, "),
    "day in words": ("name: X\nvalid_to: Christmas\n", 2, "valid_to", "date", "a day such as"),
    "a number as day": ("name: X\nvalid_to: 20261101\n", 2, "valid_to", "date_type", "not 20261101"),
    "hour of a day": ("name: X\nvalid_to: 2026-11-01 10:00:00\n", 2, "valid_to", "date", "a day such as"),
    "ends before it begins": (
        "name: X\nvalid_from: 2026-12-01\nvalid_to: 2026-11-01\n",
        3,
        "valid_to",
        "dates_reversed",
        "ends before it begins",
    ),
    "empty file": ("", 1, None, "not_a_mapping", "at least a name"),
    "a list": ("- a\n", 1, None, "not_a_mapping", "at least a name"),
    "no name": ("clauses: []\n", None, "name", "missing_key", "'name' is missing"),
    "blank name": ("name:\n", 1, "name", "string_type", "text, not blank"),
    "empty name": ("name: ''\n", 1, "name", "string_too_short", "It is empty."),
    "a name read as a number": ("name: 2026\n", 1, "name", "string_type", "in quotes"),
    "broken YAML": ("name: [X\n", 2, None, "bad_yaml", "not valid YAML"),
    "tabs": ("name: X\nclauses:\n\t- clause: cap\n", 3, None, "bad_yaml", "not valid YAML"),
    "two documents": ("name: X\n---\nname: Y\n", 2, None, "bad_yaml", "another document"),
    "an object": ("name: !!python/object:os.system x\n", 1, "name", "string_type", "must be text"),
    "not UTF-8": (b"name: X\nowner: \xe9\n", 2, None, "bad_encoding", "not UTF-8"),
}


@pytest.mark.parametrize(("text", "line", "key", "code", "words"), CASES.values(), ids=CASES)
def test_every_fault_has_its_line_and_its_remedy(
    tmp_path: Path, text: str | bytes, line: int | None, key: str | None, code: str, words: str
) -> None:
    """A fault names its line, the key, a code for machines, and what to do."""
    (issue,) = faults(tmp_path, text)
    assert (issue.row, issue.column) == (line, key)
    assert issue.code.startswith(code)
    assert words in f"{issue.message} {issue.hint}"


def test_all_faults_come_at_once_by_line(tmp_path: Path) -> None:
    """Every fault is told, in the order of lines, and the text calls keys by their name."""
    text = clause("clause: protect", "chanel: dtc", "share: 3", "mode: keep") + "stages:\n  - stage: fil\n"
    issues = faults(tmp_path, text)
    assert [issue.row for issue in issues] == [3, 4, 5, 6, 8]
    said = str(ao.ContractError(issues))
    assert said.startswith("5 faults:\n")
    assert "rules.yaml, line 5, key 'clauses[0].share': It must be at most 1, not 3." in said


def test_a_clause_said_twice_names_both(tmp_path: Path) -> None:
    """Two clauses about the same thing contradict each other; both quantities are told."""
    lines = "  - clause: cap\n    channel: dtc\n    units: {}\n"
    (issue,) = faults(tmp_path, "name: X\nclauses:\n" + lines.format(5) + lines.format(6))
    assert (issue.row, issue.code) == (6, "clause_twice")
    assert "clause 1: cap channel dtc, units 6.0; cap channel dtc, units 5.0" in issue.message


@pytest.mark.parametrize(("name", "code"), [("nowhere.yaml", "no_file"), (".", "unreadable")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, code: str) -> None:
    """A missing file and a folder are refused, without the words of the operating system's errors."""
    with pytest.raises(ao.ContractError) as caught:
        ao.Contract.read(tmp_path / name)
    assert caught.value.issues[0].code == code
    assert "Errno" not in str(caught.value)


def test_text_that_looks_like_something_else_stays_text(tmp_path: Path) -> None:
    """Ids that YAML 1.1 would change are text, and so are quoted numbers."""
    file = tmp_path / "rules.yaml"
    file.write_text(clause("clause: cap", "channel: no", "units: 5", "sku: ['00123', 12:30, 'NA', Ä]"), "utf-8")
    (cap,) = ao.Contract.read(file).clauses
    assert (cap.channel, cap.sku) == ("no", ("00123", "12:30", "NA", "Ä"))


def test_a_blank_scope_means_all(tmp_path: Path) -> None:
    """A scope that is left blank is a scope that is not given."""
    file = tmp_path / "rules.yaml"
    file.write_text(clause("clause: cap", "channel: dtc", "units: 5", "sku:", "node: null"))
    assert ao.Contract.read(file).clauses == (ao.Cap("dtc", units=5),)


def test_anchors_and_merges_are_yaml_too(tmp_path: Path) -> None:
    """A clause may be written as a variant of another one."""
    file = tmp_path / "rules.yaml"
    file.write_text(clause("&a", "clause: cap", "channel: dtc", "units: 3") + "  - <<: *a\n    channel: web\n")
    assert [cap.channel for cap in ao.Contract.read(file).clauses] == ["dtc", "web"]


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parts[-3]}-{path.stem}" for path in FILES])
def test_shipped_contracts_are_read_and_written_again(path: Path) -> None:
    """Every contract of the packs is read, says who owns it and why, and survives its plain form."""
    contract = ao.Contract.read(path)
    assert contract.owner
    assert contract.reason
    assert ao.Contract.from_dict(contract.to_dict()) == contract


def test_whether_a_promotion_runs_is_read_as_text(tmp_path: Path) -> None:
    """A bare yes or no in a file is what it says, and no flag."""
    file = tmp_path / "rules.yaml"
    said = [f"  - {{clause: promotion, promotion: {name}, run: {run}}}" for name, run in (("P1", "yes"), ("P2", "no"))]
    file.write_text("\n".join(["name: X", "clauses:", *said, "  - clause: campaigns", ""]))
    assert ao.Contract.read(file).clauses == (
        ao.Promotion("P1", run="yes"),
        ao.Promotion("P2", run="no"),
        ao.Campaigns(at_most=1),
    )


def test_packs_have_contracts() -> None:
    """The test above has something to look at."""
    assert len(FILES) >= 5
