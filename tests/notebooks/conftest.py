"""Notebooks and their maker, notebooks/execute.py."""

from __future__ import annotations

import importlib.util

import pytest
from amf_support import ROOT


@pytest.fixture(scope="session")
def maker():
    """The module that runs, cleans and judges notebooks."""
    spec = importlib.util.spec_from_file_location("amf_execute", ROOT / "notebooks" / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
