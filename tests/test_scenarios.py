"""The packs: their tables are what their scripts write, and what their READMEs say is so."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import allocopt as ao

PACKS = Path(__file__).parents[1] / "scenarios"
FOLDERS = sorted(path.parent for path in PACKS.glob("*/README.md"))
SCRIPTS = sorted(PACKS.glob("*/make.py"))
SCENARIOS = sorted(PACKS.glob("*/scenarios/*.yaml"))


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.parent.name for path in SCRIPTS])
def test_tables_are_what_the_script_writes(script: Path, tmp_path: Path) -> None:
    """Run again in another place, the script writes every table byte for byte."""
    folder = tmp_path / "pack"
    folder.mkdir()
    shutil.copy(PACKS / "writing.py", tmp_path)
    shutil.copy(script, folder)
    subprocess.run([sys.executable, folder / "make.py"], cwd=tmp_path, capture_output=True, check=True)
    written = {path.name: path.read_bytes() for path in folder.glob("*.csv")}
    shipped = {path.name: path.read_bytes() for path in script.parent.glob("*.csv")}
    assert sorted(written) == sorted(shipped)
    assert [name for name in written if written[name] != shipped[name]] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=[path.name for path in FOLDERS])
def test_packs_have_no_faults(folder: Path) -> None:
    """Tables and contracts of every pack are read without a fault, and it knows its day and currency."""
    problem = ao.Problem.read(folder)
    assert problem.as_of is not None
    assert problem.currency
    assert problem.name
    for path in sorted((folder / "contracts").glob("*.yaml")):
        ao.Contract.read(path).check(problem)


@pytest.mark.parametrize("path", SCENARIOS, ids=[f"{path.parent.parent.name}-{path.stem}" for path in SCENARIOS])
def test_scenarios_fit_their_packs(path: Path) -> None:
    """Every scenario says why, fits its problem, and every contract of the pack still fits what it makes of it."""
    problem = ao.Problem.read(path.parent.parent)
    scenario = ao.Scenario.read(path)
    assert scenario.reason.endswith(".")
    changed = scenario.apply(problem) if scenario.draws is None else scenario.draw(problem, 0)
    assert (changed is problem) == (not scenario.changes and scenario.draws is None)
    for contract in sorted((path.parent.parent / "contracts").glob("*.yaml")):
        ao.Contract.read(contract).check(changed)


@pytest.mark.parametrize("folder", FOLDERS, ids=[path.name for path in FOLDERS])
def test_the_first_scenario_changes_nothing(folder: Path) -> None:
    """Where a pack has scenarios, the first in order of name is the plan as it stands."""
    paths = sorted((folder / "scenarios").glob("*.yaml"))
    assert all(ao.Scenario.read(path).changes == () for path in paths[:1])
    assert [path.name[:2] for path in paths] == [f"{number:02}" for number in range(len(paths))]


@pytest.mark.parametrize("folder", FOLDERS, ids=[path.name for path in FOLDERS])
def test_readmes_name_every_contract_and_scenario(folder: Path) -> None:
    """Every contract and scenario of a pack stands in its README, and `pooled` is there to compare with."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    files = [*(folder / "contracts").glob("*.yaml"), *(folder / "scenarios").glob("*.yaml")]
    assert [path.name for path in files if path.stem not in text] == []
    assert (folder / "contracts" / "pooled.yaml").is_file()


def test_the_list_of_packs_is_complete() -> None:
    """The table of `scenarios/README.md` has a row for every pack, with the counts of its tables and files."""
    text = (PACKS / "README.md").read_text(encoding="utf-8")
    for folder in FOLDERS:
        problem = ao.Problem.read(folder)
        row = next(
            line for line in text.splitlines() if line.startswith(f"| [{folder.name}]({folder.name}/README.md) |")
        )
        cells = [int(cell.replace(",", "")) for cell in row.strip("| ").split(" | ")[2:]]
        counted = [len(list((folder / kind).glob("*.yaml"))) for kind in ("contracts", "scenarios")]
        assert cells == [len(problem.skus), len(problem.demand), *counted], folder.name


def numbers(text: str) -> list[float]:
    """Return the numbers of a text, thousands separators and signs understood."""
    return [float(found.replace(",", "")) for found in re.findall(r"-?\d[\d,]*\.?\d*", text)]


def table_of(readme: str, first: str) -> dict[str, list[str]]:
    """Return the rows of the table whose header begins with `first`, by their first cell."""
    lines = readme[readme.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in rows}


@pytest.fixture(scope="module")
def readme() -> str:
    """What the quickstart says about itself."""
    return (PACKS / "quickstart" / "README.md").read_text(encoding="utf-8")


def test_the_quickstart_says_what_pooled_gives(readme: str) -> None:
    """Every number of the hand-worked profit and loss is that of the plan."""
    plan = ao.allocate(ao.Problem.read(PACKS / "quickstart"))
    told = table_of(readme, "channel | served of wanted")
    for row in plan.channels.to_dict("records"):
        cells = told[row["channel"]]
        assert numbers(cells[-1]) == [pytest.approx(row["contribution"])]
        if row["demand"]:
            assert numbers(cells[0]) == [row["units"], row["demand"]]
            assert numbers(cells[3]) == [pytest.approx(row["fixed_cost"])]
    assert numbers(told["objective"][-1]) == [pytest.approx(plan.objective)]


def test_the_quickstart_says_what_protection_costs(readme: str) -> None:
    """The contributions under `protect_dtc`, and what the rule costs at other shares."""
    problem = ao.Problem.read(PACKS / "quickstart")
    contract = ao.Contract.read(PACKS / "quickstart" / "contracts" / "protect_dtc.yaml")
    plan = ao.allocate(problem, contract)
    told = table_of(readme, "channel | change")
    for row in plan.channels.to_dict("records"):
        assert numbers(told[row["channel"]][-1]) == [pytest.approx(row["contribution"])]
    assert numbers(told["objective"][-1]) == [pytest.approx(plan.objective)]
    assert "A share of 0.25 would cost nothing" in readme
    assert "a share of 0.75 would cost 60.00" in " ".join(readme.split())


def test_the_quickstart_says_what_its_scenario_does(readme: str) -> None:
    """Every contribution under the scenario, and the objective."""
    featured = ao.Scenario.read(PACKS / "quickstart" / "scenarios" / "01_featured.yaml")
    plan = ao.allocate(featured.apply(ao.Problem.read(PACKS / "quickstart")))
    told = table_of(readme, "channel under `pooled`")
    for row in plan.channels.to_dict("records"):
        assert numbers(told[row["channel"]][-1]) == [pytest.approx(row["contribution"])]
    assert numbers(told["objective"][-1]) == [pytest.approx(plan.objective)]


WORTHS = {
    "unit of East's capacity in period 1": ("capacity", "node == 'East'", "limit"),
    "LAMP on hand in East": ("supply", "sku == 'LAMP' and node == 'East' and kind == 'on_hand'", "units"),
    "LAMP on hand in West": ("supply", "sku == 'LAMP' and node == 'West'", "units"),
}


@pytest.mark.parametrize("what", WORTHS)
def test_the_quickstart_says_what_one_more_unit_is_worth(readme: str, what: str) -> None:
    """One unit more, solved again, earns what the README says."""
    table, rows, column = WORTHS[what]
    problem = ao.Problem.read(PACKS / "quickstart")
    frame = getattr(problem, table)
    frame.loc[frame.query(rows).index, column] += 1
    more = ao.allocate(problem.replace(**{table: frame}))
    assert numbers(table_of(readme, "one more | worth")[what][0]) == [pytest.approx(more.objective - 2415)]


def test_the_promotion_is_described_as_it_is() -> None:
    """The README's counts of rows are those of the tables, and what makes it hard is there."""
    folder = PACKS / "holiday_promo"
    problem = ao.Problem.read(folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert f"| `supply.csv` | {len(problem.supply):,} |" in text
    assert f"| `demand.csv` | {len(problem.demand):,} |" in text
    assert f"| `lanes.csv` | {len(problem.lanes)} |" in text
    assert f"| `capacity.csv`, `workloads.csv` | {len(problem.capacity)}, {len(problem.workloads)} |" in text
    facts = problem.facts
    assert 0.7 < facts.lots.usable.sum() / facts.lines.units.sum() < 0.9
    orders = problem.demand.query("all_or_none")
    assert orders[["channel", "order"]].drop_duplicates().shape[0] == 14
    assert (problem.demand["min_units"] > 0).sum() == 16
    assert (problem.demand["min_ship"] > 1).sum() == 9


def test_the_promotion_says_what_it_costs_not_to_coordinate() -> None:
    """What first come earns is what the README says, up to what another solver's version settles otherwise in a gap."""
    folder = PACKS / "holiday_promo"
    told = re.search(r"`first_come` ([\d,]+),", (folder / "README.md").read_text(encoding="utf-8"))
    problem = ao.Problem.read(folder)
    stated = ao.allocate(problem, ao.Contract.read(folder / "contracts" / "first_come.yaml"))
    assert told is not None
    assert numbers(told[1])[0] == pytest.approx(stated.contribution / 1000, rel=3e-3)


def test_the_showrooms_are_small_and_dear() -> None:
    """They are a twentieth of the revenue wanted and half of the fixed cost, as the pack's README says."""
    problem = ao.Problem.read(PACKS / "retire_channel")
    demand = problem.demand.assign(revenue=lambda lines: lines["units"] * lines["price"])
    revenue = demand.groupby("channel")["revenue"].sum()
    assert revenue["showrooms"] / revenue.sum() == pytest.approx(0.05, abs=0.005)
    cost = problem.channels.set_index("channel")["fixed_cost"]
    assert cost["showrooms"] == cost.sum() / 2
    assert problem.facts.lots.usable.sum() / demand["units"].sum() == pytest.approx(0.9, abs=0.01)


def told_grid(folder: Path) -> dict[tuple[str, str], float]:
    """Return what a pack's README says that each contract earns in each scenario, by the names of their files."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    head = next(line for line in text.splitlines() if line.startswith("| scenario | `"))
    contracts = re.findall(r"`(\w+)`", head)
    return {
        (scenario.strip("`"), contract): numbers(cell)[0]
        for scenario, cells in table_of(text, head.strip("| ")).items()
        for contract, cell in zip(contracts, cells, strict=True)
    }


TOLD = {
    "node_outage": "02",
    "late_supplier": "99",
    "retire_channel": "00",
    "backlog_3pl": "00",
    "surge": "00",
    "launch": "01",
}
"""Packs with a table of contributions, and the last scenario that is solved again: more would take too long."""
GRIDS = [(pack, *key) for pack, last in TOLD.items() for key in told_grid(PACKS / pack) if key[0][:2] <= last]


@pytest.mark.parametrize(("pack", "scenario", "contract"), GRIDS, ids=["-".join(each) for each in GRIDS])
def test_packs_say_what_contracts_earn(pack: str, scenario: str, contract: str) -> None:
    """The figures in the table of contributions of a pack's README are those of the plans."""
    folder = PACKS / pack
    problem = ao.Scenario.read(folder / "scenarios" / f"{scenario}.yaml").apply(ao.Problem.read(folder))
    plan = ao.allocate(problem, ao.Contract.read(folder / "contracts" / f"{contract}.yaml"), gap=1e-3)
    assert told_grid(folder)[scenario, contract] == pytest.approx(plan.contribution, rel=1e-3)


def test_the_showrooms_are_in_the_black_and_retired_all_the_same() -> None:
    """Left to the figures, the showrooms go by a clear margin, though their own profit and loss is above zero."""
    folder = PACKS / "retire_channel"
    told = told_grid(folder)
    assert all(told[key, "keep_or_retire"] > told[key, "pooled"] + 4000 for key, _ in told)
    problem = ao.Problem.read(folder)
    kept = ao.allocate(problem, ao.Contract.read(folder / "contracts" / "pooled.yaml"))
    assert 0 < kept.channels.set_index("channel")["contribution"]["showrooms"] < 2000


def test_nobody_but_the_showrooms_should_be_retired() -> None:
    """Without any recapture, retiring is worth what the README tells: something for the showrooms alone."""
    folder = PACKS / "retire_channel"
    text = (folder / "README.md").read_text(encoding="utf-8")
    told = table_of(text, "channel | what retiring it is worth [EUR] | recapture at which it would pay")
    worth = {name.strip("`"): numbers(cells[0].replace("- ", "-"))[0] for name, cells in told.items()}
    problem = ao.Problem.read(folder)
    kept = ao.allocate(problem, gap=1e-3)
    for channel, value in worth.items():
        gone = ao.allocate(problem, ao.Contract("Without it", clauses=[ao.Retire(channel)]), gap=1e-3)
        assert gone.contribution - kept.contribution == pytest.approx(value, abs=400)
    assert [channel for channel, value in worth.items() if value > 0] == ["showrooms"]


def test_protection_wins_when_nobody_can_see_ahead() -> None:
    """In the first draws, played forward, the contract that holds Amazon back earns more than pooling."""
    folder = PACKS / "late_supplier"
    contracts = [ao.Contract.read(folder / "contracts" / f"{name}.yaml") for name in ("pooled", "amazon_last")]
    content = ao.Scenario.read(folder / "scenarios" / "05_week_by_week.yaml").to_dict()
    content["draws"]["number"] = 8
    found = ao.compare(ao.Problem.read(folder), contracts, [ao.Scenario.from_dict(content)])
    pooled, held_back = found.runs.groupby("contract", sort=False)["contribution"].mean()
    assert held_back > pooled * 1.02


SPLITS = {"nothing": "01_parcels_free", "3.00": "00_as_planned", "6.00": "02_dear_parcels"}


def test_the_surge_says_who_is_split_and_what_counting_parcels_saves() -> None:
    """Pooled, with parcels free, at 3.00 and at 6.00: orders split, parcels, and what the plan for free ones pays."""
    folder = PACKS / "surge"
    problem = ao.Problem.read(folder)
    told = table_of((folder / "README.md").read_text(encoding="utf-8"), "a parcel costs")
    worth, sent = {}, {}
    for price, name in SPLITS.items():
        plan = ao.allocate(ao.Scenario.read(folder / "scenarios" / f"{name}.yaml").apply(problem), gap=1e-3)
        parcels = plan.allocation.query("channel != 'trade'").groupby("order")["parcel"].nunique()
        cost = plan.exceptions.query("kind == 'split'")["money"].sum()
        split, total, paid = numbers(" ".join(told[price][:3]))
        each = 0.0 if price == "nothing" else float(price)
        assert abs((parcels > 1).sum() - split) <= 2  # which of the plans that near depends on the solver's version
        assert abs(parcels.sum() - total) <= (0 if each else 2)
        assert cost == pytest.approx(each * (parcels - 1).sum())
        assert abs(paid - cost) <= 2 * each
        worth[price], sent[price] = plan.contribution, int(total)
    for price in ("3.00", "6.00"):
        unheeded = worth["nothing"] - float(price) * sent["nothing"]
        assert numbers(told[price][3])[0] == pytest.approx(worth[price] - unheeded, abs=1e-3 * worth[price])


def test_the_surge_says_what_waits() -> None:
    """Three trade orders wait for the Head of Sales, with the units and the money that the README tells."""
    folder = PACKS / "surge"
    plan = ao.allocate(ao.Problem.read(folder), ao.Contract.read(folder / "contracts" / "agreed.yaml"), gap=1e-3)
    waits = plan.exceptions.query("kind == 'approval'")
    text = " ".join((folder / "README.md").read_text(encoding="utf-8").split())
    assert set(waits["owner"]) == {"Head of Sales"}
    assert len(waits) == 3
    assert f"wait with {waits['units'].sum():.0f} units, worth {waits['money'].sum():,.2f}" in text
