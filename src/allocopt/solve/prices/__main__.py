"""Compile the engines' code now: ``python -m allocopt.solve.prices``, once after an installation; about a minute.

Otherwise the first programs that want it do so, part by part: some 15 seconds for the first large one, as much again
for the first with packs or whole orders. What is compiled is kept on disk.
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
