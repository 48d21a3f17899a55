"""Random draws of demand and inbound supply, the same for a line whatever else is in the problem.

.. code-block:: text

    demand    units' = max(units + sd * z, 0),  z = ndtri(u), rounded to the nearest unit where the SKU is indivisible,
              at least min_units; for lines that are not firm and have sd > 0
    inbound   units' = units and confidence' = 1 where u < confidence, else units' = 0; for inbound lots with
              confidence < 1
    u         = splitmix64 over (seed, scenario, draw number, key of the row) as a number in (0, 1)

Each row has its own stream: its number depends on its key alone (SKU, channel, period, region, order, line; of a lot
SKU, node, kind, available, expires, reference), not on the order of rows or on which other rows there are. So a
channel that is retired leaves every other line's draws as they were. Source: common random numbers; splitmix64 of
Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA (2014).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import STRICT, Checked
from allocopt.errors import ScenarioError
from allocopt.problem import tables
from allocopt.problem.checks import divisible
from allocopt.problem.facts import Floats
from allocopt.problem.schema import LOT_KINDS
from allocopt.scenario.draft import Draft

Hashes = NDArray[np.uint64]
MOST = 10_000
"""Draws of one scenario: intervals of means are a hundredth of the spread wide by then, and every draw is a plan."""
_HASH_KEY = "allocopt-draws-1"
_BLANK = np.uint64(0x5851F42D4C957F2D)


@dataclass(frozen=True, config=STRICT)
class Draws(metaclass=Checked):
    """How often a scenario is drawn at random, and what is random in it.

    Attributes
    ----------
    number : int
        Number of draws, at most 10,000.
    seed : int
        Another seed, other draws.
    demand : bool
        Whether forecasts vary, by ``demand.sd``; firm orders never do.
    inbound : bool
        Whether inbound lots with a confidence below 1 arrive in full, with that probability, or not at all.
    foresight : {"none", "perfect"}
        Whether each period is decided on what has been revealed by then plus the forecast, or on full knowledge.

    Examples
    --------
    >>> Draws(number=50, seed=7).foresight
    'none'
    """

    ERROR: ClassVar[type[ScenarioError]] = ScenarioError
    number: Annotated[int, Field(ge=1, le=MOST, strict=True)] = 20
    seed: Annotated[int, Field(ge=0, lt=2**63, strict=True)] = 0
    demand: Annotated[bool, Field(strict=True)] = True
    inbound: Annotated[bool, Field(strict=True)] = True
    foresight: Literal["none", "perfect"] = "none"


def sample(draft: Draft, draws: Draws, name: str, number: int) -> None:
    """Write draw `number` of the scenario called `name` into the draft."""
    stream = f"{draws.seed}/{number}/{name}"
    if draws.demand:
        _sample_demand(draft, stream)
    if draws.inbound:
        _sample_inbound(draft, stream)


def varying(demand: tables.ReadTable) -> NDArray[np.bool_]:
    """Return the lines whose units are drawn: forecasts with a spread."""
    flags: NDArray[np.bool_] = (demand.codes["firm"] != 1) & (demand.numbers["sd"] > 0)
    return flags


def _sample_demand(draft: Draft, stream: str) -> None:
    from scipy.special import ndtri

    demand = draft.tables["demand"]
    rows = np.flatnonzero(varying(demand))
    if not len(rows):
        return
    units, sd, least = (demand.numbers[name][rows] for name in ("units", "sd", "min_units"))
    drawn = np.maximum(units + sd * ndtri(uniform(demand, rows, f"demand/{stream}")), 0.0)
    drawn = np.where(divisible(draft.tables, demand)[rows], drawn, np.floor(drawn + 0.5))
    draft.write("demand", "units", rows, np.maximum(drawn, least))


def _sample_inbound(draft: Draft, stream: str) -> None:
    supply = draft.tables["supply"]
    confidence = supply.numbers["confidence"]
    rows = np.flatnonzero((supply.codes["kind"] == LOT_KINDS.index("inbound")) & (confidence < 1))
    if not len(rows):
        return
    arrives = uniform(supply, rows, f"inbound/{stream}") < confidence[rows]
    lost = rows[~arrives]
    draft.write("supply", "confidence", rows, np.ones(len(rows)))
    draft.write("supply", "units", lost, np.zeros(len(lost)))
    draft.write("supply", "reserved", lost, np.zeros(len(lost)))


def uniform(checked: tables.ReadTable, rows: NDArray[np.intp], stream: str) -> Floats:
    """Return one number in (0, 1) for each of some rows, made of the stream's name and the row's key."""
    mixed = np.full(len(rows), _hashes(np.array([stream], object))[0])
    for name in checked.table.key:
        if name in checked.labels:
            labels = checked.labels[name]
            # Only the distinct texts are hashed.
            texts = _hashes(np.array(labels.texts.to_pylist(), object))
            part = np.append(texts, _BLANK)[labels.codes[rows]]
        elif name in checked.codes:
            part = checked.codes[name][rows].astype(np.int64).view(np.uint64)
        else:
            values = checked.numbers[name][rows]
            part = np.where(np.isnan(values), -2.0, values).astype(np.int64).view(np.uint64)
        mixed = _splitmix(mixed ^ _splitmix(part))
    found: Floats = ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return found


def _hashes(texts: NDArray[np.object_]) -> Hashes:
    return pd.util.hash_array(texts, hash_key=_HASH_KEY, categorize=False).astype(np.uint64)


def _splitmix(state: Hashes) -> Hashes:
    """Return the next number of splitmix64 from each state.

    >>> _splitmix(np.array([0], np.uint64)).tolist() == [0xE220A8397B1DCDAF]
    True
    """
    mixed = state + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
