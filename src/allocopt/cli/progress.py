"""What a long command says while it runs: a bar on a terminal, a line every few seconds elsewhere, nothing if quiet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from allocopt.cli.streams import complain, err

EVERY = 5.0
"""Seconds between two lines."""


@contextmanager
def words(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Tell in a few words what is being done."""
    if quiet or not err.is_terminal:
        with _lines(quiet=quiet) as note:
            yield note
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err, transient=True
    ) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda text: bar.update(task, description=text)


@contextmanager
def counts(*, quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    """Tell how much of how much is done, and which was the last."""
    if quiet or not err.is_terminal:
        with _lines(quiet=quiet) as note:
            yield lambda done, total, last: note(f"{done} of {total} done" + (f", the last: {last}" if last else ""))
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Column

    last = TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True))
    columns = (BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), last)
    with Progress(*columns, console=err, transient=True, expand=True) as bar:
        task = bar.add_task("reading and checking the tables", total=None)

        def tell(done: int, total: int, words: str) -> None:
            bar.update(task, completed=done, total=total, description=words or "solving the first runs")

        yield tell


@contextmanager
def _lines(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Write the last thing noted on standard error every few seconds, from a thread of its own."""
    if quiet:
        yield lambda text: None
        return
    ended, last, begun = threading.Event(), ["reading and checking the tables"], time.monotonic()

    def write() -> None:
        while not ended.wait(EVERY):
            complain(f"{time.monotonic() - begun:.0f} s: {last[0]}", style=None)

    def note(text: str) -> None:
        last[0] = text

    writer = threading.Thread(target=write, name="allocopt progress", daemon=True)
    writer.start()
    try:
        yield note
    finally:
        ended.set()
