"""Each mutant of mutants.py can still be made: a change of the package changes its mutants too."""

from __future__ import annotations

import mutants


def test_mutants_are_in_step_with_the_package():
    assert mutants.check() == []
