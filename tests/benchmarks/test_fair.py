"""Fair shares against enumeration, as `python -m benchmarks.fair` does it."""

from __future__ import annotations

import random

import pytest
from benchmarks.fair import agrees, main


def test_a_sample_of_fair_shares_is_right() -> None:
    """Ten random cases, with and without capacity and weights, are the lexicographic best of all splits."""
    rng = random.Random(7)
    assert all(agrees(rng) for _ in range(10))


def test_the_command_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """It prints how many were right, and fails if any is not."""
    assert main(["--cases", "2", "--seed", "1"]) == 0
    assert capsys.readouterr().out == "2 of 2 fair shares are the lexicographic best, and said to be optimal\n"
