"""Values that people write, checked strictly; a wrong one is an error that names its field."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, LiteralString, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from allocopt.documents.described import described
from allocopt.documents.faults import issue_of, issues_of, spelled, unseen_issues, untagged
from allocopt.errors import ContractError, Issue, ScenarioError

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, str_min_length=1, json_schema_extra=described)


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _alone_or_many(value: object) -> object:
    return value if value is None or isinstance(value, list | tuple) else (value,)


def _none_of(kinds: Any, code: LiteralString, said: LiteralString) -> BeforeValidator:
    """Return what refuses values of some kinds that pydantic would read as another one."""

    def checked(value: object) -> object:
        if isinstance(value, kinds):
            raise PydanticCustomError(code, said)
        return value

    return BeforeValidator(checked)


def _said(text: str) -> str:
    """Refuse text of blanks alone, where somebody has to say something."""
    if not text.strip():
        raise ValueError("it is blank")
    return text


def _together(value: object) -> object:
    """Return one name by itself, and several as a tuple; a list of one is that one."""
    several = isinstance(value, list | tuple)
    names = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not names:
        raise PydanticCustomError("too_short", "the list is empty")
    if not all(isinstance(name, str) for name in names):
        raise PydanticCustomError("tuple_type" if several else "string_type", "it must be text")
    if "" in names:
        raise PydanticCustomError("string_too_short", "it is empty")
    if len(set(names)) < len(names):
        raise ValueError("a name stands in it twice")
    return names if len(names) > 1 else names[0]


def window(from_period: int | None, to_period: int | None) -> None:
    """Raise `ValueError` if a window of periods ends before it begins."""
    if from_period is not None and to_period is not None and to_period < from_period:
        raise ValueError(f"the window ends (to_period {to_period}) before it begins (from_period {from_period})")


if TYPE_CHECKING:
    Many = Sequence
else:
    Many = tuple[TypeVar("Item"), ...]
"""Several values of a type: what is kept of them is a tuple, and a list will do."""

Several = Annotated[Many[str], Field(min_length=1)]
Who = Annotated[str | Several, BeforeValidator(_together, json_schema_input_type=str | Several)]
"""One channel, or several that count together."""
Ids = Annotated[Several | None, BeforeValidator(_one_or_many, json_schema_input_type=str | Several | None)]
"""One identifier, several, or None for all."""
NUMBER = _none_of(bool | str, "float_type", "it must be a number")
"""``true`` is no share, and text is no quantity."""
Day = Annotated[dt.date, _none_of(int | float, "date_type", "it must be a day")]
"""Numbers are no seconds since 1970."""
Share = Annotated[float, Field(ge=0, le=1), NUMBER]
Quantity = Annotated[float, Field(ge=0), NUMBER]
AtLeastZero = Annotated[float, Field(ge=0), NUMBER]
Penalty = Annotated[float, Field(ge=0), NUMBER]
Period = Annotated[int, Field(ge=0, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Amounts = Annotated[dict[str, Annotated[float, Field(gt=0), NUMBER]], Field(min_length=1)]
"""A number above 0 for each of some names; its field says ``hash=False``, since a dict has no hash."""
Said = Annotated[str, AfterValidator(_said)]
"""Text that has to be given: who answers for it, and why."""
_Ranks = Annotated[Many[Annotated[int, Field(strict=True)]], Field(min_length=1)]
Ranks = Annotated[_Ranks | None, BeforeValidator(_alone_or_many, json_schema_input_type=int | _Ranks | None)]
"""One whole number, several, or None for all."""


class Checked(type):
    """Metaclass of contracts, scenarios and their parts: a wrong value is an error that names the field.

    The error is a `ContractError` unless the class says otherwise with ``ERROR``.
    """

    def __call__(cls, *args: Any, **fields: Any) -> Any:
        """Create an instance, or raise its error with every wrong field."""
        names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
        kind: type[ContractError | ScenarioError] = getattr(cls, "ERROR", ContractError)
        given = dict(zip(names, args, strict=False)) | fields
        found = unseen_issues(given, lambda place, *said: Issue(cls.__name__, None, spelled(place), *said))
        if found:
            raise kind(found)
        try:
            return super().__call__(*args, **fields)
        except ValidationError as error:
            raise kind(issues_of(error.errors(), lambda fault: _issue(cls, fault, names))) from None


def _issue(cls: type, fault: Any, names: list[str]) -> Issue:
    """Return a complaint about arguments, which may have been given by position."""
    first, *rest = fault["loc"] or ("",)
    loc = (names[first] if isinstance(first, int) and first < len(names) else first, *rest) if fault["loc"] else ()
    keys_at = getattr(cls, "keys_at", None)  # of what is made of parts, which have keys of their own
    return issue_of(fault, cls.__name__, None, untagged(loc), keys_at(loc) if keys_at else names)
