"""What a Pbx keeps to itself stays inside of client and transport: other rooms use its public names."""

from __future__ import annotations

import ast
from pathlib import Path

import amiframe

PACKAGE = Path(amiframe.__file__).parent
OWNERS = ("client", "transport")
HOLDERS = frozenset({"pbx", "client", "connection", "fleet", "stream", "session", "_pbx", "_session", "_stream"})


def private_reaches(source: str) -> list[str]:
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)]
    private = [node for node in nodes if node.attr.startswith("_") and not node.attr.startswith("__")]
    return [ast.unparse(node) for node in private if ast.unparse(node.value).rpartition(".")[2] in HOLDERS]


def test_a_private_reach_is_found():
    assert private_reaches("self.pbx._target; pbx._session.ask(); pbx.url; self._pbx; pbx.__class__") == [
        "self.pbx._target",
        "pbx._session",
    ]


def test_no_room_reaches_into_a_pbx():
    files = [path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in OWNERS]
    found = {str(path.relative_to(PACKAGE)): private_reaches(path.read_text(encoding="utf-8")) for path in files}
    assert {path: reaches for path, reaches in found.items() if reaches} == {}
