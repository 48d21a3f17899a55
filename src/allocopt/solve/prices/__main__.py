"""Compile the price engine's code now: ``python -m allocopt.solve.prices``, once after an installation.

Otherwise the first large program does it, which takes some 10 seconds. What is compiled is kept on disk.
"""

from __future__ import annotations

import numpy as np

from allocopt.algebra.program import Program
from allocopt.solve.prices.relaxed import linear
from allocopt.solve.solution import Clock


def main() -> None:
    """Solve two SKUs of one unit each."""
    ones, zeros, each = np.ones(2), np.zeros(2), np.arange(2, dtype=np.int32)
    program = Program(
        cost=ones,
        lower=zeros,
        upper=ones,
        integer=np.zeros(2, dtype=bool),
        indptr=np.arange(3, dtype=np.int32),
        indices=each,
        data=ones,
        row_lower=np.full(2, -np.inf),
        row_upper=ones,
        column_sku=each,
        row_sku=each,
    )
    linear(program, Clock.started(None), native=True)


if __name__ == "__main__":
    main()
