"""What one column means: the row of every schema table, and the reader of those tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources

from amiframe.wire.column_names import column

KINDS = frozenset({"str", "int", "float", "bool", "time", "iso", "local", "hms", "list", "map"})
"""str   text, and numbers that are names (extensions, ids)
int   whole number                         float  measured number
bool  Yes/No, true/false, On/Off, 1/0      hms    hh:mm:ss -> whole seconds
time  epoch seconds, up to six decimals    iso    ISO 8601 with offset      local  zoneless date and time
list  comma list                           map    NAME=value, folded over the repeats of the header"""

NOTHING = frozenset({"<unknown>", "(null)", "<null>"})
"""The server's null markers in any column of a table; an empty value is null everywhere."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its header, its type, unit, null markers and meaning.

    `column` is the name of the column; a folded map has a plural (``Variable`` -> ``variables``).
    """

    header: str
    kind: str = "str"
    unit: str = ""
    nothing: frozenset[str] = NOTHING
    escaped: bool = False
    volatile: bool = False
    optional: bool = False  # the column appears only when some message has the header
    meaning: str = ""
    column: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        name = column(self.header)
        object.__setattr__(self, "column", f"{name}s" if self.kind == "map" else name)

    @property
    def type(self) -> tuple[str, str]:
        """The kind and the unit: two events need the same for one typed column in the wide frame."""
        return self.kind, self.unit


Table = tuple[Field, ...]


def read_tables(text: str, known: Mapping[str, Table] | None = None, *, source: str = "table") -> dict[str, Table]:
    r"""Read schema tables.

    A line ``[Name Name2] block ...`` begins the table of these names, which has the fields of these blocks first.
    ``[@name]`` defines a block. A line ``@name Prefix`` adds the fields of a block with a prefix. Any other line is a
    field: ``Header kind unit flags meaning...``, where ``-`` is "none". Flags, comma-separated: ``esc`` (C-escaped by
    the server), ``volatile`` (may differ between two requests), ``opt`` (column only when sent), ``none=WORD`` (one
    more null marker; repeatable), ``verbatim`` (only an empty value is null).

    Parameters
    ----------
    text : str
    known : mapping, optional
        Tables that were read before: blocks to use, and names that may not come again.
    source : str
        Name of the file, for errors.

    Returns
    -------
    dict of str to tuple of Field
        By name; that of a block begins with ``@``.

    Raises
    ------
    ValueError
        A line is wrong; the error has its file and number.

    Examples
    --------
    >>> tables = read_tables("[Hold Unhold]\nMusicClass str - - music on hold class")
    >>> sorted(tables), tables["Hold"][0].column
    (['Hold', 'Unhold'], 'musicclass')
    """
    reader = _Reader(dict(known or {}))
    for number, line in enumerate(text.splitlines(), 1):
        try:
            reader.take(line)
        except ValueError as error:
            raise ValueError(f"{source}:{number}: {error}") from error
    return {name: tuple(fields.values()) for name, fields in reader.tables.items()}


class _Reader:
    """The tables of one text, line by line; each is kept by column."""

    def __init__(self, known: dict[str, Table]):
        self.tables: dict[str, dict[str, Field]] = {}
        self._known = known
        self._open: dict[str, Field] | None = None

    def take(self, line: str) -> None:
        words = line.split(None, 4)
        if not words or words[0].startswith("#"):
            return
        if line.startswith("["):
            names, _, blocks = line[1:].partition("]")
            self._begin(names.split())
            for block in blocks.split():
                self._add(self._block(f"@{block}"))
        elif line.startswith("@"):
            prefix = words[1] if len(words) > 1 else ""
            self._add(replace(f, header=prefix + f.header) for f in self._block(words[0]))
        else:
            self._add([_field(words)])

    def _begin(self, names: list[str]) -> None:
        self._open = {}
        for name in names:
            if name in self.tables or name in self._known:
                raise ValueError(f"table {name} twice")
            self.tables[name] = self._open

    def _block(self, name: str) -> Table:
        if name in self.tables:
            return tuple(self.tables[name].values())
        if name in self._known:
            return self._known[name]
        raise ValueError(f"unknown block {name}")

    def _add(self, fields: Iterable[Field]) -> None:
        if self._open is None:
            raise ValueError("a field before the first [table]")
        for f in fields:
            if f.column in self._open:
                raise ValueError(f"column {f.column} twice in one table")
            self._open[f.column] = f


def _field(words: list[str]) -> Field:
    if len(words) < 5:
        raise ValueError("a field needs a header, kind, unit, flags and meaning")
    header, kind, unit, flags, meaning = words
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r} of {header}")
    marks = [] if flags == "-" else flags.split(",")
    if not all(mark in ("esc", "volatile", "opt", "verbatim") or mark.startswith("none=") for mark in marks):
        raise ValueError(f"unknown flag in {flags!r} of {header}")
    null_markers = frozenset(mark[5:] for mark in marks if mark.startswith("none="))
    return Field(
        header=header,
        kind=kind,
        unit="" if unit == "-" else unit,
        nothing=null_markers | (frozenset() if "verbatim" in marks else NOTHING),
        escaped="esc" in marks,
        volatile="volatile" in marks,
        optional="opt" in marks,
        meaning=meaning,
    )


def data_file(name: str) -> str:
    """Return the text of a file of ``schema/tables``."""
    return resources.files("amiframe.schema").joinpath("tables", name).read_text(encoding="utf-8")
