"""Pictures: titles that are findings, nothing cut or overlapping, no pyplot, equal bytes, colours told apart."""

from __future__ import annotations

import itertools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from gallery.edges import EDGES
from matplotlib.figure import Figure

import allocopt as ao
from allocopt.report.pictures import bars, contracts, money
from allocopt.report.pictures.protection import protection
from allocopt.report.pictures.style import AMBER, BLUE, ON_DARK, PAGE, SKY, STEPS, labels

FORMS = ("wide", "narrow")


def assert_legible(figure: Figure) -> None:
    """No text leaves the picture, and no two of them overlap."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    boxes = [(text, text.get_window_extent(renderer)) for text in texts if text.get_text().strip()]
    frame = figure.bbox
    for text, box in boxes:
        inside = box.x0 >= -2 and box.y0 >= -2 and box.x1 <= frame.x1 + 2 and box.y1 <= frame.y1 + 2
        assert inside, f"{text.get_text()!r} is cut"
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        apart = a.x1 - 1 <= b.x0 or b.x1 - 1 <= a.x0 or a.y1 - 2.5 <= b.y0 or b.y1 - 2.5 <= a.y0
        assert apart, f"{one.get_text()!r} and {other.get_text()!r} overlap"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["quick_plan", "hostile", "worst_plan"])
@pytest.mark.parametrize("picture", ["flow", "fill_rate", "channels", "exceptions"])
def test_pictures_of_plans_are_legible(name: str, picture: str, form: str, request: pytest.FixtureRequest) -> None:
    """With short names, hostile ones, and those of the worst case, on a screen and on a telephone."""
    figure = getattr(request.getfixturevalue(name).plot, picture)(form=form)
    assert isinstance(figure, Figure)
    assert figure.title.endswith(".")
    assert figure.description
    assert_legible(figure)


@pytest.mark.parametrize("by", ["channel", "node", "region", "sku"])
def test_fill_rates_by_anything(worst_plan: ao.Plan, by: str) -> None:
    """By channel, node, region or article; by anything else is refused."""
    assert_legible(worst_plan.plot.fill_rate(by))
    with pytest.raises(ValueError, match="by must be one of 'channel', 'node', 'region', 'sku', not 'colour'"):
        worst_plan.plot.fill_rate("colour")


def test_titles_are_findings(quick_plan: ao.Plan) -> None:
    """Each says what it shows, with the numbers of the tables."""
    channels, short = quick_plan.channels, quick_plan.shortfalls
    assert quick_plan.plot.channels().title.startswith("Of ")
    filled = channels["units"].sum() / channels["demand"].sum()
    assert quick_plan.plot.fill_rate().title.startswith(
        f"{filled * 100:.0f}\N{NO-BREAK SPACE}% of what is wanted ships"
    )
    worst = short.groupby("channel")["units"].sum().idxmax()
    assert f"most is missing for {worst}" in quick_plan.plot.fill_rate().title
    assert f"{channels['units'].sum():,.0f} units ship" in quick_plan.plot.flow().title


def test_what_is_left_is_an_end_of_its_own(quick_plan: ao.Plan) -> None:
    """Where a table of stock says what is left, the flow ends there too, and shipped and left add up."""
    from allocopt.report.pictures.flow import flow

    stock = pd.DataFrame({"kind": ["on_hand", "inbound"], "node": ["East", "East"], "left": [7.0, 0.0]})
    figure = flow(quick_plan.allocation, stock)
    assert "7 units are left at the end" in figure.title
    assert "left over" in [text.get_text() for text in figure.axes[0].texts]
    assert_legible(figure)


def test_values_are_told_from_their_table() -> None:
    """The dearest first, with the unit of money; what is worth nothing is left out."""
    frame = pd.DataFrame(
        {
            "kind": ["lot", "capacity", "clause"],
            "what": ["LAMP at East", "hours at 3PL, period 3", "cap amazon"],
            "one_more": [12.5, None, 0.0],
            "price": [11.0, 30.0, 0.0],
        }
    )
    for form in FORMS:
        figure = money.values(frame, "USD", form=form)  # type: ignore[arg-type]
        assert figure.title == "One more of hours at 3PL, period 3 is worth most: 30\N{NO-BREAK SPACE}USD."
        assert_legible(figure)
    assert money.values(frame.assign(one_more=0.0, price=0.0), "USD").title == "One more of anything is worth nothing."


def test_pictures_of_comparisons_and_retirements() -> None:
    """Scenario by contract, who gains and who pays, regret; what a channel's worth consists of."""
    problem = ao.example("quickstart")
    more = ao.Scenario("More of everything that anybody wants", changes=[ao.Scale("demand.units", by=1.5)])
    contracts = [ao.pooled(), ao.fair_share(), ao.first_come()]
    found = ao.compare(problem, contracts, [ao.Scenario("As stated"), more])
    answer = ao.retirement(problem)
    for form in FORMS:
        for draw in (found.plot.table, found.plot.waterfall, found.plot.regret, answer.plot.waterfall):
            assert_legible(draw(form=form))
    frame = found.plot.waterfall("First come", "Pooled")
    gap = found.difference("First come", "Pooled").contribution
    assert f"First come earns {abs(gap):,.0f}\N{NO-BREAK SPACE}USD less than Pooled" in frame.title
    assert answer.plot.waterfall("amazon").title == "Retiring amazon is worth 80\N{NO-BREAK SPACE}USD."
    with pytest.raises(KeyError, match="no contract 'Nobody'"):
        found.plot.waterfall("Nobody")
    with pytest.raises(KeyError, match="no answer about 'nobody'"):
        answer.plot.waterfall("nobody")


def test_equal_pictures_are_equal_bytes(quick_plan: ao.Plan) -> None:
    """As SVG in a page and alone, and as PNG; also where several threads draw at once."""
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: quick_plan.plot.flow(), range(4)))
        assert len({figure.svg() for figure in drawn}) == 1
        assert len(set(pool.map(lambda figure: figure.svg(inline=True, key="a"), drawn))) == 1
        assert len(set(pool.map(lambda figure: figure.png(), drawn))) == 1
    assert "<title>" in drawn[0].svg()
    assert drawn[0].svg(inline=True, key="a") != drawn[0].svg(inline=True, key="b")


def test_pyplot_is_never_touched() -> None:
    """Nothing is left in its state, not even the module; settings are as they were."""
    code = (
        "import sys, matplotlib as mpl, allocopt as ao; before = mpl.rcParams.copy()\n"
        "plan = ao.allocate(ao.example('quickstart')); plan.plot.flow().svg(); plan.plot.channels()._repr_png_()\n"
        "assert 'matplotlib.pyplot' not in sys.modules; assert mpl.rcParams.copy() == before"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_colours_are_told_apart_in_grey() -> None:
    """Steps get darker by the same order for everybody, kinds differ in lightness, and texts stand out."""
    steps = [bright(colour) for colour in STEPS]
    assert steps == sorted(steps, reverse=True)
    assert all(one / other > 1.1 for one, other in itertools.pairwise(value + 0.05 for value in steps))
    assert contrast(BLUE, SKY) > 2
    assert contrast(BLUE, AMBER) > 1.6
    assert min(contrast(ON_DARK, colour) for colour in STEPS[4:]) >= 4.5
    assert contrast(PAGE, BLUE) >= 4.5


def bright(colour: str) -> float:
    """Return how bright a colour is, from 0 to 1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    low, high = sorted((bright(one), bright(other)))
    return (high + 0.05) / (low + 0.05)


def test_names_that_are_cut_stay_apart() -> None:
    """Long names that differ at one end only are cut at the other, so that they differ still."""
    tails = [f"A very long name of a channel number {place}" for place in range(9)]
    heads = [f"{place} very long name of a channel" for place in range(9)]
    assert len(set(labels(tails, 80))) == len(set(labels(heads, 80))) == 9
    assert labels(["short"], 80) == ["short"]
    middles = [f"Channel {place} of everything that is sold north of here" for place in range(30, 38)]
    assert len(set(labels([*middles, "33 others"], 48))) == 9
    assert labels([*middles, "33 others"], 48)[-1] == "33 others"


def test_steps_of_a_waterfall_add_up() -> None:
    """A step begins where the one before ended, and the largest rows stand for themselves."""
    rows = [bars.Bar(str(place), float(place), "", "step") for place in range(1, 30)]
    shown = bars.rest_of(rows, 12, "rows", lambda amount: f"{amount:,.0f}")
    assert len(shown) == 12
    assert sum(row.amount for row in shown) == sum(row.amount for row in rows)
    places = bars.ends(shown)
    assert all(after[0] == before[1] for before, after in itertools.pairwise(places))
    assert shown[-1].name == "18 other rows"


def test_the_curve_of_a_protection() -> None:
    """The best level and what it is worth, between what that lies, on a screen and on a telephone."""
    found = ao.price_of_protection(ao.example("quickstart"), None, "dtc", steps=[0.0, 0.2, 0.6, 1.0])
    for form in FORMS:
        figure = found.plot(form=form)
        assert isinstance(figure, Figure)
        assert_legible(figure)
    worst = found.table["gain"].min()
    assert figure.title == (
        "No protection for dtc is worth more than none; 100\N{NO-BREAK SPACE}% would cost most, "
        f"{-worst:,.0f}\N{NO-BREAK SPACE}USD."
    )
    assert "20\N{NO-BREAK SPACE}%: \N{MINUS SIGN}30\N{NO-BREAK SPACE}USD" in figure.description


def test_a_protection_that_pays_and_one_without_plans() -> None:
    """The title says what the best level is worth, whether that may be chance, and which levels have no plan."""
    frame = pd.DataFrame(
        {
            "share": [0.0, 0.5, 1.0],
            "gain": [0.0, 120.0, float("nan")],
            "low": [0.0, -3.0, float("nan")],
            "high": [0.0, 300.0, float("nan")],
            "in_contract": [False, True, False],
        }
    )
    for form in FORMS:
        figure = protection(frame, "a channel with a rather long name", 0.5, "EUR", form=form)  # type: ignore[arg-type]
        assert figure.title.endswith("is worth most: 120\N{NO-BREAK SPACE}EUR more than none, which may be chance.")
        assert "No plan at 100\N{NO-BREAK SPACE}%." in " ".join(text.get_text() for text in figure.axes[0].texts)
        assert_legible(figure)
    none = protection(frame.assign(gain=float("nan"), low=float("nan"), high=float("nan")), "dtc", float("nan"), "")
    assert none.title == "No level of protection for dtc has a plan."


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name in EDGES if name != "no-plan"])
def test_pictures_hold_at_the_edges(name: str, form: str) -> None:
    """Nobody short, one channel, nothing earned, a loss, nothing wanted, hostile names: legible, and a finding."""
    plan = EDGES[name]()
    for picture in ("flow", "fill_rate", "channels", "exceptions", "values"):
        figure = getattr(plan.plot, picture)(form=form)
        assert figure.title.endswith(".")
        assert "nan" not in figure.title
        assert_legible(figure)


def test_a_loss_is_said_to_be_one() -> None:
    """Nobody brings less than nothing: who loses is said to lose, and where all earn the same nobody earns most."""
    said = EDGES["at-a-loss"]().plot.channels().title.replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        "Of 90 EUR revenue, nothing remains but a loss of 950 EUR; amazon loses least (465 EUR), dtc most (485 EUR)."
    )
    assert EDGES["nothing-earned"]().plot.channels().title.replace("\N{NO-BREAK SPACE}", " ") == (
        "Of 0 EUR revenue, 0 EUR remain."
    )


def test_a_channel_called_as_an_end_is_a_channel() -> None:
    """What is left is an end of its own, whatever somebody calls a channel."""
    plan = EDGES["same-names"]()
    left = plan.stock["left"].sum()
    shipped = plan.allocation.groupby("channel")["units"].sum()
    figure = plan.plot.flow()
    assert f"{shipped.sum():,.0f} units ship" in figure.title
    assert ("are left at the end" in figure.title) == bool(left)


def test_amounts_of_a_table_are_never_cut() -> None:
    """Where there is no room for all contracts, fewer are drawn and the others counted."""
    rows = [
        {"scenario": f"s{row}", "role": "counts", "contract": f"c{column:02d}", "contribution": 1e6 + 1234.5 * column}
        for row in range(3)
        for column in range(12)
    ]
    for form, drawn in (("wide", 8), ("narrow", 5)):
        figure = contracts.table(pd.DataFrame(rows), "c00", "USD", form=form)  # type: ignore[arg-type]
        texts = [text.get_text() for text in figure.axes[0].texts]
        assert not [text for text in texts if "\N{HORIZONTAL ELLIPSIS}" in text]
        assert f"{12 - drawn} more contracts are not drawn." in texts
        assert_legible(figure)


def test_what_is_the_same_is_said_to_be_the_same() -> None:
    """Contracts that earn the same share the first place, whatever rounding leaves; nothing is less than nothing."""
    rows = [("a", "Pooled", 100.0), ("a", "Ranks", 100.0 - 1e-9), ("b", "Pooled", 90.0), ("b", "Ranks", 90.0)]
    frame = pd.DataFrame(rows, columns=["scenario", "contract", "contribution"])
    figure = contracts.table(frame, "Pooled", "USD")
    assert figure.title == "Pooled and Ranks earn most, and the same, in each of 2 scenarios."
    assert not [text for text in figure.axes[0].texts if "0.00" in text.get_text()]
    change = pd.DataFrame({"one": [60.0, 40.0 - 1e-9], "other": [50.0, 50.0]}, index=["dtc", "amazon"])
    said = contracts.steps_between(change, "Ranks", "Pooled", "USD").title.replace("\N{NO-BREAK SPACE}", " ")
    assert said == "Ranks earns what Pooled earns, 100 USD, but dtc gets +10 USD and amazon gets \N{MINUS SIGN}10 USD."
