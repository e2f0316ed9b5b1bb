"""Live events as HTML and as code."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache

from amiframe import schema
from amiframe.html import Markup, element, facts, format_cell, metric, note, table_box
from amiframe.schema.event_details import detail_fields
from amiframe.widgets._base import code_snippet
from amiframe.widgets._base.keyboard import HEAD
from amiframe.widgets.events.event_buffer import RATE_S, Counts
from amiframe.widgets.events.event_filter import NOTHING, Entry, EventFilter, EventLine, MissingEvents, patterns
from amiframe.wire.encoding import unescape
from amiframe.wire.message import Message

_HEADS = ("time (UTC)", "event", "class", "channel", "call", "what it tells")
_LONGEST = 160
# the head presses a field of the widget that is not shown: what is picked is worked out by the kernel. A row may be
# replaced between press and release of a button, so the press alone counts; a click comes from the keyboard
_PICK = (
    "const r=event.target.closest('[data-number]');if(r){const f=this.closest('.amf-panel').querySelector("
    "'.amf-pick input');f.value=r.dataset.number;f.dispatchEvent(new Event('input',{bubbles:true}))}"
)


def details(message: Message) -> str:
    """Return the fields of an event beside its channel: first its own, then those that it repeats of its channel.

    Examples
    --------
    >>> details(Message((("Event", "Hangup"), ("Channel", "PJSIP/1-1"), ("Exten", "9"), ("Cause", "16"))))
    'cause=16 exten=9'
    """
    escaped = _escaped(message.name)
    values = {name.lower(): value for name, value in message if value not in NOTHING}
    variable = values.pop("variable", None)
    variable = variable if variable and message.name == "VarSet" else "value"
    whole = " ".join(
        f"{variable if name == 'value' else name}={unescape(values[name]) if name in escaped else values[name]}"
        for name in detail_fields(values)
    )
    return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}…"


@cache
def _escaped(event: str) -> frozenset[str]:
    return frozenset(field.header.lower() for field in schema.event_table(event) if field.escaped)


def table(rows: Sequence[Entry], picked: int | None, *, is_live: bool = True, more: int = 0, empty: str = "") -> Markup:
    """Return events as a table, the newest first; where there is a kernel its rows can be picked."""
    if not rows:
        return note(empty)
    heads = [element("th", head, scope="col") for head in _HEADS]
    body = [
        _gap(row) if isinstance(row, MissingEvents) else _row(row, row.number == picked, is_live=is_live)
        for row in rows
    ]
    below = note(f"{more:,} older ones are not shown here") if more > 0 else Markup()
    height = "24em" if is_live else "none"
    pick = {"onpointerdown": _PICK, "onclick": _PICK} if is_live else {}
    return table_box(heads, body, label="events", height=height, box={HEAD: "events"}, body=pick) + below


def _row(line: EventLine, is_picked: bool, *, is_live: bool) -> Markup:
    pressed = {HEAD: line.number, "title": "show this event and its call", "aria_pressed": str(is_picked).lower()}
    channel = line.channels[0] if line.channels else None
    cells = [
        f"{line.at:%H:%M:%S}.{line.at.microsecond // 1000:03d}",
        element("button", line.name, type="button", **pressed) if is_live else line.name,
        ", ".join(line.classes),
        format_cell(channel),
        format_cell(line.call),
        details(line.message),
    ]
    return element(
        "tr",
        *(element("td", cell) for cell in cells),
        class_="amf-picked" if is_picked else "",
        data_number=line.number if is_live else None,
    )


def _gap(row: MissingEvents) -> Markup:
    gap = row.gap
    seconds = (gap.end - gap.start).total_seconds()
    text = f"events may be missing: {gap.start:%H:%M:%S}–{gap.end:%H:%M:%S} ({seconds:.0f} s), {gap.reason}"
    return element("tr", element("td", f"⚠ {text}", colspan=len(_HEADS)), class_="amf-gone")


def figures(counts: Counts, rate: float, *, keep: int, came: int | None) -> Markup:
    """Return what there is in numbers; `came` is how many came since it was paused."""
    metrics = [
        metric(f"{rate:,.1f}", f"events/s, last {RATE_S:.0f} s"),
        metric(f"{counts.received:,}", "heard"),
        metric(f"{counts.kept:,}", f"kept of at most {keep:,}"),
        metric(f"{counts.shown:,}", "shown by the filters"),
        metric(f"{counts.fallen:,}", "fell out of the buffer") if counts.fallen else "",
        metric(f"{counts.gaps:,}", "gaps", "amf-bad" if counts.gaps else ""),
        metric(f"+{came:,}", "since the pause") if came is not None else "",
    ]
    return element("div", *metrics, class_="amf-figures")


def event(line: EventLine) -> Markup:
    """Return all headers of one event, as the PBX sent them."""
    heading = element("h4", f"{line.name} · {line.at:%H:%M:%S.%f} UTC")
    return heading + facts(line.message.pairs[1:], f"headers of {line.name}", height="16em")


def filter_facts(event_filter: EventFilter) -> Markup:
    """Return the fields of a filter that are not empty."""
    fields = {name.removeprefix("event_"): value for name, value in asdict(event_filter).items() if value}
    return facts(fields.items(), "filters") if fields else Markup()


def code(event_filter: EventFilter, mask: str | None, picked: str | None, watch: str) -> str:
    """Return what is shown as code; `watch` is what names the PBX on the command line."""
    lines = [
        f"events = {code_snippet.call('pbx.events', 60, mask=mask)}"
        f"  # for ever: for batch in {code_snippet.call('pbx.listen', mask=mask)}: batch.events, batch.gap",
        "shown = events",
    ]
    wanted, hidden = patterns(event_filter.event)
    for sign, pattern in (("", wanted), ("~", hidden)):
        if pattern:
            lines.append(f"shown = shown[{sign}shown['event'].str.fullmatch({pattern!r}, case=False)]")
    if event_filter.event_class:
        lines.append(
            "shown = shown[[isinstance(names, list) and "
            f"{event_filter.event_class!r} in names for names in shown['privilege'].to_list()]]"
        )
    if event_filter.channel:
        lines += [
            "names = [name for name in shown if name.endswith('channel')]",
            f"found = shown[names].apply(lambda c: c.str.contains({event_filter.channel!r}, case=False, regex=False))",
            "shown = shown[found.fillna(False).any(axis=1)]",
        ]
    if event_filter.call:
        lines += [
            "legs = af.legs(events)",
            f"call = legs.loc[legs['uniqueid'] == {event_filter.call!r}, 'linkedid']",
            "ids = legs.loc[legs['linkedid'].isin(call), 'uniqueid']",
            "names = [name for name in shown if name.endswith(('uniqueid', 'linkedid'))]",
            "shown = shown[shown[names].isin(set(ids)).any(axis=1)]",
        ]
    if event_filter.text:
        lines += [
            "texts = shown.drop(columns=['timestamp', *shown.filter(like='amf_')], errors='ignore').astype('str')",
            f"found = texts.apply(lambda c: c.str.contains({event_filter.text!r}, case=False, regex=False))",
            "shown = shown[found.fillna(False).any(axis=1)]",
        ]
    if picked:
        lines.append(f"af.plot.call_ladder(events, {picked!r})")
    names = [] if hidden or "*" in wanted else wanted.replace("\\", "").split("|")
    only = "".join(f" -e {shlex.quote(name)}" for name in names if name)
    return "\n".join(
        [*lines, f"# in a terminal: amiframe watch {watch}{f' --mask {shlex.quote(mask)}' if mask else ''}{only}"]
    )
