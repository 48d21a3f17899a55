"""What is written down is so: commands and code of the pages run, links lead somewhere, public names are explained."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from docs import clauses
from docs.typed import modules
from typer.testing import CliRunner

import allocopt as ao
from allocopt import cli
from allocopt.documents.described import meanings
from allocopt.problem.declared import describe

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "scenarios").glob("**/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "guide").glob("*.md")),
    *(ROOT / name for name in ("tests/README.md", "benchmarks/README.md")),
]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
RUN = [page for page in PAGES if any(f"```{kind}\n" in TEXTS[page] for kind in ("python", "console"))]
"""The pages with something to run."""
NOT_RUN = "<!-- not run -->"
BLOCK = re.compile(r"^(?P<before>[^\n]*)\n+```(?P<kind>\w+)\n(?P<code>.*?)^```$", re.M | re.S)
SLOW = ("scenarios/holiday_promo", "demo", "compare", "retire")
"""What a command mentions that takes longer than a test may, or is tested elsewhere."""


def blocks(page: Path, *kinds: str) -> list[str]:
    """Return the fenced blocks of a page that are meant to run."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [match["code"] for match in found if match["kind"] in kinds and match["before"].strip() != NOT_RUN]


def in_order(shown: str, printed: str) -> list[str]:
    """Return the lines of a page that were not printed in this order; blanks do not count, ``...`` is anything."""
    left = iter([" ".join(line.split()) for line in printed.splitlines()])
    wanted = [" ".join(line.split()) for line in shown.splitlines()]
    return [
        line
        for line in wanted
        if line
        and not any(line == each or (line.endswith("...") and each.startswith(line[:-3].strip())) for each in left)
    ]


def linked(folder: Path) -> Path:
    """Return a folder that holds what the repository holds, so that what is written into it does not stay there."""
    for place in ROOT.iterdir():
        (folder / place.name).symlink_to(place)
    return folder


def commands(page: Path) -> list[str]:
    """Return the `allocopt` commands of a page, in fenced blocks of shell or indented by four blanks."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in blocks(page, "sh", "bash") for line in block.splitlines()]
    lines += [line[4:] for line in text.splitlines() if line.startswith("    allocopt ")]
    lines = [line.split("  #")[0].strip() for line in lines]
    return [line for line in lines if line.startswith("allocopt ")]


COMMANDS = sorted({command for page in PAGES for command in commands(page)})
QUICK = [c for c in COMMANDS if not any(word in c for word in SLOW) or c.startswith("allocopt check")]


def test_what_was_not_printed_in_order_is_found() -> None:
    """Blanks do not count, lines may be left out, and what stands there has to be true."""
    printed = "one  two\nthree\nfour five"
    assert in_order("one two\nfour ...\n", printed) == []
    assert in_order("three\none two", printed) == ["one two"]
    assert in_order("four six ...", printed) == ["four six ..."]


@pytest.mark.parametrize("page", RUN, ids=[str(page.relative_to(ROOT)) for page in RUN])
def test_snippets_of_the_pages_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks of a page run one after the other, as a reader would type them, and print what stands under them.

    Of Python that is a block of text right after it; of a console what follows the command. A comment before a console
    says which exit code it ends with where that is not 0.
    """
    monkeypatch.chdir(linked(tmp_path))
    names: dict[str, Any] = {}
    text = page.read_text(encoding="utf-8")
    ran = 0
    for block in BLOCK.finditer(text):
        before = block["before"].strip()
        if block["kind"] == "python" and before != NOT_RUN:
            capsys.readouterr()
            exec(compile(block["code"], str(page), "exec", dont_inherit=True), names)
            ran = block.end()
        elif block["kind"] == "console":
            code = int(before.removeprefix("<!-- exit code ").removesuffix(" -->")) if "exit code" in before else 0
            for line, shown in re.findall(r"^\$ ([^\n]*)\n((?:(?!\$ )[^\n]*\n)*)", block["code"], re.M):
                told = typed(line, code)
                assert in_order(shown, told) == [], f"{line}\n{told}"
        elif block["kind"] == "text" and not before and not text[ran : block.start()].strip() and names:
            told = capsys.readouterr().out
            assert in_order(block["code"], told) == [], told


def typed(line: str, code: int) -> str:
    """Return what a command prints, which has to end with an exit code."""
    words = shlex.split(line)
    if words[0] == "allocopt":
        result = CliRunner().invoke(cli.app, words[1:])
        assert result.exit_code == code, result.output
        return result.output
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_page_of_tables_is_what_is_declared() -> None:
    """Every table, column and setting stands there as the library reads it."""
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == describe()


def test_the_page_of_clauses_is_what_the_classes_say() -> None:
    """Every kind of clause stands there with its keys, examples and rows; `python -m docs.clauses` writes it."""
    assert clauses.PAGE.read_text(encoding="utf-8") == clauses.describe()


def test_the_examples_of_a_clause_say_the_same_in_both_languages(tmp_path: Path) -> None:
    """What the page shows as YAML reads as the clause that it shows as Python."""
    texts = blocks(clauses.PAGE, "yaml")
    assert len(texts) == len(clauses.CLAUSES)
    for text, kind in zip(texts, clauses.CLAUSES, strict=True):
        file = tmp_path / f"{kind.__name__}.yaml"
        file.write_text(text, encoding="utf-8")
        assert ao.Contract.read(file).clauses == (clauses.example(kind)[1],)


def undescribed(schema: dict[str, Any]) -> list[str]:
    """Return the properties of a schema, and of every kind that it defines, of which nothing is said."""
    kinds = {schema["title"]: schema, **schema["$defs"]}
    return [
        f"{name}.{key}"
        for name, kind in kinds.items()
        for key, value in kind.get("properties", {}).items()
        if not value.get("description", "").endswith((".", "]"))
    ]


@pytest.mark.parametrize("kind", [ao.Contract, ao.Scenario], ids=lambda kind: kind.__name__)
def test_every_property_of_a_schema_is_described(kind: Any) -> None:
    """Whoever completes a file in an editor is told what each key means: it stands under Attributes of its class."""
    assert undescribed(kind.json_schema()) == []


def test_a_field_that_nobody_explains_is_found() -> None:
    """The test above sees a property without a meaning, at the top and inside a kind."""
    schema = ao.Contract.json_schema()
    del schema["properties"]["owner"]["description"], schema["$defs"]["Cap"]["properties"]["per"]["description"]
    assert {"Contract.owner", "Cap.per"} <= set(undescribed(schema))


def test_meanings_come_from_the_class_and_those_above_it() -> None:
    """Several names before one text share it, a text of several lines is one, and "See" leads upwards."""

    class Above:
        """Above.

        Attributes
        ----------
        low, high : float
            Bounds,
            both inside [unit].
        bare : str
        """

    class Below(Above):
        """Below.

        Attributes
        ----------
        low
            See `Above`.
        high : int
            Not inside [unit].

        Examples
        --------
        note : str
            No field.
        """

    assert meanings(Below) == {"low": "Bounds, both inside [unit].", "high": "Not inside [unit]."}


def test_yaml_of_the_pages_is_a_contract_or_a_scenario(tmp_path: Path) -> None:
    """What a page shows as YAML can be read, and the scenario shown is the one that the code beside it reads."""
    scenarios = []
    for page in PAGES:
        for number, text in enumerate(blocks(page, "yaml")):
            file = tmp_path / f"{number}.yaml"
            file.write_text(text, encoding="utf-8")
            if "\nchanges:" in text or "\ndraws:" in text:
                scenarios.append((page.name, ao.Scenario.read(file)))
            elif "\nclauses:" in text:
                ao.Contract.read(file)
    featured = ao.Scenario.read(ROOT / "scenarios" / "quickstart" / "scenarios" / "01_featured.yaml")
    assert ("scenarios.md", featured) in scenarios


def test_the_readme_has_something_to_run() -> None:
    """The tests here find what they are meant to find."""
    assert len(blocks(ROOT / "README.md", "python")) >= 1
    assert len(QUICK) >= 3


@pytest.mark.parametrize("command", QUICK)
def test_commands_of_the_pages_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that are written down end well; what they write is not left in the repository."""
    monkeypatch.chdir(linked(tmp_path))
    result = CliRunner().invoke(cli.app, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in QUICK])
def test_commands_that_take_long_exist(command: str) -> None:
    """The other commands are known to the command line, with all their options."""
    verb, *rest = shlex.split(command)[1:]
    told = CliRunner().invoke(cli.app, [verb, "--help"], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    assert all(option in told.output for option in rest if option.startswith("--"))


HEADING = re.compile(r"^#{1,4} (.+?)\s*$", re.M)
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(text: str) -> set[str]:
    """Return what the headings of a page are called in links to them, in the repository and in the site."""
    found: list[str] = []
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading).replace("`", "")
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        again = found.count(name)
        found += [name] if not again else [name, f"{name}-{again}"]
    return set(found)


def lost(page: Path, text: str) -> list[str]:
    """Return the links of a page that lead to no file, or to no heading of it."""
    found = []
    for target in LINK.findall(FENCE.sub("", text)):
        where, _, anchor = target.partition("#")
        place = page.parent / where if where else page
        if not re.match(r"\w+:", target) and not (
            place.is_file() and (not anchor or anchor in anchors(place.read_text(encoding="utf-8")))
        ):
            found.append(f"{page.relative_to(ROOT)}: {target}")
    return found


def test_links_of_the_pages_lead_somewhere() -> None:
    """A link to a file of the repository leads to a file, and one to a heading to a heading of it."""
    assert [link for page in PAGES for link in lost(page, TEXTS[page])] == []


def test_a_lost_link_is_found() -> None:
    """The test above sees files and headings that are not there, not what stands in code or leads elsewhere."""
    text = "[a](start.md#install) [b](none.md) [c](start.md#none) [d](https://example.com#x)\n\n```text\n[e](none.md)\n```\n"
    assert lost(ROOT / "docs" / "index.md", text) == ["docs/index.md: none.md", "docs/index.md: start.md#none"]
    assert anchors("# One `two`, three\n## The same\n## The same\n") == {"one-two-three", "the-same", "the-same-1"}


def test_every_page_is_in_the_list_of_pages() -> None:
    """Each page stands in the contents of the site, so that it is one click from every other one."""
    index = ROOT / "docs" / "index.md"
    listed = {
        path.resolve()
        for block in re.findall(r"^```\{toctree\}\n(.*?)^```$", TEXTS[index], re.M | re.S)
        for line in block.splitlines()
        if line and not line.startswith(":")
        for path in [*index.parent.glob(f"{line}.md"), (index.parent / line).with_suffix(".md")]
    }
    assert {page for page in PAGES if page != index} - listed == set()


@pytest.mark.parametrize(
    ("page", "anchor"),
    [("clauses.md", "cap"), ("glossary.md", "confidence"), ("add_a_clause.md", "add-a-clause")],
    ids=["what may I write under cap", "what is confidence", "how do I add a rule"],
)
def test_what_newcomers_ask_is_two_clicks_away(page: str, anchor: str) -> None:
    """The README and the first page of the site lead to the page, which has it under a heading."""
    assert f"](docs/{page})" in TEXTS[ROOT / "README.md"]
    assert f"]({page})" in TEXTS[ROOT / "docs" / "index.md"]
    assert anchor in anchors(TEXTS[ROOT / "docs" / page])


def test_the_reference_has_every_public_name() -> None:
    """The page of reference shows each name once, and none that is not there."""
    named = re.findall(r"^\.\. auto(?:class|function):: allocopt\.(\w+)$", TEXTS[ROOT / "docs" / "reference.md"], re.M)
    assert sorted(named) == sorted(set(ao.__all__))


def test_the_types_of_the_pages_are_looked_at() -> None:
    """`make types` checks the README and the pages as they stand, with nothing waved through."""
    found = modules()
    assert {"page_README", "page_docs_start", "page_docs_guide_service_engineers"} <= set(found)
    assert not any("type: ignore" in code for code in found.values())
    assert "docs.typed build/pages\n\t$(BIN)/mypy src build/pages" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ao.__all__)
def test_public_names_are_explained(name: str) -> None:
    """Every public name says what it is; functions and classes with arguments say what these mean."""
    thing = getattr(ao, name)
    text = inspect.getdoc(thing) or ""
    assert text.split("\n")[0].endswith((".", "?"))
    if isinstance(thing, type) and issubclass(thing, Exception):
        return
    assert any(f"\n{head}\n{'-' * len(head)}" in text for head in ("Parameters", "Attributes", "Examples"))


@pytest.mark.parametrize("kind", [ao.Problem, ao.Contract, ao.Scenario, ao.Plan], ids=lambda kind: kind.__name__)
def test_public_methods_are_explained(kind: type) -> None:
    """Every public method and property of the main classes has a sentence."""
    silent = [
        name
        for name, member in inspect.getmembers(kind)
        if not name.startswith("_")
        and (callable(member) or isinstance(member, property))
        and not inspect.getdoc(member)
    ]
    assert silent == []


def test_public_names_are_sorted_and_there() -> None:
    """`__all__` lists what the package offers, in order."""
    assert list(ao.__all__) == sorted(ao.__all__)
    assert all(hasattr(ao, name) for name in ao.__all__)
