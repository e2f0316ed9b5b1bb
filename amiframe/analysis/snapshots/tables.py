"""What a list of channels tells: its calls, its variables, and counts over several lists."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe.analysis._arrays.array_types import Integers
from amiframe.analysis._arrays.equality import arrow
from amiframe.analysis.snapshots.call_grouping import bridges_of, calls_of, joins
from amiframe.analysis.snapshots.row_matching import PBX, listing_of
from amiframe.errors import ConfigError
from amiframe.frames.casting import TEXT, to_pandas
from amiframe.reply import Snapshot

UP = 6
"""``channelstate`` of a channel that was answered."""

_OF_OLDEST = {"linkedid": "linkedid", "caller": "calleridnum", "callername": "calleridname", "exten": "exten"}
_LISTED = {"channels": "channel", "applications": "application", "bridges": "bridgeid", "linkedids": "linkedid"}
_BY = {"state": "channelstatedesc", "technology": "type", "application": "application"}


def status_of(given: pd.DataFrame | Snapshot) -> pd.DataFrame:
    """Return the list of channels: of a snapshot, or the frame itself.

    Raises
    ------
    ConfigError
        It is no list of channels.
    """
    frame = given.status if isinstance(given, Snapshot) else given
    if listing_of(frame).name != "status" or "channelstatedesc" not in frame.columns:
        raise ConfigError("this frame is no list of channels", hint="pbx.status(), or af.read_status(...) of a file")
    return frame


def call_groups(status: pd.DataFrame | Snapshot) -> pd.DataFrame:
    """Return the calls that are up, one row per call.

    Parameters
    ----------
    status : DataFrame or Snapshot
        Channels as :meth:`Pbx.status` gives them.

    Returns
    -------
    pandas.DataFrame
        In the order in which their first channel is listed.

        ============  ===========  ====  ============================================================================
        column        dtype        unit  meaning
        ============  ===========  ====  ============================================================================
        linkedid      str          -     id of the call: that of its oldest channel
        caller        str          -     number of the oldest channel
        callername    str          -     name of the oldest channel
        exten         str          -     extension at which the oldest channel is now
        state         str          -     ``talking`` (two or more in a bridge), ``ringing`` (a channel is not answered
                                         yet), ``up`` (with an application)
        seconds       Int64        s     age of the oldest channel
        channels      list of str  -     names of its channels
        applications  list of str  -     what they run, each once
        bridges       list of str  -     bridges that they are in, each once
        linkedids     list of str  -     all ids of the call: several where bridges join calls (a conference)
        amf_pbx       str          -     which PBX, when the frame tells it
        ============  ===========  ====  ============================================================================

    Raises
    ------
    ConfigError
        The frame is no list of channels.

    Notes
    -----
    Channels with one Linkedid are one call, and so are those that a bridge joins. A bridge whose channels all park,
    wait for an agent or are agents that wait joins nobody. A channel that was parked by a key of the phone runs no
    such application: Status does not tell that its bridge is a parking lot.

    Examples
    --------
    >>> calls = af.call_groups(af.read_status(af.sample("status")))
    >>> calls["state"].value_counts().to_dict()
    {'up': 18, 'talking': 17, 'ringing': 1}
    """
    frame = status_of(status).reset_index(drop=True)
    call, bridge = calls_of(frame), bridges_of(frame)
    count = int(call.max()) + 1 if len(frame) else 0
    age = frame["seconds"].astype("Float64").to_numpy(dtype=float, na_value=-1.0)
    by_age = np.lexsort((-age, call))  # the sort is stable: of equally old channels the first one listed
    oldest = frame.iloc[by_age[np.unique(call[by_age], return_index=True)[1]]].reset_index(drop=True)

    talks = pd.DataFrame({"call": call, "bridge": bridge})[joins(frame, bridge)]
    talking = np.isin(range(count), talks.loc[talks.duplicated(), "call"])
    ringing = np.isin(range(count), call[~frame["channelstate"].eq(UP).fillna(False).to_numpy(dtype=bool)])
    table = {name: arrow(oldest[column].astype("str")).cast(TEXT) for name, column in _OF_OLDEST.items()}
    table["state"] = pa.array(np.select([talking, ringing], ["talking", "ringing"], "up"), TEXT)
    table["seconds"] = arrow(oldest["seconds"].astype("Int64"))
    table |= {name: _lists(frame[column], call, count) for name, column in _LISTED.items()}
    if PBX in frame.columns:
        table[PBX] = arrow(oldest[PBX].astype("str")).cast(TEXT)
    return _about(to_pandas(pa.table(table)), frame)


def _lists(values: pd.Series, call: Integers, count: int) -> pa.Array:
    """Return the values of each call in the order in which they are listed, each once."""
    values_of = pd.DataFrame({"call": call, "value": values.astype("str")}).dropna().drop_duplicates()
    values_of = values_of.sort_values("call", kind="stable")
    ends = np.bincount(values_of["call"], minlength=count).cumsum()
    offsets = pa.array(np.concatenate([[0], ends]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, arrow(values_of["value"]).cast(pa.string()))


def channel_variables(status: pd.DataFrame | Snapshot) -> pd.DataFrame:
    """Return the variables of the channels, one row for each variable of each channel.

    Parameters
    ----------
    status : DataFrame or Snapshot
        Channels as :meth:`Pbx.status` gives them with ``variables=`` or ``all_variables=True``.

    Returns
    -------
    pandas.DataFrame
        ``channel``, ``uniqueid``, ``variable``, ``value`` (str; a missing value: not set), in the order in which the
        PBX lists them, and ``amf_pbx`` where the frame has it.

    Raises
    ------
    ConfigError
        The frame has no variables.

    Examples
    --------
    >>> variables = af.channel_variables(af.read_status("data/samples/22/odd/status_both.txt"))
    >>> variables.loc[variables["variable"] == "NOSUCH", "value"].isna().all()
    np.True_
    """
    frame = status_of(status)
    if "variables" not in frame.columns:
        raise ConfigError("the frame has no variables", hint="pbx.status(all_variables=True), or variables=[...]")
    array = arrow(frame["variables"])
    if pa.types.is_null(array.type):
        array = array.cast(pa.map_(pa.string(), pa.string()))
    array = array.cast(pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())])))
    of, pairs = pc.list_parent_indices(array), pc.list_flatten(array)
    table = {name: arrow(frame[name].astype("str")).cast(TEXT).take(of) for name in ("channel", "uniqueid")}
    table |= {name: part.cast(TEXT) for name, part in zip(("variable", "value"), pairs.flatten(), strict=True)}
    if PBX in frame.columns:
        table[PBX] = arrow(frame[PBX].astype("str")).cast(TEXT).take(of)
    return _about(to_pandas(pa.table(table)), frame)


def status_series(snapshots: Iterable[pd.DataFrame | Snapshot]) -> pd.DataFrame:
    """Return how many channels there were over time, by state, technology and application.

    Parameters
    ----------
    snapshots : iterable of DataFrame or Snapshot
        Lists of channels, in any order.

    Returns
    -------
    pandas.DataFrame
        By time; what was there once has a row at each time, with 0 where it was not.

        ========  ===================  ========  ==================================================================
        column    dtype                unit      meaning
        ========  ===================  ========  ==================================================================
        time      datetime64[us, UTC]  -         when the list had arrived
        by        str                  -         ``all``, ``state``, ``technology`` or ``application``
        value     str                  -         state, technology, application; missing: none, or all channels
        channels  Int64                channels  how many
        amf_pbx   str                  -         which PBX, when the frames tell it
        ========  ===================  ========  ==================================================================

    Raises
    ------
    ConfigError
        A frame is no list of channels, or does not tell when it arrived.

    Examples
    --------
    >>> status = af.read_status(af.sample("status"))
    >>> later = status.iloc[:10].assign(amf_fetched=pd.Timestamp("2026-11-24 10:00:30Z"))
    >>> series = af.status_series([status.assign(amf_fetched=pd.Timestamp("2026-11-24 10:00Z")), later])
    >>> series.loc[series["by"] == "all", "channels"].tolist()
    [88, 10]
    """
    frames = [status_of(one) for one in snapshots]
    parts, moments = [], []
    for frame in frames:
        times = _times(frame)
        keys = {"time": times, **({PBX: frame[PBX].astype("str")} if PBX in frame.columns else {})}
        known = pd.DataFrame(keys).reset_index(drop=True)
        moments.append(known if len(known) else pd.DataFrame({"time": [_moment(frame)]}))
        for by, column in (("all", None), *_BY.items()):
            values = (
                frame[column].astype("str").reset_index(drop=True) if column else pd.Series(None, known.index, "str")
            )
            parts.append(known.assign(by=by, value=values))
    return _counted(parts, moments)


def _counted(parts: list[pd.DataFrame], moments: list[pd.DataFrame]) -> pd.DataFrame:
    empty = {
        "time": pd.Series(dtype="datetime64[us, UTC]"),
        "by": pd.Series(dtype="str"),
        "value": pd.Series(dtype="str"),
    }
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(empty)
    when = pd.concat(moments, ignore_index=True).drop_duplicates() if moments else pd.DataFrame({"time": empty["time"]})
    own = [PBX] if PBX in whole.columns else []
    if own and PBX in when.columns:
        when = when[when[PBX].notna()]  # an empty list does not say of which PBX it is
    counts = whole.groupby([*own, "time", "by", "value"], dropna=False, sort=False).size().rename("channels")
    # every value at every time of its PBX: a line of a plot must come down to 0, not stop
    kinds = pd.concat([whole[[*own, "by", "value"]], pd.DataFrame({"by": ["all"]})]).drop_duplicates()
    if own:
        kinds = kinds[kinds[PBX].notna()]
        grid = when.merge(kinds, on=PBX)
    else:
        grid = when.merge(kinds.drop_duplicates(), how="cross")
    grid = grid.merge(counts.reset_index(), on=[*own, "time", "by", "value"], how="left")
    order = {"all": 0, **{by: at for at, by in enumerate(_BY, 1)}}
    grid = grid.assign(_order=grid["by"].map(order)).sort_values([*own, "time", "_order", "value"], kind="stable")
    table = grid.assign(
        time=grid["time"].astype("datetime64[us, UTC]"), channels=grid["channels"].fillna(0).astype("Int64"),
        by=grid["by"].astype("str"), value=grid["value"].astype("str"),
    )  # fmt: skip
    return table[["time", "by", "value", "channels", *own]].reset_index(drop=True)


def _times(frame: pd.DataFrame) -> pd.Series:
    times = frame.get("amf_fetched")
    if times is None or times.isna().any():
        raise ConfigError(
            "a list does not tell when it arrived: a saved answer has no time of its own",
            hint='frame.assign(amf_fetched=pd.Timestamp("2026-11-24 10:00", tz="UTC"))',
        )
    return times.astype("datetime64[us, UTC]")


def _moment(frame: pd.DataFrame) -> pd.Timestamp:
    """Return when a list without channels had arrived: its rows cannot tell it."""
    values_of = frame.attrs.get("amiframe", {}).get("fetched")
    if values_of is None:
        raise ConfigError(
            "an empty list does not tell when it arrived", hint="leave it out, or give the frame as status() gave it"
        )
    return pd.Timestamp(values_of).tz_convert("UTC").as_unit("us")


def _about(table: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    table.attrs = dict(frame.attrs)
    return table
