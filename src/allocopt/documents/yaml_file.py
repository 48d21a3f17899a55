"""YAML files parsed with line numbers, so that every fault names its line."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from allocopt.documents.bounded import CHARACTERS, BoundedParser, BoundedPlainParser, TooMuchError
from allocopt.documents.characters import told
from allocopt.documents.faults import unseen_issues
from allocopt.documents.origin import Origin
from allocopt.errors import ContractError, DataError, Issue, ScenarioError

BYTES = 4 * CHARACTERS


class _Constructor(RoundTripConstructor):
    """Leaves dates as text: the schema reads them, and says on which line one is none."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_yaml_str)


def parse(path: Path, error: type[ContractError | ScenarioError | DataError], shape: str) -> Origin:
    """Return a YAML file as nested mappings and lists with line numbers.

    Parameters
    ----------
    path : Path
    error : type
        What is raised where the file cannot be read, is not YAML, or is no mapping.
    shape : str
        What the file should be, in a sentence.
    """
    parser = YAML(typ="rt", pure=True)
    parser.Constructor, parser.Parser = _Constructor, BoundedParser
    try:
        origin = Origin(str(path), loaded(path, parser))
    except NotYamlError as fault:
        raise error([Issue(str(path), fault.line, None, None, fault.code, fault.message)]) from None
    if not isinstance(origin.tree, dict):
        raise error([Issue(str(path), 1, None, None, "not_a_mapping", shape)])
    found = unseen_issues(plain(origin.tree), partial(origin.issue, ""))
    if found:
        raise error(found)
    return origin


def settings(path: Path) -> Any:
    """Return a YAML file as plain values; raise `NotYamlError` where it cannot be read."""
    parser = YAML(typ="safe", pure=True)
    parser.Parser = BoundedPlainParser
    return loaded(path, parser)


class NotYamlError(Exception):
    """Why a file cannot be read as YAML.

    Attributes
    ----------
    line : int or None
    code, message : str
    """

    def __init__(self, line: int | None, code: str, message: str) -> None:
        super().__init__(message)
        self.line, self.code, self.message = line, code, message


def loaded(path: Path, parser: YAML) -> Any:
    """Return what a file holds; raise `NotYamlError` with the line where it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(BYTES + 1)
    except FileNotFoundError:
        raise NotYamlError(None, "no_file", "There is no such file.") from None
    except (OSError, ValueError) as fault:
        raise NotYamlError(None, "unreadable", f"It cannot be read: {getattr(fault, 'strerror', fault)}.") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        at = content.count(b"\n", 0, fault.start) + 1
        raise NotYamlError(at, "bad_encoding", "It is not UTF-8 text.") from None
    if len(text) > CHARACTERS:
        raise NotYamlError(None, "too_much", f"It has more than {CHARACTERS:,} characters.")
    return _parsed(text, parser)


def _parsed(text: str, parser: YAML) -> Any:
    """Return text as nested mappings and lists."""
    try:
        return parser.load(text)
    except TooMuchError as fault:
        raise NotYamlError(fault.problem_mark.line + 1, "too_much", f"It holds too much: {fault.problem}.") from None
    except ReaderError as fault:
        at, code = text.count("\n", 0, fault.position) + 1, fault.character
        code = ord(code) if isinstance(code, str) else code
        raise NotYamlError(
            at, "unseen_character", f"There is a character that cannot be seen (U+{code:04X})."
        ) from None
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else None
        said = told((fault.problem or "not valid YAML").split("\n")[0])
        raise NotYamlError(line, "bad_yaml", f"It is not valid YAML: {said}.") from None
    except Exception as fault:  # values that their tags belie break the reader in any of many ways
        raise NotYamlError(None, "bad_yaml", f"It is not valid YAML: {told(fault)}.") from None


def plain(node: Any) -> Any:
    """Return parsed YAML as plain dicts, lists and scalars."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def located(origin: Origin, issue: Issue) -> Issue:
    """Return an issue that names a place of the file, with the file and line of that place."""
    place = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", issue.column or "")]
    return origin.issue("", place, issue.value, issue.code, issue.message, issue.hint)
