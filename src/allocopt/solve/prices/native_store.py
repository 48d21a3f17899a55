"""Where compiled code is kept: beside the source, in ``NUMBA_CACHE_DIR``, or in the user's cache; or nowhere.

numba keeps what it compiles only where it can write, and refuses to define a function where it can write nowhere. Here
a place that can only be read will do if it holds the code (an image that was built by another user), and where there is
none the code is compiled for the process alone.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import signal
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import Any

from numba import njit, types
from numba.core import caching

INTS, CODES, FLOATS, SIDES, FLAGS = (
    kind[::1] for kind in (types.int64, types.int32, types.float64, types.int8, types.boolean)
)
"""Arrays as compiled functions take them."""
TABLE = types.float64[:, ::1]


def compiled(signature: tuple[Any, ...], number: int = 0, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Let a function be compiled when it is first called, for arguments of these types, and kept under a number.

    Functions that it calls need no more than `njit`: their code is part of its own, and `number` has to change with
    it. `options` are those of `njit`.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        made: Any = njit(nogil=True, **options)(function)
        if made is not function:  # the same where numba is told not to compile
            made._cache = Store(function, signature, number)
        return made

    return decorate


def fingerprint(functions: Iterable[Callable[..., Any]], *more: Any) -> int:
    """Return a number that changes with what functions say and with `more`, and with nothing else.

    It is the same in every process: neither addresses nor the order of sets go into it.
    """
    return zlib.crc32(repr(([_said(function.__code__) for function in functions], more)).encode())


def _said(constant: Any) -> Any:
    """Return what code says, with that of the functions within it; other constants as they are."""
    if isinstance(constant, CodeType):
        return constant.co_code, constant.co_names, [_said(part) for part in constant.co_consts]
    return sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant


def loaded(function: Any) -> bool:
    """Return whether the code of a function is in this process already."""
    return not hasattr(function, "overloads") or function._cache.signature in function.overloads


def kept(function: Any) -> bool:
    """Return whether the code of a function is kept somewhere, so that nothing has to be compiled."""
    return loaded(function) or folder(function) is not None


def can_keep(function: Any) -> bool:
    """Return whether there is a place where the code of a function can be kept."""
    return loaded(function) or function._cache.writable is not None


def folder(function: Any) -> str | None:
    """Return where the code of a function is kept, None where it is not."""
    found: str | None = function._cache.holder(function.targetctx) if hasattr(function, "overloads") else None
    return found


def load(function: Any) -> None:
    """Load the code of a function, compiling it where it is not kept."""
    if not loaded(function):
        function.compile(function._cache.signature)


@contextmanager
def _whole() -> Iterator[None]:
    """Let Ctrl-C wait for what takes a moment: llvmlite calls back while it loads, and what is raised there is lost."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    pressed: list[Any] = []
    signal.signal(signal.SIGINT, lambda *told: pressed.append(told))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            before(*pressed[0])


class _Anyhow:
    """A place of numba's that will do even where it cannot be written, as long as it is there."""

    writable = True

    def ensure_cache_path(self) -> None:
        path = Path(self.get_cache_path())  # type: ignore[attr-defined]
        if not path.is_absolute():  # the cache of a user who has no home
            raise OSError(f"{path} is no place for a cache")
        try:
            super().ensure_cache_path()
        except OSError:
            self.writable = False
            if not path.is_dir():
                raise


class _Named(_Anyhow, caching.UserProvidedCacheLocator):
    """What ``NUMBA_CACHE_DIR`` names."""


class _Beside(_Anyhow, caching.InTreeCacheLocator):
    """``__pycache__`` beside the source."""


class _Personal(_Anyhow, caching.UserWideCacheLocator):
    """The user's cache."""


class _Numbered(caching.FunctionCache):
    """Keeps code under a number as well."""

    number = 0

    def _index_key(self, signature, codegen):
        return *super()._index_key(signature, codegen), self.number


class Store:
    """Keeps the code of one function; what numba asks of a cache, and where it comes from.

    Parameters
    ----------
    function : callable
    signature : tuple
        Types of its arguments.
    number : int
        What its code is kept under, besides.
    """

    def __init__(self, function: Callable[..., Any], signature: tuple[Any, ...], number: int = 0) -> None:
        self.function, self.signature, self.number = function, signature, number

    @cached_property
    def _places(self) -> list[caching.FunctionCache]:
        """The places where the code may be, in order, up to the first one that can be written."""
        return list(self._found())

    def _found(self) -> Iterator[caching.FunctionCache]:
        for locator in (_Named, _Beside, _Personal):
            code = type("Code", (caching.CompileResultCacheImpl,), {"_locator_classes": [locator]})
            try:
                place = type("Place", (_Numbered,), {"_impl_class": code, "number": self.number})(self.function)
            except (RuntimeError, OSError):  # there is no such place
                continue
            yield place
            if place._impl.locator.writable:
                return

    @property
    def writable(self) -> caching.FunctionCache | None:
        """The place where code is saved; None where nothing can be written."""
        last = self._places[-1:]
        return last[0] if last and last[0]._impl.locator.writable else None

    def holder(self, target: Any) -> str | None:
        """Return the folder that holds the code, made for this machine and by this version of numba."""
        target.refresh()
        for place in self._places:
            with suppress(Exception):  # what cannot be read is as good as not there
                if place._cache_file.load(place._index_key(self.signature, target.codegen())) is not None:
                    return str(place.cache_path)
        return None

    @property
    def cache_path(self) -> str | None:
        """Where code is saved."""
        return None if self.writable is None else self.writable.cache_path

    def load_overload(self, signature, target):
        """Return the code from the first place that holds it, None where none does."""
        for place in self._places:
            with suppress(Exception), _whole():
                if (found := place.load_overload(signature, target)) is not None:
                    return found
        return None

    def save_overload(self, signature, result) -> None:
        """Save code; where that fails it is compiled again another time."""
        place = self.writable
        if place is None:
            return
        with suppress(OSError):
            try:
                place.save_overload(signature, result)
            except OSError:
                raise
            except Exception:  # the index is damaged: begin a new one
                place.flush()
                place.save_overload(signature, result)

    def flush(self) -> None:
        """Forget what is saved."""
        if self.writable is not None:
            self.writable.flush()
