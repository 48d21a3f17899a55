"""YAML files parsed with line numbers, so that every fault names its line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from allocopt.documents.origin import Origin
from allocopt.errors import ContractError, Issue, ScenarioError


class _Constructor(RoundTripConstructor):
    """Leaves dates as text: the schema reads them, and says on which line one is none."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_yaml_str)


def parse(path: Path, error: type[ContractError | ScenarioError], shape: str) -> Any:
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
    parser.Constructor = _Constructor
    try:
        tree = parser.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error([_fault(path, None, "no_file", "There is no such file.")]) from None
    except OSError as fault:
        raise error([_fault(path, None, "unreadable", f"It cannot be read: {fault.strerror}.")]) from None
    except UnicodeDecodeError as fault:
        at = fault.object.count(b"\n", 0, fault.start) + 1
        raise error([_fault(path, at, "bad_encoding", "It is not UTF-8 text.")]) from None
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else None
        said = (fault.problem or "not valid YAML").split("\n")[0]
        raise error([_fault(path, line, "bad_yaml", f"It is not valid YAML: {said}.")]) from None
    except YAMLError as fault:
        raise error([_fault(path, None, "bad_yaml", f"It is not valid YAML: {fault}.")]) from None
    if not isinstance(tree, dict):
        raise error([_fault(path, 1, "not_a_mapping", shape)])
    return tree


def _fault(path: Path, line: int | None, code: str, message: str) -> Issue:
    return Issue(str(path), line, None, None, code, message)


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
