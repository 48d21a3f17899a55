"""Pages: their structure, what they say, escaping, size, no network, and equal bytes for equal plans."""

from __future__ import annotations

import itertools
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests import strategies
from tests.report.reading import Reader, code_in, read

import allocopt as ao
from allocopt.plan.exceptions.table import CURES
from allocopt.report.monday import KIND_WORDS, kind_words
from allocopt.report.reasons import because
from allocopt.report.spoken import typeset
from allocopt.rules.kit.shortage import CODES

CHANNELS = ("amazon", "dtc", "wholesale")
REFERENCES = ("src", "href", "action", "data", "poster", "srcset", "xlink:href", "formaction")


def page(plan: ao.Plan, folder: Path, **more: Any) -> Reader:
    """Return the page of a plan."""
    plan.report(folder / "plan.html", **more)
    return read(folder / "plan.html")


def assert_accessible(found: Reader) -> None:
    """One title, headings in order, named tables and pictures, ids once, targets that are there."""
    assert found.all("html")[0]["lang"] == "en"
    assert len(found.all("h1")) == len(found.all("main")) == len(found.all("title")) - len(found.all("svg")) == 1
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(link["href"][1:] in ids for link in found.all("a"))
    named = [name for svg in found.all("svg") for name in svg["aria-labelledby"].split()]
    assert set(named) <= set(ids)
    assert all(table["aria-label"] for table in found.all("table"))
    assert all(head["scope"] == "col" for head in found.all("th"))


def assert_alone(path: Path) -> None:
    """Nothing is fetched: no reference leaves the file, and its policy forbids it."""
    found, text = read(path), path.read_text(encoding="utf-8")
    outward = [
        value
        for _, attributes in found.elements
        for name, value in attributes.items()
        if name in REFERENCES and not value.startswith("#")
    ]
    assert outward == []
    assert not found.all("link")
    style = re.search("<style>.*?</style>", text, re.S)
    assert style is not None
    assert "url(" not in style[0]
    assert "@import" not in style[0]
    policy = next(meta["content"] for meta in found.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")


def test_the_page_answers_what_a_planner_asks(quick_plan: ao.Plan, tmp_path: Path) -> None:
    """Title, three numbers against a baseline, who is short and why, what to chase, rules, proof, origin."""
    baseline = ao.allocate(ao.example("quickstart"))
    found = page(quick_plan, tmp_path, baseline=baseline)
    assert found.said("h1") == [
        "Protect DTC earns 2,385\N{NO-BREAK SPACE}USD and serves 87\N{NO-BREAK SPACE}% of what is wanted."
    ]
    heads = found.said("h2")
    assert heads[:4] == [
        "Who has to decide what?",
        "What to chase this week?",
        "Who is short, and why?",
        "What do the rules cost?",
    ]
    assert {"How good is it, and how is that known?", "Where does this come from?"} <= set(heads)
    told = " ".join(found.said("span", "strong"))
    assert "\N{MINUS SIGN}30\N{NO-BREAK SPACE}USD against Pooled" in told
    assert len(found.all("li")) > 3
    assert "protect channel dtc, share 50\N{NO-BREAK SPACE}%, of inbound" in found.said("td")
    asked = found.said("a")
    assert asked[1:6] == [
        "Who is short most?",
        "Why?",
        "What to chase this week?",
        "Who has to decide?",
        "What do the rules cost?",
    ]
    answers = " ".join(found.said("dd"))
    for told in ("PO-7001 to East, due in period 1", "The dearest costs 30", "No order waits for an approval."):
        assert told in answers
    assert_accessible(found)
    assert_alone(tmp_path / "plan.html")


def test_equal_plans_make_equal_pages(quick_plan: ao.Plan, tmp_path: Path) -> None:
    """Solved again, or read back from JSON: the same bytes, whatever the time it took."""
    again = ao.allocate(ao.example("quickstart"), ao.Contract.from_dict(quick_plan.contract))
    stored = ao.Plan.from_dict(json.loads(json.dumps(again.to_dict())))
    for name, plan in (("one", quick_plan), ("two", again), ("three", stored), ("four", stored)):
        plan.report(tmp_path / f"{name}.html")
    pages = [(tmp_path / f"{name}.html").read_bytes() for name in ("one", "two", "three", "four")]
    assert pages[0] == pages[1]
    assert pages[2] == pages[3]


def test_what_people_wrote_is_never_markup(hostile: ao.Plan, tmp_path: Path) -> None:
    """Names that are tags, attributes, templates, mathematics or colours stand on the page as they are."""
    found = page(hostile, tmp_path)
    assert not found.all("img")
    assert not found.all("b")
    assert not found.all("i")
    assert len(found.all("script")) == 1
    texts = [text for _, text in found.texts]
    assert any("<script>alert(1)</script>" in text for text in texts)
    assert any("{{ 7*7 }}" in text for text in texts)
    assert not any("49" in text and "<b>" in text for text in texts)
    drawn = [text for tag, text in found.texts if tag == "text"]
    assert any("#1d5c96" in text or "$x^2$" in text for text in drawn)
    assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]
    assert_accessible(found)
    assert_alone(tmp_path / "plan.html")


def test_the_worst_case_holds(worst_plan: ao.Plan, tmp_path: Path) -> None:
    """40 channels with names of 60 characters over 104 weeks and 5,000 short lines: under 2 MB, and told to be cut."""
    assert len(worst_plan.shortfalls) > 5000
    assert worst_plan.channels["channel"].str.len().max() == 60
    found = page(worst_plan, tmp_path)
    assert (tmp_path / "plan.html").stat().st_size < 2e6
    assert f"The first 500 of {len(worst_plan.shortfalls):,} reasons of 5,284 short lines" in found.said("summary")
    assert_accessible(found)


def test_a_plan_without_an_answer_says_why(tmp_path: Path) -> None:
    """What cannot hold together stands on the page; there are no pictures of nothing."""
    problem = ao.example("quickstart")
    plan = ao.allocate(problem, ao.Contract("Too much", clauses=[ao.Service(1.0, name) for name in CHANNELS]))
    assert plan.status == "infeasible"
    found = page(plan, tmp_path)
    assert found.said("h1") == ["There is no plan under Too much: infeasible."]
    assert "What cannot hold together?" in found.said("h2")
    assert not found.all("svg")
    assert_accessible(found)


def test_pages_appear_whole_or_not_at_all(quick_plan: ao.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves the old page and nothing else."""
    path = tmp_path / "plan.html"
    path.write_text("old")

    def broken(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        quick_plan.report(path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("plan.html", "old")]


def test_a_baseline_is_a_plan(quick_plan: ao.Plan, tmp_path: Path) -> None:
    """Anything else is refused before a file is written."""
    with pytest.raises(TypeError, match="baseline must be an allocopt Plan"):
        quick_plan.report(tmp_path / "plan.html", baseline="pooled")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@settings(max_examples=12, deadline=None)
@given(strategies.cases())
def test_any_plan_has_a_page(case: tuple[ao.Problem, tuple[object, ...]]) -> None:
    """Whatever the tables and clauses: a page that stands alone and that everybody can read."""
    facts, clauses = case
    plan = ao.allocate(facts, ao.Contract("any", clauses=clauses))  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        found = page(plan, Path(folder), values=True)
        assert_accessible(found)
        assert_alone(Path(folder) / "plan.html")
        assert not code_in(found, plan.method)


def test_comparisons_and_retirements_have_pages(tmp_path: Path) -> None:
    """The verdict, the ranking and the runs; what each channel is worth and from what."""
    problem = ao.example("quickstart")
    scenarios = [ao.Scenario("As stated"), ao.Scenario("More", changes=[ao.Scale("demand.units", by=1.5)])]
    found = ao.compare(problem, [ao.pooled(), ao.fair_share(), ao.first_come()], scenarios)
    found.report(tmp_path / "one.html")
    found.report(tmp_path / "two.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    page_ = read(tmp_path / "one.html")
    assert page_.said("h1")[0].startswith("Pooled earns most: ")
    assert typeset(found.verdict) in page_.said("p")
    assert not code_in(page_)
    assert len(page_.all("svg")) == 6
    assert_accessible(page_)
    assert_alone(tmp_path / "one.html")
    answer = ao.retirement(problem)
    answer.report(tmp_path / "retire.html")
    page_ = read(tmp_path / "retire.html")
    assert not code_in(page_)
    assert page_.said("h1") == ["Retiring amazon is worth 80\N{NO-BREAK SPACE}USD."]
    assert typeset(answer.verdict) in page_.said("p")
    assert_accessible(page_)
    assert_alone(tmp_path / "retire.html")
    added = ao.admission(problem, None, "wholesale")
    added.report(tmp_path / "add.html")
    assert read(tmp_path / "add.html").said("h1") == ["Adding wholesale is worth 710\N{NO-BREAK SPACE}USD."]


def test_contracts_and_scenarios_show_themselves() -> None:
    """In a notebook: what was agreed and why, what happens and why; with everything escaped."""
    contract = ao.Contract(
        "<Half>", clauses=[ao.Protect("dtc", share=0.5, of="inbound")], owner="O & Co", reason="<b>why</b>"
    )
    shown = contract._repr_html_()
    assert "<h4>&lt;Half&gt;</h4>" in shown
    assert "&lt;b&gt;why&lt;/b&gt; Owner: O &amp; Co." in shown
    assert "<li>protect channel dtc, share 0.5, of inbound</li>" in shown
    assert "No clauses" in ao.pooled()._repr_html_()
    scenario = ao.Scenario("<More>", changes=[ao.Scale("demand.units", by=1.5)], reason="R & D", draws=ao.Draws(3))
    shown = scenario._repr_html_()
    assert "<h4>&lt;More&gt;</h4><p>R &amp; D</p><ol><li>scale demand.units by 1.5" in shown
    assert "3 random draws" in shown


def test_what_takes_re_solves_is_there_on_request(quick_plan: ao.Plan, tmp_path: Path) -> None:
    """Asked not to, a page says nothing of values; the same bytes each time either way."""
    for name in ("one", "two"):
        quick_plan.report(tmp_path / f"{name}.html", values=False)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    found = read(tmp_path / "one.html")
    assert "What would more be worth?" not in found.said("h2")
    assert "What each rule costs" not in found.said("h3")
    assert "Protect channel dtc, share 50\N{NO-BREAK SPACE}%, of inbound." in found.said("li")


def test_kinds_of_matters_have_words() -> None:
    """Whatever has a usual cure is called in words, one and more; of a reason, the words are those of its rule."""
    assert set(CURES) <= set(KIND_WORDS)
    assert kind_words("split", 7) == "7 orders in several parcels"
    assert {because(code) for code in CODES} == {words for _, words in CODES.values()}
