"""Docstrings that numpydoc can read: each public name, its parameters, what it returns and raises.

usage: .venv/bin/python .ci/docstrings.py
"""

from __future__ import annotations

import builtins
import inspect
import re
import sys
from collections.abc import Iterator
from types import ModuleType

from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate

import amiframe
from amiframe import errors, jobs, plot, widgets
from amiframe.analysis import metrics

# what must hold: known sections in their order; the parameters of the signature and no others, described
CODES = {"GL06", "GL07", "GL08", "PR01", "PR02", "PR07", "PR10", "RT03", "SS01", "SS02", "SS06"}


def public(module: ModuleType, prefix: str) -> Iterator[tuple[str, object]]:
    """Give the functions and classes of a module that are public, and the methods of its classes."""
    for name in module.__all__:
        thing = getattr(module, name)
        if not inspect.isclass(thing) and not inspect.isfunction(thing):
            continue
        yield f"{prefix}.{name}", thing
        for method, member in vars(thing).items() if inspect.isclass(thing) else ():
            if not method.startswith("_") and inspect.isfunction(member):
                yield f"{prefix}.{name}.{method}", member


def faults(name: str, thing: object) -> Iterator[str]:
    """Give what is wrong with one docstring."""
    is_error = inspect.isclass(thing) and issubclass(thing, Exception)
    for code, message in validate(name)["errors"]:
        if code in CODES and not (code == "PR01" and (is_error or "Parameters" not in (thing.__doc__ or ""))):
            yield f"{code} {message}"
    for section in ("Raises", "Warns"):
        for entry in get_doc_object(thing)[section]:
            types = re.split(r",\s*|\s+or\s+", entry.type or entry.name)
            unknown = [t for t in types if not hasattr(errors, t) and not hasattr(builtins, t)]
            if unknown or not any(line.strip() for line in entry.desc):
                yield f"{section}: {entry.type!r} is not the name of an exception with its description below"


def main() -> None:
    """Print every fault; exit with an error if there is one."""
    things = dict(public(amiframe, "amiframe"))
    for module, prefix in ((metrics, "amiframe.analysis.metrics"), (plot, "amiframe.plot"),
                           (widgets, "amiframe.widgets"), (jobs, "amiframe.jobs")):  # fmt: skip
        things |= dict(public(module, prefix))
    found = [f"{name}: {fault}" for name, thing in things.items() for fault in faults(name, thing)]
    print(*found, f"{len(things)} docstrings read, {len(found)} faults", sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
