"""Calendars that nobody had to type."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.problem.small import build, faults, tables

import allocopt as ao
from allocopt.problem.calendar import day_of

DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1))


def spans(problem: ao.Problem) -> list[tuple[str, str]]:
    """Return first and last day of each period."""
    return [(str(row.start.date()), str(row.end.date())) for row in problem.periods.itertuples()]


def due(*periods: Any, **more: Any) -> ao.Problem:
    """Return the small problem with three lines due then."""
    return build(demand={"period": list(periods)}, **more)


def test_weeks_make_a_periods_table() -> None:
    """Seven days each, from the day that is given, whatever its weekday; an ISO week begins on its Monday."""
    made = ao.weeks("2026-11-25", 3)
    assert made["period"].tolist() == [0, 1, 2]
    assert made["start"].astype(str).tolist() == ["2026-11-25", "2026-12-02", "2026-12-09"]
    assert made["end"].astype(str).tolist() == ["2026-12-01", "2026-12-08", "2026-12-15"]
    assert ao.weeks("2026-W49", 1).equals(ao.weeks(dt.date(2026, 11, 30), 1))


@pytest.mark.parametrize(
    ("start", "n", "kind"), [("soon", 2, ValueError), ("2026-11-30", 0, ValueError), ("2026-11-30", 1.5, TypeError)]
)
def test_weeks_refuse_what_makes_no_sense(start: str, n: Any, kind: type[Exception]) -> None:
    """No day, no week, half a week."""
    with pytest.raises(kind):
        ao.weeks(start, n)


def test_weeks_serve_as_the_periods_of_a_problem() -> None:
    """What `weeks` returns is what `periods` takes."""
    problem = due("2026-12-01", "2026-12-08", "2026-12-14", periods=ao.weeks("2026-11-30", 3).to_dict("list"))
    assert problem.demand["period"].tolist() == [0, 1, 2]


def test_iso_weeks_make_weeks() -> None:
    """ISO weeks are Monday to Sunday, and those between are there too."""
    problem = due("2026-W48", "2026-W50", "2026-W50")
    assert spans(problem) == [("2026-11-23", "2026-11-29"), ("2026-11-30", "2026-12-06"), ("2026-12-07", "2026-12-13")]
    assert problem.demand["period"].tolist() == [0, 2, 2]


def test_iso_weeks_are_read_in_a_calendar_that_is_given() -> None:
    """A week stands for its Monday wherever a date may."""
    problem = due("2026-W49", "2026-W50", "2026-W50", periods=ao.weeks("2026-11-30", 2).to_dict("list"))
    assert problem.demand["period"].tolist() == [0, 1, 1]


def test_dates_on_one_weekday_make_weeks_and_first_days_months() -> None:
    """A forecast by Wednesdays is weekly, one by first days of months monthly, anything else daily."""
    assert len(spans(due("2026-12-02", "2026-12-16", "2026-12-16"))) == 3
    assert spans(due("2026-12-01", "2027-02-01", "2027-02-01"))[1] == ("2027-01-01", "2027-01-31")
    assert len(spans(due("2026-12-01", "2026-12-03", "2026-12-03"))) == 3
    assert spans(due("2026-12-01", "2026-12-01", "2026-12-01")) == [("2026-12-01", "2026-12-01")]


def test_stock_that_comes_earlier_or_later_lengthens_the_calendar() -> None:
    """Weeks keep the weekday of demand, and cover every arrival."""
    problem = due(
        "2026-12-02", "2026-12-09", "2026-12-09", supply={"available": ["2026-11-20", "2026-12-20", "2026-12-01"]}
    )
    assert "mixed_periods" in {issue.code for issue in faults(demand={"period": ["2026-12-02", 1, 1]})}
    assert spans(problem)[0] == ("2026-11-18", "2026-11-24")
    assert spans(problem)[-1] == ("2026-12-16", "2026-12-22")


def test_a_horizon_that_is_given_is_the_length_of_the_calendar() -> None:
    """Periods are made up to the horizon, and what is due after it is a fault."""
    stated = tables(demand={"period": ["2026-W48", "2026-W49", "2026-W49"]})
    assert len(ao.Problem.from_dict({**stated, "horizon": 6}).periods) == 6
    with pytest.raises(ao.DataError, match="after the periods table"):
        ao.Problem.from_dict({**stated, "horizon": 1})


def test_the_calendar_is_part_of_the_problem() -> None:
    """What was made is told, travels, and scenarios understand dates by it."""
    problem = due("2026-W48", "2026-W50", "2026-W50")
    assert ao.Problem.from_dict(problem.to_dict()).to_dict() == problem.to_dict()
    scaled = ao.Scenario("x", changes=[ao.Scale("demand.units", by=2.0, where="period = 2026-W50")]).apply(problem)
    assert scaled.demand["units"].tolist() == [6.0, 10.0, 16.0]


@given(days=st.lists(DAYS.filter(lambda day: day.year < 2010), min_size=3, max_size=3))
def test_every_date_lies_in_the_period_that_it_is_given(days: list[dt.date]) -> None:
    """Whatever the dates, the calendar is without gaps and each date is in its period."""
    problem = due(*[day.isoformat() for day in days])
    held = problem.periods
    assert (held["start"].to_numpy()[1:] - held["end"].to_numpy()[:-1]).astype("m8[D]").astype(int).tolist() == [1] * (
        len(held) - 1
    )
    for day, period in zip(days, problem.demand["period"], strict=True):
        assert held["start"][period].date() <= day <= held["end"][period].date()


@given(day=DAYS)
def test_an_iso_week_is_its_monday(day: dt.date) -> None:
    """As the calendar of the standard says."""
    year, week, _ = day.isocalendar()
    assert day_of(f"{year}-W{week:02d}") == day_of(day - dt.timedelta(days=day.weekday()))
