"""The facts of an allocation run: tables declared once, read, checked and encoded.

`schema` declares every table and column; `readers` and `workbook` read files; `checks` finds every fault;
`oddities` warns; `encode` turns what is left into the arrays of `facts`; `Problem` holds it all, unchangeable.
"""

from __future__ import annotations

from allocopt.problem.problem import Problem

__all__ = ["Problem"]
