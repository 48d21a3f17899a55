"""What contracts and scenarios have in common: each is a file of its own, and its faults name the line."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import TypeAdapter, ValidationError

from allocopt.documents.checked import Checked
from allocopt.documents.described import DRAFT
from allocopt.documents.faults import issue_of, issues_of, untagged
from allocopt.documents.origin import Origin
from allocopt.errors import ContractError, Issue, ScenarioError


class Document(metaclass=Checked):
    """Named values that people write in a file; a subclass is a pydantic dataclass.

    Attributes
    ----------
    ERROR : type
        What is raised where a value is wrong.
    WHAT : str
        What it is called in messages.
    LIST : str
        The key of what it is made of.
    """

    ERROR: ClassVar[type[ContractError | ScenarioError]] = ContractError
    WHAT: ClassVar[str]
    LIST: ClassVar[str]

    _origin: ClassVar[Origin] = Origin()
    name: str

    @classmethod
    def _of_file(cls, path: Path) -> Self:
        """Read and check a YAML file."""
        from allocopt.documents.yaml_file import located, parse, plain

        origin = parse(path, cls.ERROR, f"A {cls.WHAT} is a mapping with at least a name.")

        def issue(fault: Any) -> Issue:
            place = untagged(fault["loc"])
            return issue_of(fault, origin.file, origin.line(place), place, cls.keys_at(fault["loc"]))

        try:
            made: Self = adapter(cls).validate_python(plain(origin.tree))
        except ValidationError as error:
            raise cls.ERROR(issues_of(error.errors(), issue)) from None
        except cls.ERROR as error:
            raise cls.ERROR([located(origin, each) for each in error.issues]) from None
        object.__setattr__(made, "_origin", origin)
        return made

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Return what `to_dict` wrote; `ContractError` or `ScenarioError` if something in it is wrong."""
        if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
            raise cls.ERROR(f"A {cls.WHAT} is a mapping of keys such as 'name' and {cls.LIST!r} to values.")
        return cls(**content)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of such files, as shipped in the package."""
        return {"$schema": DRAFT, **adapter(cls).json_schema()}

    @staticmethod
    def keys_at(place: tuple[Any, ...]) -> list[str]:
        """Return the keys that are known at a place, as the schema names it."""
        raise NotImplementedError

    @property
    def _label(self) -> str:
        return f"{self.WHAT} {self.name!r}"


@cache
def adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """Return what reads and writes values of a class."""
    return TypeAdapter(kind)
