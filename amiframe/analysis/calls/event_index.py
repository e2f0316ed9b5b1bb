"""An event frame made ready for analysis: rows in order, channels as numbers, one clock for each call.

Channels get small numbers, so that everything after this is arithmetic on arrays: the first or the last row of a
channel is one assignment, the channels of a call are one component of a graph.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import NO_TIME, Flags, Integers, Texts
from amiframe.analysis._arrays.indexing import (
    components,
    first_per_group,
    isna,
    last_per_group,
    occurs,
    select_label,
    take_or,
)
from amiframe.analysis._arrays.series import micros
from amiframe.errors import ConfigError
from amiframe.schema.field import NOTHING

# channel blocks of events: prefix of `Uniqueid`, `Linkedid` and `Channel`
BLOCKS = (
    *("", "dest", "localone", "localtwo", "source", "target", "parkee", "parker", "retriever"),
    *("transferer", "transferee", "origtransferer", "secondtransferer", "transfertarget"),
)

# the events that calls are made of; CEL and Cdr are a second account of the same, others have no part in calls
_EVENTS_BY_SUBJECT = {
    "channel": ("Newchannel", "Newstate", "Newexten", "NewCallerid", "Hangup", "HangupRequest", "SoftHangupRequest"),
    "dial": ("DialBegin", "DialState", "DialEnd", "OriginateResponse", "Hold", "Unhold", "Pickup", "VarSet"),
    "bridge": ("BridgeEnter", "BridgeLeave", "LocalBridge", "LocalOptimizationBegin", "LocalOptimizationEnd"),
    "transfer": ("BlindTransfer", "AttendedTransfer"),
    "parking": ("ParkedCall", "ParkedCallGiveUp", "ParkedCallTimeOut", "ParkedCallSwap", "UnParkedCall"),
    "conference": ("ConfbridgeJoin", "ConfbridgeLeave", "MeetmeJoin", "MeetmeLeave"),
    "queue": ("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon"),
    "agent": ("AgentCalled", "AgentConnect", "AgentComplete", "AgentDump", "AgentRingNoAnswer"),
}
EVENTS = frozenset(chain.from_iterable(_EVENTS_BY_SUBJECT.values()))
VARIABLES = ("QUEUESTATUS",)  # of the many VarSet events, those that are read

# events whose channel blocks are of one call, whatever their Linkedid still is
_MERGING = {
    "DialBegin": ("", "dest"),
    "AgentConnect": ("", "dest"),
    "LocalBridge": ("localone", "localtwo"),
    "Pickup": ("", "target"),
    "UnParkedCall": ("parkee", "retriever"),
    "AttendedTransfer": ("origtransferer", "secondtransferer", "transferee", "transfertarget"),
    "BlindTransfer": ("transferer", "transferee"),
}
_CLOCKS = ("server", "arrival")
_PLACEHOLDER_COLUMNS = ("calleridnum", "calleridname")  # where "<unknown>" may stand for a missing text


@dataclass(frozen=True)
class EventIndex:
    """The rows of an event frame that calls are made of, in the order of arrival.

    Parameters
    ----------
    events : pandas.DataFrame
        The whole frame.
    positions : array
        The position in the frame of each row of the index.
    server, arrival : array
        The time of each row by the server's clock and by that of its arrival, in microseconds.
    blocks : dict of str to array
        By channel block: the number of the channel of each row, -1 for none.
    linked : dict of str to array
        By channel block: the number of the channel whose id is its Linkedid.
    ids : pandas.Series
        The Uniqueid of each channel number.
    pbx : pandas.Series or None
        The PBX of each channel number, where the frame has PBXs.
    call : array
        The number of the call of each channel.
    has_rows : array
        Whether there is a row of this channel; else only the Linkedid of others names it.
    """

    events: pd.DataFrame
    positions: Integers
    server: Integers
    arrival: Integers
    blocks: dict[str, Integers]
    linked: dict[str, Integers]
    ids: pd.Series
    pbx: pd.Series | None
    call: Integers
    has_rows: Flags

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def origin(self) -> dict[str, Any]:
        """Provenance of the frame."""
        return self.events.attrs.get("amiframe") or {}

    @property
    def channels(self) -> int:
        """How many channel numbers there are."""
        return len(self.ids)

    @cached_property
    def calls(self) -> int:
        """How many calls there are."""
        return int(self.call.max()) + 1 if len(self.call) else 0

    # --- rows -------------------------------------------------------------------------------------------------------

    @cached_property
    def all_rows(self) -> Integers:
        """The number of every row."""
        return np.arange(len(self))

    @cached_property
    def _rows_by_event(self) -> dict[str, Integers]:
        codes, names = pd.factorize(self.take("event", self.all_rows))
        order = np.argsort(codes, kind="stable")
        cuts = np.searchsorted(codes[order], np.arange(len(names) + 1))
        return {str(name): order[cuts[k] : cuts[k + 1]] for k, name in enumerate(names)}

    def rows_of(self, *events: str) -> Integers:
        """Return the rows of these events, in order."""
        rows = [self._rows_by_event[name] for name in events if name in self._rows_by_event]
        return np.sort(np.concatenate(rows)) if rows else np.empty(0, np.int64)

    def rows_with(self, event: str, column: str, *values: str) -> Integers:
        """Return the rows of an event that have one of these texts in a column, in order."""
        rows = self.rows_of(event)
        return rows[self.take(column, rows).isin(values).to_numpy()]

    def rows_in_state(self, state: int, *events: str) -> Integers:
        """Return the rows of these events that give a channel's state as this number, in order."""
        rows = self.rows_of(*events)
        states = self.number("channelstate", rows)
        return np.asarray(rows[states == state])

    def successful(self, rows: Integers) -> Integers:
        """Return those of the rows that report no failure."""
        return rows[~self.take("result", rows).isin(["Fail", "Invalid", "Not Permitted"]).to_numpy()]

    # --- cells ------------------------------------------------------------------------------------------------------

    def take(self, column: str, rows: Integers) -> pd.Series:
        """Return the cells of a column in these rows; missing for row -1, and where the frame lacks the column."""
        if column not in self.events:
            return pd.Series(np.full(len(rows), np.nan), dtype="str")
        cells = pd.Series(self.events[column].array.take(take_or(self.positions, rows, -1), allow_fill=True))
        return cells.mask(cells.isin(NOTHING)) if column in _PLACEHOLDER_COLUMNS else cells

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

    # --- channels ---------------------------------------------------------------------------------------------------

    def channel(self, rows: Integers, block: str = "") -> Integers:
        """Return the channel numbers of a block in these rows; -1 where there is none."""
        return take_or(self.blocks.get(block, np.full(len(self), -1)), rows, -1)

    def first_row(self, rows: Integers, block: str = "") -> Integers:
        """Return for each channel the first of these rows that is its own, or -1."""
        return first_per_group(self.channel(rows, block), rows, self.channels)

    def last_row(self, rows: Integers, block: str = "") -> Integers:
        """Return for each channel the last of these rows that is its own, or -1."""
        return last_per_group(self.channel(rows, block), rows, self.channels)

    def first_text(self, column: str, rows: Integers) -> Texts:
        """Return for each channel the first text of a column in these rows of its own."""
        return self.texts(column, self.first_row(rows[self.take(column, rows).notna().to_numpy()]))

    @cached_property
    def created(self) -> Integers:
        """The row of the Newchannel of each channel, or -1."""
        return self.first_row(self.rows_of("Newchannel"))

    @cached_property
    def first_own_row(self) -> Integers:
        """The first row of each channel whose own block it is in, or -1."""
        return self.first_row(self.all_rows)

    @cached_property
    def names(self) -> Texts:
        """The name of each channel, from the first block of an event that has it."""
        names = np.full(self.channels, None, object)
        for block, codes in self.blocks.items():
            of_block = self.texts(f"{block}channel", self.first_row(np.flatnonzero(codes >= 0), block))
            names = np.where(isna(names), of_block, names)
        return names

    def channel_ids(self, channels: Integers) -> Texts:
        """Return the Uniqueid of channels, None for channel -1."""
        return take_or(self.ids.to_numpy(object), channels, None)

    def pbx_of(self, channels: Integers) -> Texts | None:
        """Return the PBX of channels; None for all where the frame has no PBXs."""
        return None if self.pbx is None else take_or(self.pbx.to_numpy(object), channels, None)

    # --- calls ------------------------------------------------------------------------------------------------------

    @cached_property
    def row_call(self) -> Integers:
        """The call of each row, -1 for none."""
        number = np.full(len(self), -1)
        for codes in self.blocks.values():
            number = np.where(number < 0, take_or(self.call, codes, -1), number)
        return number

    @cached_property
    def is_cut(self) -> Flags:
        """Which calls began before the log: at least one of their channels did, or only others name it."""
        return occurs(self.call[self.created < 0], self.calls)

    @cached_property
    def linked_channel(self) -> Integers:
        """The channel whose id is the last Linkedid of each call, -1 where no row has any."""
        linked = np.full(len(self), -1)
        for codes in self.linked.values():
            linked = np.where(linked < 0, codes, linked)
        rows = np.flatnonzero(linked >= 0)
        return last_per_group(self.row_call[rows], linked[rows], self.calls)

    @cached_property
    def root(self) -> Integers:
        """The channel with which each call began: of a call that began before the log, the one that names it."""
        linked = self.linked_channel[self.linked_channel >= 0]
        naming = first_per_group(self.call[linked], linked, self.calls)
        known = np.where(self.created >= 0, self.created, self.first_own_row)
        order = np.lexsort((known, known < 0))  # channels that only others name come last
        first = first_per_group(self.call[order], order, self.calls)
        return np.where(self.is_cut & take_or(self.has_rows, naming, False), naming, first)

    @cached_property
    def call_ids(self) -> Texts:
        """The id of each call: that of its first channel, as the server names it in Linkedid.

        A call whose first channel lies before the log keeps the Linkedid that its channels carry.
        """
        return self.channel_ids(np.where(self.is_cut & (self.linked_channel >= 0), self.linked_channel, self.root))

    def of_call(self, call: int) -> EventIndex:
        """Return the index of one call alone."""
        rows = np.flatnonzero(np.logical_or.reduce([take_or(self.call, c, -1) == call for c in self.blocks.values()]))
        channels = np.flatnonzero(self.call == call)
        number = np.full(self.channels + 1, -1)  # the last one stands for -1
        number[channels] = np.arange(len(channels))
        return replace(
            self,
            positions=self.positions[rows],
            server=self.server[rows],
            arrival=self.arrival[rows],
            blocks={block: number[codes[rows]] for block, codes in self.blocks.items()},
            linked={block: number[codes[rows]] for block, codes in self.linked.items()},
            ids=self.ids.iloc[channels].reset_index(drop=True),
            pbx=None if self.pbx is None else self.pbx.iloc[channels].reset_index(drop=True),
            call=np.zeros(len(channels), np.int64),
            has_rows=self.has_rows[channels],
        )

    # --- times ------------------------------------------------------------------------------------------------------

    def time(self, rows: Integers) -> Integers:
        """Return the times of rows by the clock of their call, in microseconds; NO_TIME where it is not known."""
        return take_or(self._times, rows, NO_TIME)

    @cached_property
    def clock(self) -> Texts:
        """The clock of each call: that which knows more of its rows, of equals the server's; None without a time."""
        server, arrival = (
            np.bincount(self.row_call[(self.row_call >= 0) & (times != NO_TIME)], minlength=self.calls)
            for times in (self.server, self.arrival)
        )
        return select_label(self.calls, ((server > 0) & (server >= arrival), "server"), (arrival > 0, "arrival"))

    def row_clock(self, rows: Integers) -> Texts:
        """Return the clock of rows of no call: the server's if it is known."""
        known = [take_or(times, rows, NO_TIME) != NO_TIME for times in (self.server, self.arrival)]
        return select_label(len(rows), *zip(known, _CLOCKS, strict=True))

    @cached_property
    def _times(self) -> Integers:
        clock = take_or(self.clock, self.row_call, None)
        return np.select([clock == name for name in _CLOCKS], [self.server, self.arrival], NO_TIME)


def index_events(events: pd.DataFrame, *, names: frozenset[str] = EVENTS) -> EventIndex:
    """Index the rows of an event frame that are of the named events.

    Raises
    ------
    ConfigError
        A column is missing without which calls cannot be kept apart.
    """
    needed = ["event", "amf_time"]
    kept = events["event"].isin(names) if "event" in events else pd.Series(False, index=events.index)
    if kept.any():
        needed += ["uniqueid", "linkedid"]  # a log may be without channels, but channels are not without ids
    missing = [name for name in needed if name not in events.columns]
    if missing:
        raise ConfigError(
            f"no event frame: it lacks {', '.join(missing)}",
            hint="give what af.read_events or Pbx.events returns, with all events and columns",
        )
    if "variable" in events:
        kept &= events["event"].ne("VarSet") | events["variable"].isin(VARIABLES)
    rows = _in_order(_without_shortened_ids(_keys(events, kept.to_numpy(bool)), events))
    columns = [f"{block}{name}" for block in BLOCKS for name in ("uniqueid", "linkedid") if f"{block}{name}" in rows]
    codes, ids, pbx = _numbered(rows, columns)
    blocks = {block: codes[f"{block}uniqueid"] for block in BLOCKS if f"{block}uniqueid" in codes}
    linked = {block: codes[f"{block}linkedid"] for block in blocks if f"{block}linkedid" in codes}
    index = EventIndex(
        events=events,
        positions=rows.index.to_numpy(),
        server=rows["server"].to_numpy(),
        arrival=rows["arrival"].to_numpy(),
        blocks=blocks,
        linked=linked,
        ids=ids,
        pbx=pbx,
        call=np.zeros(len(ids), np.int64),
        has_rows=occurs(np.concatenate([*blocks.values(), np.empty(0, np.int64)]), len(ids)),
    )
    _complete_agent_events(index)
    edges = [(blocks[block], numbers) for block, numbers in linked.items()]
    edges += [
        (index.channel(rows_of, first), index.channel(rows_of, second))
        for event, (first, *others) in _MERGING.items()
        for rows_of in [index.successful(index.rows_of(event))]
        for second in others
    ]
    return replace(index, call=components(len(ids), edges))


def _complete_agent_events(index: EventIndex) -> None:
    """Give AgentComplete the channel of its caller where it names none.

    Source: Asterisk 22.10 under load. The event is raised when both channels may be gone, and then names only the queue
    and the member: it belongs to the last call that this member took there and that nothing else completes.
    """
    rows, connects = index.rows_of("AgentComplete", "AgentDump"), index.rows_of("AgentConnect")
    unnamed = rows[(index.channel(rows) < 0) & (index.channel(rows, "dest") < 0)]
    if not len(unnamed) or not len(connects):
        return
    named = np.setdiff1d(rows, unnamed)
    member_channel = index.channel(connects, "dest")
    is_completed = np.isin(member_channel, index.channel(named, "dest")) & (member_channel >= 0)
    caller = index.channel(connects)
    end = take_or(index.last_row(named), caller, -1)  # of an event that lacks the member's channel alone
    is_completed |= (end > connects) & (take_or(index.last_row(connects), caller, -1) == connects)
    events = np.sort(np.concatenate([unnamed, connects[~is_completed]]))
    members = zip(*(index.texts(name, events) for name in ("amf_pbx", "queue", "interface")), strict=True)
    open_calls: dict[tuple[object, ...], list[int]] = {}
    for row, channel, is_end, member in zip(
        events, index.channel(events), np.isin(events, unnamed), members, strict=True
    ):
        calls = open_calls.setdefault(member, [])
        if not is_end:
            calls.append(channel)
        elif calls:
            index.blocks[""][row] = calls.pop()


def _keys(events: pd.DataFrame, kept: Flags) -> pd.DataFrame:
    """Return what orders and joins the kept rows: ids, places and times as numbers; labelled by their positions."""
    columns = [f"{block}{name}" for block in BLOCKS for name in ("uniqueid", "linkedid")]
    columns += ["event", "amf_pbx", "amf_source", "amf_seq", "amf_time", "amf_time_source", "amf_received"]
    rows = events.loc[kept, [name for name in columns if name in events]]
    rows.index = pd.Index(np.flatnonzero(kept))
    times = rows["amf_time"].astype("datetime64[us, UTC]")
    is_server = rows["amf_time_source"].eq("server") if "amf_time_source" in rows else times.notna()
    arrived = times.mask(is_server)
    if "amf_received" in rows:
        arrived = rows["amf_received"].astype("datetime64[us, UTC]").fillna(arrived)
    rows = rows.assign(server=micros(times.where(is_server)), arrival=micros(arrived))
    if "uniqueid" in rows:
        rows["uniqueid"] = rows["uniqueid"].mask(rows["uniqueid"].isin(NOTHING))
    return rows


def _without_shortened_ids(rows: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without ids that the end of a cut file has shortened: no channel ever had them."""
    origin = events.attrs.get("amiframe") or {}
    if origin.get("fetched_complete", True) or "amf_seq" not in rows or not len(rows):
        return rows
    last = events.groupby("amf_source")["amf_seq"].max() if "amf_source" in events else [events["amf_seq"].max()]
    headless = events.loc[events["event"].isna(), "amf_seq"]  # the other half of a record that was cut in two
    is_last = rows["amf_seq"].isin([*last, *(headless - 1)])
    known = set(rows.loc[~is_last, "linkedid"].dropna()) | set(rows.loc[~is_last, "uniqueid"].dropna())
    is_new = rows["event"].eq("Newchannel") & rows["uniqueid"].eq(rows["linkedid"])
    is_short = is_last & ~is_new & rows["linkedid"].notna() & ~rows["linkedid"].isin(known)
    rows = rows.assign(linkedid=rows["linkedid"].mask(is_short), **_without_shortened_others(rows, is_last))
    return rows[~(is_last & rows["linkedid"].isna() & rows["uniqueid"].notna() & ~rows["uniqueid"].isin(known))]


def _without_shortened_others(rows: pd.DataFrame, is_last: pd.Series) -> dict[str, pd.Series]:
    """Return the columns that name other channels (``destuniqueid``), without what only the cut records name."""
    of_channels = [name for name in map(str, rows) if name.endswith(("uniqueid", "linkedid"))]
    known = set(pd.concat([rows.loc[~is_last, name] for name in of_channels]).dropna())
    others = [name for name in of_channels if name not in ("uniqueid", "linkedid")]
    return {name: rows[name].mask(is_last & ~rows[name].isin(known)) for name in others}


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of arrival, whatever order they come in.

    Time stamps of neighbours go back by a millisecond, so the place in the log decides. Where frames of several logs
    were put together, places are there twice: then each log is placed by its begin, or if no column separates the logs,
    each row by its time.
    """
    if "amf_seq" not in rows:
        return rows
    seq = rows["amf_seq"].to_numpy(np.int64, na_value=-1)
    stamp = np.where(rows["server"] == NO_TIME, rows["arrival"], rows["server"])
    part = np.zeros(len(rows), np.int64)
    for key in (rows[name] for name in ("amf_pbx", "amf_source") if name in rows):
        part = part * (key.nunique() + 1) + pd.factorize(key)[0] + 1
    within = np.lexsort((seq, part))
    if np.any((np.diff(seq[within]) == 0) & (np.diff(part[within]) == 0)):  # two records of one place
        return rows.iloc[np.lexsort((seq, stamp))]
    begin = pd.Series(np.where(stamp == NO_TIME, np.iinfo(np.int64).max, stamp)).groupby(part).transform("min")
    return rows.iloc[np.lexsort((seq, part, begin.to_numpy()))]


def _numbered(rows: pd.DataFrame, columns: list[str]) -> tuple[dict[str, Integers], pd.Series, pd.Series | None]:
    """Return the columns of ids as numbers, and what the numbers stand for: the id and the PBX."""
    places = {name: np.flatnonzero(rows[name].notna()) for name in columns}
    known = [rows[name].iloc[places[name]] for name in columns]
    numbers, ids = pd.factorize(pd.concat(known, ignore_index=True) if known else pd.Series(dtype="str"))
    pbx = None
    if "amf_pbx" in rows:
        of_row, pbxs = pd.factorize(rows["amf_pbx"], use_na_sentinel=False)
        of_id = of_row[np.concatenate([*places.values(), np.empty(0, np.int64)])]
        pairs, numbers = np.unique(of_id * max(len(ids), 1) + numbers, return_inverse=True)
        pbx = pd.Series(pd.Index(pbxs).take(pairs // max(len(ids), 1)), dtype="str")
        ids = ids.take(pairs % max(len(ids), 1))
    codes: dict[str, Integers] = {}
    begin = 0
    for name, rows_of in places.items():
        codes[name] = np.full(len(rows), -1)
        codes[name][rows_of] = numbers[begin : begin + len(rows_of)]
        begin += len(rows_of)
    return codes, pd.Series(ids, dtype="str"), pbx
