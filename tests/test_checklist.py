"""What a rule, and a kind of clause, needs to be complete: one test that names everything that is missing at once."""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clauses import TOLD
from tests.rules.test_golden import GOLDEN, MODELS
from tests.strategies import MADE

import allocopt as ao
from allocopt.documents.described import meanings
from allocopt.rules import CLAUSES, RULES, Clause, Rule
from allocopt.rules.kit.asking import Asking
from allocopt.rules.kit.shortage import CODES

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "clauses.md"
SCHEMA = ROOT / "src" / "allocopt" / "contracts" / "contract.schema.json"


def lacking(rule: Rule) -> Iterator[str]:
    """Yield what a rule lacks, each with its cure."""
    module = sys.modules[type(rule).__module__]
    told = inspect.getdoc(module) or ""
    file = f"rules/{module.__name__.removeprefix('allocopt.rules.').replace('.', '/')}.py"
    if ".. code-block:: text" not in told or "Source:" not in told:
        yield f"{file}: the docstring gives the formula with its index set and units in a block, and its source"
    if not rule.short and (rule.reasons or type(rule).forbid is not Rule.forbid or issubclass(type(rule), Asking)):
        yield f"{file}: short, the code of plan.shortfalls for lines that the rule keeps short"
    if rule.short and rule.short not in CODES:
        yield f"rules/kit/shortage.py: {rule.short}, with its turn and what it says"
    if rule.name not in MODELS:
        yield f"tests/clauses/{rule.name}.py: a MODEL, a small problem and clauses (see tests/clauses/service.py)"
    elif not (GOLDEN / f"{rule.name}.txt").exists():
        yield (
            f"tests/rules/golden/{rule.name}.txt: its program as text, checked by hand; "
            f"print(tests.rules.lp.text(*MODELS[{rule.name!r}])) writes it"
        )


def hashed(clause: Clause) -> bool:
    """Return whether a clause can stand in a set, where its equals are the same."""
    try:
        return hash(clause) == hash(dataclasses.replace(clause))
    except TypeError:
        return False


def unfinished(kind: type[Clause]) -> Iterator[str]:
    """Yield what a kind of clause lacks, each with its cure."""
    name, tag = kind.__name__, dataclasses.fields(kind)[-1]  # type: ignore[arg-type]
    told = inspect.getdoc(kind) or ""
    if tag.name != "clause" or not isinstance(tag.default, str):
        yield f'{name}: the last field is clause: Literal["..."] = "...", its name in contract files'
    said = {"clause", *meanings(kind)}
    unsaid = [field.name for field in dataclasses.fields(kind) if field.name not in said]  # type: ignore[arg-type]
    if unsaid:
        yield f"{name}: the docstring says what {', '.join(unsaid)} mean, with units, under Attributes"
    if f">>> {name}(" not in told:
        yield f"{name}: the docstring has an example that begins with {name}("
    if getattr(ao, name, None) is not kind:
        yield f"rules/clauses.py: from {kind.__module__} import {name} as {name}"
    model = [said for _, clauses in MODELS.values() for said in clauses if isinstance(said, kind)]
    if not model:
        yield f"tests/clauses/{tag.default}.py: a clause of the kind in the MODEL"
    if not all(hashed(said) for said in model):
        yield f"{name}: __hash__, the same for clauses that are equal (a dict among its fields has none)"
    if kind not in MADE:
        yield f"tests/clauses/{tag.default}.py: make(drawing), which draws one for a random problem"
    naive = [*(ROOT / "tests" / "rules").glob("naive*.py"), *(ROOT / "tests" / "clauses").glob("*.py")]
    if kind.STEERS and not any(name in path.read_text(encoding="utf-8") for path in naive):
        yield f"tests/clauses/{tag.default}.py: state(records, model, clause), which states it in the naive model"
    told_here = TOLD.get(str(tag.default))
    if told_here and kind.STEERS and not kind.OPENS and not hasattr(told_here, "tighter"):
        yield f"tests/clauses/{tag.default}.py: tighter(clause), which asks for more of the same"
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    if name not in schema["$defs"]:
        yield "allocopt schema contract --out src/allocopt/contracts/contract.schema.json: the schema, written anew"
    if f"\n## {name}\n" not in PAGE.read_text(encoding="utf-8"):
        yield "python -m docs.clauses: docs/clauses.md, written anew"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_and_its_clause_are_complete(rule: Rule) -> None:
    """Whoever adds a rule reads here what is left to do."""
    missing = [*lacking(rule), *(unfinished(rule.clause) if rule.clause is not None else ())]
    assert not missing, "\n".join(["", *missing])


def test_no_golden_program_is_left_over() -> None:
    """A model or a text without a rule is of no use, nor is a kind of clause without one."""
    names = {rule.name for rule in RULES}
    assert set(MODELS) <= names
    assert {path.stem for path in GOLDEN.glob("*.txt")} <= names
    assert set(CLAUSES) == {rule.clause for rule in RULES} - {None}
