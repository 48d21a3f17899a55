"""What a contract left open and the plan decided, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from allocopt.rules.kit.decisions import keep_name, run_name


def decision_words(decisions: Mapping[str, bool], clauses: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what was decided as sentences.

    Parameters
    ----------
    decisions : mapping of str to bool
        By the names that the clauses give them.
    clauses : sequence of mapping
        Those of the contract, as `Contract.to_dict` gives them.

    Examples
    --------
    >>> open_ = [{"clause": "keep_or_retire", "channel": "eu/b"}, {"clause": "promotion", "promotion": "HOLIDAY-26"}]
    >>> decision_words({"keep/eu/b": False, "run/HOLIDAY-26": True}, open_)
    ['eu/b is retired', 'the promotion HOLIDAY-26 runs']
    """
    said: dict[str, tuple[str, str]] = {}
    for clause in clauses:
        if clause["clause"] == "keep_or_retire":
            who = clause["channel"]
            said[keep_name(who)] = (f"{who} is kept", f"{who} is retired")
        elif clause["clause"] == "promotion":
            what = f"the promotion {clause['promotion']}"
            said[run_name(clause["promotion"])] = (f"{what} runs", f"{what} does not run")
    return [said[name][0 if on else 1] for name, on in decisions.items()]
