"""``allocopt retire``: what a planner sees of each channel's worth, and what a machine gets."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.test_cli import BAD_INPUT, NOT_SOLVED, QUICKSTART, SOLVED, run, spoil

from allocopt import cli


def test_the_verdict_comes_first_then_what_it_is_made_of() -> None:
    """Verdict, worth by channel with its range and break-even, who takes demand over, in that order."""
    result = run("retire", QUICKSTART, "--recapture", "wholesale:dtc=0.3")
    assert (result.exit_code, result.stderr) == (SOLVED, "")
    shown = [
        "Retire amazon: it is worth 80.00 USD (for certain)",
        "As it is (Pooled), the company earns 2,415 USD.",
        "What retiring each channel is worth [USD]",
        "contribution lost",
        "fixed cost saved",
        "recaptured",
        "net",
        "certainly at least",
        "break-even recapture",
        "Who takes demand over",
    ]
    places = [result.stdout.index(words) for words in shown]
    assert places == sorted(places)
    (line,) = (line.split() for line in result.stdout.splitlines() if "break-even recapture" in line)
    assert line == ["break-even", "recapture", "0%", "50%", "never"]


def test_one_channel_under_a_contract() -> None:
    """Promises that would be broken are listed; nothing is said of recapture where there is none."""
    result = run("retire", QUICKSTART, "--contract", "protect_dtc", "--channel", "dtc")
    assert result.exit_code == SOLVED
    assert result.stdout.strip().startswith(
        "dtc should not be retired, supposing that nobody takes over any of its demand: it would lose 1,035 USD"
    )
    assert "Promises that would be broken" in result.stdout
    assert "protect channel dtc, share 0.5" in result.stdout
    assert "recaptured" not in result.stdout


def test_machines_get_json_alone() -> None:
    """The same tables as in Python, with blanks for what is no number."""
    result = run("retire", QUICKSTART, "--json")
    assert (result.exit_code, result.stderr) == (SOLVED, "")
    content = json.loads(result.stdout)
    assert [(row["channel"], row["net"], row["break_even"]) for row in content["table"]] == [
        ("amazon", pytest.approx(80), 0.0),
        ("wholesale", pytest.approx(-710), 0.5),
        ("dtc", pytest.approx(-1065), None),
    ]


def test_a_channel_without_an_answer_is_not_solved(tmp_path: Path) -> None:
    """Exit code 1 where there is no plan, 0 where the contract itself has decided."""
    pack = Path(shutil.copytree(QUICKSTART, tmp_path / "pack"))
    spoil(
        pack / "contracts" / "protect_dtc.yaml",
        "    share: 0.5\n    of: inbound\n    mode: reserve",
        "    units: 500\n    of: inbound\n    mode: serve",
    )
    result = run("retire", pack, "--contract", "protect_dtc", "--channel", "amazon")
    assert result.exit_code == NOT_SOLVED
    assert "amazon (infeasible): as it is: the hard clauses and commitments cannot all hold" in result.stdout
    (pack / "contracts" / "gone.yaml").write_text("name: Gone\nclauses:\n  - {clause: retire, channel: amazon}\n")
    result = run("retire", pack, "--contract", "gone", "--channel", "amazon")
    assert result.exit_code == SOLVED
    assert "amazon (skipped): the contract itself retires it" in result.stdout


def test_names_with_markup_are_shown_as_they_are(tmp_path: Path) -> None:
    """A bracket in a name is no formatting."""
    pack = Path(shutil.copytree(QUICKSTART, tmp_path / "pack"))
    for file in ("channels.csv", "lanes.csv", "demand.csv"):
        text = (pack / file).read_text(encoding="utf-8")
        (pack / file).write_text(text.replace("amazon", "[red]amazon"), encoding="utf-8")
    result = run("retire", pack, "--channel", "[red]amazon", "--recapture", "[red]amazon:dtc=0.1")
    assert result.stdout.count("[red]amazon") == 3


def test_an_interruption_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 130, and no traceback."""

    def interrupted(*given: Any, **how: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "retirement", interrupted)
    result = run("retire", QUICKSTART)
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Interrupted.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--channel", "amzon"], "There is no channel 'amzon'. Did you mean 'amazon'?"),
        (["--recapture", "amazon=0.4"], "'amazon=0.4': It does not read as FROM:TO=SHARE."),
        (["--recapture", "amazon:dtc=some"], "It does not read as FROM:TO=SHARE."),
        (["--recapture", "amazon:dtc=1.4"], "It must be at most 1"),
        (["--recapture", "amazon:amazon=0.4"], "cannot be recaptured by 'amazon' itself"),
        (["--recapture", "amazon:dtc=0.7", "--recapture", "amazon:wholesale=0.5"], "more than all of it"),
        (["--jobs", "0"], "jobs"),
    ],
    ids=["channel", "ends", "share", "over one", "itself", "sum", "jobs"],
)
def test_bad_input_is_refused_in_words(arguments: list[str], words: str) -> None:
    """What is wrong is told on the error stream, with exit code 2."""
    result = run("retire", QUICKSTART, *arguments)
    assert (result.exit_code, result.stdout) == (BAD_INPUT, "")
    assert words in " ".join(result.stderr.split())
