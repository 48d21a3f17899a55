"""What a mapping may say: the keys of an entry, each with its meaning."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import Flag

SHAPE = ConfigDict(extra="forbid", allow_inf_nan=False, str_min_length=1)
SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|"}
"""Separators by their names; others stand for themselves."""
TAGS = ("file", "query", "text", "columns", "flag", "how")
"""What the alternatives of a key are called between the steps of a place."""


def _listed(value: object) -> object:
    """Return one thing as a list of it."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _nested(yes: str, no: str) -> Discriminator:
    """Tell the form of a key that is a mapping from the other one."""
    return Discriminator(lambda value: no if isinstance(value, str | bool | int | float | None) else yes)


def _meant(meaning: str, **more: Any) -> Any:
    return Field(description=meaning, **more)


Scalar = str | int | float | bool
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...])]
Scalars = Annotated[tuple[Scalar, ...], BeforeValidator(_listed, json_schema_input_type=Scalar | tuple[Scalar, ...])]


@dataclass(frozen=True, config=SHAPE)
class Query:
    """A query to a database."""

    sql: Annotated[str, _meant("The query, a SELECT.")]
    address: Annotated[
        str, _meant("Address of the database for SQLAlchemy, or the name of an environment variable that holds it.")
    ]


From = Annotated[
    Annotated[str, Tag("file")] | Annotated[Query, Tag("query")],
    _nested("query", "file"),
    _meant("A file of the folder (`orders*.csv` takes all that match), a sheet, or a query.", alias="from"),
]
SheetName = Annotated[str, _meant("Sheet where the file is a workbook; left out: its only one.")]
Separator = Annotated[
    str, _meant("What separates columns: `,`, `;`, `|` or `tab`; left out: `tab` for .txt and .tsv, else `,`.")
]
Encoding = Annotated[str, _meant("How the text of the file is encoded, such as `cp1252`; left out: UTF-8.")]


@dataclass(frozen=True, config=SHAPE)
class Join:
    """Columns of another file, found by a key; rows without a partner have blanks there."""

    source: From
    on: Annotated[dict[str, str], _meant("Column of the first file, and the column of the other one that it equals.")]
    take: Annotated[Texts, _meant("Columns to take from the other file.")]
    sheet: SheetName = ""
    separator: Separator = ""
    encoding: Encoding = ""


@dataclass(frozen=True, config=SHAPE)
class Summing:
    """How rows with the same key become one."""

    average: Annotated[
        dict[str, str],
        _meant("Columns to average, to 4 decimals, each with the column of the file that says how much a row counts."),
    ]


@dataclass(frozen=True, config=SHAPE)
class Entry:
    """How a file becomes rows of a table."""

    source: From
    sheet: SheetName = ""
    rename: Annotated[
        dict[str, Texts],
        _meant(
            "Column of the file, and the column (or columns) of the table that it is. Where exports differ several may "
            "be the same column of the table: the one that is there is taken."
        ),
    ] = field(default_factory=dict)
    constant: Annotated[dict[str, Scalar], _meant("Columns of the table that are the same in every row.")] = field(
        default_factory=dict
    )
    formula: Annotated[
        dict[str, str],
        _meant("Columns of the table that are computed, such as `[Line total] / [Quantity]`: + - * / and brackets."),
    ] = field(default_factory=dict)
    fill: Annotated[
        dict[str, str],
        _meant(
            "Columns of the file whose blank cells take the first value of their order, say: the column that names it. "
            "`above` takes the value of the row above."
        ),
    ] = field(default_factory=dict)
    where: Annotated[
        Annotated[str, Tag("text")] | Annotated[dict[str, Scalars], Tag("columns")],
        _nested("columns", "text"),
        _meant("Rows to keep: `[Status] = open and [Free] > 0`, or columns with the values that are kept."),
    ] = field(default_factory=dict)
    join: Annotated[
        tuple[Join, ...],
        BeforeValidator(_listed, json_schema_input_type=Join | tuple[Join, ...]),
        _meant("Other files to take columns from, by a key."),
    ] = ()
    sum: Annotated[
        Annotated[Flag, Tag("flag")] | Annotated[Summing, Tag("how")],
        _nested("how", "flag"),
        _meant("Whether rows with the same key become one: amounts are added up, all else has to agree."),
    ] = False
    ignore: Annotated[
        Texts,
        _meant(
            "Columns of the file that are known and not needed; `all`: all that are not named. Without `all`, "
            "columns that are called as those of the table are taken as they are, and others are noted."
        ),
    ] = ()
    date: Annotated[
        Texts, _meant("How dates are written, such as `%d/%m/%Y %H:%M`; several are tried. ISO dates need none.")
    ] = ()
    decimal: Annotated[
        Literal["", ".", ","], _meant("Decimal sign of amounts; then thousands marks and currency signs are read too.")
    ] = ""
    separator: Separator = ""
    encoding: Encoding = ""
