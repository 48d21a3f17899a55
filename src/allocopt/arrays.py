"""What arrays hold: one name each, for every room of the house."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int32]
"""Codes and periods of facts and arcs."""
Longs = NDArray[np.int64]
Places = NDArray[np.intp]
"""Positions."""
Bytes = NDArray[np.int8]
"""Codes of flags and choices; -1 is blank."""
Codes = NDArray[np.integer[Any]]
"""Integers of any size."""
Names = NDArray[np.object_]
