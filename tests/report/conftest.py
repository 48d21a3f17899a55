"""Plans that reports are made of: small, awkward, and the worst case."""

from __future__ import annotations

import pytest
from gallery.edges import EDGES
from gallery.worst import worst

import allocopt as ao


@pytest.fixture(scope="session")
def quick_plan() -> ao.Plan:
    """Return a small plan under a contract."""
    problem = ao.example("quickstart")
    return ao.allocate(problem, ao.Contract("Protect DTC", clauses=[ao.Protect("dtc", share=0.5, of="inbound")]))


@pytest.fixture(scope="session")
def hostile() -> ao.Plan:
    """Return a plan whose every name tries to be markup, a formula, mathematics or a colour."""
    return EDGES["hostile"]()


@pytest.fixture(scope="session")
def worst_plan() -> ao.Plan:
    """Return the plan of the worst case: 40 channels, names of 60 characters, 104 weeks, 5,000 short lines."""
    return ao.allocate(worst())
