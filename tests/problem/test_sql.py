"""Tables from a database and plans into it; no address and no password is ever told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import allocopt as ao
from allocopt.plan.plan import TABLES

sqlalchemy = pytest.importorskip("sqlalchemy", reason="databases are an extra: pip install allocopt[sql]")
SECRET = "hunter2"
QUERY = "SELECT article, free AS on_hand, cost FROM stock WHERE free > 0"


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A warehouse in SQLite; its address."""
    address = f"sqlite:///{tmp_path / 'warehouse.db'}"
    engine = sqlalchemy.create_engine(address)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE stock (article TEXT, free INTEGER, cost NUMERIC(8, 2))"))
        rows = [{"a": "00123", "f": 5, "c": 2.5}, {"a": "MUG", "f": 0, "c": 1}, {"a": "LAMP", "f": 7, "c": None}]
        connection.execute(sqlalchemy.text("INSERT INTO stock VALUES (:a, :f, :c)"), rows)
    engine.dispose()
    return address


def mapping(address: str, sql: str = QUERY) -> dict[str, Any]:
    """Return a mapping whose stock comes from a query."""
    query = {"sql": sql, "address": address}
    none = {"where": "on_hand < 0", "ignore": "all"}
    return {
        "skus": {"from": query, "rename": {"article": "sku"}, "ignore": "all"},
        "nodes": {"from": query, "constant": {"node": "East"}, "sum": True, "ignore": "all"},
        "channels": {"from": query, "constant": {"channel": "web"}, "sum": True, "ignore": "all"},
        "lanes": {"from": query, "constant": {"node": "East", "channel": "web"}, "sum": True, "ignore": "all"},
        "supply": {
            "from": query,
            "rename": {"article": "sku", "on_hand": "units", "cost": "unit_cost"},
            "constant": {"node": "East", "kind": "on_hand"},
        },
        "demand": {"from": query, **none},
    }


def test_a_query_is_a_file_like_others(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids stay text, nothing is NULL but a blank; the address may stand in an environment variable."""
    problem = ao.Problem.read(tmp_path, mapping=mapping(database))
    assert problem.supply["sku"].tolist() == ["00123", "LAMP"]
    assert problem.supply["units"].tolist() == [5.0, 7.0]
    assert problem.supply["unit_cost"].isna().tolist() == [False, True]
    monkeypatch.setenv("WAREHOUSE", database)
    assert ao.Problem.read(tmp_path, mapping=mapping("WAREHOUSE")).to_dict() == problem.to_dict()


@pytest.mark.parametrize(
    "address",
    [f"postgresql://me:{SECRET}@localhost:1/x", f"nonsense://me:{SECRET}@host/x", f"sqlite:////{SECRET}/none/x.db"],
)
def test_no_address_is_told(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong: neither in the error, nor in what it was raised from."""
    monkeypatch.setenv("WAREHOUSE", address)
    for given in (address, "WAREHOUSE"):
        with pytest.raises(ao.DataError) as caught:
            ao.Problem.read(tmp_path, mapping=mapping(given))
        assert {issue.code for issue in caught.value.issues} == {"no_database"}
        told = [str(caught.value), *(repr(issue) for issue in caught.value.issues), repr(caught.value.__cause__)]
        assert not any(SECRET in text for text in told)


@pytest.mark.parametrize(
    "text",
    [
        "skus: {from: {sql: select 1, adress: 'postgresql://me:SECRET@host/x'}}",
        "skus: {from: 'postgresql://me:SECRET@host/x'}",
        "skus: {from: {sql: select 1, address: ['postgresql://me:SECRET@host/x']}}",
        "use: 'postgresql://me:SECRET@host/x'",
        "'postgresql://me:SECRET@host/x': x.csv",
        "skus: {from: stock.csv, where: {'postgresql://me:SECRET@host/x': 1}}",
    ],
)
def test_an_address_in_the_wrong_place_is_not_told_either(text: str, tmp_path: Path) -> None:
    """A slip in a mapping is told without what was written."""
    (tmp_path / "map.yaml").write_text(text.replace("SECRET", SECRET))
    (tmp_path / "stock.csv").write_text("sku\nS\n")
    with pytest.raises(ao.DataError) as caught:
        ao.Problem.read(tmp_path, mapping="map.yaml")
    assert caught.value.issues
    assert SECRET not in str(caught.value) + repr(caught.value.issues)


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    """The name is no secret."""
    with pytest.raises(ao.DataError, match="no environment variable 'NO_SUCH_BASE'"):
        ao.Problem.read(tmp_path, mapping=mapping("NO_SUCH_BASE"))


def test_a_driver_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is no secret, and what has to be done is clear."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ao.DataError) as caught:
        ao.Problem.read(tmp_path, mapping=mapping(f"postgresql+psycopg://me:{SECRET}@host/x"))
    assert "not installed: psycopg. pip install psycopg" in str(caught.value)
    assert SECRET not in str(caught.value) + repr(caught.value.issues)


def test_a_query_is_sent_as_it_is_written(database: str, tmp_path: Path) -> None:
    """A colon or a per cent sign in it names no parameter."""
    held = f"{QUERY} AND ':free' = ':' || 'free' AND article LIKE 'L%'"
    problem = ao.Problem.read(tmp_path, mapping=mapping(database, held))
    assert problem.supply["sku"].tolist() == ["LAMP"]


@pytest.fixture
def plan() -> ao.Plan:
    """A plan to write."""
    return ao.allocate(ao.example("quickstart"))


@pytest.mark.parametrize("through", ["engine", "connection", "transaction"])
def test_a_plan_is_written_and_written_again(database: str, plan: ao.Plan, through: str) -> None:
    """All tables, with all rows, in place of those of the plan before; a transaction of its owner's is left to them."""
    engine = sqlalchemy.create_engine(database)
    for _ in range(2):
        if through == "engine":
            plan.to_sql(engine, prefix="plan_")
        else:
            with engine.connect() as connection:
                begun = connection.begin() if through == "transaction" else None
                plan.to_sql(connection, prefix="plan_")
                if begun is not None:
                    begun.commit()
    held = set(sqlalchemy.inspect(engine).get_table_names())
    assert held == {"stock", *(f"plan_{name}" for name in TABLES)}
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.text("SELECT SUM(units), COUNT(*) FROM plan_allocation")).one()
    assert tuple(found) == (plan.allocation["units"].sum(), len(plan.allocation))
    engine.dispose()


@pytest.mark.parametrize("through", ["engine", "connection"])
def test_a_plan_that_cannot_be_written_leaves_the_one_before(database: str, plan: ao.Plan, through: str) -> None:
    """The last table fails: the tables that were there are as they were, rows and all."""
    engine = sqlalchemy.create_engine(database)
    names = list(TABLES)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"CREATE TABLE {names[0]} (mine TEXT)"))
        connection.execute(sqlalchemy.text(f"INSERT INTO {names[0]} VALUES ('kept')"))
        connection.execute(sqlalchemy.text(f"CREATE VIEW {names[-1]} AS SELECT 1 AS one"))
    opened = engine if through == "engine" else engine.connect()
    with pytest.raises(ao.DataError, match="the database is as it was"):
        plan.to_sql(opened)
    if through == "connection":
        opened.close()
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text(f"SELECT mine FROM {names[0]}")).scalars().all() == ["kept"]
    assert set(sqlalchemy.inspect(engine).get_table_names()) == {"stock", names[0]}
    engine.dispose()


def test_what_is_no_connection_or_prefix_is_refused(database: str, plan: ao.Plan) -> None:
    """An address is none: who writes decides how it is opened."""
    with pytest.raises(TypeError, match="engine or connection"):
        plan.to_sql(database)
    with pytest.raises(ValueError, match="letters, digits"):
        plan.to_sql(sqlalchemy.create_engine(database), prefix="x; drop table stock")
