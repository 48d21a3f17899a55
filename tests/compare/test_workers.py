"""Worker processes: whoever leaves before all is done hears nothing of it, and none works on."""

from __future__ import annotations

import multiprocessing
import time
import warnings

import pytest

from allocopt.workers import spread


@pytest.mark.parametrize("stopped", [None, KeyboardInterrupt])
def test_leaving_early_is_silent_and_ends_the_workers(stopped: type[BaseException] | None) -> None:
    """A loop over answers that is left, or broken by Ctrl-C between two of them, warns of nothing and leaves nobody."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        answers = spread(time.sleep, [(second,) for second in (0, 0, 30, 30, 30, 30)], 2)
        next(answers)
        if stopped is None:
            answers.close()  # type: ignore[attr-defined]
        else:
            with pytest.raises(stopped):
                answers.throw(stopped)  # type: ignore[attr-defined]
    assert [str(warning.message) for warning in told if "task" in str(warning.message)] == []
    children = [child for child in multiprocessing.active_children() if "Loky" in type(child).__name__]
    for child in children:
        child.join(10.0)  # one that was ended is there until somebody has looked
    assert [child for child in children if child.is_alive()] == []
