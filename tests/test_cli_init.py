"""`allocopt init` and examples by name, on the command line and in Python."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import allocopt as ao
from allocopt.cli import app

ROOT = Path(__file__).parents[1]


def run(*words: str) -> tuple[int, str]:
    """Return exit code and output of a command."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.output


@pytest.mark.parametrize("name", ["folder", "book.xlsx"])
def test_init_makes_a_form_that_is_without_faults(name: str, tmp_path: Path) -> None:
    """Made, checked, and not made a second time over what is there."""
    assert run("init", tmp_path / name)[0] == 0
    code, told = run("check", tmp_path / name)
    assert (code, "no faults" in told) == (0, True)
    code, told = run("init", tmp_path / name)
    assert (code, "not overwritten" in told) == (2, True)


def test_init_from_an_example_is_the_example(tmp_path: Path) -> None:
    """A folder has its contracts and scenarios as well, and every command runs on it."""
    assert run("init", tmp_path / "mine", "--from", "quickstart")[0] == 0
    assert ao.Problem.read(tmp_path / "mine").to_dict() == ao.example("quickstart").to_dict()
    assert run("allocate", tmp_path / "mine", "--contract", "protect_dtc", "--quiet")[0] == 0
    assert (tmp_path / "mine" / "scenarios" / "01_featured.yaml").is_file()


def test_an_unknown_example_names_those_that_there_are(tmp_path: Path) -> None:
    """The nearest one first, and nothing is made."""
    code, told = run("init", tmp_path / "x", "--from", "quikstart")
    assert code == 2
    assert "Did you mean 'quickstart'?" in told
    assert not (tmp_path / "x").exists()


def test_commands_take_an_example_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anywhere, without its folder; a folder of that name comes first."""
    monkeypatch.chdir(tmp_path)
    assert run("allocate", "quickstart", "--contract", "protect_dtc", "--quiet")[0] == 0
    Path("quickstart").mkdir()
    assert run("check", "quickstart")[0] == 2


def test_examples_in_python() -> None:
    """Each is a problem, and its folder holds the contracts."""
    assert {"quickstart", "holiday_promo"} <= set(ao.examples())
    assert ao.example("quickstart").to_dict() == ao.Problem.read(ROOT / "scenarios" / "quickstart").to_dict()
    assert ao.Contract.read(ao.examples()["quickstart"] / "contracts" / "protect_dtc.yaml").clauses
    with pytest.raises(ValueError, match="Did you mean 'quickstart'"):
        ao.example("quick_start")


def test_the_wheel_holds_the_packs() -> None:
    """They lie in the package, where `examples` looks first; people edit them in the repository's folder."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert build["force-include"] == {"scenarios": "allocopt/scenarios"}
