"""What is declared of tables, columns and settings, as a page."""

from __future__ import annotations

from allocopt.problem.schema import NEEDED, SETTINGS, TABLES, Column


def describe() -> str:
    """Return every table, column and setting as Markdown: the content of ``docs/tables.md``."""
    lines = ["# The tables of a problem", "", "Made from the declarations in `src/allocopt/problem/schema.py`.", ""]
    lines += ["A blank in an optional column is its default; where there is none, it means that nothing is stated.", ""]
    for table in TABLES.values():
        there = "It must be there, and may be empty." if table.name in NEEDED else "It may be left out."
        lines += [f"## {table.name}", "", f"{table.meaning} Key: {', '.join(table.key)}. {there}", ""]
        lines += ["| column | type | bounds | default | meaning |", "|---|---|---|---|---|"]
        for column in table.columns:
            name = f"**{column.name}**" if column.required else column.name
            lines.append(f"| {name} | {column.type} | {_bounds(column)} | {_default(column)} | {column.meaning} |")
        lines.append("")
    where = "in `problem.yaml` of a folder, in the sheet `problem` of a workbook, or are arguments of `Problem`"
    lines += ["## Besides the tables", "", f"Settings stand {where}; each may be left out.", ""]
    lines += ["| setting | meaning |", "|---|---|"]
    lines += [f"| {name} | {meaning} |" for name, meaning in SETTINGS.items()]
    return "\n".join([*lines, ""])


def _bounds(column: Column) -> str:
    if column.choices:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    if column.type not in ("number", "whole", "period"):
        return f"in `{column.refers}`" if column.refers else ""
    if column.high < float("inf"):
        return f"{'(' if column.above else '['}{column.low:g}, {column.high:g}]"
    return f"at least {column.low:g}" if column.low > float("-inf") else ""


def _default(column: Column) -> str:
    if column.required:
        return "required"
    return "blank" if column.default in (None, "") else f"`{str(column.default).lower()}`"
