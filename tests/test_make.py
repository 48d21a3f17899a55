"""The make file checks what it says it checks."""

from __future__ import annotations

import re

import typer
from tests.conftest import REPOSITORY

from allocopt import cli


def test_every_command_that_speaks_json_is_checked_with_the_newest_versions() -> None:
    """`make json` runs each command that has --json."""
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (listed,) = re.findall(r"^JSON := (.*)$", text, flags=re.MULTILINE)
    run = {(quoted or bare).split()[0] for quoted, bare in re.findall(r'"([^"]+)"|(\S+)', listed)}
    commands = typer.main.get_command(cli.app).commands
    speaking = {name for name, command in commands.items() if any("--json" in param.opts for param in command.params)}
    assert speaking
    assert run == speaking
