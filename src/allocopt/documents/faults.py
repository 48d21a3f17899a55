"""What the schema of contracts and scenarios complains of, in a planner's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic_core import PydanticCustomError

from allocopt.documents.characters import told, unseen
from allocopt.errors import Issue

_CODES = {
    "unexpected_keyword_argument": "unknown_key",
    "missing": "missing_key",
    "missing_argument": "missing_key",
    "union_tag_invalid": "unknown_kind",
    "union_tag_not_found": "missing_key",
}

UNIONS = ("clauses", "stages", "changes")
"""Lists whose members are of several kinds: pydantic names the kind between the position and the key."""
_OWN = "own_faults"


class Fault(NamedTuple):
    """What a value that somebody wrote finds wrong with itself.

    Attributes
    ----------
    key : tuple of str and int
        Where in the value.
    code, message, hint : str
    value : str or None
    """

    key: tuple[str | int, ...]
    code: str
    message: str
    hint: str = ""
    value: str | None = None


def own_faults(faults: Sequence[Fault]) -> PydanticCustomError:
    """Return the error to raise in ``__post_init__`` so that each of the faults is told at its own key."""
    return PydanticCustomError(_OWN, "faults", {"faults": list(faults)})


def untagged(place: Sequence[Any]) -> tuple[Any, ...]:
    """Return where a fault is without the kinds that pydantic puts in between.

    >>> untagged(("clauses", 0, "protect", "share"))
    ('clauses', 0, 'share')
    """
    return (*place[:2], *place[3:]) if len(place) > 2 and place[0] in UNIONS else tuple(place)


def issue_of(
    fault: Mapping[str, Any], table: str, line: int | None, place: Sequence[Any], known: Sequence[str]
) -> Issue:
    """Return one complaint of the schema as an issue.

    Parameters
    ----------
    fault : mapping
        As pydantic tells it: type, loc, msg, input, ctx.
    table : str
        File, or kind of clause.
    line : int or None
    place : sequence of str and int
        Where it is.
    known : sequence of str
        Keys that exist there.
    """
    code, given = str(fault["type"]), fault["input"]
    value = told(given) if isinstance(given, str | int | float) else None
    message, hint = _words(code, fault, _shown(given), known)
    return Issue(table, line, spelled(place) or None, value, _CODES.get(code, code), message, hint)


def unseen_issues(content: object, issue: Callable[..., Issue]) -> list[Issue]:
    """Return an issue for each text that holds a character that cannot be seen; `issue` makes one at a place."""
    what = "There is a character in it that cannot be seen"
    return [
        issue(place, text, "unseen_character", f"{what} ({character}).", "Type the text anew.")
        for place, character, text in unseen(content)
    ]


def issues_of(faults: Sequence[Any], issue: Callable[[Any], Issue]) -> list[Issue]:
    """Return all complaints as issues by line, without what only follows from others of them."""
    # A list whose members are wrong counts as empty, whatever is in it.
    told = [each for fault in faults if fault["type"] != "too_short" or not fault["input"] for each in _single(fault)]
    return sorted(map(issue, told), key=lambda found: found.row if isinstance(found.row, int) else 0)


def _single(fault: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a complaint, or all those that a value has about itself."""
    if fault["type"] != _OWN:
        return [fault]
    return [
        {
            "type": own.code,
            "loc": (*fault["loc"], *own.key),
            "input": own.value,
            "msg": own.message,
            "ctx": {"hint": own.hint, "own": True},
        }
        for own in fault["ctx"]["faults"]
    ]


def spelled(place: Sequence[Any]) -> str:
    """Return a place as text.

    >>> spelled(("clauses", 0, "share"))
    'clauses[0].share'
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{told(step)}" for step in place).lstrip(".")


def nearest(name: str, known: Sequence[str]) -> str:
    """Return a hint at the nearest of the known names, or at all of them."""
    close = get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(known)}."


def _words(code: str, fault: Mapping[str, Any], value: str, known: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong and what to do about it."""
    if fault.get("ctx", {}).get("own"):
        return fault["msg"], fault["ctx"]["hint"]
    context, last = fault.get("ctx", {}), told(fault["loc"][-1]) if fault["loc"] else ""
    if code == "unexpected_keyword_argument":
        return f"There is no key {last!r} here.", nearest(last, known)
    if code in ("missing", "missing_argument"):
        return f"The key {last!r} is missing.", ""
    if code in ("union_tag_invalid", "union_tag_not_found"):
        what = context["discriminator"].strip("'_()")
        kinds = re.findall(r"'(\w+)'", context.get("expected_tags", ""))
        if what == "change" and code == "union_tag_not_found":
            return f"It must be a mapping of keys to values, not {value}.", ""
        if code == "union_tag_not_found":
            return f"The key {what!r} is missing: it says what kind of {what} this is.", ""
        return f"There is no kind of {what} called {told(context['tag'])!r}.", nearest(context["tag"], kinds)
    if code == "value_error":
        text = str(fault["msg"]).removeprefix("Value error, ")
        return f"{text[:1].upper()}{text[1:]}.", ""
    if code == "tuple_type" and last in (*UNIONS, "rows"):
        return f"It must be a list, not {value}.", "Write [] for none."
    if code == "too_short" and context.get("field_type") == "Dictionary":
        return "It names nothing.", "Write at least one name with its number."
    for begin, words, hint in _PLAIN:
        if code.startswith(begin):
            return words.format(value=value, **context), hint
    text = str(fault["msg"])
    return f"{text[:1].upper()}{text[1:]}, not {value}.", ""


_PLAIN = (
    ("less_than_equal", "It must be at most {le:g}, not {value}.", ""),
    ("greater_than_equal", "It must be at least {ge:g}, not {value}.", ""),
    ("greater_than", "It must be more than {gt:g}, not {value}.", ""),
    ("string_type", "It must be text, not {value}.", "Write identifiers and names in quotes."),
    ("string_too_short", "It is empty.", ""),
    ("bool_", "It must be true or false, not {value}.", ""),
    ("int_", "It must be a whole number, not {value}.", ""),
    ("float_", "It must be a number, not {value}.", ""),
    ("finite_number", "It must be a finite number, not {value}.", ""),
    ("literal_error", "It must be {expected}, not {value}.", ""),
    ("tuple_type", "It must be text or a list of texts, not {value}.", "Write identifiers in quotes."),
    ("too_short", "The list is empty.", "Leave it out to mean all of them."),
    ("cell_type", "It must be text, a number, true or false, or blank, not {value}.", ""),
    ("dataclass_type", "It must be a mapping of keys to values, not {value}.", ""),
    ("model_attributes_type", "It must be a mapping of keys to values, not {value}.", ""),
    ("date", "It must be a day such as 2026-11-27, not {value}.", ""),
)
"""Begin of a complaint's code, what is said, and the hint."""


def _shown(value: object) -> str:
    if value is None:
        return "blank"
    text = repr(told(value)) if isinstance(value, str) else told(value)
    return text if len(text) <= 60 else text[:57] + "..."
