"""Lines that want nothing in a plan: what a clause, or a decision, took away before anybody was served."""

from __future__ import annotations

from allocopt.explain.board import Item, item
from allocopt.plan.answer import Answer
from allocopt.problem.facts import Facts
from allocopt.rules import RULES, Clause, Rule
from allocopt.rules.kit.decisions import literals


def absent(answer: Answer, line: int) -> tuple[float, Item] | None:
    """Return how many units a line would want, and why none of them counts; None where some do, or nobody wants any.

    Parameters
    ----------
    answer : Answer
    line : int
        Position of the line.
    """
    facts = answer.arcs.facts
    if answer.wanted[line] > 0:
        return None
    if facts.lines.units[line] > 0:
        return float(facts.lines.units[line]), _decided(answer, line)
    row = facts.lines.row[line]
    stated = answer.stated
    units = _units(stated, row)
    if row < 0 or units <= 0:
        return None
    for rule in RULES:
        for number, clause in enumerate(answer.clauses):
            if rule.short and rule.clause is not None and isinstance(clause, rule.clause):
                changed = rule.revise(stated, [(number, clause)], lambda code, text: None)
                if changed is not stated and _units(changed, row) <= 0:
                    return units, item(rule.short, number, rule)
    return None


def _units(facts: Facts, row: int) -> float:
    """Return what the line of a row of the table wants."""
    return float(facts.lines.units[facts.lines.row == row].sum())


def _decided(answer: Answer, line: int) -> Item:
    """Return the decision that keeps a line from being live: that of its channel, or that of its promotion."""
    facts, on = answer.arcs.facts, answer.decided
    lines = facts.lines
    (own, when), (keep, _) = literals(facts)
    gone = keep[line] >= 0 and not on[keep[line]]
    other = own[line] >= 0 and on[own[line]] != when[line]
    said = {"channel": str(facts.channels.id[lines.channel[line]])}
    if other and not gone and lines.promotion[line]:
        said = {"promotion": str(lines.promotion[line])}
    code = "promotion_off" if "promotion" in said else "retired"
    return item(code, *_clause(answer, code, said))


def _clause(answer: Answer, code: str, said: dict[str, str]) -> tuple[int, Rule | None]:
    """Return the clause that left a decision open, and its rule."""
    name, value = next(iter(said.items()))
    found: list[tuple[int, Clause]] = [
        (number, clause) for number, clause in enumerate(answer.clauses) if getattr(clause, name, None) == value
    ]
    for rule in RULES:
        for number, clause in found:
            if rule.short == code and rule.clause is not None and isinstance(clause, rule.clause):
                return number, rule
    return -1, None


__all__ = ["absent"]
