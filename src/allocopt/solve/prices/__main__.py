"""Compile the price engine's code now: ``python -m allocopt.solve.prices``, once after an installation.

Otherwise the first large program does it, which takes some 10 seconds. What is compiled is kept on disk.
"""

from __future__ import annotations

from allocopt.solve.prices.serving import compile_ahead


def main() -> None:
    """Compile what is not kept yet, or say that nothing can be kept."""
    if not compile_ahead():
        raise SystemExit(
            "There is no place to keep compiled code in: let NUMBA_CACHE_DIR name a folder that can be written."
        )


if __name__ == "__main__":
    main()
