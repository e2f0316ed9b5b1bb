"""Call records -> frames: CDR and CEL, as Asterisk's CSV drivers write them and as data bases hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe import frames
from amiframe.errors import ConfigError
from amiframe.frames.builder import with_about
from amiframe.frames.casting import TEXT, Misfits, mark_nulls, pairs_array, series_texts, to_pandas
from amiframe.read import cdr_times
from amiframe.read.csv_records import Shape, SourceColumns, named, parts
from amiframe.read.sources import Source, Src, label_of, progress_bar, sources
from amiframe.schema import RECORDS
from amiframe.schema.cdr_cel import ALIASES, LAYOUTS
from amiframe.schema.field import Field
from amiframe.wire.encoding import check_encoding

_TIMES = {"CDR": ("start", "answer", "end"), "CEL": ("eventtime",)}
_ALWAYS = {"CDR": ("start", "end"), "CEL": ("eventtime",)}  # no record is without
_NEEDED = {"CDR": ("start", "src", "dst", "disposition"), "CEL": ("eventtype", "eventtime", "uniqueid")}
_SELECT = {
    "CDR": "SELECT calldate, clid, src, dst, ..., uniqueid, linkedid FROM cdr",
    "CEL": "SELECT eventtype, eventtime, cid_num, ..., uniqueid, linkedid FROM cel",
}


def read_cdr(
    src: Src | pd.DataFrame,
    *,
    tz: str | None = None,
    columns: Iterable[str] | None = None,
    encoding: str = "utf-8",
    progress: bool | None = None,
) -> pd.DataFrame:
    r"""Read call detail records into one frame, one row per record as they were written.

    Parameters
    ----------
    src : str, path-like, bytes, file, list or DataFrame
        Path, glob, fsspec URL, bytes, a file opened for bytes, or a list of these, compressed or not. Or rows of a
        table (``pd.read_sql``); a frame of ours passes through unchanged, but for `tz` where its times are naive.
    tz : str, optional
        Zone of times that name none: the PBX's, or UTC with ``usegmtime=yes``. Without it they stay naive.
    columns : sequence of str, optional
        Order of the columns, where it is none of Asterisk's own and no first line names them.
    encoding : str
        Encoding of the texts, where it is not UTF-8.
    progress : bool, optional
        Show a progress bar; default: at a terminal, when it takes long.

    Returns
    -------
    pandas.DataFrame
        ============  ===================  ======  =====================================================
        column        dtype                unit    meaning
        ============  ===================  ======  =====================================================
        accountcode   str                  -       account code of the calling channel
        src           str                  -       caller's number
        dst           str                  -       extension that was dialled
        dcontext      str                  -       context that was dialled
        clid          str                  -       caller's name and number as one text
        channel       str                  -       calling channel
        dstchannel    str                  -       called channel
        lastapp       str                  -       application that ran last
        lastdata      str                  -       arguments of the application that ran last
        start         datetime64[us, UTC]  -       start of the record
        answer        datetime64[us, UTC]  -       when it was answered; missing if it was not
        end           datetime64[us, UTC]  -       end of the record
        duration      Int64                s       time from start to end
        billsec       Int64                s       time from answer to end
        disposition   str                  -       ANSWERED, NO ANSWER, BUSY, FAILED, CONGESTION
        amaflags      str                  -       billing flag as a word or number
        uniqueid      str                  -       id of the calling channel
        userfield     str                  -       user field of the record
        peeraccount   str                  -       account code of the called channel
        linkedid      str                  -       id of the oldest channel of the call
        sequence      Int64                -       number of the record
        amf_seq       Int64                -       position in what was read, 0, 1, ...
        amf_source    str                  -       which file, when there are several
        amf_misfit    map of str           -       texts that did not fit; ``line``: a line that is not a record
        amf_extra     map of str           -       fields beyond the last column, when there are any
        ============  ===================  ======  =====================================================

        Columns that the source does not have are missing throughout; further ones of a table or a header line follow
        behind ``sequence``. Times are naive (``datetime64[us]``) where they name no zone and `tz` is not given.
        A table has no answer and end (``calldate`` is ``start``): they are computed from ``duration`` and ``billsec``.
        ``attrs["amiframe"]``: ``fetched_complete`` is False when the last line is cut off, ``misfits`` and ``repairs``
        count, ``ambiguous_times`` counts ambiguous (DST) times that only the order of the rows resolved.

    Raises
    ------
    ConfigError
        The table lacks a column; some times name a zone and others do not, and `tz` is not given.
    ParseError
        No line of the input is a record: name its columns.
    OSError
        A file cannot be read.

    Warns
    -----
    UserWarning
        Ambiguous (DST) times were resolved by the order of the rows.

    Notes
    -----
    Source: the drivers cdr_csv with each of its options, cdr_custom with the order of its sample, and cdr tables as
    FreePBX makes them; Asterisk 16 and 22. Fractions of ``duration`` and ``billsec`` are cut off; the text is kept in
    ``amf_misfit``. A call may have several records: those of one ``linkedid`` belong together.

    Examples
    --------
    >>> cdr = af.read_cdr(af.sample("cdr_22"), tz="UTC")
    >>> cdr["disposition"].value_counts().to_dict()["BUSY"]
    3
    """
    return _read("CDR", src, tz, columns, encoding, progress)


def read_cel(
    src: Src | pd.DataFrame,
    *,
    tz: str | None = None,
    columns: Iterable[str] | None = None,
    encoding: str = "utf-8",
    progress: bool | None = None,
) -> pd.DataFrame:
    r"""Read channel event logging into one frame, one row per event as they were written.

    Parameters
    ----------
    src, encoding, progress
        As in :func:`read_cdr`.
    tz : str, optional
        Zone of times that name none (``dateformat`` of cel.conf); epoch seconds need none. Without it they stay naive.
    columns : sequence of str, optional
        Order of the columns, where it is not that of the sample of cel_custom.conf and no first line names them.

    Returns
    -------
    pandas.DataFrame
        ===========  ===================  ======  =====================================================
        column       dtype                unit    meaning
        ===========  ===================  ======  =====================================================
        eventtype    str                  -       CHAN_START, ANSWER, BRIDGE_ENTER, ...
        eventtime    datetime64[us, UTC]  -       when it happened
        cid_name     str                  -       caller's name
        cid_num      str                  -       caller's number
        cid_ani      str                  -       caller's number for billing
        cid_rdnis    str                  -       number that redirected
        cid_dnid     str                  -       number that was dialled
        exten        str                  -       dialplan extension
        context      str                  -       dialplan context
        channame     str                  -       channel name
        appname      str                  -       dialplan application
        appdata      str                  -       arguments of the application
        amaflags     str                  -       billing flag as a word or number
        accountcode  str                  -       account code of the channel
        uniqueid     str                  -       id of the channel
        linkedid     str                  -       id of the oldest channel of the call
        peer         str                  -       channel that it is bridged with
        userfield    str                  -       user field of the channel
        userdeftype  str                  -       name of a kind that the dialplan made up
        extra        str                  -       further data as JSON
        ===========  ===================  ======  =====================================================

        and ``amf_seq``, ``amf_source``, ``amf_misfit``, ``amf_extra`` as in :func:`read_cdr`.

    Raises
    ------
    ConfigError, ParseError, OSError
        As :func:`read_cdr`.

    Notes
    -----
    Source: the driver cel_custom with the order of its sample, and cel tables; Asterisk 16 and 22.

    Examples
    --------
    >>> order = "eventtype eventtime cid_name cid_num exten context channame appname uniqueid linkedid peer extra"
    >>> cel = af.read_cel(af.sample("cel_22"), columns=order.split())
    >>> cel["eventtype"].value_counts().head(2).to_dict()
    {'CHAN_START': 74, 'HANGUP': 34}
    """
    return _read("CEL", src, tz, columns, encoding, progress)


def _read(
    kind: str, src: Any, tz: str | None, columns: Iterable[str] | None, encoding: str, progress: bool | None
) -> pd.DataFrame:
    known = frozenset(f.column for f in RECORDS[kind])
    shape = Shape(kind, LAYOUTS[kind], known, ALIASES, _ALWAYS[kind])
    if columns is not None:
        names = [columns] if isinstance(columns, str) else list(columns)
        shape = Shape(kind, LAYOUTS[kind], known, ALIASES, _ALWAYS[kind], named(names, shape))
        _check(kind, shape.columns or ())
    if isinstance(src, pd.DataFrame):
        return _from_table(kind, src, tz, shape)
    codec = check_encoding(encoding)
    misfits = Misfits()
    inputs = sources(src)
    with progress_bar(inputs, progress) as bar:
        read = [
            parts(b"".join(s.chunks(bar)), shape, misfits, label=s.label or "the input", encoding=codec) for s in inputs
        ]
    texts, labels = _joined(read, inputs, misfits)
    cut = any(part.cut for part in read) or any(source.cut for source in inputs)
    about = frames.about(complete=not cut, source=label_of(inputs))
    return _frame(kind, texts, len(labels), tz, misfits, about, labels if len(inputs) > 1 else None)


def _check(kind: str, names: Iterable[str]) -> None:
    have = set(names)
    missing = [name for name in _ALWAYS[kind][:1] if name not in have]
    if missing:
        raise ConfigError(
            f"no {kind} without {', '.join(missing)}: the columns named are {', '.join(sorted(have))}",
            hint=f"the names are those of the data dictionary: {', '.join(f.column for f in RECORDS[kind])}",
        )


def _joined(read: list[SourceColumns], inputs: list[Source], misfits: Misfits) -> tuple[dict[str, pa.Array], list[str]]:
    """Put the columns of all sources one below the other, and what had no place with the rows that they have now."""
    names = dict.fromkeys(name for part in read for name in part.columns)
    columns: dict[str, list[pa.Array]] = {name: [] for name in names}
    labels: list[str] = []
    at = 0
    for part, source in zip(read, inputs, strict=True):
        for name, pieces in columns.items():
            values = part.columns.get(name)
            pieces.append(pa.nulls(part.rows, TEXT) if values is None else pa.array(values, TEXT))
        for into, cells in ((misfits.cells, part.misfits), (misfits.extra, part.extra)):
            into.update({at + row: list(pairs) for row, pairs in cells.items()})
        misfits.count += len(part.misfits)
        labels += [source.label or "bytes"] * part.rows
        at += part.rows
    return {name: pa.concat_arrays(pieces) for name, pieces in columns.items()}, labels


def _frame(
    kind: str,
    texts: Mapping[str, pa.Array],
    count: int,
    tz: str | None,
    misfits: Misfits,
    about: Mapping[str, Any],
    labels: list[str] | None,
) -> pd.DataFrame:
    fields = RECORDS[kind]
    columns: dict[str, pa.Array] = {}
    for f in fields:
        if f.column in texts or not f.optional:
            given = texts.get(f.column, pa.nulls(count, TEXT))
            columns[f.column] = given if f.kind == "local" else _typed(given, f, misfits)
    for name in sorted(texts.keys() - columns.keys()):
        columns[name] = _typed(texts[name], Field(name), misfits)
    times = _times(kind, {name: columns[name] for name in _TIMES[kind]}, columns, tz)
    for name, values in times.columns.items():
        columns[name] = pa.array(values, from_pandas=True)
    for row, pairs in times.misfits.items():
        for name, text in pairs:
            misfits.misfit(row, name, text)
    columns["amf_seq"] = pa.array(np.arange(count), pa.int64())
    if labels is not None:
        columns["amf_source"] = pa.array(labels, TEXT)
    columns["amf_misfit"] = pairs_array(misfits.cells, count, misfits)
    if misfits.extra:
        columns["amf_extra"] = pairs_array(misfits.extra, count, misfits)
    return with_about(to_pandas(pa.table(columns)), {**about, "ambiguous_times": times.ambiguous}, misfits)


def _typed(texts: pa.Array, f: Field, misfits: Misfits) -> pa.Array:
    """Return texts as values of the field's kind: text, or whole numbers."""
    known = mark_nulls(texts, f.nothing)
    if f.kind == "str":
        return known
    known = pc.utf8_trim(known, " ")
    whole = pc.struct_field(pc.extract_regex(known, r"^(?P<n>-?[0-9]{1,18})(?:\.[0-9]*)?$"), "n").cast(pa.int64())
    is_bad = pc.and_(pc.is_valid(known), pc.or_(pc.is_null(whole), pc.match_substring(known, ".")))
    for row in np.flatnonzero(pc.fill_null(is_bad, False).to_numpy(zero_copy_only=False)):
        misfits.misfit(int(row), f.column, known[int(row)].as_py())
    return whole


def _times(kind: str, raw: Mapping[str, Any], columns: Mapping[str, Any], tz: str | None) -> cdr_times.Times:
    series = {name: _series(values) for name, values in raw.items()}
    if kind == "CEL":
        return cdr_times.resolved(series, tz, uniqueid=_series(columns["uniqueid"]))
    lengths = {("start", "end"): _series(columns["duration"]), ("answer", "end"): _series(columns["billsec"])}
    return cdr_times.resolved(series, tz, uniqueid=_series(columns["uniqueid"]), lengths=lengths)


def _series(values: Any) -> pd.Series:
    return values if isinstance(values, pd.Series) else to_pandas(pa.table({"it": values}))["it"]


# --- rows of a table ------------------------------------------------------------------------------------------------


def _from_table(kind: str, table: pd.DataFrame, tz: str | None, shape: Shape) -> pd.DataFrame:
    """Return the rows of a table as the frame of the reader; one of ours as it is."""
    fields = RECORDS[kind]
    if {f.column for f in fields if not f.optional} <= set(table.columns) and "amf_seq" in table.columns:
        return _zoned(kind, table, tz)
    given = [str(name) for name in table.columns] if shape.columns is None else list(shape.columns)
    if len(given) != len(table.columns):
        raise ConfigError(f"{len(given)} columns are named, the table has {len(table.columns)}")
    names = named(given, shape)
    missing = [name for name in _NEEDED[kind] if name not in names]
    if missing:
        raise ConfigError(f"no {kind}: the table has no column {', '.join(missing)}", hint=_SELECT[kind])
    rows = {name: table[column].reset_index(drop=True) for name, column in zip(names, table.columns, strict=True)}
    for name in ("uniqueid", "linkedid"):
        if name in rows and pd.api.types.is_float_dtype(rows[name].dtype) and rows[name].notna().any():
            raise ConfigError(
                f"{name} came as numbers, and 1.10 is not 1.1",
                hint=f"CAST({name} AS CHAR), or dtype={{'{name}': 'str'}}",
            )
    misfits = Misfits()
    texts = {name: series_texts(values) for name, values in rows.items() if name not in _TIMES[kind]}
    blank = pa.nulls(len(table), TEXT)
    columns = {f.column: _typed(texts.get(f.column, blank), f, misfits) for f in fields if f.kind != "local"}
    raw = {name: rows[name] for name in _TIMES[kind] if name in rows}
    times = _times(kind, raw, columns, tz)
    frame = pd.DataFrame(index=pd.RangeIndex(len(table)))
    typed = to_pandas(pa.table(columns)) if columns else frame
    if kind == "CDR":
        _derive(times.columns, typed)
    for row, pairs in times.misfits.items():
        for name, text in pairs:
            misfits.misfit(row, name, text)
    parts_ = [f for f in fields if not f.optional or f.column in rows]
    frame = pd.DataFrame({f.column: times.columns[f.column] if f.kind == "local" else typed[f.column] for f in parts_})
    for name in names:
        if name not in frame.columns:
            frame[name] = rows[name]
    frame["amf_seq"] = pd.array(np.arange(len(table)), dtype="Int64")
    frame["amf_misfit"] = to_pandas(pa.table({"it": pairs_array(misfits.cells, len(table), misfits)}))["it"]
    about = {**frames.about(), "ambiguous_times": times.ambiguous}
    return with_about(frame, about, misfits)


def _derive(times: dict[str, pd.Series], typed: pd.DataFrame) -> None:
    """Add what a table does not hold: the end, and the answer of what was answered."""
    if "end" not in times:
        times["end"] = times["start"] + pd.to_timedelta(typed["duration"].astype("float64"), unit="s")
    if "answer" not in times:
        back = pd.to_timedelta(typed["billsec"].astype("float64"), unit="s")
        is_answered = (typed["disposition"] == "ANSWERED") | (typed["billsec"] > 0).fillna(False)
        times["answer"] = (times["end"] - back).where(is_answered.to_numpy())
    for name, values in times.items():
        times[name] = values.dt.as_unit("us")


def _zoned(kind: str, frame: pd.DataFrame, tz: str | None) -> pd.DataFrame:
    """Return a frame of ours; its naive times in UTC where a zone is given."""
    naive = [name for name in _TIMES[kind] if pd.api.types.is_datetime64_dtype(frame[name].dtype)]
    if tz is None or not naive:
        return frame
    plain = frame.reset_index(drop=True)
    columns = {str(name): values for name, values in plain.items()}
    times = _times(kind, {name: plain[name] for name in _TIMES[kind]}, columns, tz)
    changed = plain.assign(**times.columns).set_axis(frame.index)
    changed.attrs = {**frame.attrs, "amiframe": {**frame.attrs.get("amiframe", {}), "ambiguous_times": times.ambiguous}}
    return changed
