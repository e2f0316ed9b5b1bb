"""The development captures lie beside the project; who does not have them runs everything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from amf_support import CAPTURES


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents and not CAPTURES.is_dir():
            item.add_marker(pytest.mark.skip(reason="the development captures are not beside the project"))
