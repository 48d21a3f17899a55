"""Another problem of one: a scenario is a named set of changes to its tables.

`changes` (with `where`, which rows they mean) write into a `draft`, `units` keeps units whole, `draws` adds chance,
`difference` tells what came of it, `file` reads YAML.

Codes of faults and notes, besides those of `allocopt.problem`, which never change once released:

- faults: ``fixed_table``, ``fixed_column``, ``wrong_type``, ``bad_where``, ``wrong_comparison``, ``no_row``,
  ``empty_range``, ``no_draw``
- notes: ``rounded``, ``firm_stays``, ``blank_stays``, ``cascade``, ``no_spread``
"""

from __future__ import annotations

from allocopt.scenario.changes import Add, Put, Remove, Scale, Shift
from allocopt.scenario.draws import Draws
from allocopt.scenario.scenario import Scenario

__all__ = ["Add", "Draws", "Put", "Remove", "Scale", "Scenario", "Shift"]
