"""Standard output and error as they may be: full, closed, a pipe that nobody reads any more; and signals to stop."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import typer
from rich.console import Console

SOLVED, NOT_SOLVED, BAD_INPUT, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
PATIENCE = 1.0
"""Seconds after which a process that was told to stop ends, whatever it is waiting for."""

out = Console()
err = Console(stderr=True)


class Terminated(KeyboardInterrupt):
    """The process was told to stop by SIGTERM: all that Ctrl-C stops, stops."""


def complain(text: str, *, style: str | None = "red") -> None:
    """Say something on standard error; where that is gone too, nobody is told."""
    with suppress(OSError, ValueError):
        err.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def printing() -> Iterator[None]:
    """Print to standard output inside. A reader that has gone is no fault; an output that is full is one."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        if _given_up(error):
            raise typer.Exit(BAD_INPUT) from None


def say(text: str) -> None:
    """Print a text as it is."""
    with printing():
        sys.stdout.write(text + "\n")


def _given_up(error: OSError) -> bool:
    """Let what is still to be printed go nowhere, so that the end of the process does not fail over it.

    Return whether that is a fault, which is said: an output that is full, not a reader that has gone.
    """
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    if isinstance(error, BrokenPipeError):
        return False
    complain(f"Standard output cannot be written: {error.strerror or error}.")
    return True


def code_of(stopped: KeyboardInterrupt) -> int:
    """Return the exit code after Ctrl-C or SIGTERM."""
    return TERMINATED if isinstance(stopped, Terminated) else INTERRUPTED


@contextmanager
def interruptible() -> Iterator[list[str]]:
    """Say that a command was interrupted, with whatever its list says then, and end with the exit code of that."""
    more: list[str] = []
    try:
        yield more
    except KeyboardInterrupt as stopped:
        complain(" ".join(["Interrupted.", *more]), style=None)
        raise typer.Exit(code_of(stopped)) from None


def run(app: Callable[[], Any]) -> None:
    """Run the command line in a process of its own: what no command catches ends in words and an exit code."""
    if sys.stdout is None:
        complain("Standard output is closed: there is nowhere to print to.")
        os._exit(BAD_INPUT)  # nothing was begun; what the next file is opened as would be taken for the output
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)
    atexit.register(_leave_nothing)
    code: Any = SOLVED
    try:
        app()
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt as stopped:
        code = code_of(stopped)
    except OSError as error:
        complain(f"{error.filename or 'Output'}: {error.strerror or error}.")
        code = BAD_INPUT
    try:
        sys.stdout.flush()
    except OSError as error:
        code = BAD_INPUT if _given_up(error) else code
    sys.exit(code)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """Stop as Ctrl-C does, and in time even where something does not listen."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    last = threading.Timer(PATIENCE, _end)
    last.daemon = True
    last.start()
    raise Terminated


def _end() -> None:
    """End the process and its workers at once."""
    _leave_nothing()
    os._exit(TERMINATED)


def _leave_nothing() -> None:
    """End the processes that this one has started."""
    if "joblib" in sys.modules:
        from allocopt.workers import end

        end()
