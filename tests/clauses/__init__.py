"""What the tests have to know of each kind of clause: one file a clause, found by being here.

A file has the name of the clause in contract files, and holds

``KIND``
    The class.
``MODEL``
    A problem and clauses whose program is the golden one, ``tests/rules/golden/NAME.txt``.
``make(drawing)``
    Draws a clause of the kind for a random problem (`tests.strategies`).
``state(records, model, clause)``
    States the clause in the naive model, from the records alone (`tests.rules.naive`).
``tighter(clause)``
    Returns the clause with more of what it asks for: a plan can only be worth less (`tests.test_properties`). Not
    for kinds that open something or steer nothing.

Older kinds have these in `tests.rules.test_golden`, `tests.strategies` and `tests.rules.naive_promises`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
TOLD: dict[str, Any] = {name: import_module(f"tests.clauses.{name}") for name in NAMES}
"""The files by name."""
