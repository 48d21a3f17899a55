"""Labels of one program are found among those of another one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocopt.algebra.matching import NOWHERE, places

CODES = st.one_of(st.integers(-1, 3), st.sampled_from([-(2**31), 2**31 - 1, 2**31 - 2]))


@given(st.data(), st.integers(1, 4))
def test_labels_are_found_whatever_their_parts_are(data: st.DataObject, parts: int) -> None:
    """As in a dictionary, also where parts are so large and so many that no number holds all labels."""
    label = st.tuples(*(CODES for _ in range(parts)))
    before = data.draw(st.lists(label, min_size=1, max_size=8, unique=True))
    now = data.draw(st.lists(st.one_of(st.sampled_from(before), label), min_size=1, max_size=8))
    known = {each: place for place, each in enumerate(before)}
    old, new = (list(np.array(labels, dtype=np.int32).T) for labels in (before, now))
    assert places(old, new).tolist() == [known.get(each, NOWHERE) for each in now]
