"""Contracts, scenarios and settings that nobody would write: refused at once, in short words, with file and line."""

from __future__ import annotations

import sys
import time
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import allocopt as ao
from allocopt.errors import FORMAT

KINDS = [(ao.Contract, ao.ContractError), (ao.Scenario, ao.ScenarioError)]
TENS = "abcdefg"
BOMB = "\n".join(
    ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    + [f"{b}: &{b} [{', '.join(['*' + a] * 10)}]" for a, b in pairwise(TENS)]
    + ["name: *g"]
)
HOSTILE = {
    "aliases": (BOMB, "stands for more than"),
    "mappings that merge": (BOMB.replace("[", "{k: [").replace("]", "]}"), "stands for more than"),
    "an alias of itself": ("name: x\nclauses: &a [*a]", "what it is a part of"),
    "brackets": ("name: " + "[" * 500 + "]" * 500, "more than 50 deep"),
    "open brackets": ("name: " + "[" * 50_000, "more than 50 deep"),
    "mappings": ("name: " + "{a: " * 2000 + "1" + "}" * 2000, "more than 50 deep"),
    "digits": ("name: x\nweight: " + "9" * 5000, "5,000 digits"),
    "hexadecimal digits": ("name: x\nweight: 0x" + "f" * 5000, "5,002 digits"),
    "a decimal number": ("name: x\nweight: 0." + "3" * 5000, "5,002 digits"),
    "a long text": ("name: " + "x" * 20_000, "20,000 characters"),
    "a long file": ("name: x\n" + "# nothing\n" * 300_000, "more than 2,000,000 characters"),
    "NUL": ('name: "a\\0b"', "cannot be seen (U+0000)"),
    "an escape": ('name: "\\e[31mred"', "cannot be seen (U+001B)"),
    "a bell as it is": ("name: a\x07b", "cannot be seen (U+0007)"),
    "a line end in a name": ('name: "a\\nb"', "cannot be seen (U+000A)"),
    "a character of no width": ('name: "a\\u200bb"', "cannot be seen (U+200B)"),
    "the direction turned": ("name: a\u202eb", "cannot be seen (U+202E)"),
    "a binary that is none": ("name: !!binary '@@@'", ""),
    "a number that is none": ("name: !!int abc", "not valid YAML"),
    "a key that is a list": ("? [a, b]\n: x", ""),
}


@pytest.mark.parametrize(("kind", "error"), KINDS, ids=["contract", "scenario"])
@pytest.mark.parametrize(("text", "says"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_at_once(
    tmp_path: Path, kind: type[ao.Contract], error: type[ao.AllocoptError], text: str, says: str
) -> None:
    """At once, with the file's name, and in at most a few lines of printable text."""
    path = tmp_path / "hostile.yaml"
    path.write_text(text, encoding="utf-8")
    begun = time.process_time()
    with pytest.raises(error) as caught:
        kind.read(path)
    said = str(caught.value)
    assert time.process_time() - begun < 2.5
    assert "hostile.yaml" in said
    assert says in said
    assert len(said) < 1000
    assert said.replace("\n", "").isprintable()


def test_the_line_of_what_is_too_much_is_told(tmp_path: Path) -> None:
    """The line is that of the value, not of the end of the file."""
    path = tmp_path / "c.yaml"
    path.write_text("name: x\nclauses:\n  - clause: cap\n    channel: a\n    units: " + "9" * 5000 + "\nowner: me\n")
    with pytest.raises(ao.ContractError) as caught:
        ao.Contract.read(path)
    assert caught.value.issues[0].row == 5


def test_aliases_within_reason_are_read(tmp_path: Path) -> None:
    """An anchor that is used again is an ordinary way to say a thing once."""
    path = tmp_path / "c.yaml"
    path.write_text(
        "name: x\nclauses:\n  - &one {clause: cap, channel: a, units: 5, sku: &skus [A, B]}\n"
        "  - {clause: cap, channel: b, units: 7, sku: *skus}\n"
    )
    assert ao.Contract.read(path).clauses[1].sku == ("A", "B")


def test_settings_of_a_folder_are_bounded_too(tmp_path: Path) -> None:
    """The settings of a problem are read by the same rules."""
    (tmp_path / "skus.csv").write_text("sku\nA\n")
    for text in (BOMB, "name: " + "[" * 5000, "name: a\x00b"):
        (tmp_path / "problem.yaml").write_text(text)
        with pytest.raises(ao.DataError, match=r"problem\.yaml"):
            ao.Problem.read(tmp_path)


UNSEEN = ("\x00", "\x1b[31m", "\x7f", "\u2028", "\x85", "\n")
NO_WIDTH = ("\xad", "\u200b", "\u202e", "\u2066", "\ufeff", "\U000e0041")
MARKS = (*UNSEEN, *NO_WIDTH)


@pytest.mark.parametrize("mark", MARKS, ids=[mark.encode("unicode_escape").decode() for mark in MARKS])
def test_characters_that_cannot_be_seen_are_in_no_name(tmp_path: Path, mark: str) -> None:
    """In Python and JSON as in files: names and ids of contracts, scenarios and tables are refused, and spelled out."""
    name = f"a{mark}b"
    tables = {each: [] for each in ("skus", "nodes", "supply", "demand", "lanes")}
    for make in (
        lambda: ao.Contract(name),
        lambda: ao.Contract("x", owner=name),
        lambda: ao.Contract.from_dict({"name": "x", "clauses": [{"clause": "cap", "channel": name, "units": 1}]}),
        lambda: ao.Cap(name, units=1),
        lambda: ao.Scenario(name),
        lambda: ao.Scenario.from_dict({"name": "x", "changes": [{"remove": "skus", "where": name}]}),
        lambda: ao.Problem.from_dict(tables | {"channels": [{"channel": name}]}),
        lambda: ao.Problem.from_dict(tables | {"channels": [], "name": name}),
    ):
        with pytest.raises(ao.AllocoptError, match="cannot be seen") as caught:
            make()
        assert str(caught.value).isprintable()
    if mark in UNSEEN:  # texts of tables are prose, in which some scripts need format characters
        with pytest.raises(ao.DataError, match="cannot be seen"):
            ao.Problem.from_dict(tables | {"channels": [{"channel": "a", "owner": name}]})


def test_a_reason_may_have_several_lines() -> None:
    """A sentence is prose: line ends and tabs belong there."""
    assert ao.Contract("x", reason="because\n\tof this").reason.startswith("because")
    with pytest.raises(ao.ContractError, match="cannot be seen"):
        ao.Contract("x", reason="because\x1b")


def test_every_format_character_is_known() -> None:
    """Names refuse the whole category and nothing that can be seen; a sentence may join letters as its script does."""
    for each in map(chr, range(sys.maxunicode + 1)):
        kind = unicodedata.category(each)
        assert kind in ("Cf", "Cn") if FORMAT.match(each) else kind != "Cf"  # Cn: not there yet in an older Python
    assert ao.Contract("x", reason="\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645").reason


YAML_LIKE = st.text(st.sampled_from(" \n\t-:,[]{}&*!|>'\"#%@?<a1.0_~\x00é\u2028"), max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.one_of(YAML_LIKE, YAML_LIKE.map("name: x\nclauses:\n  - ".__add__), st.binary(max_size=40)))
def test_garbage_is_a_contract_or_faults(text: str | bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever a file holds, the answer is a contract or a `ContractError`."""
    path = tmp_path_factory.getbasetemp() / "garbage.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = ""
    try:
        ao.Contract.read(path)
    except ao.ContractError as error:
        found = str(error)
    assert not found or "garbage.yaml" in found


ODD = (10**5000, -(10**400), float("nan"), [[[]]] * 3, object(), b"x", True)


@pytest.mark.parametrize("value", ODD, ids=["long", "large", "nan", "list", "object", "bytes", "bool"])
def test_odd_values_in_python_are_faults_of_their_field(value: object) -> None:
    """Numbers too long to be written, and things that are no numbers, are refused like any other."""
    with pytest.raises(ao.ContractError, match="units") as caught:
        ao.Cap("a", units=value)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 300
