"""``allocopt report``: pages and workbooks from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from allocopt import cli

QUICKSTART = Path(__file__).parents[1] / "scenarios" / "quickstart"


def run(*arguments: object) -> tuple[int, str]:
    """Run the command line; return its exit code and what it said."""
    result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    assert result.stdout == ""
    return result.exit_code, result.stderr


def test_a_page_and_a_workbook_of_a_plan(tmp_path: Path) -> None:
    """The plan stands against a baseline in which nobody coordinates; folders are made."""
    page, book = tmp_path / "new" / "plan.html", tmp_path / "new" / "plan.xlsx"
    code, told = run("report", QUICKSTART, "--contract", "protect_dtc", "--quiet", "--out", page, "--workbook", book)
    assert (code, told) == (0, f"Written: {page}\nWritten: {book}\n")
    assert "against First come" in page.read_text(encoding="utf-8")
    assert book.stat().st_size > 5000


@pytest.mark.parametrize(("against", "said"), [("pooled", "against Pooled"), ("none", None)])
def test_the_baseline_is_chosen(against: str, said: str | None, tmp_path: Path) -> None:
    """Another contract, or none."""
    page = tmp_path / "plan.html"
    assert run("report", QUICKSTART, "--contract", "protect_dtc", "--against", against, "--out", page)[0] == 0
    text = page.read_text(encoding="utf-8")
    assert said in text if said else '</strong> <span class="beside">of' in text and "against" not in text


def test_pages_of_comparisons_and_retirements(tmp_path: Path) -> None:
    """All contracts under all scenarios, or what retiring each channel is worth."""
    page = tmp_path / "page.html"
    assert run("report", QUICKSTART, "--compare", "--out", page)[0] == 0
    assert "<h1>Pooled earns most" in page.read_text(encoding="utf-8")
    assert run("report", QUICKSTART, "--retire", "--out", page)[0] == 0
    assert "<h1>Retiring amazon is worth 80" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--out", "page.pdf"], "page.pdf cannot be written: it has to be an .html file."),
        (["--workbook", "book.csv"], "book.csv cannot be written: it has to be an .xlsx file."),
        (["--compare", "--retire"], "a page is of a comparison or of a retirement"),
        (["--out", "folder.html"], "it is there, and no file"),
        (["--against", "nobody"], "There is no contract 'nobody'."),
        (["--contract", "nobody"], "There is no contract 'nobody'."),
    ],
)
def test_what_makes_no_sense_is_refused(
    more: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is solved, in words, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    code, told = run("report", QUICKSTART, *more)
    assert code == 2
    assert said in told
    assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]
