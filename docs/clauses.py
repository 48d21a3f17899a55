"""Writes ``docs/clauses.md`` from the clauses and the files of their rules: ``python -m docs.clauses``."""

from __future__ import annotations

import doctest
import inspect
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import allocopt as ao
from allocopt.rules import CLAUSES, RULES, Clause

PAGE = Path(__file__).with_suffix(".md")
HEAD = """# The clauses of a contract

Made from the classes in `src/allocopt/rules/` by `python -m docs.clauses`. A contract holds any number of clauses.
A key in bold is required; "none" is left out in files, and `None` in Python. [Add a clause](add_a_clause.md) says how
to write another kind.

"""
BLOCK = re.compile(r"\.\. code-block:: text\n\n((?: {4}.*\n|\n)+)")
PUBLIC = re.compile(rf"\b({'|'.join(ao.__all__)})\(")
UNIT = re.compile(r" \[([^\]]+)\]")


def describe() -> str:
    """Return every kind of clause as Markdown: the content of ``docs/clauses.md``."""
    schema = ao.Contract.json_schema()["$defs"]
    index = "".join(f"- [{kind.__name__}](#{kind.__name__.lower()}): {_first(kind)}\n" for kind in CLAUSES)
    return HEAD + index + "".join(_section(kind, schema) for kind in CLAUSES)


def example(kind: type[Clause]) -> tuple[str, Clause]:
    """Return the first example in a clause's docstring, as it is written and as a clause."""
    names: dict[str, Any] = {name: getattr(ao, name) for name in ao.__all__}
    for line in doctest.DocTestParser().get_examples(inspect.getdoc(kind) or ""):
        if line.source.startswith(f"{kind.__name__}("):
            code = line.source.strip().removesuffix(".words()")
            return code, eval(code, names)
    raise ValueError(f"{kind.__name__}: the docstring has an example that begins with {kind.__name__}(")


def _section(kind: type[Clause], schema: dict[str, Any]) -> str:
    code, clause = example(kind)
    content = ao.Contract(f"A contract with {kind.__name__}", clauses=[clause]).to_dict()
    (stated,) = content["clauses"]
    given = {key: value for key, value in stated.items() if key == "clause" or value != _default(schema, kind, key)}
    words, yaml = io.StringIO(), YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump({"name": content["name"], "clauses": [{"clause": given.pop("clause"), **given}]}, words)
    public = PUBLIC.sub(r"ao.\1(", code)
    parts = [f"\n## {kind.__name__}\n\n{_plain(schema[kind.__name__]['description'])}\n", _keys(schema[kind.__name__])]
    for part, each in kind.PARTS.items():
        parts += [f"Each entry of `{part}`:\n", _keys(schema[each.__name__])]
    parts += [
        f"```yaml\n{words.getvalue()}```\n",
        f"```python\nimport allocopt as ao\n\n{public}\n```\n",
        *_rows(kind),
    ]
    return "\n".join(parts)


def _rows(kind: type[Clause]) -> list[str]:
    """Return what the rules of a clause say of their rows, each file once."""
    told = []
    for rule in RULES:
        if rule.clause is kind:
            module = sys.modules[type(rule).__module__]
            file = Path(str(module.__file__)).relative_to(Path(ao.__file__).parent).as_posix()
            formula = "\n".join(BLOCK.findall(inspect.getdoc(module) + "\n")).strip("\n")
            lead = f"The rule `{rule.name}` ([{file}](../src/allocopt/{file})): {_first(type(rule))}"
            told.append(f"{lead}\n\n```text\n{inspect.cleandoc(formula)}\n```\n")
    return told


def _keys(schema: dict[str, Any]) -> str:
    """Return the table of the keys of a clause, or of a part of one."""
    rows = ["| key | type | unit | default | meaning |", "|---|---|---|---|---|"]
    for key, value in schema["properties"].items():
        must = key in schema.get("required", ())
        said = value.get("description", "")
        unit = UNIT.search(said)
        cells = [f"**{key}**" if must else key, _type(value), unit[1] if unit else "", _shown(value, must=must)]
        rows.append(f"| {' | '.join([*cells, _plain(UNIT.sub('', said))])} |")
    return "\n".join([*rows, ""])


def _shown(value: dict[str, Any], *, must: bool) -> str:
    """Return the default of a key as a file would say it."""
    default = value.get("default")
    if "const" in value:
        return "required in files"
    if must or default is None:
        return "required" if must else "none"
    return f"`{json.dumps(default)}`" if not isinstance(default, str) else f"`{default or json.dumps(default)}`"


def _type(value: dict[str, Any]) -> str:
    """Return in words what a key may hold."""
    if "anyOf" in value:
        kinds = [_type(each) for each in value["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "$ref" in value:
        return f"`{value['$ref'].rpartition('/')[2]}`"
    if "const" in value or "enum" in value:
        return ", ".join(f"`{each}`" for each in value.get("enum", [value.get("const")]))
    if value["type"] == "array":
        return f"list of {_type(value['items'])}"
    if value["type"] == "object":
        return f"{_type(value['additionalProperties'])} by name"
    low, high = (value.get(name) for name in ("minimum", "maximum"))
    more, less = (value.get(name) for name in ("exclusiveMinimum", "exclusiveMaximum"))
    ends = [("at least", low), ("above", more), ("at most", high), ("below", less)]
    bounds = "".join(f", {word} {end:g}" for word, end in ends if end is not None)
    name = {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(value["type"], value["type"])
    return ("day" if value.get("format") == "date" else name) + bounds


def _default(schema: dict[str, Any], kind: type[Clause], key: str) -> Any:
    return schema[kind.__name__]["properties"][key].get("default")


def _first(kind: type) -> str:
    """Return the first sentence of a docstring."""
    return _plain((inspect.getdoc(kind) or "").partition("\n")[0])


def _plain(text: str) -> str:
    """Return a text of a docstring as Markdown that may stand in a table."""
    return text.replace("``", "`").replace("|", "\\|").replace("None:", "none:")


if __name__ == "__main__":
    PAGE.write_text(describe(), encoding="utf-8")
