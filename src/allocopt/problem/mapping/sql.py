"""Tables from databases, through SQLAlchemy; no address and no password is ever told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from allocopt.problem.mapping.raw import Raw, RowNames, texts
from allocopt.problem.mapping.shape import Query
from allocopt.problem.report import Report

if TYPE_CHECKING:
    from allocopt.problem.mapping.file import Part

REMEDY = "Install the extra: pip install allocopt[sql]"


def read_query(query: Query, part: Part, report: Report) -> Raw | None:
    """Return what a query gives, every cell as text; None where it fails, which is reported."""
    place = ("from",)
    try:
        import sqlalchemy
    except ImportError:
        report.issues.append(part.issue(place, "no_database", "Databases are read through SQLAlchemy.", REMEDY))
        return None
    address = query.address if "://" in query.address else os.environ.get(query.address, "")
    if not address:
        message = f"There is no environment variable {query.address!r}."
        hint = "Set it to the address of the database, such as postgresql://host/name."
        report.issues.append(part.issue(place, "no_database", message, hint))
        return None
    try:
        engine = sqlalchemy.create_engine(address)
        try:
            with engine.connect() as connection:
                # As it is written: a colon or a per cent sign in it belongs to the database, and names no parameter.
                result = connection.execution_options(no_parameters=True).exec_driver_sql(query.sql)
                header = [str(name).strip() for name in result.keys()]  # noqa: SIM118
                rows = result.fetchall()
        finally:
            engine.dispose()
    except ModuleNotFoundError as error:
        message = f"The driver of the database is not installed: {error.name}."
        hint = f"pip install {error.name}, or name one that is in the address, as postgresql+psycopg://host/name."
        report.issues.append(part.issue(place, "no_database", message, hint))
        return None
    except Exception as error:  # drivers raise what they like, and what they say may hold the address
        message = f"The query was not answered ({type(error).__name__})."
        hint = "Try it with the database's own program; what it said is not repeated, since it may tell the address."
        report.issues.append(part.issue(place, "no_database", message, hint))
        return None
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in header]
    repeated = tuple(dict.fromkeys(name for number, name in enumerate(header) if name in header[:number]))
    held = {name: texts(list(cells)) for name, cells in zip(header, columns, strict=True)}
    return Raw("the query", held, RowNames.of("the query", range(1, len(rows) + 1)), repeated)
