"""Examples in docstrings are written as a user writes them, after ``import amiframe as af`` (and pandas as pd)."""

from __future__ import annotations

import numpy
import pandas
import pytest

import amiframe


@pytest.fixture(autouse=True)
def _examples(doctest_namespace):
    doctest_namespace["af"] = amiframe
    doctest_namespace["np"] = numpy
    doctest_namespace["pd"] = pandas
