"""The worst case: 40 channels with names of 60 characters, over 104 weeks, with more than 5,000 short lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

import allocopt as ao

CHANNELS, SKUS, WEEKS, LETTERS = 40, 135, 104, 60


def long_name(words: str, number: int) -> str:
    """Return a name of 60 characters that nothing breaks well."""
    text = f"{words} {number:02d} "
    return (
        (text + "Süd-/Mitteldeutschland & Österreich <Großkunden> GmbH " * 2)[: LETTERS - 1].strip().ljust(LETTERS, "x")
    )


def worst() -> ao.Problem:
    """Return a problem in which everybody is short."""
    rng = np.random.default_rng(7)
    channels = [long_name("Channel", number) for number in range(CHANNELS)]
    nodes = [long_name("Warehouse", number) for number in range(6)]
    skus = [f"ARTICLE-{number:04d}-WITH-A-LONG-NUMBER" for number in range(SKUS)]
    line = pd.MultiIndex.from_product([skus, channels], names=["sku", "channel"]).to_frame(index=False)
    period = rng.integers(0, WEEKS, len(line))
    demand = line.assign(
        period=period, units=rng.integers(6, 60, len(line)), price=np.round(rng.uniform(20, 900, len(line)), 2)
    )
    supply = pd.DataFrame(
        {
            "sku": np.repeat(skus, 2),
            "node": [nodes[place % len(nodes)] for place in range(2 * SKUS)],
            "kind": ["on_hand", "inbound"] * SKUS,
            "units": rng.integers(4, 40, 2 * SKUS),
            "available": [0, 20] * SKUS,
            "reference": [f"PO-{place:05d}" if place % 2 else "" for place in range(2 * SKUS)],
        }
    )
    lanes = pd.MultiIndex.from_product([nodes, channels], names=["node", "channel"]).to_frame(index=False)
    return ao.Problem(
        skus=pd.DataFrame({"sku": skus, "unit_cost": np.round(rng.uniform(5, 15, SKUS), 2)}),
        nodes=pd.DataFrame({"node": nodes}),
        channels=pd.DataFrame({"channel": channels, "owner": [f"Head of {name}" for name in channels]}),
        supply=supply,
        demand=demand,
        lanes=lanes.assign(cost=1.5),
        currency="EUR",
    )


def many_contracts() -> ao.Comparison:
    """Return a comparison of a dozen contracts with long names under twenty scenarios with long names."""
    problem = ao.example("quickstart")
    contracts = [ao.pooled(), ao.first_come()]
    contracts += [
        ao.Contract(long_name("Contract", number), clauses=[ao.Protect("dtc", share=number / 20, of="supply")])
        for number in range(1, 11)
    ]
    scenarios = [
        ao.Scenario(long_name("Scenario", number), changes=[ao.Scale("demand.units", by=0.5 + number / 10)])
        for number in range(20)
    ]
    return ao.compare(problem, contracts, scenarios)
