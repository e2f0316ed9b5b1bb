"""The kinds of arrays that the analysis works on, and what stands for a missing time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

NO_TIME = np.iinfo(np.int64).min
"""A missing time, where times are microseconds since 1970: the number behind NaT."""
