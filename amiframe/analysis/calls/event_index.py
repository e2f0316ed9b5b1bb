"""An event frame made ready for analysis: rows in order, channels as numbers, one clock for each call.

Channels get small numbers, so that everything after this is arithmetic on arrays: the first or the last row of a
channel is one assignment, the channels of a call are one component of a graph.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import NO_TIME, Flags, Integers, Texts
from amiframe.analysis._arrays.indexing import components, first_per_group, isna, last_per_group, select_label, take_or
from amiframe.errors import ConfigError
from amiframe.schema.field import NOTHING

# channel blocks of events: prefix of `Uniqueid`, `Linkedid` and `Channel`
BLOCKS = (
    "", "dest", "localone", "localtwo", "source", "target", "parkee", "parker", "retriever", "transferer", "transferee",
    "origtransferer", "secondtransferer", "transfertarget",
)  # fmt: skip

# what calls are read from; other events (and CEL and Cdr, which are a second account of the same) tell nothing more
EVENTS = (
    "Newchannel", "Newstate", "Newexten", "NewCallerid", "Hangup", "HangupRequest", "SoftHangupRequest",
    "DialBegin", "DialState", "DialEnd", "OriginateResponse", "Hold", "Unhold", "BridgeEnter", "BridgeLeave",
    "LocalBridge", "LocalOptimizationBegin", "LocalOptimizationEnd", "Pickup", "BlindTransfer", "AttendedTransfer",
    "ParkedCall", "ParkedCallGiveUp", "ParkedCallTimeOut", "ParkedCallSwap", "UnParkedCall",
    "ConfbridgeJoin", "ConfbridgeLeave", "MeetmeJoin", "MeetmeLeave",
    "QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon",
    "AgentCalled", "AgentConnect", "AgentComplete", "AgentDump", "AgentRingNoAnswer", "VarSet",
)  # fmt: skip
VARIABLES = ("QUEUESTATUS",)  # of the many VarSet events, those that are read

# events whose channel blocks belong to one call, whatever their Linkedid says yet
_JOINING = {
    "DialBegin": ("", "dest"),
    "AgentConnect": ("", "dest"),
    "LocalBridge": ("localone", "localtwo"),
    "Pickup": ("", "target"),
    "UnParkedCall": ("parkee", "retriever"),
    "AttendedTransfer": ("origtransferer", "secondtransferer", "transferee", "transfertarget"),
    "BlindTransfer": ("transferer", "transferee"),
}

_NEEDED = ("event", "amf_time")
_OF_CHANNELS = ("uniqueid", "linkedid")


@dataclass(frozen=True)
class EventLog:
    """Rows of an event frame that tell of calls, in the order of arrival.

    Parameters
    ----------
    rows : pandas.DataFrame
        The rows, numbered from 0.
    codes : dict of str to array
        By channel block: the number of the channel of each row, -1 for none.
    linked : dict of str to array
        By channel block: the number of the channel whose id is its Linkedid.
    ids : pandas.Series
        The Uniqueid of each channel number.
    pbx : pandas.Series or None
        The PBX of each channel number, where the frame tells PBXs apart.
    call : array
        The number of the call of each channel.
    seen : array
        Whether there is a row of this channel; else only others' Linkedid names it.
    about : dict
        Provenance of the frame.
    """

    rows: pd.DataFrame
    codes: dict[str, Integers]
    linked: dict[str, Integers]
    ids: pd.Series
    pbx: pd.Series | None
    call: Integers
    seen: Flags
    about: dict[str, Any]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def channels(self) -> int:
        """How many channel numbers there are."""
        return len(self.ids)

    @cached_property
    def calls(self) -> int:
        """How many calls there are."""
        return int(self.call.max()) + 1 if len(self.call) else 0

    @cached_property
    def _events(self) -> dict[str, Integers]:
        codes, names = pd.factorize(self.rows["event"])
        order = np.argsort(codes, kind="stable")
        cuts = np.searchsorted(codes[order], np.arange(len(names) + 1))
        return {str(name): order[cuts[k] : cuts[k + 1]] for k, name in enumerate(names)}

    def at(self, *events: str) -> Integers:
        """Return the rows of these events, in order."""
        found = [self._events[name] for name in events if name in self._events]
        return np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)

    def successful(self, rows: Integers) -> Integers:
        """Return those of the rows that tell of no failure."""
        return rows[~self.take("result", rows).isin(["Fail", "Invalid", "Not Permitted"]).to_numpy()]

    def of(self, rows: Integers, block: str = "") -> Integers:
        """Return the channel numbers of a block in these rows; -1 where there is none."""
        return take_or(self.codes.get(block, np.full(len(self), -1)), rows, -1)

    def first(self, rows: Integers, block: str = "") -> Integers:
        """Return for each channel the first of these rows that is its own, or -1."""
        return first_per_group(self.of(rows, block), rows, self.channels)

    def last(self, rows: Integers, block: str = "") -> Integers:
        """Return for each channel the last of these rows that is its own, or -1."""
        return last_per_group(self.of(rows, block), rows, self.channels)

    def take(self, column: str, rows: Integers) -> pd.Series:
        """Return the cells of a column in these rows; missing for row -1, and where the frame lacks the column."""
        if column not in self.rows:
            return pd.Series(np.full(len(rows), np.nan), dtype="str")
        return pd.Series(self.rows[column].array.take(rows, allow_fill=True))

    def whole(self, column: str, rows: Integers) -> pd.Series:
        """Return the whole numbers of a column in these rows."""
        return pd.to_numeric(self.take(column, rows), errors="coerce").astype("float64").astype("Int64")

    def number(self, column: str, rows: Integers) -> Integers:
        """Return the whole numbers of a column in these rows, -1 where there is none."""
        return self.whole(column, rows).to_numpy(np.int64, na_value=-1)

    def texts(self, column: str, rows: Integers) -> Texts:
        """Return the texts of a column in these rows; None where there is none."""
        cells = self.take(column, rows).astype("object")
        return cells.where(cells.notna(), None).to_numpy()

    def told(self, column: str, rows: Integers) -> Texts:
        """Return for each channel the first text of a column in these rows of its own."""
        return self.texts(column, self.first(rows[self.take(column, rows).notna().to_numpy()]))

    @cached_property
    def names(self) -> Texts:
        """The name of each channel, from whichever block of an event tells it first."""
        names = np.full(self.channels, None, object)
        for block, codes in self.codes.items():
            told = self.texts(f"{block}channel", self.first(np.flatnonzero(codes >= 0), block))
            names = np.where(isna(names), told, names)
        return names

    def time(self, rows: Integers) -> Integers:
        """Return the times of rows by the clock of their call, in microseconds; NO_TIME where it is not known."""
        return take_or(self._times, rows, NO_TIME)

    @cached_property
    def named(self) -> Integers:
        """The channel whose id is the last Linkedid of each call, -1 where no row has any."""
        linked = np.full(len(self), -1)
        for codes in self.linked.values():
            linked = np.where(linked < 0, codes, linked)
        has = np.flatnonzero(linked >= 0)
        return last_per_group(self.row_call[has], linked[has], self.calls)

    @cached_property
    def row_call(self) -> Integers:
        """The call of each row, -1 for none."""
        number = np.full(len(self), -1)
        for codes in self.codes.values():
            number = np.where(number < 0, take_or(self.call, codes, -1), number)
        return number

    @cached_property
    def clock(self) -> Texts:
        """The clock of each call: that which knows more of its rows, of equals the server's; None without a time."""
        inside = self.row_call >= 0
        known = {
            name: np.bincount(self.row_call[inside & (self.rows[name].to_numpy() != NO_TIME)], minlength=self.calls)
            for name in _CLOCKS
        }
        server, arrival = (known[name] for name in _CLOCKS)
        chosen = np.full(self.calls, None, object)
        chosen[arrival > 0] = "arrival"
        chosen[(server > 0) & (server >= arrival)] = "server"
        return chosen

    def row_clock(self, rows: Integers) -> Texts:
        """Return the clock of rows of no call: the server's if it is known."""
        known = [take_or(self.rows[name].to_numpy(), rows, NO_TIME) != NO_TIME for name in _CLOCKS]
        return select_label(len(rows), *zip(known, _CLOCKS, strict=True))

    @cached_property
    def _times(self) -> Integers:
        clock = take_or(self.clock, self.row_call, None)
        return np.select([clock == name for name in _CLOCKS], [self.rows[name].to_numpy() for name in _CLOCKS], NO_TIME)


_CLOCKS = ("server", "arrival")


def prepare(events: pd.DataFrame, *, names: frozenset[str] = frozenset(EVENTS)) -> EventLog:
    """Make an event frame ready.

    Raises
    ------
    ConfigError
        A column is missing without which calls cannot be told apart.
    """
    needed = [*_NEEDED]
    if "event" in events and events["event"].isin(names).any():
        needed += _OF_CHANNELS  # a log may be without channels, but channels are not without ids
    lacking = [name for name in needed if name not in events.columns]
    if lacking:
        raise ConfigError(
            f"no event frame: it lacks {', '.join(lacking)}",
            hint="give what af.read_events or Pbx.events returns, with all events and columns",
        )
    rows = _ordered(_whole(_chosen(events, names), events))
    texts = {
        f"{block}{name}": rows[f"{block}{name}"]
        for block in BLOCKS
        for name in ("uniqueid", "linkedid")
        if f"{block}{name}" in rows
    }
    codes, ids, pbx = _numbered(rows, texts)
    uniqueids = {block: codes[f"{block}uniqueid"] for block in BLOCKS if f"{block}uniqueid" in codes}
    linked = {block: codes[f"{block}linkedid"] for block in uniqueids if f"{block}linkedid" in codes}
    seen = np.zeros(len(ids) + 1, bool)
    for numbers in uniqueids.values():
        seen[numbers] = True
    about = events.attrs.get("amiframe") or {}
    log = EventLog(rows, uniqueids, linked, ids, pbx, np.zeros(len(ids), np.int64), seen[:-1], about)
    _give_channels(log)
    edges = [(uniqueids[block], numbers) for block, numbers in linked.items()]
    edges += [
        (log.of(at, first), log.of(at, second))
        for event, (first, *others) in _JOINING.items()
        for at in [log.successful(log.at(event))]
        for second in others
    ]
    return replace(log, call=components(len(ids), edges))


def _give_channels(log: EventLog) -> None:
    """Give AgentComplete the channel of its caller where it names none.

    Source: Asterisk 22.10 under load. The event is raised when both channels may be gone, and then names only the queue
    and the member: it belongs to the last call that this member took there and that nothing else completes.
    """
    rows, connects = log.at("AgentComplete", "AgentDump"), log.at("AgentConnect")
    lonely = rows[(log.of(rows) < 0) & (log.of(rows, "dest") < 0)]
    if not len(lonely) or not len(connects):
        return
    named = np.setdiff1d(rows, lonely)
    done = np.isin(log.of(connects, "dest"), log.of(named, "dest")) & (log.of(connects, "dest") >= 0)
    last = last_per_group(log.of(named), named, log.channels)  # one that lacks the member's channel alone
    again = last_per_group(log.of(connects), connects, log.channels)
    done |= (take_or(last, log.of(connects), -1) > connects) & (take_or(again, log.of(connects), -1) == connects)
    at = np.sort(np.concatenate([lonely, connects[~done]]))
    members = zip(*(log.texts(name, at) for name in ("amf_pbx", "queue", "interface")), strict=True)
    waiting: dict[tuple[object, ...], list[int]] = {}
    for row, channel, is_end, member in zip(at, log.of(at), np.isin(at, lonely), members, strict=True):
        calls = waiting.setdefault(member, [])
        if not is_end:
            calls.append(channel)
        elif calls:
            log.codes[""][row] = calls.pop()


def _chosen(events: pd.DataFrame, names: frozenset[str]) -> pd.DataFrame:
    """Return the rows and columns that are read, with plain numbers for times."""
    kept = events["event"].isin(names)
    if "variable" in events:
        kept &= events["event"].ne("VarSet") | events["variable"].isin(VARIABLES)
    columns = [name for name in events.columns if name in _COLUMNS]
    rows = events.loc[kept, columns]
    known = {name: rows[name].mask(rows[name].isin(NOTHING)) for name in _MAY_BE_UNKNOWN if name in rows}
    stamped = rows["amf_time_source"].eq("server") if "amf_time_source" in rows else rows["amf_time"].notna()
    arrived = rows["amf_time"].mask(stamped)
    if "amf_received" in rows:
        arrived = rows["amf_received"].fillna(arrived)
    times = {"server": _micros(rows["amf_time"].where(stamped)), "arrival": _micros(arrived)}
    return rows.drop(columns=["amf_time", "amf_received"], errors="ignore").assign(**known, **times)


def _whole(rows: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without ids that the end of a cut file has shortened: they name channels that never were."""
    about = events.attrs.get("amiframe") or {}
    if about.get("fetched_complete", True) or "amf_seq" not in rows or not len(rows):
        return rows
    last = events.groupby("amf_source")["amf_seq"].max() if "amf_source" in events else [events["amf_seq"].max()]
    headless = events.loc[events["event"].isna(), "amf_seq"]  # the other half of a record that was cut in two
    is_last = rows["amf_seq"].isin([*last, *(headless - 1)])
    known = set(rows.loc[~is_last, "linkedid"].dropna()) | set(rows.loc[~is_last, "uniqueid"].dropna())
    is_new = rows["event"].eq("Newchannel") & rows["uniqueid"].eq(rows["linkedid"])
    is_short = is_last & ~is_new & rows["linkedid"].notna() & ~rows["linkedid"].isin(known)
    rows = rows.assign(linkedid=rows["linkedid"].mask(is_short), **_others_whole(rows, is_last))
    return rows[~(is_last & rows["linkedid"].isna() & rows["uniqueid"].notna() & ~rows["uniqueid"].isin(known))]


def _others_whole(rows: pd.DataFrame, is_last: pd.Series) -> dict[str, pd.Series]:
    """Return the columns that name other channels (``destuniqueid``), without what only the cut records name."""
    of_channels = [name for name in map(str, rows) if name.endswith(("uniqueid", "linkedid")) and "bridge" not in name]
    known = set(pd.concat([rows.loc[~is_last, name] for name in of_channels]).dropna())
    others = [name for name in of_channels if name not in ("uniqueid", "linkedid")]
    return {name: rows[name].mask(is_last & ~rows[name].isin(known)) for name in others}


def _micros(times: pd.Series) -> Integers:
    return times.astype("datetime64[us, UTC]").dt.tz_localize(None).to_numpy().view(np.int64)


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of arrival, whatever order they come in.

    Time stamps of neighbours go back by a millisecond, so the place in the log decides. Where frames of several logs
    were put together, places are there twice: then each log is placed by its begin, or if nothing tells the logs apart,
    each row by its time.
    """
    if "amf_seq" not in rows:
        return rows.reset_index(drop=True)
    seq = rows["amf_seq"].to_numpy(np.int64, na_value=-1)
    stamp = np.where(rows["server"] == NO_TIME, rows["arrival"], rows["server"])
    keys = [rows[name] for name in ("amf_pbx", "amf_source") if name in rows]
    part = np.zeros(len(rows), np.int64)
    for key in keys:
        part = part * (key.nunique() + 1) + pd.factorize(key)[0] + 1
    within = np.lexsort((seq, part))
    repeated = np.any((np.diff(seq[within]) == 0) & (np.diff(part[within]) == 0))
    if repeated:
        return rows.iloc[np.lexsort((seq, stamp))].reset_index(drop=True)
    begin = pd.Series(np.where(stamp == NO_TIME, np.iinfo(np.int64).max, stamp)).groupby(part).transform("min")
    return rows.iloc[np.lexsort((seq, part, begin.to_numpy()))].reset_index(drop=True)


def _numbered(
    rows: pd.DataFrame, texts: dict[str, pd.Series]
) -> tuple[dict[str, Integers], pd.Series, pd.Series | None]:
    """Return the columns of ids as numbers, and what the numbers stand for: the id and the PBX."""
    places = {name: np.flatnonzero(column.notna()) for name, column in texts.items()}
    held = [column.iloc[places[name]] for name, column in texts.items()]
    numbers, ids = pd.factorize(pd.concat(held, ignore_index=True) if held else pd.Series(dtype="str"))
    pbx = None
    if "amf_pbx" in rows:
        of_row, pbxs = pd.factorize(rows["amf_pbx"], use_na_sentinel=False)
        of_id = of_row[np.concatenate([*places.values(), np.empty(0, np.int64)])]
        pairs, numbers = np.unique(of_id * max(len(ids), 1) + numbers, return_inverse=True)
        pbx = pd.Series(pd.Index(pbxs).take(pairs // max(len(ids), 1)), dtype="str")
        ids = ids.take(pairs % max(len(ids), 1))
    codes: dict[str, Integers] = {}
    begin = 0
    for name, at in places.items():
        codes[name] = np.full(len(rows), -1)
        codes[name][at] = numbers[begin : begin + len(at)]
        begin += len(at)
    return codes, pd.Series(ids, dtype="str"), pbx


_MAY_BE_UNKNOWN = ("calleridnum", "calleridname", "uniqueid")  # where the server's words were kept as text

_COLUMNS = frozenset(
    [f"{block}{name}" for block in BLOCKS for name in ("uniqueid", "linkedid", "channel")]
    + [
        "event", "channelstate", "calleridnum", "calleridname", "context", "exten", "extension", "application",
        "appdata",
        "dialstring", "dialstatus", "cause", "cause_txt", "result", "bridgeuniqueid", "reason", "variable", "value",
        "response", "actionid", "data", "queue", "position", "membername", "interface", "status", "paused",
        "pausedreason", "wrapuptime",
        "amf_pbx", "amf_source", "amf_seq", "amf_time", "amf_time_source", "amf_received",
    ]
)  # fmt: skip
