"""Words of pages: nothing of ours that only who writes code knows, and one word for one thing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.report.reading import code_in, read

import allocopt as ao
from allocopt.problem.schema import TABLES
from allocopt.report.limits import limits_in_words
from allocopt.report.monday import deliveries
from allocopt.report.page import TableBlock
from allocopt.report.plan_page import page_of
from allocopt.report.spoken import plainly, told
from allocopt.rules.kit.names import lane_words, line_words, lot_words

NBSP = "\N{NO-BREAK SPACE}"


def problem(**more: list[dict[str, object]]) -> ao.Problem:
    """Return two lots that are not sure, one of which expires, wanted at two ranks, by an order and by nobody."""
    tables: dict[str, list[dict[str, object]]] = {
        "skus": [{"sku": "A", "unit_cost": 4.0}],
        "nodes": [{"node": "Shop", "kind": "store", "store_floor": 2}],
        "channels": [{"channel": "web", "kind": "dtc"}, {"channel": "till", "kind": "store", "owner": "Ann"}],
        "supply": [
            {"sku": "A", "node": "Shop", "kind": "on_hand", "units": 9, "expires": 1, "end_value": 1.5},
            {"sku": "A", "node": "Shop", "kind": "inbound", "units": 10, "available": 1, "confidence": 0.8},
        ],
        "demand": [
            {"sku": "A", "channel": "web", "period": 0, "units": 5, "price": 9.0, "priority": 1},
            {
                "sku": "A",
                "channel": "web",
                "period": 1,
                "units": 6,
                "price": 9.0,
                "order": "O-1",
                "line": "2",
                "min_units": 3,
            },
            {"sku": "A", "channel": "till", "period": 1, "units": 9, "price": 9.0, "priority": 2},
        ],
        "lanes": [
            {"node": "Shop", "channel": "web", "cost": 1.0, "capacity": 5, "region": ""},
            {"node": "Shop", "channel": "till", "cost": 0.0},
        ],
    }
    return ao.Problem.from_dict(tables | more)  # type: ignore[arg-type]


CLAUSES = (
    ao.Protect("till", share=0.25, of="on_hand", release_from=1),
    ao.Cap(("web", "till"), units=12),
    ao.Service(0.9, "web", penalty=3.0),
)


@pytest.mark.parametrize("contract", [ao.pooled(), ao.by_priority(), ao.Contract("Agreed", clauses=list(CLAUSES))])
def test_no_page_names_what_is_ours(contract: ao.Contract, tmp_path: Path) -> None:
    """Notes, warnings, rules, limits and reasons say in words what columns, calls and labels say to who writes code."""
    plan = ao.allocate(problem(), contract)
    plan.report(tmp_path / "plan.html", values=True)
    assert not code_in(read(tmp_path / "plan.html"))


def test_every_name_of_ours_has_a_word() -> None:
    """Each column of each table, in a sentence with its table and in ticks, is told in words; theirs are left alone."""
    for table, content in TABLES.items():
        for column in content.columns:
            said = plainly(f"it says `{table}.{column.name}`, and {column.name if '_' in column.name else 'x'}")
            assert not {"_", "`", "."} & set(said), said
    assert plainly("eu_shop has A_1.b, it`s order_x") == "eu_shop has A_1.b, it`s order_x"
    assert told("by_priority() serves 0.05 % more") == (
        f'The ready-made contract "by priority" serves 0.05{NBSP}% more.'
    )


def test_what_is_not_sure_is_not_called_sure() -> None:
    """A delivery says what is ordered and what is counted on; the plan's figures call units of such lots not sure."""
    plan = ao.allocate(problem())
    found = deliveries(plan.allocation, plan.stock).iloc[0]
    assert (found["ordered"], found["usable"], found["units"]) == (10, 8, 8)
    assert plan.kpis["cancellation_risk"].iloc[-1] > 0
    chase = next(section for section in page_of(plan).sections if section.key == "chase")
    table = next(block for block in chase.blocks if isinstance(block, TableBlock))
    heads = [column.heading for column in table.view.columns]
    assert heads[3:6] == ["units ordered", "counted on", "units used"]
    assert not [head for head in heads if "sure" in head]
    assert "times how sure it is" in chase.lead


def test_labels_are_told_as_people_call_them() -> None:
    """Lanes, lots and lines of sentences and of the table of what more is worth; each once."""
    lanes = [
        {"node": "Shop", "channel": "web", "region": "EU", "sku": "A", "via": "air"},
        {"node": "Shop", "channel": "web"},
        {"node": "Shop", "channel": "till"},
    ]
    facts = problem(lanes=lanes).facts
    assert set(lane_words(facts)) == {
        "from Shop to web (EU, of A, via air)",
        "from Shop to web",
        "from Shop to till",
    }
    assert lot_words(facts).tolist() == ["A at Shop (on hand)", "A at Shop (inbound)"]
    assert "A to web, due in period 1, order O-1, line 2" in line_words(facts)
    plan = ao.allocate(problem())
    values = pd.DataFrame({"kind": ["lane", "commitment", "capacity"]})
    values["what"] = ["Shop>web", "A/web/1/order=O-1/line=2", "Shop, period 0, units"]  # type: ignore[union-attr]
    assert limits_in_words(values, plan)["what"].tolist() == [
        "from Shop to web",
        "A to web, due in period 1, order O-1, line 2",
        "Shop, period 0, units",
    ]
