"""What each channel is worth: the parts and their sum, what is certain of it, and the break-even recapture."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.conftest import REPOSITORY
from tests.rules.small import problem
from tests.strategies import clauses, problems

import allocopt as ao
from allocopt.retire import leaving
from allocopt.retire.break_even import BreakEven, NetGain, find_break_even, scaled, spread
from allocopt.retire.leaving import PARTS, Books
from allocopt.retire.verdict import verdict
from allocopt.retire.worth import MIRRORED

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.fixture(scope="module")
def quickstart() -> ao.Problem:
    """The pack that is worked out by hand."""
    return ao.Problem.read(REPOSITORY / "scenarios" / "quickstart")


def shops(fixed: float = 200, price: float = 8, supply: int = 300) -> ao.Problem:
    """Return a problem in which a unit earns 5 in the stores and ``price - 4`` in the web shop, and nothing is short.

    The stores want 100, cost `fixed` to run, and sell one SKU more, 10 units at 1.
    """
    return problem(
        skus="sku unit_cost\nA 4\nB 4",
        channels=f"channel fixed_cost\nstores {fixed}\nweb 10\nfair 0",
        supply=f"sku node kind units\nA DC on_hand {supply}\nB DC on_hand 50",
        demand=f"""
            sku channel period units price
            A   stores  0      100   9
            B   stores  0      10    5
            A   web     0      50    {price}
        """,
    )


def row_of(found: ao.Retirement, channel: str) -> dict[str, Any]:
    """Return the row of one channel."""
    row: dict[str, Any] = found.table.set_index("channel").loc[channel].to_dict()
    return row


def test_amazon_in_the_quickstart_is_what_its_readme_works_out(quickstart):
    """Its 890 before fixed cost go, others earn 700 more, 300 are saved, 10 more mugs are written down: 2,495."""
    found = ao.retirement(quickstart)
    assert found.table["channel"].tolist() == ["amazon", "wholesale", "dtc"]
    row = row_of(found, "amazon")
    assert [row[part] for part in PARTS] == pytest.approx([-890, 700, 300, 0, -30])
    assert [row["net"], row["low"], row["high"]] == pytest.approx([80, 80, 80])
    assert [row["break_even"], row["break_even_low"], row["break_even_high"]] == [0, 0, 0]
    assert found.base.contribution == pytest.approx(2415)
    assert found.plan("amazon").contribution == pytest.approx(2495)
    assert found.verdict == (
        "Retire amazon: it is worth 80.00 USD (for certain); it pays even if nobody takes any of its demand over. "
        "wholesale and dtc should not be retired, supposing that nobody takes over any of their demand. "
        "At the earliest, retiring wholesale would pay with 50% of its demand taken over by others, instead of none."
    )


def test_forcing_it_by_contract_gives_the_same_difference(quickstart):
    """A contract with the clause is worth more by exactly net, with and without recapture."""
    parts = [ao.Recapture("dtc", 0.3), ao.Recapture("amazon", 0.2, price_from="original")]
    protect = ao.Contract("Protect", clauses=[ao.Protect("dtc", share=0.5, of="inbound")])
    found = ao.retirement(quickstart, protect, channels=["wholesale"], recapture={"wholesale": parts})
    row = row_of(found, "wholesale")
    forced = ao.Contract("Forced", clauses=[*protect.clauses, ao.Retire("wholesale", recapture=parts)])
    assert row["net"] == pytest.approx(ao.allocate(quickstart, forced).contribution - 2385)
    assert sum(row[part] for part in PARTS) == pytest.approx(row["net"])
    alone = ao.Contract("Forced", clauses=[*protect.clauses, ao.Retire("wholesale")])
    channels = ao.allocate(quickstart, alone).channels.set_index("channel")["contribution"]
    before = found.base.channels.set_index("channel")["contribution"]
    assert row["freed"] == pytest.approx((channels - before)[["amazon", "dtc"]].sum())


def test_it_is_zero_demand_lapsed_promises_saved_cost_and_what_others_take_over():
    """By hand: the stores' lines at zero, no fixed cost, the promise to them gone, 40 units more in the web shop."""
    facts = shops(fixed=600, supply=120)
    agreed = ao.Contract("Promised", clauses=[ao.Protect("stores", units=90, sku="A"), ao.Cap("web", units=70)])
    parts = {"stores": [ao.Recapture("web", 0.4)]}
    found = ao.retirement(facts, agreed, channels="stores", recapture=parts)
    demand, channels = facts.demand, facts.channels
    demand.loc[demand["channel"] == "stores", "units"] = 0
    channels.loc[channels["channel"] == "stores", "fixed_cost"] = 0
    demand.loc[demand["channel"] == "web", "units"] += 40
    gone = ao.allocate(facts.replace(demand=demand, channels=channels), ao.Contract("Cap", clauses=agreed.clauses[1:]))
    row = row_of(found, "stores")
    assert row["net"] == pytest.approx(gone.contribution - ao.allocate(facts, agreed).contribution)
    assert [row[part] for part in PARTS] == pytest.approx([-510, 30 * 4, 600, 20 * 4, 0])
    assert found.recapture.to_dict("records") == [
        {"channel": "stores", "to": "web", "proportion": 1, "share": 0.4, "price_from": "receiving"}
        | {"asked": 40, "served": 20}
    ]
    assert found.unlisted.to_dict("records") == [{"channel": "stores", "sku": "B", "units": 10}]
    assert found.broken.to_dict("records") == [
        {"channel": "stores", "what": "protect channel stores, units 90.0, sku A", "clause": 0, "units": 90}
    ]
    assert found.notes == {
        "stores": ("recapture of stores by web: web has no demand for the SKU B; 4 units are not recaptured.",)
    }
    assert "; it breaks 1 promise." in found.verdict


@few
@given(st.data(), problems())
def test_the_parts_add_up_and_an_admission_is_the_mirror_image(data: st.DataObject, facts: ao.Problem) -> None:
    """Whatever the problem and contract: five parts make net, net is what the contract is worth more, in its range."""
    assume(len(facts.demand))
    agreed = ao.Contract("drawn", clauses=data.draw(clauses(facts)))
    names = facts.channels["channel"].tolist()
    channel = data.draw(st.sampled_from(names))
    others = [name for name in names if name != channel and not leaving.settled(agreed, name)]
    parts = {channel: [ao.Recapture(others[0], 0.4)]} if others else {}
    found = ao.retirement(facts, agreed, channels=channel, recapture=parts)
    row = row_of(found, channel)
    if row["status"] not in ("optimal", "feasible"):
        assert row["message"]
        assert np.isnan([row[name] for name in (*PARTS, "net")]).all()
        return
    worth = found.plan(channel).contribution - found.base.contribution
    assert row["low"] - 1e-6 <= worth <= row["high"] + 1e-6
    assert row["low"] <= row["net"] <= row["high"]
    if not np.isnan(row["freed"]):
        assert sum(row[part] for part in PARTS) == pytest.approx(row["net"], abs=1e-6)
    mirror = ao.admission(facts, agreed, channel, recapture=parts)
    other = row_of(mirror, channel)
    turned = [other[MIRRORED[part]] for part in PARTS]
    assert np.allclose(turned, [-row[part] for part in PARTS], equal_nan=True)
    assert [other["net"], other["low"], other["high"]] == pytest.approx([-row["net"], -row["high"], -row["low"]])
    assert other["break_even"] == pytest.approx(row["break_even"], nan_ok=True)


@few
@given(st.data(), problems())
def test_what_the_best_plans_differ_by_lies_in_the_range(data: st.DataObject, facts: ao.Problem) -> None:
    """However far from the best the two plans may stay, the difference of the best ones is never outside."""
    agreed = ao.Contract("drawn", clauses=[c for c in data.draw(clauses(facts)) if not getattr(c, "penalty", None)])
    channel = data.draw(st.sampled_from(facts.channels["channel"].tolist()))
    row = row_of(ao.retirement(facts, agreed, channels=channel, gap=0.1), channel)
    assume(row["status"] in ("optimal", "feasible"))
    best, gone = (ao.allocate(facts, contract, gap=0.0) for contract in (agreed, leaving.without(agreed, channel)))
    assume((best.status, gone.status) == ("optimal", "optimal"))
    money = 1e-6 * max(1.0, abs(best.contribution), abs(gone.contribution))
    assert row["low"] - money <= gone.contribution - best.contribution <= row["high"] + money


@pytest.mark.parametrize(
    ("fixed", "price", "expected"),
    [(210, 8, (0.75, 0.74, 0.75)), (510, 8, (0.0, 0.0, 0.0)), (210, 6.5, (np.nan, 1.0, np.nan))],
    ids=["some", "none", "never"],
)
@pytest.mark.parametrize("given_", [True, False], ids=["given", "by demand"])
def test_the_break_even_is_found_on_real_plans(fixed, price, expected, given_):
    """The stores' 510 go and 210 are saved: 300 must come back, 4 for each of 75 units; never at 2.50 a unit."""
    facts = shops(fixed, price)
    parts = {"stores": [ao.Recapture("web", 0.1)]} if given_ else None
    row = row_of(ao.retirement(facts, channels="stores", recapture=parts), "stores")
    found = (row["break_even"], row["break_even_low"], row["break_even_high"])
    assert found == pytest.approx(expected, nan_ok=True)


def test_the_break_even_range_is_what_is_certain():
    """With plans that may each be worth 4 more, 34 % is found, 30 % is certainly too little and 36 % enough."""
    asked = []

    def net_at(hundredths: int) -> NetGain:
        asked.append(hundredths)
        worth = hundredths * 3.0 - 100.0
        return NetGain(worth, worth - 4.0, worth + 4.0)

    known = {0: net_at(0), 36: net_at(36)}
    asked.clear()
    assert find_break_even(net_at, known) == BreakEven(0.34, 0.31, 0.36)
    assert len(asked) <= 6
    perhaps = find_break_even(net_at, {0: NetGain(1.0, -3.0, 5.0)})
    assert (perhaps.share, perhaps.low) == (0.0, 0.0)
    assert np.isnan(perhaps.high)


@given(
    st.floats(-1e4, 1e4),
    st.lists(st.floats(0, 500), min_size=100, max_size=100),
    st.tuples(*(st.floats(0, 900) for _ in range(3))),
)
def test_bounds_lead_to_the_share_that_halving_finds(first, more, open_):
    """Whatever plans and bounds leave open: the same share as without bounds, and ends that are certain."""
    worth = first + np.cumsum([0.0, *more])
    below, above, beyond = open_
    net = [NetGain(found, found - below, found + above) for found in worth.tolist()]
    made = []

    def net_at(hundredths: int) -> NetGain:
        made.append(hundredths)
        return net[hundredths]

    halved = find_break_even(net.__getitem__, {0: net[0]})
    found = find_break_even(net_at, {0: net[0]}, lambda hundredths: net[hundredths].high + beyond)
    assert found.share == pytest.approx(halved.share, nan_ok=True)
    assert found.low == 0 or net[round(100 * found.low)].high < 0
    assert np.isnan(found.high) or (net[round(100 * found.high)].low >= -0.005 and found.high >= found.share)
    assert len(made) == len(set(made)) <= 16


def test_few_plans_are_made_where_bounds_are_close():
    """On a curve that flattens, bounds close in on the share: two plans say what halving takes eight for."""
    worth = [-2000.0 + 400.0 * share**0.5 for share in range(101)]
    made = []

    def net_at(hundredths: int) -> NetGain:
        made.append(hundredths)
        return NetGain(worth[hundredths], worth[hundredths] - 30.0, worth[hundredths] + 5.0)

    known = {0: NetGain(worth[0], worth[0] - 30.0, worth[0] + 5.0)}
    assert find_break_even(net_at, known, lambda hundredths: worth[hundredths] + 9.0) == BreakEven(0.25, 0.24, 0.26)
    assert made == [25, 26]


def test_demand_is_spread_over_who_sells_the_same(quickstart):
    """Without amazon, dtc, which wants 150 units, would get 60 %, and wholesale with 100 units 40 %."""
    parts = spread(quickstart.facts, "amazon", set())
    assert [(part.to, part.share) for part in parts] == [("dtc", 0.6), ("wholesale", 0.4)]
    assert [part.share for part in scaled(parts, 0.5)] == [0.3, 0.2]
    assert [part.to for part in spread(quickstart.facts, "amazon", {"dtc"})] == ["wholesale"]
    assert spread(shops().facts, "fair", set()) == ()


def test_a_channel_whose_goods_nobody_else_sells_never_breaks_even():
    """There is nobody to take demand over: no share would do, and no plan is made to find out."""
    facts = problem(
        supply="sku node kind units\nA DC on_hand 9\nB DC on_hand 9",
        demand="sku channel period units price\nA stores 0 5 9\nB web 0 5 9",
    )
    row = row_of(ao.retirement(facts, channels="stores"), "stores")
    assert row["net"] == -45
    assert np.isnan(row["break_even"])
    assert row["break_even_low"] == 1


@pytest.mark.parametrize("fixed", [210, 390])
def test_leaving_it_to_the_plan_gives_the_better_of_the_two(fixed):
    """With the same recapture, a contract that keeps or retires the channel is worth the larger of both plans."""
    parts = [ao.Recapture("web", 0.4)]
    found = ao.retirement(shops(fixed), channels="stores", recapture={"stores": parts})
    best = found.base.contribution + max(row_of(found, "stores")["net"], 0.0)
    decided = ao.allocate(shops(fixed), ao.Contract("X", clauses=[ao.KeepOrRetire("stores", recapture=parts)]))
    assert decided.contribution == pytest.approx(best)
    assert decided.decisions == {"keep/stores": fixed == 210}


def test_what_is_certain_follows_from_both_proofs():
    """Either plan may be missing something: 10 here and 5 there make a range of -10 to 5 around the difference."""
    kept = Books(np.array([60.0, 40.0]), np.zeros(2), 100.0, 110.0, ())
    gone = Books(np.array([0.0, 120.0]), np.zeros(2), 120.0, 125.0, ())
    assert gone.above(kept) == NetGain(20.0, 10.0, 25.0)


@pytest.mark.parametrize(
    ("contract", "why"),
    [
        (ao.Contract("X", clauses=[ao.Retire("stores")]), "the contract itself retires it"),
        (ao.Contract("X", clauses=[ao.KeepOrRetire("stores")]), "the contract lets the plan decide whether it stays"),
        (
            ao.Contract("X", clauses=[ao.Retire("fair", recapture=[ao.Recapture("stores", 0.5)])]),
            "the contract lets it take over demand of fair",
        ),
    ],
    ids=["retired", "open", "receives"],
)
def test_what_the_contract_has_decided_is_skipped(contract, why):
    """Such a channel is a row that says so; the others are looked at."""
    found = ao.retirement(shops(), contract)
    row = row_of(found, "stores")
    assert (row["status"], row["message"]) == ("skipped", why)
    assert not found.unsolved
    assert row_of(found, "web")["status"] == "optimal"
    assert f"stores: no answer ({why})." in found.verdict or "stores and " in found.verdict
    with pytest.raises(KeyError, match="stores"):
        found.plan("stores")


@pytest.mark.parametrize(
    "contract",
    [
        ao.Contract("X", stages=[ao.Fill(["stores"])]),
        ao.Contract("X", stages=[ao.MaxMinFill(["stores"])]),
        ao.Contract("X", clauses=[ao.Protect("stores", share=0.9), ao.Cap("stores", units=50)]),
        ao.first_come(),
    ],
    ids=["fill", "max min", "clauses", "first come"],
)
def test_a_contract_may_speak_of_the_channel_alone(contract):
    """Without the channel nothing of it is left to hold, and the rest is optimised as ever."""
    found = ao.retirement(shops(), contract, channels=["stores"])
    row = row_of(found, "stores")
    assert row["status"] == "optimal"
    assert found.plan("stores").contribution == pytest.approx(190)
    assert sum(row[part] for part in PARTS) == pytest.approx(row["net"])


def test_a_contract_without_a_plan_makes_rows_without_numbers():
    """Nobody can get 999 units: every channel says that there is no plan as it is."""
    found = ao.retirement(shops(), ao.Contract("X", clauses=[ao.Service(channel="stores", fill=1.0)]))
    assert found.table["status"].unique().tolist() == ["optimal"]
    found = ao.retirement(shops(supply=20), ao.Contract("X", clauses=[ao.Service(channel="web", fill=1.0)]))
    assert found.table["status"].unique().tolist() == ["infeasible"]
    assert found.table["message"].str.startswith("as it is: the hard clauses").all()
    assert found.unsolved
    assert len(found.failures) == 3
    assert found.verdict.startswith("fair, stores and web: no answer (infeasible: as it is")
    assert found.to_dict()["contribution"] is None


def test_what_cannot_be_recaptured_for_want_of_supply_says_so():
    """The web shop must serve everything: with the stores' demand there are not enough goods, without it there are."""
    agreed = ao.Contract("X", clauses=[ao.Service(channel="web", fill=1.0)])
    parts = {"stores": [ao.Recapture("web", 1.0)]}
    row = row_of(ao.retirement(shops(supply=120), agreed, channels="stores", recapture=parts), "stores")
    assert (row["status"], np.isnan(row["net"])) == ("infeasible", True)
    assert row["message"].startswith("without stores: the hard clauses")
    row = row_of(ao.retirement(shops(supply=120), agreed, channels="stores"), "stores")
    assert (row["status"], row["net"]) == ("optimal", -160)
    assert row["message"].startswith("break-even: no plan at a recapture of 100 % (infeasible)")


def test_one_channel_that_goes_wrong_takes_no_other_with_it(monkeypatch):
    """Whatever is raised becomes a row; only an interruption gets through."""
    solve = leaving.allocate

    def broken(facts: ao.Problem, contract: ao.Contract, **how: Any) -> ao.Plan:
        if "without stores" in contract.name:
            raise MemoryError("no more room")
        return solve(facts, contract, **how)

    monkeypatch.setattr(leaving, "allocate", broken)
    found = ao.retirement(shops())
    assert row_of(found, "stores")["message"] == "MemoryError: no more room"
    assert row_of(found, "web")["status"] == "optimal"
    assert "stores: no answer (error: MemoryError: no more room)." in found.verdict

    def interrupted(*given: Any, **how: Any) -> ao.Plan:
        raise KeyboardInterrupt

    monkeypatch.setattr(leaving, "allocate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ao.retirement(shops())


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "channel": ({"channels": ["stroes"]}, "There is no channel 'stroes'. Did you mean 'stores'?"),
    "twice": ({"channels": ["web", "web"]}, "Channel 'web' is named twice."),
    "none": ({"channels": []}, "There is no channel to look at."),
    "from": ({"recapture": {"strs": [ao.Recapture("web", 0.1)]}}, "There is no channel 'strs'."),
    "to": ({"recapture": {"stores": [ao.Recapture("wbe", 0.1)]}}, "There is no channel 'wbe'. Did you mean 'web'?"),
    "itself": ({"recapture": {"stores": [ao.Recapture("stores", 0.1)]}}, "cannot be recaptured by 'stores' itself"),
    "over one": (
        {"recapture": {"stores": [ao.Recapture("web", 0.7), ao.Recapture("fair", 0.4)]}},
        "The shares recaptured of 'stores' add up to 1.1, more than all of it.",
    ),
    "not asked": (
        {"channels": "web", "recapture": {"stores": [ao.Recapture("web", 0.7)]}},
        "which is not among the channels to look at",
    ),
    "gone": (
        {"contract": ao.Contract("X", [ao.Retire("fair")]), "recapture": {"stores": [ao.Recapture("fair", 0.7)]}},
        "It lets 'fair' take demand over, which the contract retires.",
    ),
    "contract": ({"contract": ao.Contract("X", [ao.Cap("wbe", units=1)])}, "There is no channel 'wbe'."),
}


@pytest.mark.parametrize(("given_", "words"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_before_anything_is_solved(given_, words, monkeypatch):
    """Every fault is a `ContractError` with its place, and no plan is made."""

    def solved(*given: Any, **how: Any) -> None:
        raise AssertionError("solved")

    monkeypatch.setattr(import_module("allocopt.retire.retirement"), "allocate", solved)
    with pytest.raises(ao.ContractError) as caught:
        ao.retirement(shops(), **given_)
    assert words in str(caught.value)


def test_all_faults_are_told_at_once():
    """Unknown channels, shares and the contract's own faults come in one error."""
    with pytest.raises(ao.ContractError) as caught:
        ao.retirement(
            shops(),
            ao.Contract("X", [ao.Cap("wbe", units=1)]),
            channels=["stores", "fir"],
            recapture={"stores": [ao.Recapture("stores", 1.0)], "web": []},
        )
    assert [issue.code for issue in caught.value.issues] == ["unknown_id", "unknown_id", "value_error", "not_asked"]


@pytest.mark.parametrize(
    ("given_", "error"),
    [
        ({"recapture": [ao.Recapture("web", 0.1)]}, TypeError),
        ({"recapture": {"stores": 0.4}}, TypeError),
        ({"recapture": {"stores": [0.4]}}, TypeError),
        ({"contract": "pooled"}, TypeError),
        ({"jobs": 0}, ValueError),
        ({"gap": -1.0}, ValueError),
    ],
)
def test_what_makes_no_sense_is_refused(given_, error):
    """Another form of recapture, no contract, no workers: an error with the remedy."""
    with pytest.raises(error):
        ao.retirement(shops(), **given_)


def test_workers_change_nothing(quickstart):
    """Two processes give the same tables as one, and progress counts the channels."""
    told: list[tuple[int, int]] = []
    parts = {"wholesale": [ao.Recapture("dtc", 0.3)]}
    one = ao.retirement(quickstart, recapture=parts, progress=lambda done, total, words: told.append((done, total)))
    two = ao.retirement(quickstart, recapture=parts, jobs=2)
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(one.recapture, two.recapture)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_answer_is_json_and_html(quickstart):
    """What is no number is None; names are escaped."""
    found = ao.retirement(quickstart, channels=["dtc", "amazon"])
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["question"] == "retirement"
    assert content["contribution"] == pytest.approx(2415)
    assert [row["break_even"] for row in content["table"]] == [0.0, None]
    assert "<table" in found._repr_html_()
    assert repr(found) == "Retirement(retirement, 2 channels, 0 without an answer)"


def test_an_admission_says_what_a_channel_brings():
    """The stores bring 510 and cost 210; a fifth of their demand came from the web shop, at 4 a unit."""
    found = ao.admission(shops(210), None, "stores", recapture={"stores": [ao.Recapture("web", 0.2)]})
    row = row_of(found, "stores")
    assert [row[part] for part in MIRRORED.values()] == pytest.approx([510, 0, -210, -80, 0])
    assert found.verdict == (
        "Admit stores: it is worth 220 with 20% of its demand taken from others (for certain); "
        "it pays while less than 75% of its demand is taken from others."
    )
    assert "fixed_cost_added" in found.table
    against = ao.admission(shops(600), None, ["stores", "fair"])
    assert against.table["channel"].tolist() == ["fair", "stores"]
    assert against.verdict == (
        "No channel is certain to be worth adding. It cannot be told whether to admit fair (0.00 to 0.00). "
        "stores should not be admitted."
    )


def test_penalties_make_nothing_certain():
    """Where a promise that is not kept costs a penalty, which is no cash, the range holds objective and net alike."""
    promised = ao.Contract("X", clauses=[ao.Service(channel="stores", fill=1.0, penalty=50.0)])
    found = ao.retirement(shops(supply=60), promised, channels="stores")
    row = found.table.iloc[0]
    base, gone = found.base, found.plan("stores")
    assert base.objective < base.contribution
    assert row["net"] == pytest.approx(gone.contribution - base.contribution)
    assert row["low"] <= min(row["net"], gone.objective - base.objective) + 1e-6
    assert row["high"] >= max(row["net"], gone.objective - base.objective) - 1e-6
    assert row["measure"] == "objective"
    assert "certain" not in found.verdict.replace("certain to be", "")


def told(*rows: tuple[str, float, float, float], **more: Any) -> pd.DataFrame:
    """Return a table of worths: channel, net, low, high."""
    frame = pd.DataFrame(rows, columns=["channel", "net", "low", "high"])
    return frame.assign(
        **{
            "recapture": 0.0,
            "break_even": 0.08,
            "break_even_low": 0.07,
            "break_even_high": 0.08,
            "broken": 0,
            "status": "optimal",
            "message": "",
        }
        | more
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            told(("x", 12300, 11900, 12700)),
            "Retire x: it is worth 12,300 USD (certainly 11,900 to 12,700); "
            "it would take a recapture of 8% to break even.",
        ),
        (
            told(("x", 12300, 11900, 12700), recapture=0.5),
            "Retire x: it is worth 12,300 USD with a recapture of 50% (certainly 11,900 to 12,700); "
            "it would take a recapture of 8% to break even.",
        ),
        (
            told(("x", 12300, 11900, 12700), break_even_low=0.03),
            "Retire x: it is worth 12,300 USD (certainly 11,900 to 12,700); "
            "it would take a recapture of 8% (3% to 8%) to break even.",
        ),
        (
            told(("x", 12, 9, 13), break_even=0.0, break_even_low=0.0, break_even_high=np.nan),
            "Retire x: it is worth 12.00 USD (certainly 9.00 to 13.00); "
            "it would take a recapture of 0% (0% to unknown) to break even.",
        ),
        (
            told(("x", 300, 200, 400), ("y", 150, 110, 190), broken=2, break_even=np.nan),
            "Retire x: it is worth 300 USD (certainly 200 to 400); its break-even recapture is not known; it breaks 2 "
            "promises. So would be, each on its own and not together: y (150 USD).",
        ),
        (
            told(("x", -200, -300, -100), ("y", -500, -600, -400), recapture=0.01),
            "No channel should be retired: the least loss would be x, 200 USD with a recapture of 1% "
            "(certainly 100 to 300). That is close: retiring x would pay with 8% of its demand taken over by others, "
            "instead of 1%; retiring y would pay with 8% of its demand taken over by others, instead of 1%.",
        ),
        (
            told(("x", -200, -300, -100), ("y", -500, -600, -400), break_even=[0.04, 0.48], break_even_low=0.03),
            "No channel should be retired, supposing that nobody takes over any of their demand: the least loss would "
            "be x, 200 USD (certainly 100 to 300). That is close: retiring x would pay with 4% (3% to 8%) of its "
            "demand taken over by others, instead of none.",
        ),
        (
            told(("x", -200, -200, -200), recapture=0.2, break_even=0.5, break_even_low=0.5, break_even_high=0.5),
            "x should not be retired: it would lose 200 USD with a recapture of 20% (for certain). "
            "At the earliest, retiring x would pay with 50% of its demand taken over by others, instead of 20%.",
        ),
        (
            told(("x", -200, -200, -200), break_even=np.nan, break_even_low=1.0),
            "x should not be retired, supposing that nobody takes over any of its demand: it would lose 200 USD "
            "(for certain). That holds even if all of its demand is taken over by others.",
        ),
        (
            told(("x", -200, -300, -100), ("y", -500, -600, -400), recapture=[0.0, 0.3], break_even=np.nan),
            "No channel should be retired, supposing that nobody takes over any demand of x: the least loss would be "
            "x, 200 USD (certainly 100 to 300). From which recapture on it would be right is not known.",
        ),
        (
            told(("x", 50, -20, 300), ("y", -500, -600, -400)),
            "No channel is certain to be worth retiring. It cannot be told whether to retire x (-20.00 to 300 USD), "
            "supposing that nobody takes over any of its demand. "
            "y should not be retired, supposing that nobody takes over any of its demand. "
            "That is close: retiring y would pay with 8% of its demand taken over by others, instead of none.",
        ),
    ],
    ids=["one", "recaptured", "wide", "unsure", "two", "none", "close", "far", "never", "unknown", "open"],
)
def test_the_verdict_says_only_what_is_certain(table, words):
    """A channel is to be retired only where all of its range lies above zero, and to be kept only where none does."""
    assert verdict(table, "USD", admitting=False) == words


@pytest.mark.parametrize("other", ["us/b", "eu/b"])
def test_what_another_channel_is_called_changes_no_report(other: str) -> None:
    """The contract retires a channel of 20 and lets c take half over; of eu's own 10, half is asked of c: 5."""
    facts = problem(
        skus="sku unit_cost\nA 1",
        supply="sku node kind units\nA E on_hand 100",
        demand=f"sku channel period units price\nA eu 0 10 10\nA {other} 0 20 10\nA c 0 5 10",
    )
    agreed = ao.Contract("Agreed", clauses=[ao.Retire(other, recapture=[ao.Recapture("c", 0.5)])])
    found = ao.retirement(facts, agreed, channels="eu", recapture={"eu": [ao.Recapture("c", 0.5)]})
    assert found.recapture["asked"].tolist() == [5]
