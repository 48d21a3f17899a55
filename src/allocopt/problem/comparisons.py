"""How a ``where`` is written: its text as comparisons, and a mapping of columns to values as its text.

.. code-block:: text

    where      = comparison { ( "and" | "&" ) comparison }
    comparison = column ( "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" ) value
               | column [ "not" ] "in" low ".." high                     both ends belong to it
               | column [ "not" ] "in" "(" value { "," value } ")"
    value      = word | 'text in quotes'                                 '' is a blank cell
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from allocopt.documents.characters import told

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")"""
    r"""|(?P<sign><=|>=|=>|=<|!=|<>|===?|=|<|>)|(?P<mark>[(),])|(?P<word>[^\s'"(),=<>!]+))"""
)
_WORDS = ("and", "or", "in", "not")
_SAME = {"==": "=", "===": "=", "<>": "!=", "=>": ">=", "=<": "<="}
"""How other languages write the signs."""
_AND = ("and", "&", "&&")
_OR = ("or", "|", "||")
_RESERVED = (*_WORDS, *_AND, *_OR)
"""Words that are values in quotes only."""
Sign = Callable[[Any, Any], Any]
ORDERED: dict[str, Sign] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
"""Signs that compare numbers and periods by which is more."""
_SIMPLE = re.compile(r"[\w.+-]*\w")
_SHAPE = "Write comparisons such as `channel = amazon and period in 3..4`."


@dataclass(frozen=True)
class Compared:
    """One comparison.

    Attributes
    ----------
    column : str
    sign : str
        ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, or ``in``.
    values : tuple of str
        What it is compared with; of a range, its two ends.
    text : str
        As it was written.
    negated : bool
        ``not in``.
    between : bool
        Whether the values are the ends of a range.
    """

    column: str
    sign: str
    values: tuple[str, ...]
    text: str
    negated: bool = False
    between: bool = False


class BadWhereError(ValueError):
    """A text is no `where`; `hint` says what to write."""

    def __init__(self, message: str, hint: str = _SHAPE) -> None:
        super().__init__(message)
        self.hint = hint


def parse(text: str) -> tuple[Compared, ...]:
    """Return the comparisons of a `where`; none for a blank text: all rows.

    Raises
    ------
    BadWhereError
        If it cannot be understood.

    Examples
    --------
    >>> [c.text for c in parse("channel = amazon and period in 3..4")]
    ['channel = amazon', 'period in 3..4']
    """
    if not text.strip():
        return ()
    reader = _Tokens(text)
    found = [reader.comparison()]
    while reader.word(*_AND):
        found.append(reader.comparison())
    if reader.word(*_OR):
        raise BadWhereError(
            "Comparisons cannot be joined by `or`.",
            "Write `column in (a, b)` for one of several values, or a change for each of the two.",
        )
    if reader.at < len(reader.tokens):
        hint = "Put values with spaces in quotes. Join comparisons by `and`."
        raise BadWhereError(f"`and` is missing before {reader.shown()}.", hint)
    return tuple(found)


def text_of(where: Mapping[str, Any]) -> str:
    """Return a mapping of columns to values as a `where`; a list is one of several values, a range both ends.

    Raises
    ------
    BadWhereError
        If a value is none.

    Examples
    --------
    >>> text_of({"channel": "amazon", "sku": ["A", "B 2"], "period": range(3, 5), "firm": False, "region": None})
    "channel = amazon and sku in (A, 'B 2') and period in 3..4 and firm = false and region = ''"
    """
    return " and ".join(f"{column} {_compared(column, value)}" for column, value in where.items())


def _compared(column: str, value: Any) -> str:
    if isinstance(value, range) and value.step == 1 and len(value):
        return f"in {value[0]}..{value[-1]}"
    if isinstance(value, list | tuple | set | frozenset) and value:
        texts = [_spelled(column, each) for each in value]
        return f"in ({', '.join(texts if isinstance(value, list | tuple) else sorted(texts))})"
    return f"= {_spelled(column, value)}"


def _spelled(column: str, value: Any) -> str:
    """Return a value as a `where` spells it."""
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()  # a number of numpy
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, str):
        text = value or ""
        plain = _SIMPLE.fullmatch(text) and text.lower() not in _RESERVED and ".." not in text
        return text if plain else "'" + text.replace("'", "''") + "'"
    if isinstance(value, dt.date):
        return value.isoformat() if not isinstance(value, dt.datetime) else f"'{value.isoformat()}'"
    if isinstance(value, int | float) and value == value:
        return str(value)
    raise BadWhereError(
        f"{told(value)} is no value of `{column}`.",
        "Give text, a number, true or false, a day, a list of them, a range, or None for a blank.",
    )


class _Tokens:
    """Reads a `where` token by token."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.tokens: list[tuple[str, str, int, int]] = []
        place, end = 0, len(text.rstrip())
        while place < end:
            match = _TOKEN.match(text, place)
            if match is None:
                rest = text[place:].strip()
                what = "A quotation mark is not closed" if rest[0] in "'\"" else f"{rest[0]!r} cannot stand here"
                raise BadWhereError(f"{what}: {rest}.", "Put values with other than letters and digits in quotes.")
            kind = str(match.lastgroup)
            self.tokens.append((kind, match[kind], match.start(kind), match.end()))
            place = match.end()

    def shown(self) -> str:
        """Return where the reader is, for a message."""
        return f"`{self.tokens[self.at][1]}`" if self.at < len(self.tokens) else "the end"

    def take(self, kind: str, *among: str) -> str | None:
        """Return the next token and step behind it if it is of the kind and among the given ones."""
        if self.at == len(self.tokens):
            return None
        found, token, _, _ = self.tokens[self.at]
        known = token.lower() if kind == "word" else token
        if found != kind or (among and known not in among):
            return None
        self.at += 1
        return token

    def word(self, *words: str) -> bool:
        """Return whether the next token is one of these words, and step behind it."""
        return self.take("word", *words) is not None

    def comparison(self) -> Compared:
        first = self.at
        before = self.shown()
        column = self.take("word")
        if column is None or column.lower() in _RESERVED:
            hint = "Write `column != value`, or `column not in (a, b)`." if before.lower() == "`not`" else _SHAPE
            raise BadWhereError(f"The name of a column is missing before {before}.", hint)
        sign = self.take("sign")
        negated = sign is None and self.word("not")
        between = False
        values: tuple[str, ...]
        if sign is not None:
            values = (self.value(column),)
        elif self.word("in"):
            between, values = self.several(column)
        else:
            name = column.rstrip(":")
            hint = f"Compare by =, !=, <, <=, >, >= or in, such as `{name} = value` or `{name} in (a, b)`."
            raise BadWhereError(f"After `{column}{' not' if negated else ''}` a comparison is missing.", hint)
        text = self.text[self.tokens[first][2] : self.tokens[self.at - 1][3]]
        return Compared(column, _SAME.get(sign, sign) if sign else "in", values, text, negated, between)

    def several(self, column: str) -> tuple[bool, tuple[str, ...]]:
        """Read a range or a list."""
        if self.take("mark", "(") is None:
            if self.shown().startswith("`["):
                hint = "Write a list in round brackets, as (a, b)."
                raise BadWhereError(f"The list of {column} begins with a square bracket.", hint)
            text = ""
            while self.at < len(self.tokens) and self.tokens[self.at][1].lower() not in _RESERVED:
                text += self.value(column)
            ends = tuple(text.split(".."))
            if len(ends) != 2 or not all(ends):
                raise BadWhereError(
                    f"After `{column} in` stands {text!r}.", "Write a range such as 3..4, or a list (a, b)."
                )
            return True, ends
        values = [self.value(column)]
        while self.take("mark", ","):
            values.append(self.value(column))
        if self.take("mark", ")") is None:
            raise BadWhereError(f"The list of {column} is not closed before {self.shown()}.", "Write a list as (a, b).")
        return False, tuple(values)

    def value(self, column: str) -> str:
        quoted = self.take("quoted")
        if quoted is not None:
            return quoted[1:-1].replace(quoted[0] * 2, quoted[0])
        before = self.at
        word = self.take("word")
        if word is None or word.lower() in _RESERVED:
            self.at = before
            raise BadWhereError(
                f"A value of `{column}` is missing before {self.shown()}.",
                "Write '' for a blank, and put a value that is called so in quotes.",
            )
        return word
