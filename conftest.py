"""Examples in docstrings are written as a user writes them, after ``import amiframe as af``."""

from __future__ import annotations

import pytest

import amiframe


@pytest.fixture(autouse=True)
def _examples(doctest_namespace):
    doctest_namespace["af"] = amiframe
