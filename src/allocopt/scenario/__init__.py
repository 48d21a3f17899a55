"""Another problem of one: a scenario is a named set of changes to its tables.

`changes` (with `where`, which rows they mean) write into a `draft`, `units` keeps units whole, `draws` adds chance,
`difference` tells what came of it, `file` reads YAML. The codes of their faults stand in `allocopt.problem`.
"""

from __future__ import annotations

from allocopt.scenario.changes import Add, Put, Remove, Scale, Shift
from allocopt.scenario.draws import Draws
from allocopt.scenario.scenario import Scenario

__all__ = ["Add", "Draws", "Put", "Remove", "Scale", "Scenario", "Shift"]
