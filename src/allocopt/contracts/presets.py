"""Contracts that people use, by name."""

from __future__ import annotations

from collections.abc import Callable

from allocopt.contracts.contract import Contract


def pooled() -> Contract:
    """Return the contract without clauses: one optimum for all, every unit goes where it earns most.

    Source: inventory pooling, Eppen, Effects of centralization on expected costs in a multi-location newsboy
    problem, Management Science 25 (1979).

    Examples
    --------
    >>> pooled().name
    'Pooled'
    """
    return Contract("Pooled", reason="Every unit goes where it earns most; nobody has a right to any of it.")


PRESETS: dict[str, Callable[[], Contract]] = {"pooled": pooled}
"""Every preset, by the name that the command line takes."""
