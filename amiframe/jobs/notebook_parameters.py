"""A notebook before it runs: which parameters it takes, and whether what it is given fits them."""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amiframe.errors import ConfigError
from amiframe.privacy.secret_patterns import is_secretive

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_UNKNOWN = object()


@dataclass(frozen=True)
class Notebook:
    """A notebook, and the parameters of the cell that is tagged ``parameters``, with their defaults."""

    path: Path
    defaults: Mapping[str, Any]
    content: Any


def read(path: str | Path) -> Notebook:
    """Read a notebook.

    Raises
    ------
    ConfigError
        There is none, or it is not one of Python.
    """
    import nbformat

    where = Path(path)
    try:
        content: Any = nbformat.read(where, as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(content)
        is_new = "nbformat" in json.loads(where.read_bytes())
    except OSError as error:
        raise ConfigError(f"the notebook {where} cannot be read: {error.strerror}") from None
    except Exception as error:  # noqa: BLE001 -- whatever the reader stumbles over
        raise ConfigError(f"{where} is no notebook: {type(error).__name__}") from None
    if not is_new:
        raise ConfigError(f"{where} is no notebook: it does not say of which format it is")
    spec = content.metadata.get("kernelspec", {})
    if spec.get("language", "python") != "python":
        raise ConfigError(f"{where} is a notebook of {spec['language']}", hint="jobs run notebooks of Python")
    tagged = [cell for cell in content.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) > 1:
        raise ConfigError(f"{where} has {len(tagged)} cells with the tag 'parameters'", hint="leave one")
    defaults = _defaults(tagged[0].source, where) if tagged else {}
    for name in defaults:
        _refuse_secret(name, f"the notebook {where.name}")
    return Notebook(where, defaults, content)


def _defaults(source: str, where: Path) -> dict[str, Any]:
    """Return the names that a cell gives a value, and the values that are plain."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ConfigError(f"the parameters of {where} are no Python: {error.msg}, line {error.lineno}") from None
    found: dict[str, Any] = {}
    for node in tree.body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        for target in targets:
            if isinstance(target, ast.Name):
                found[target.id] = _literal(value)
    return found


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return _UNKNOWN


def checked(notebook: Notebook, given: Mapping[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    """Return the parameters that a notebook is given, each of the type of its default.

    Raises
    ------
    ConfigError
        The notebook has no such parameter; a value does not fit; a name or a value that is a secret's.
    """
    made = {}
    for name, value in given.items():
        _refuse_secret(name, "a parameter")
        if name not in notebook.defaults:
            near = difflib.get_close_matches(name, notebook.defaults, 1)
            has = ", ".join(notebook.defaults) or "none: no cell has the tag 'parameters'"
            hint = f"did you mean {near[0]!r}?" if near else f"it has {has}"
            raise ConfigError(f"{notebook.path.name} has no parameter {name!r}", hint=hint)
        made[name] = _fitting(name, value, notebook.defaults[name])
        if any(secret in json.dumps(made[name], ensure_ascii=False) for secret in secrets):
            raise ConfigError(f"parameter {name!r} holds a secret", hint=_INSTEAD)
    return made


_INSTEAD = "a parameter is kept in the output: name a profile (target=...), whose secret the notebook never sees"


def _refuse_secret(name: str, whose: str) -> None:
    if is_secretive(name):
        raise ConfigError(f"{whose} is named {name!r}, like a secret", hint=_INSTEAD)


def _fitting(name: str, value: Any, default: Any) -> Any:
    """Return a value as the type of the default: text of the command line is turned into it."""
    if default is _UNKNOWN or default is None:
        return _plain(name, value)
    if isinstance(value, str) and not isinstance(default, str):
        return _from_text(name, value, default)
    is_fitting = isinstance(value, type(default)) and isinstance(value, bool) == isinstance(default, bool)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        is_fitting = True
    if value is not None and not is_fitting:
        raise ConfigError(f"parameter {name!r} is {type(default).__name__}, not {type(value).__name__}: {value!r}")
    return _plain(name, value)


def _from_text(name: str, text: str, default: Any) -> Any:
    kind = type(default).__name__
    try:
        if isinstance(default, bool):
            return _WORDS[text.strip().lower()]
        if isinstance(default, int | float):
            return type(default)(text)
        value = json.loads(text)
        if not isinstance(value, list | dict) or isinstance(value, dict) != isinstance(default, dict):
            raise ValueError(text)
    except (KeyError, ValueError):
        example = {"bool": "true or false", "list": '\'["a", "b"]\'', "dict": "'{\"a\": 1}'"}.get(kind, repr(default))
        raise ConfigError(f"parameter {name!r} is {kind}, not {text!r}", hint=f"for example {example}") from None
    return value


def _plain(name: str, value: Any) -> Any:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        raise ConfigError(
            f"parameter {name!r} is a {type(value).__name__}", hint="text, numbers, true or false, lists of these"
        ) from None
    return value
