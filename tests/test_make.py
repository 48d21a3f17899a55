"""The make file checks what it says it checks."""

from __future__ import annotations

import re

import typer
from tests.conftest import REPOSITORY

from allocopt import cli


def listed(name: str) -> str:
    """Return what a variable of the make file says."""
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (found,) = re.findall(rf"^{name} := (.*)$", text, flags=re.MULTILINE)
    return str(found)


def test_every_command_that_speaks_json_is_checked_with_the_newest_versions() -> None:
    """`make json` runs each command that has --json."""
    run = {(quoted or bare).split()[0] for quoted, bare in re.findall(r'"([^"]+)"|(\S+)', listed("JSON"))}
    commands = typer.main.get_command(cli.app).commands
    speaking = {name for name, command in commands.items() if any("--json" in param.opts for param in command.params)}
    assert speaking
    assert run == speaking


def test_the_quick_tests_leave_out_what_is_there_and_never_what_a_new_clause_is_told_by() -> None:
    """`make quick` names slow files and folders that exist; checklist, golden programs and pages stay in."""
    tests = REPOSITORY / "tests"
    slow = [tests / name for name in listed("SLOW").split()]
    assert [path for path in slow if not path.exists()] == []
    told = [tests / f"{name}.py" for name in ("test_checklist", "test_docs", "test_house", "rules/test_golden")]
    assert [path for path in told if any(path.is_relative_to(left_out) for left_out in slow)] == []
