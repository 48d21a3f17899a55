"""What a JSON schema says in words: taken from the docstrings, so that it is said once."""

from __future__ import annotations

import inspect
import re
from typing import Any

DRAFT = "https://json-schema.org/draft/2020-12/schema"
"""Which JSON schema our schemas are written in."""
_SECTION = re.compile(r"\n\n(?=\w+\n-{4,}\n)")
_ENTRY = re.compile(r"^(?P<names>\w.*?)(?: :.*)?\n(?P<text>(?: {4}.*\n?)+)", re.M)


def described(schema: dict[str, Any], kind: type) -> None:
    """Put the first words of a class and the meanings of its fields into its JSON schema.

    Parameters
    ----------
    schema : dict
        Of the class as pydantic makes it; changed in place.
    kind : type
        A pydantic dataclass whose docstring, or that of a class above it, has its fields under ``Attributes``.

    Examples
    --------
    >>> from allocopt.contracts import Contract
    >>> Contract.json_schema()["properties"]["reason"]["description"]
    'Why it exists, in a sentence.'
    """
    schema["description"] = _SECTION.split(inspect.cleandoc(kind.__doc__ or ""))[0]
    said = meanings(kind)
    for name, field in kind.__pydantic_fields__.items():  # type: ignore[attr-defined]
        value = schema["properties"][field.serialization_alias or name]
        if name in said:
            value["description"] = said[name]
        elif "const" in value:
            value["description"] = f"Which kind it is: always `{value['const']}`."


def meanings(kind: type) -> dict[str, str]:
    """Return what the fields of a class mean, with units; "See ..." leads to what the class above says."""
    said: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        for section in _SECTION.split(inspect.cleandoc(each.__doc__ or "")):
            for entry in _ENTRY.finditer(section) if section.startswith("Attributes\n") else ():
                text = " ".join(entry["text"].split())
                names = [] if text.startswith("See `") else entry["names"].split(", ")
                said |= dict.fromkeys(names, text)
    return said
