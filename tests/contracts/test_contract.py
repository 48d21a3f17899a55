"""Contracts as objects: their plain form, their schema, and whether they fit a problem."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies
from tests.rules.small import problem

import allocopt as ao
from allocopt.contracts import PRESETS
from allocopt.rules import CLAUSES, Clause

SCHEMA = Path(ao.__file__).parent / "contracts" / "contract.schema.json"

names = st.text("abc äß'\"\\:#&*-=0", min_size=1, max_size=8)
chosen = st.none() | st.lists(st.sampled_from(["dtc", "amazon"]), min_size=1, max_size=2, unique=True).map(tuple)
locks = st.sampled_from(["value", "plan"])
stages = st.lists(
    st.builds(ao.Fill, chosen, locks, st.sampled_from(["units", "lines"]))
    | st.builds(ao.Contribution, chosen, locks)
    | st.builds(ao.FirstCome, chosen)
    | st.builds(ao.MaxMinFill, chosen, locks, st.sampled_from(["fill", "units"]), st.sampled_from(["sku", "channel"])),
    max_size=3,
)
days = st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2026, 6, 30))
later = st.none() | st.dates(dt.date(2026, 7, 1), dt.date(2026, 12, 31))


@settings(max_examples=60, deadline=None)
@given(strategies.cases(), names, stages, names, names, days, later)
def test_contracts_survive_their_plain_form(
    case: tuple[ao.Problem, tuple[Clause, ...]],
    name: str,
    path: list[Any],
    owner: str,
    reason: str,
    first: dt.date | None,
    last: dt.date | None,
) -> None:
    """Any contract is JSON, and the same contract afterwards."""
    contract = ao.Contract(
        name, clauses=case[1], stages=path, owner=owner, reason=reason, valid_from=first, valid_to=last
    )
    content = json.loads(json.dumps(contract.to_dict(), allow_nan=False))
    assert ao.Contract.from_dict(content) == contract


def test_the_shipped_schema_is_the_schema() -> None:
    """The JSON schema in the package is what the classes say."""
    shipped = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert shipped == ao.Contract.json_schema()
    assert shipped["additionalProperties"] is False
    tags = shipped["properties"]["clauses"]["items"]["discriminator"]["mapping"]
    assert len(tags) == len(CLAUSES)


def test_one_id_stands_for_a_list_of_one() -> None:
    """Scopes take an id or several; both are kept as a tuple."""
    assert ao.Cap("dtc", units=1, sku="A") == ao.Cap("dtc", units=1, sku=("A",))
    assert ao.Fill("dtc").channels == ("dtc",)
    assert ao.Cap("dtc", units=1, sku=None).sku is None


PYTHON: dict[str, tuple[Any, str]] = {
    "no name": (ao.Contract, "Contract, key 'name': The key 'name' is missing."),
    "unknown key": (
        lambda: ao.Contract("X", clausses=[]),  # type: ignore[call-arg]
        "Contract, key 'clausses': There is no key 'clausses' here. Did you mean 'clauses'?",
    ),
    "not a clause": (lambda: ao.Contract("X", clauses=["dtc"]), "key 'clauses[0]': It must be a mapping"),  # type: ignore[list-item]
    "share over 1": (lambda: ao.Protect("dtc", share=30), "Protect, key 'share': It must be at most 1, not 30."),
    "by position": (lambda: ao.Fill([]), "Fill, key 'channels': The list is empty."),  # type: ignore[arg-type]
    "nothing protected": (lambda: ao.Protect("dtc"), "Protect: Give either units or share."),
    "a number as id": (lambda: ao.Protect(7, share=0.1), "Protect, key 'channel': It must be text, not 7."),  # type: ignore[arg-type]
    "unknown kind of lot": (
        lambda: ao.Access("dtc", kinds=("stock",)),  # type: ignore[arg-type]
        "It must be 'on_hand', 'inbound', 'safety' or 'returns', not 'stock'.",
    ),
    "no number": (lambda: ao.MarginFloor("dtc", floor=float("nan")), "It must be a finite number, not nan."),
    "a list": (lambda: ao.Contract.from_dict([]), "A contract is a mapping of keys"),  # type: ignore[arg-type]
    "keys that are no text": (lambda: ao.Contract.from_dict({1: 2}), "A contract is a mapping of keys"),  # type: ignore[dict-item]
    "twice": (
        lambda: ao.Contract("X", clauses=[ao.Cap("dtc", units=1), ao.Cap("dtc", units=2)]),
        "contract 'X', key 'clauses[1]': It speaks of the same thing as clause 1: cap channel dtc, units 2.0; cap",
    ),
}


@pytest.mark.parametrize(("make", "words"), PYTHON.values(), ids=PYTHON)
def test_faults_in_python_name_the_argument(make: Any, words: str) -> None:
    """A wrong argument is a `ContractError` with the argument's name and what to do."""
    with pytest.raises(ao.ContractError) as caught:
        make()
    assert words in str(caught.value)


def test_unknown_ids_come_with_the_nearest_and_all_at_once(tiny: ao.Problem) -> None:
    """Every channel, SKU and node that the problem does not have is named."""
    contract = ao.Contract(
        "Typos",
        clauses=[ao.Cap("amazn", units=1), ao.Protect("dtc", units=1, sku=("A", "b"), node="Est")],
        stages=[ao.Fill(("dtc", "whole"))],
    )
    with pytest.raises(ao.ContractError) as caught:
        ao.allocate(tiny, contract)
    assert [(issue.column, issue.code) for issue in caught.value.issues] == [
        ("clauses[0]", "unknown_id"),
        ("clauses[1]", "unknown_id"),
        ("clauses[1]", "unknown_id"),
        ("stages[0]", "unknown_id"),
    ]
    said = str(caught.value)
    assert "There is no channel 'amazn'. Did you mean 'amazon'?" in said
    assert "There is no node 'Est'. Did you mean 'East'?" in said
    assert "There is no channel 'whole'. It must be in the table channels." in said


def test_unknown_ids_of_a_file_come_with_their_line(tiny: ao.Problem, tmp_path: Path) -> None:
    """A contract from a file remembers its lines until it meets a problem."""
    file = tmp_path / "rules.yaml"
    file.write_text("name: X\nclauses:\n  - clause: cap\n    channel: dtc\n    units: 1\n    sku: [A, Z]\n")
    with pytest.raises(ao.ContractError, match=r"rules\.yaml, line 3, key 'clauses\[0\]': There is no sku 'Z'"):
        ao.allocate(tiny, ao.Contract.read(file))


def test_the_nearest_of_very_many_orders_is_found_at_once() -> None:
    """A wrong order number among 20,000 is answered from its neighbourhood; leading zeros are looked past."""
    orders = [f"PO-{number:06d}" for number in range(20_000)]
    demand = pd.DataFrame({"sku": "A", "channel": "dtc", "period": 0, "units": 1, "price": 1.0, "order": orders})
    facts = problem(demand=demand, supply="sku node kind units\nA East on_hand 5")
    said = [ao.Lock("dtc", "A", 1, order=name, owner="Ann", reason="r") for name in ("PO-012345x", "po-000007")]
    with pytest.raises(ao.ContractError) as caught:
        ao.Contract("X", clauses=said).check(facts)
    hints = [issue.hint for issue in caught.value.issues]
    assert hints == ["Did you mean 'PO-012345'?", "Did you mean 'PO-000007'?"]


def test_what_the_problem_can_never_give_comes_with_its_line(tmp_path: Path) -> None:
    """Every clause of a file that the facts rule out is named at once, unknown ids before numbers."""
    facts = problem(
        supply="sku node kind units\nA East on_hand 5",
        demand="sku channel period units price region order\nA dtc 0 9 10 north O1",
    )
    file = tmp_path / "rules.yaml"
    file.write_text(
        "name: X\nclauses:\n  - clause: service\n    fill: 0.9\n    region: noth\n"
        "  - {clause: service, fill: 0.9, priority: 3}\n"
        "  - {clause: lock, channel: dtc, sku: A, units: 7, owner: Ann, reason: promised}\n"
    )
    contract = ao.Contract.read(file)
    with pytest.raises(ao.ContractError) as caught:
        contract.check(facts)
    assert [(issue.row, issue.column, issue.code) for issue in caught.value.issues] == [
        (3, "clauses[0]", "unknown_id"),
        (6, "clauses[1]", "no_line"),
        (7, "clauses[2]", "lock_supply"),
    ]
    said = str(caught.value)
    assert "There is no region 'noth'. Did you mean 'north'?" in said
    assert "rules.yaml, line 7, key 'clauses[2]': It locks 7 units, and the lots in scope hold 5 usable ones." in said
    far = ao.Contract("X", clauses=[ao.Service(1, region="overseas")])
    with pytest.raises(ao.ContractError, match="It must be in the column region of demand or lanes"):
        far.check(facts)


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        ("2026-10-31", "not_yet_valid"),
        ("2026-11-01", None),
        ("2026-11-30", None),
        ("2026-12-01", "expired"),
        (None, None),
    ],
)
def test_validity_is_judged_by_the_problem_not_by_the_clock(tiny: ao.Problem, as_of: str | None, code: str) -> None:
    """First and last day count; a problem without a day takes any contract."""
    contract = ao.Contract("November", valid_from=dt.date(2026, 11, 1), valid_to=dt.date(2026, 11, 30))
    problem = tiny if as_of is None else tiny.replace(as_of=as_of)
    if code is None:
        assert ao.allocate(problem, contract).status == "optimal"
        return
    with pytest.raises(ao.ContractError) as caught:
        ao.allocate(problem, contract)
    (issue,) = caught.value.issues
    assert issue.code == code
    assert str(as_of) in issue.message


@pytest.mark.parametrize("name", PRESETS)
def test_presets_fit_any_problem(name: str, tiny: ao.Problem) -> None:
    """A preset has a reason, survives its plain form, and gives a plan."""
    contract = PRESETS[name]()
    assert contract.reason
    assert ao.Contract.from_dict(contract.to_dict()) == contract
    assert ao.allocate(tiny, contract).status == "optimal"


def test_the_whole_contribution_always_comes_last() -> None:
    """Stages that leave something open are followed by the whole contribution; one that is there is not repeated."""
    assert ao.pooled().all_stages == (ao.Contribution(),)
    assert ao.Contract("X", stages=[ao.Fill()]).all_stages == (ao.Fill(), ao.Contribution())
    last = (ao.Fill(), ao.Contribution(lock="plan"))
    assert ao.Contract("X", stages=last).all_stages == last
    part = ao.Contribution("dtc")
    assert ao.Contract("X", stages=[part]).all_stages == (part, ao.Contribution())


@pytest.mark.parametrize(
    ("content", "key", "hint"),
    [
        (
            {"clauses": [{"clause": "protect", "channel": "dtc", "shar": 0.3}]},
            "clauses[0].shar",
            "Did you mean 'share'?",
        ),
        ({"clauses": [{"clause": "cap", "channel": "dtc", "x": 1}]}, "clauses[0].x", "Known are: channel,"),
        ({"stages": [{"stage": "fill", "chanels": ["dtc"]}]}, "stages[0].chanels", "Did you mean 'channels'?"),
        ({"claus": []}, "claus", "Did you mean 'clauses'?"),
    ],
)
def test_a_wrong_key_is_answered_with_the_keys_of_its_part(content: dict[str, Any], key: str, hint: str) -> None:
    """From Python as from a file, a clause is told its own keys and not those of the contract."""
    with pytest.raises(ao.ContractError) as caught:
        ao.Contract.from_dict({"name": "X", **content})
    (issue,) = caught.value.issues
    assert (issue.code, issue.column) == ("unknown_key", key)
    assert issue.hint.startswith(hint)
