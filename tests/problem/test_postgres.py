"""A real PostgreSQL server, started here: its tables are read, plans are written into it, and it is told to nobody.

Where it is not installed these tests are skipped, and say so: `tests/README.md` says how to get it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.problem import postgres

import allocopt as ao
from allocopt.plan.plan import TABLES

sqlalchemy = pytest.importorskip("sqlalchemy", reason="databases are an extra: pip install allocopt[sql]")
pytest.importorskip("psycopg", reason="PostgreSQL's driver is not installed: pip install 'psycopg[binary]'")
BINARIES = postgres.binaries()
if BINARIES is None:
    pytest.skip("PostgreSQL is not installed: see tests/README.md", allow_module_level=True)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a server that lives as long as this module."""
    assert BINARIES is not None
    try:
        postgres.account()
    except LookupError as error:
        pytest.skip(f"PostgreSQL does not run as root, and there is {error}")
    with postgres.server(BINARIES) as found:
        yield found


@pytest.fixture
def engine(address: str) -> Iterator[Any]:
    """A warehouse with two articles, two places and open orders, and nothing else."""
    made = sqlalchemy.create_engine(address)
    try:
        execute(made, f"DROP SCHEMA public CASCADE; CREATE SCHEMA public; {WAREHOUSE}")
        yield made
    finally:
        made.dispose()


def execute(engine: Any, statements: str) -> None:
    """Execute statements as they are written."""
    with engine.begin() as connection:
        connection.execution_options(no_parameters=True).exec_driver_sql(statements)


WAREHOUSE = """
CREATE TABLE article (code varchar(20) PRIMARY KEY, cost numeric(12, 4), bulk boolean);
INSERT INTO article VALUES ('00123', 2.5, false), ('LÄMP-%', NULL, true);
CREATE TABLE stock (article varchar(20), place char(4), free bigint, expires date);
INSERT INTO stock VALUES ('00123', 'East', 5, NULL), ('LÄMP-%', 'West', 7, '2026-12-20'), ('00123', 'West', 0, NULL);
CREATE TABLE orders (number integer, article varchar(20), pieces integer, price double precision,
                     due date, placed timestamptz);
INSERT INTO orders VALUES
    (1, '00123', 4, 9.99, '2026-11-30', '2026-11-28 09:30:00+01'),
    (2, '00123', 3, 12.5, '2026-11-30', '2026-11-28 08:45:00+00'),
    (3, 'LÄMP-%', 2, 20, '2026-12-07', '2026-11-27 12:00:00-05');
"""
PERIODS = ao.weeks("2026-11-30", 3).to_dict("list")
PLACES = "SELECT DISTINCT place FROM stock"


def mapping(address: str) -> dict[str, Any]:
    """Return a mapping all of whose tables are queries."""

    def query(sql: str) -> dict[str, str]:
        return {"sql": sql, "address": address}

    return {
        "skus": {"from": query("SELECT code AS sku, cost AS unit_cost, bulk AS divisible FROM article")},
        "nodes": {"from": query(PLACES), "rename": {"place": "node"}},
        "channels": {"from": query("SELECT 'web' AS channel")},
        "lanes": {"from": query(PLACES), "rename": {"place": "node"}, "constant": {"channel": "web"}},
        "supply": {
            "from": query("SELECT article AS sku, place AS node, free AS units, expires FROM stock WHERE free > 0"),
            "constant": {"kind": "on_hand"},
        },
        "demand": {
            "from": query("SELECT number, article AS sku, pieces AS units, price, due, placed FROM orders"),
            "rename": {"number": "order", "due": "period", "placed": "arrived"},
            "constant": {"channel": "web"},
        },
    }


def test_a_warehouse_is_read(address: str, engine: Any, tmp_path: Path) -> None:
    """Every type of a column is what it says: ids are text, amounts are exact, NULL is blank, stamps have one zone."""
    problem = ao.Problem.read(tmp_path, mapping=mapping(address))
    assert problem.skus["sku"].tolist() == ["00123", "LÄMP-%"]
    assert problem.skus["divisible"].tolist() == [False, True]
    assert problem.skus["unit_cost"].tolist()[0] == 2.5
    assert problem.supply[["sku", "node", "units"]].to_numpy().tolist() == [["00123", "East", 5], ["LÄMP-%", "West", 7]]
    assert problem.demand["order"].tolist() == ["1", "2", "3"]
    assert problem.demand["price"].tolist() == [9.99, 12.5, 20.0]
    assert problem.demand["period"].tolist() == [0, 0, 1]
    arrived = problem.demand["arrived"]
    assert arrived[2] < arrived[0] < arrived[1]
    served = ao.allocate(problem, ao.first_come()).allocation
    assert dict(zip(served["order"], served["units"], strict=True)) == {"1": 4, "2": 1, "3": 2}


@pytest.mark.parametrize(
    "condition", ["code LIKE 'L%'", "code = 'LÄMP-%'", "':code' = concat(':', 'code') AND bulk", "cost::text IS NULL"]
)
def test_a_query_is_sent_as_it_is_written(condition: str, address: str, engine: Any, tmp_path: Path) -> None:
    """Per cent signs, colons and casts belong to the database."""
    held = mapping(address)
    held["skus"]["from"]["sql"] = f"SELECT code AS sku FROM article WHERE {condition}"
    held["supply"]["where"] = held["demand"]["where"] = "sku != 00123"
    assert ao.Problem.read(tmp_path, mapping=held).skus["sku"].tolist() == ["LÄMP-%"]


def test_what_a_query_does_stays_out_of_the_database(address: str, engine: Any, tmp_path: Path) -> None:
    """Reading changes nothing, whatever the query says."""
    held = mapping(address)
    held["skus"]["from"]["sql"] = "DELETE FROM article RETURNING code AS sku"
    ao.Problem.read(tmp_path, mapping=held)
    assert table(engine, "SELECT * FROM article")["code"].tolist() == ["00123", "LÄMP-%"]


@pytest.mark.parametrize("wrong", ["password", "host", "database", "query"])
def test_nothing_is_told_of_where_it_lies(wrong: str, address: str, engine: Any, tmp_path: Path) -> None:
    """A refused password, no server, no database and a bad query: a fault, without the address."""
    spoilt = {
        "password": address.replace(postgres.PASSWORD, "hunter2"),
        "host": f"{address}/nowhere",
        "database": address.replace("/postgres?", "/hunter2?"),
        "query": address,
    }[wrong]
    held = mapping(spoilt)
    if wrong == "query":
        held["skus"]["from"]["sql"] = "SELECT hunter2"
    with pytest.raises(ao.DataError) as caught:
        ao.Problem.read(tmp_path, mapping=held)
    assert {issue.code for issue in caught.value.issues} == {"no_database"}
    told = str(caught.value) + repr(caught.value.issues) + repr(caught.value.__cause__)
    host = address.partition("host=")[2]
    assert not any(secret in told for secret in ("hunter2", postgres.PASSWORD, postgres.NAME, host))


@pytest.fixture(scope="module")
def plan() -> ao.Plan:
    """A plan with dates, exceptions and something of every table."""
    undated = ao.example("quickstart").to_dict()
    protect = ao.Contract("Protect DTC", clauses=[ao.Protect("dtc", share=0.5, of="inbound")])
    return ao.allocate(ao.Problem.from_dict(undated | {"periods": PERIODS}), protect)


def table(engine: Any, query: str) -> pd.DataFrame:
    """Return what a query gives."""
    with engine.connect() as connection:
        return pd.read_sql(sqlalchemy.text(query), connection)


@contextmanager
def opened(engine: Any, through: str) -> Iterator[Any]:
    """Give an engine, a connection, or one inside a transaction of its own."""
    if through == "engine":
        yield engine
        return
    with engine.connect() as connection:
        begun = connection.begin() if through == "transaction" else None
        yield connection
        if begun is not None:
            begun.commit()


@pytest.mark.parametrize("through", ["engine", "connection", "transaction"])
def test_a_plan_is_written_and_read_back(through: str, engine: Any, plan: ao.Plan) -> None:
    """All tables, twice over, with every column, row and cell."""
    for _ in range(2):
        with opened(engine, through) as given:
            plan.to_sql(given, prefix="Plan_")
    for name in TABLES:
        wanted = getattr(plan, name)
        found = table(engine, f'SELECT * FROM "Plan_{name}"')
        assert list(found.columns) == list(wanted.columns), name
        assert in_order(found) == in_order(wanted), name


def in_order(found: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return rows in an order of their own, since tables of a database have none; blanks are None."""
    rows = found.astype(object).where(found.notna(), None).itertuples(index=False, name=None)
    return sorted(rows, key=lambda row: [(cell is None, str(cell)) for cell in row])


@pytest.mark.parametrize("through", ["engine", "connection", "transaction"])
def test_a_plan_that_cannot_be_written_leaves_the_one_before(through: str, engine: Any, plan: ao.Plan) -> None:
    """Somebody's view hangs on the last table: the database refuses to drop it, and all is as it was, rows and all."""
    names = list(TABLES)
    plan.to_sql(engine)
    before = {name: in_order(table(engine, f"SELECT * FROM {name}")) for name in names}
    execute(engine, f"CREATE VIEW mine AS SELECT * FROM {names[-1]}")
    other = ao.allocate(ao.example("quickstart"))
    with opened(engine, through) as given, pytest.raises(ao.DataError, match="the database is as it was"):
        other.to_sql(given)
    for name in names:
        assert in_order(table(engine, f"SELECT * FROM {name}")) == before[name]


def test_a_reader_sees_one_plan_or_the_other(engine: Any, plan: ao.Plan) -> None:
    """Before the transaction of its owner ends nobody sees a table of it, and nothing of it where it is given up."""
    with engine.connect() as connection:
        begun = connection.begin()
        plan.to_sql(connection, prefix="new_")
        assert not sqlalchemy.inspect(engine).has_table("new_allocation")
        begun.rollback()
    assert not sqlalchemy.inspect(engine).has_table("new_allocation")
