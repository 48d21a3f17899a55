"""Plans in a database: all tables in one transaction, through SQLAlchemy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd

from allocopt.errors import DataError, Issue

PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}|")


def write_database(connection: Any, prefix: str, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables into a database; see `Plan.to_sql`."""
    if not isinstance(prefix, str) or not PREFIX.fullmatch(prefix):
        raise ValueError(f"prefix must be letters, digits and underscores, not {prefix!r}")
    try:
        import sqlalchemy
    except ImportError:
        raise _refused("Databases are written through SQLAlchemy.", "pip install allocopt[sql]") from None
    if not isinstance(connection, sqlalchemy.Engine | sqlalchemy.Connection):
        raise TypeError(f"connection must be an SQLAlchemy engine or connection, not a {type(connection).__name__}")
    try:
        with _transaction(connection) as opened:
            for name, table in tables.items():
                table.to_sql(f"{prefix}{name}", opened, if_exists="replace", index=False)
    except sqlalchemy.exc.SQLAlchemyError as error:
        # What drivers say may hold the address; its kind does not.
        message = f"The plan could not be written ({type(error).__name__}); the database is as it was."
        raise _refused(message, "See whether this connection may make tables.") from None


def _refused(message: str, hint: str) -> DataError:
    return DataError([Issue("database", None, None, None, "not_writable", message, hint)])


@contextmanager
def _transaction(given: Any) -> Iterator[Any]:
    """Open a transaction, inside that of the connection if it has one, and leave nothing of it where it fails."""
    import sqlalchemy

    if isinstance(given, sqlalchemy.Engine):
        with given.connect() as connection, _transaction(connection) as opened:
            yield opened
        return
    inside = given.in_transaction()
    with given.begin_nested() if inside else given.begin():
        if given.dialect.name == "sqlite" and not given.connection.dbapi_connection.in_transaction:
            given.exec_driver_sql("BEGIN")  # its driver begins with the first row, after tables were dropped
        yield given
