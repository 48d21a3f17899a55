"""Files of other programs become tables as a mapping says, and what is wrong is told with its line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import problems

import allocopt as ao
from allocopt.problem.mapping import file
from allocopt.problem.readers import read_path
from allocopt.problem.report import Report
from allocopt.problem.schema import NEEDED, TABLES

BASE = {
    "skus": "sku\nS\nT\n",
    "nodes": "node\nEast\nWest\n",
    "channels": "channel\nweb\n",
    "lanes": "node,channel\nEast,web\nWest,web\n",
    "supply": "sku,node,kind,units\nS,East,on_hand,5\n",
    "demand": "sku,channel,period,units,price\nS,web,0,2,10\n",
}
"""Tables of a small problem; a test gives one of them in another way."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small problem as a folder."""
    for name, text in BASE.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def read(folder: Path, table: str, text: str, entry: dict[str, Any], name: str = "export.csv") -> pd.DataFrame:
    """Return a table that is made of a file by an entry."""
    (folder / f"{table}.csv").unlink(missing_ok=True)
    (folder / name).write_text(text, encoding=entry.get("encoding", "utf-8"))
    frame: pd.DataFrame = getattr(ao.Problem.read(folder, mapping={table: {"from": name, **entry}}), table)
    return frame


def faults(folder: Path, mapping: str) -> list[tuple[int | str | None, str, str]]:
    """Return line, code and text of what is wrong with a mapping in YAML."""
    (folder / "map.yaml").write_text(mapping)
    with pytest.raises(ao.DataError) as caught:
        ao.Problem.read(folder, mapping="map.yaml")
    return [(issue.row, issue.code, f"{issue.message} {issue.hint}") for issue in caught.value.issues]


def notes(folder: Path, mapping: Any) -> dict[str, str]:
    """Return what was noted while reading, by its code."""
    from allocopt.problem.mapping.apply import read_mapped

    report = Report()
    read_mapped(folder, mapping, report)
    assert not report.errors
    return {issue.code: issue.message for issue in report.issues}


def test_columns_are_renamed_constant_and_ignored(folder: Path) -> None:
    """One column may be two of the table, names differ in case and blanks, and what is called as ours is taken."""
    text = "Order No, Article ,Pieces,price,Mail\nA1,S,2,10.5,a@b.c\n"
    entry = {
        "rename": {"order no": ["order", "line"], "Article": "sku", "Pieces": "units"},
        "constant": {"channel": "web", "period": 0, "firm": True},
        "ignore": "Mail",
    }
    row = read(folder, "demand", text, entry).iloc[0]
    assert row[["sku", "order", "line", "units", "price", "firm"]].tolist() == ["S", "A1", "A1", 2.0, 10.5, True]


def test_separator_encoding_and_decimal_sign(folder: Path) -> None:
    """A German export: semicolons, cp1252, decimal commas, thousands points and the sign of the euro."""
    text = "sku;channel;period;units;price;region\nS;web;0;1.060;1.234,50 €;Köln\nT;web;0;12,0;- 0;Bad Ems\n"
    entry = {"separator": ";", "encoding": "cp1252", "decimal": ","}
    frame = read(folder, "demand", text.replace("- 0", "0"), entry)
    assert frame[["units", "price", "region"]].to_numpy().tolist() == [[1060.0, 1234.5, "Köln"], [12.0, 0.0, "Bad Ems"]]


def test_rows_are_added_up_by_their_key(folder: Path) -> None:
    """Amounts are added, an average is weighted, and text has to agree; blanks give way."""
    text = "Article,Free,Cost,Count,reference\nS,1,2.00,1,\nT,5,1,5,x\nS,0.5,5.00,2,\nS,-0.2,9,0,\n"
    entry: dict[str, Any] = {
        "rename": {"Article": "sku", "Free": "units", "Cost": "unit_cost"},
        "constant": {"node": "East", "kind": "on_hand"},
        "sum": {"average": {"unit_cost": "Count"}},
        "ignore": "Count",
    }
    (folder / "skus.csv").write_text("sku,divisible\nS,true\nT,false\n")
    frame = read(folder, "supply", text, entry)
    assert frame[["sku", "units", "unit_cost"]].to_numpy().tolist() == [["S", 1.3, 4.0], ["T", 5.0, 1.0]]


def test_what_does_not_agree_is_not_added_up(folder: Path) -> None:
    """Two prices of one key are a fault that names both rows."""
    (folder / "demand.csv").unlink()
    (folder / "o.csv").write_text("sku,units,price\nS,1,10\nS,1,11\n")
    found = faults(folder, "demand:\n  from: o.csv\n  constant: {channel: web, period: 0}\n  sum: true\n")
    assert [code for _, code, _ in found] == ["sum_differs"]
    assert found[0][0] == "3 of o.csv"
    assert "'11', and '10' in row 2 of o.csv" in found[0][2]


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("[Free stock] > 0", "SU"),
        ("[Free stock] >= 0 and State = open", "S"),
        ("State != open", "TU"),
        ("State in (open, 'on hold')", "SU"),
        ("State not in (open)", "TU"),
        ("[Free stock] in 1..2", "S"),
        ("Due < 2026-12-01", "S"),
        ("[Due] > [Made]", "TU"),
        ("[Made] = [Due]", "S"),
        ({"State": "OPEN"}, "S"),
        ({"State": ["open", "closed"], "Free stock": 0}, "T"),
        ({}, "STU"),
    ],
)
def test_rows_are_picked(folder: Path, where: Any, kept: str) -> None:
    """Text, numbers and days, with values and with other columns; names with blanks stand in brackets."""
    text = "sku,Free stock,State,Made,Due\n"
    text += "S,2,open,27/11/2026,27/11/2026\nT,0,closed,27/11/2026,01/12/2026\nU,7,on hold,27/11/2026,02/12/2026\n"
    (folder / "supply.csv").write_text("sku,node,kind,units\n")
    (folder / "demand.csv").write_text("sku,channel,period,units,price\n")
    frame = read(folder, "skus", text, {"where": where, "date": "%d/%m/%Y", "ignore": "all", "rename": {"sku": "sku"}})
    assert "".join(frame["sku"]) == kept


def test_formulas_over_columns(folder: Path) -> None:
    """Prices of lines become prices of units; a blank stays blank and is told as such."""
    entry = {
        "formula": {"price": "[Line total] / units - -(1 - 0.5)", "units": "Boxes * 12"},
        "constant": {"channel": "web", "period": 0},
        "rename": {"Art": "sku"},
        "ignore": "all",
    }
    frame = read(folder, "demand", "Art,Line total,units,Boxes\nS,30,4,2\n", entry)
    assert frame[["units", "price"]].to_numpy().tolist() == [[24.0, 8.0]]
    with pytest.raises(ao.DataError, match="3 of export"):
        read(folder, "demand", "Art,Line total,units,Boxes\nS,30,4,2\nS,30,4,\n", entry)


def test_blank_cells_are_filled(folder: Path) -> None:
    """From the row above, or from the first row of the same key."""
    text = "Order,State,sku,units,price\nA,O,S,1,10\n,,T,1,10\nB,,S,1,10\nB,S,T,1,10\n"
    entry = {
        "fill": {"Order": "above", "State": "Order"},
        "rename": {"Order": "order", "State": "region"},
        "constant": {"channel": "web", "period": 0},
    }
    frame = read(folder, "demand", text, entry)
    assert (frame["order"] + frame["region"]).tolist() == ["AO", "AO", "BS", "BS"]


def test_other_files_are_joined_by_a_key(folder: Path) -> None:
    """Columns of another file, also of another form; what has no partner is blank, and counted in a note."""
    (folder / "costs.txt").write_text("Code\tCost\nS\t3.5\n")
    (folder / "items.csv").write_text("Art\nS\nT\n")
    (folder / "skus.csv").unlink()
    mapping = {
        "skus": {
            "from": "items.csv",
            "join": {"from": "costs.txt", "on": {"Art": "Code"}, "take": "Cost"},
            "rename": {"Art": "sku", "Cost": "map_price"},
        }
    }
    frame = ao.Problem.read(folder, mapping=mapping).skus
    assert frame["map_price"].tolist()[0] == 3.5
    assert frame["map_price"].isna().tolist() == [False, True]
    assert notes(folder, mapping)["unjoined"].startswith("1 row of items.csv is without a partner in costs.txt")


def test_a_join_needs_one_partner(folder: Path) -> None:
    """Two rows of the same key would double what is joined."""
    (folder / "costs.csv").write_text("Code,Cost\nS,1\nS,2\n")
    (folder / "items.csv").write_text("Art\nS\n")
    text = "skus:\n  from: items.csv\n  join:\n    from: costs.csv\n    on: {Art: Code}\n    take: Cost\n"
    assert [(line, code) for line, code, _ in faults(folder, text + "  rename: {Art: sku, Cost: map_price}\n")] == [
        (3, "duplicate_key")
    ]


def test_dates_as_they_are_written(folder: Path) -> None:
    """Several forms are tried; what can be read as two days is a fault. Weeks are made where a mapping says so."""
    text = "sku,units,price,Day\nS,1,10,1931/5/18\nS,1,10,2014/6/18\nS,1,10,2/7/2018\n"
    entry: dict[str, Any] = {
        "rename": {"Day": "period"},
        "constant": {"channel": "web"},
        "date": ["19%d/%m/%y", "20%d/%m/%y", "%d/%m/%Y"],
    }
    (folder / "export.csv").write_text(text)
    (folder / "demand.csv").unlink()
    problem = ao.Problem.read(folder, mapping={"calendar": "month", "demand": {"from": "export.csv", **entry}})
    assert problem.periods["start"].astype(str).tolist() == ["2018-05-01", "2018-06-01", "2018-07-01"]
    assert problem.demand["period"].tolist() == [0, 1, 2]
    with pytest.raises(ao.DataError, match="can be read as two days"):
        read(folder, "demand", text, {**entry, "date": ["%d/%m/%Y", "%m/%d/%Y"]})


def test_several_files_and_entries_are_one_table(folder: Path) -> None:
    """A pattern takes all that match, entries follow each other, and the table's own file comes first."""
    for number, sku in enumerate("ST", start=1):
        (folder / f"orders_{number}.csv").write_text(f"sku,units,price\n{sku},{number},10\n")
    (folder / "shop.csv").write_text("sku,channel,units,price\nT,web,9,10\n")
    mapping = {
        "demand": [
            {"from": "orders_*.csv", "constant": {"channel": "web", "period": 0, "order": "x"}},
            {"from": "shop.csv", "constant": {"period": 0, "order": "y"}},
        ]
    }
    problem = ao.Problem.read(folder, mapping=mapping)
    assert problem.demand["units"].tolist() == [2.0, 1.0, 2.0, 9.0]
    assert problem.row("demand", 2) == "2 of orders_2.csv"
    assert "one table" in notes(folder, mapping)["stacked"]


def test_a_sheet_of_a_workbook(folder: Path, tmp_path: Path) -> None:
    """`from` is a sheet where a workbook is read, and a workbook in a folder may name its sheet."""
    book = openpyxl.Workbook()
    book.active.title = "Notes"  # type: ignore[union-attr]
    sheet = book.create_sheet("Stock list")
    for row in (["Artikel", "Menge"], ["S", 5], ["00123", 7.0]):
        sheet.append(row)
    book.save(folder / "stock.xlsx")
    (folder / "skus.csv").write_text("sku\nS\n00123\n")
    entry = {"rename": {"Artikel": "sku", "Menge": "units"}, "constant": {"node": "East", "kind": "on_hand"}}
    (folder / "supply.csv").unlink()
    problem = ao.Problem.read(folder, mapping={"supply": {"from": "stock.xlsx", "sheet": "Stock list", **entry}})
    assert problem.supply[["sku", "units"]].to_numpy().tolist() == [["S", 5.0], ["00123", 7.0]]
    with pytest.raises(ao.DataError, match="has several sheets"):
        ao.Problem.read(folder, mapping={"supply": {"from": "stock.xlsx", **entry}})
    skus = ao.Problem.read(
        folder / "stock.xlsx",
        mapping={
            "skus": {"from": "Stock list", "rename": {"Artikel": "sku"}, "ignore": "all"},
            **{
                name: {"from": "Stock list", "where": "Menge < 0", "ignore": "all"} for name in NEEDED if name != "skus"
            },
        },
    ).skus
    assert skus["sku"].tolist() == ["S", "00123"]


def test_a_folder_is_read_through_its_own_mapping(folder: Path) -> None:
    """No argument is needed, `use` names others beside it or shipped ones, and Python takes a list."""
    (folder / "skus.csv").unlink()
    (folder / "items.csv").write_text("Art\nS\n")
    (folder / "items.yaml").write_text("skus: {from: items.csv, rename: {Art: sku}}\n")
    (folder / "mapping.yaml").write_text("use: items.yaml\n")
    assert ao.Problem.read(folder).skus["sku"].tolist() == ["S"]
    assert ao.Problem.read(folder, mapping=["items.yaml"]).to_dict() == ao.Problem.read(folder).to_dict()
    (folder / "items.yaml").write_text("use: items.yaml\n")
    with pytest.raises(ao.DataError, match="circle"):
        ao.Problem.read(folder)


FAULTY: dict[str, tuple[str, int | None, str, str]] = {
    "no such key": ("demand:\n  from: o.csv\n  renam: {a: sku}\n", 3, "unknown_key", "Did you mean 'rename'?"),
    "no from": ("demand:\n  sum: true\n", 1, "missing_key", "'from' is missing"),
    "no such table": ("demnad: o.csv\n", 1, "unknown_table", "Did you mean 'demand'?"),
    "no such column": ("demand:\n  from: o.csv\n  rename:\n    a: skuu\n", 4, "unknown_column", "Did you mean 'sku'?"),
    "twice": (
        "demand:\n  from: o.csv\n  constant:\n    sku: S\n  formula:\n    sku: a\n",
        6,
        "duplicate_column",
        "Keep one",
    ),
    "no formula": ("demand:\n  from: o.csv\n  formula:\n    units: f(a)\n", 4, "bad_formula", "more than arithmetic"),
    "power": ("demand:\n  from: o.csv\n  formula: {units: 9**9**9}\n", 3, "bad_formula", "more than arithmetic"),
    "no where": ("demand:\n  from: o.csv\n  where: a b\n", 3, "bad_where", "comparison is missing"),
    "no average": ("demand:\n  from: o.csv\n  sum: {average: {order: a}}\n", 3, "unknown_column", "no amount"),
    "separator": ("demand:\n  from: o.csv\n  separator: ';;'\n", 3, "bad_separator", "tab, "),
    "decimal": ("demand:\n  from: o.csv\n  decimal: ';'\n", 3, "literal_error", "'.' or ','"),
    "query": ("demand:\n  from: {sql: select 1}\n", 2, "missing_key", "'address' is missing"),
    "calendar": ("calendar: fortnight\n", 1, "literal_error", "day, week, month"),
    "use": ("use: 3\n", 1, "wrong_type", "Write a list"),
    "shipped": ("use: shopify_order\n", None, "unknown_mapping", "Did you mean 'shopify_orders'?"),
    "nothing": ("{}\n", 1, "empty_file", "says nothing"),
    "no file": ("demand:\n  from: orders.csv\n", 2, "no_such_file", "Its files are: channels.csv"),
    "not in the file": (
        "demand:\n  from: o.csv\n  rename:\n    A: sku\n    Unit: units\n",
        5,
        "missing_column",
        "Did you mean 'Units'?",
    ),
    "two of one": ("demand:\n  from: o.csv\n  rename:\n    A: sku\n    B: sku\n", 4, "duplicate_column", "'A' and 'B'"),
    "where not there": ("demand:\n  from: o.csv\n  where: C = 1\n", 3, "missing_column", "no column 'C'"),
    "no number": ("demand:\n  from: o.csv\n  where: A > x\n", 3, "bad_where", "no number and no day"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_faults_name_their_line_and_remedy(folder: Path, case: str) -> None:
    """What is wrong with a mapping, or does not fit the file, stands on a line of it."""
    text, line, code, said = FAULTY[case]
    (folder / "o.csv").write_text("A,B,Units\nS,S,1\n")
    found = [each for each in faults(folder, text) if each[1] == code]
    assert found, faults(folder, text)
    assert found[0][0] == line
    assert said in found[0][2]


def test_faults_of_cells_name_the_file_and_its_line(folder: Path) -> None:
    """Rows are those of the export, whatever was left out before them."""
    entry = {
        "rename": {"Art": "sku", "Menge": "units"},
        "where": "State = open",
        "ignore": "State",
        "constant": {"channel": "web", "period": 0, "price": 1},
    }
    with pytest.raises(ao.DataError) as caught:
        read(folder, "demand", "Art,Menge,State\nS,1,shut\nS,many,open\n", entry)
    found = [(issue.row, issue.column, issue.value) for issue in caught.value.issues]
    assert found == [("3 of export.csv", "units", "many")]


def test_nothing_is_left_out_in_silence(folder: Path) -> None:
    """Rows that are not kept and columns that are not used are noted."""
    (folder / "demand.csv").unlink()
    (folder / "o.csv").write_text("Art,units,price,Mail\nS,1,1,a\nT,1,1,b\n")
    mapping = {
        "demand": {
            "from": "o.csv",
            "rename": {"Art": "sku"},
            "where": "Art = S",
            "constant": {"channel": "web", "period": 0},
        }
    }
    told = notes(folder, mapping)
    assert told["left_out"] == "1 row of o.csv is left out, of 2: `where` does not hold."
    assert told["not_used"] == "o.csv: not used are 'Mail'."


def test_the_schema_is_published() -> None:
    """It is what the code accepts, and every key has a description."""
    shipped = json.loads((Path(file.__file__).parent / "mapping.schema.json").read_text(encoding="utf-8"))
    assert shipped == file.schema(), "write it anew from allocopt.problem.mapping.file.schema()"
    assert set(shipped["properties"]) == {"use", "calendar", *file.FILE_WIDE, *TABLES}
    assert all("description" in key for key in shipped["$defs"]["Entry"]["properties"].values())


def test_the_page_shows_mappings_that_can_be_read_and_explains_every_key(tmp_path: Path) -> None:
    """What is shown is right, every key has a row, and every shipped mapping is listed."""
    page = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")
    shown = re.findall(r"```yaml\n(.*?)```", page, re.S)
    assert len(shown) == 2
    for text in shown:
        (tmp_path / "map.yaml").write_text(text)
        assert file.read_mapping("map.yaml", tmp_path).parts
    told = set(re.findall(r"`(\w+)`", page))
    assert told >= {*file.schema()["$defs"]["Entry"]["properties"], "use", "calendar", *file.names()}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    problem=problems(), separator=st.sampled_from([";", "\t", "|"]), decimal=st.sampled_from([".", ","]), data=st.data()
)
def test_a_problem_that_was_exported_in_another_way_is_the_same(
    problem: ao.Problem, separator: str, decimal: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Other names, separators, decimal signs and encodings, columns of no use, tables in two files: nothing is lost."""
    folder = tmp_path_factory.mktemp("export")
    problem.write(folder / "plain")
    mapping: dict[str, Any] = {}
    for path in (folder / "plain").glob("*.csv"):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        table = TABLES[path.stem]
        entry: dict[str, Any] = {"rename": {f"Their {name}": name for name in frame}, "ignore": "Mail"}
        amounts = [name for name in frame if table.column(name).type in ("number", "whole")]
        frame[amounts] = frame[amounts].map(lambda text: text.replace(".", decimal))
        entry |= {"separator": separator, "decimal": decimal, "encoding": "utf-16"}
        theirs = frame.rename(columns=lambda name: f"Their {name}").assign(Mail="a@b.c")
        cut = data.draw(st.integers(0, len(theirs)))
        for number, part in enumerate((theirs[:cut], theirs[cut:])):
            part.to_csv(folder / f"x_{path.stem}_{number}.csv", sep=separator, index=False, encoding="utf-16")
        mapping[path.stem] = {"from": f"x_{path.stem}_*.csv", **entry}
    assert ao.Problem.read(folder, mapping=mapping).to_dict() == {**problem.to_dict()}


def test_reading_without_a_mapping_is_as_before(folder: Path) -> None:
    """Nothing of this is loaded or looked at."""
    assert read_path(folder, Report()).every is None
    assert ao.Problem.read(folder).demand["units"].tolist() == [2.0]


def test_what_is_said_once_is_of_every_entry(tmp_path: Path) -> None:
    """Also of the mappings that are used, in their joins too, but for entries that say it themselves."""
    (tmp_path / "o.csv").write_bytes("Größe;Stück;Preis\nS;1;2,50\n".encode("cp1252"))
    (tmp_path / "costs.csv").write_bytes("Größe;Kosten\nS;1,25\n".encode("cp1252"))
    (tmp_path / "places.csv").write_text("node|channel\nKöln|web\n", encoding="utf-8")
    (tmp_path / "used.yaml").write_text(
        "demand:\n  from: o.csv\n  rename: {Größe: sku, Stück: units, Preis: price}\n"
        "  constant: {channel: web, period: 0}\n",
        encoding="utf-8",
    )
    (tmp_path / "map.yaml").write_text(
        "use: used.yaml\nseparator: ';'\nencoding: cp1252\ndecimal: ','\n"
        "skus:\n  from: o.csv\n  join: {from: costs.csv, on: {Größe: Größe}, take: Kosten}\n"
        "  rename: {Größe: sku, Kosten: unit_cost}\n  ignore: all\n"
        "lanes: {from: places.csv, separator: '|', encoding: utf-8}\n"
        "nodes: {from: places.csv, separator: '|', encoding: utf-8, ignore: all, rename: {node: node}}\n"
        "channels: {from: places.csv, separator: '|', encoding: utf-8, ignore: all, rename: {channel: channel}}\n"
        "supply: {from: o.csv, rename: {Größe: sku}, constant: {node: Köln, kind: on_hand, units: 1}, ignore: all}\n",
        encoding="utf-8",
    )
    problem = ao.Problem.read(tmp_path, mapping="map.yaml")
    assert problem.demand[["sku", "units", "price"]].to_numpy().tolist() == [["S", 1, 2.5]]
    assert problem.skus["unit_cost"].tolist() == [1.25]
    assert problem.nodes["node"].tolist() == ["Köln"]


@pytest.mark.parametrize(
    ("said", "code", "key"),
    [
        ("separator: ';;'", "bad_separator", "separator"),
        ("decimal: x", "literal_error", "decimal"),
        ("encodng: x", "unknown_table", "encodng"),
    ],
)
def test_what_is_said_once_is_checked_once(said: str, code: str, key: str, tmp_path: Path) -> None:
    """One fault, on its line, however many entries there are."""
    (tmp_path / "map.yaml").write_text(f"skus: s.csv\n{said}\nlanes: l.csv\n", encoding="utf-8")
    with pytest.raises(ao.DataError) as caught:
        ao.Problem.read(tmp_path, mapping="map.yaml")
    assert [(issue.code, issue.row, issue.column) for issue in caught.value.issues] == [(code, 2, key)]


@pytest.mark.parametrize("wrong", ["", "many"])
@pytest.mark.parametrize("more", ["", "S;o1;2;1\n"])
def test_what_cannot_be_added_up_is_one_fault(wrong: str, more: str, folder: Path) -> None:
    """Whether other rows of the same key can or not."""
    (folder / "o.csv").write_text(f"sku;order;price;pieces\nS;o1;{wrong};1\n{more}")
    entry = {"from": "o.csv", "separator": ";", "constant": {"channel": "web", "period": 0, "units": 1}, "sum": True}
    (folder / "demand.csv").unlink(missing_ok=True)
    with pytest.raises(ao.DataError) as caught:
        ao.Problem.read(
            folder, mapping={"demand": entry | {"sum": {"average": {"price": "pieces"}}, "ignore": "pieces"}}
        )
    assert [(issue.column, issue.row) for issue in caught.value.issues] == [("price", "2 of o.csv")]
