"""Draw every plot, and write docs/gallery.md and its pictures in docs/gallery/.

python docs/gallery.py                    draws what the page shows
python docs/gallery.py --check            draws that too and keeps nothing; fails when the page is not up to date
python docs/gallery.py --all DIR [NAME]   every plot with every kind of data, light and dark, into another folder
"""

from __future__ import annotations

import functools
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gallery_data as data
import matplotlib.style
import pandas as pd
from PIL import Image

from amiframe import plot

PAGE, FOLDER = Path(__file__).with_name("gallery.md"), Path(__file__).with_name("gallery")
STYLES = {"light": "default", "dark": "dark_background"}
COLOURS = 96  # of a picture: small files
TZ = data.ZONE
HEAD = """# Gallery

What `amiframe.plot` draws, made by `python docs/gallery.py`: the code below is what it runs, on the shipped samples.
Every function returns a matplotlib `Axes`; in a notebook it shows itself as the last thing in a cell,
`ax.figure.savefig("calls.png")` keeps it, and `ax=` draws into a figure of yours.

The title is the finding, `ax.get_title()`; below it stand period, zone, source and number. Colours follow matplotlib's
style (`plt.style.use("dark_background")`), hold for the colour-blind and, with hatches, in grey print. `tz=` is the
zone of the axis. Frames stay as they are, no setting of matplotlib changes, and nothing stays open.

Names of people and queues may be of any script. matplotlib's own font has Latin, Cyrillic, Greek, Arabic and Hebrew;
for others a font of the system is taken (Noto, Source Han, Microsoft YaHei, Malgun Gothic, Hiragino ...). Where there
is none, □ stands for each letter, and the line below the title says so; `apt install fonts-noto-cjk` is a cure.

```python
{setup}```
"""
SETUP = """import pandas as pd

import amiframe as af

visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
states = af.agents(af.read_queue_log(af.sample("queue_log")))
events = af.read_events(af.sample("events_calls"))
calls = af.calls(events, trunks="PJSIP/trunk*")
cdr = af.read_cdr(af.sample("cdr"), tz="UTC").rename(columns={"start": "started", "end": "ended"})
status = af.read_status(af.sample("status"))
times = pd.date_range("2026-11-24 10:00", periods=30, freq="1min", tz="UTC")  # as if there were many of them
snapshots = [status.sample(30 + k, random_state=k).assign(amf_fetched=t) for k, t in enumerate(times)]
"""
TEXTS = {
    "call_ladder": (
        'af.plot.call_ladder(events, "1795548258.41", tz="Europe/Berlin")',
        "One call: a lane for the caller, each queue and each endpoint, eight at most; who hung up, and why.",
    ),
    "service_level": (
        'af.plot.service_level(visits[visits["joined"] < "2026-11-17"], tz="Europe/Berlin")',
        "What became of callers by half-hour, and the service level with its target. A hollow dot stands for few "
        "calls; the line is broken where there were none.",
    ),
    "waits": (
        "af.plot.waits(visits, threshold_s=20)",
        "How long callers waited who were answered, against those who gave up. Steps grow wider to the right.",
    ),
    "heatmap": (
        'af.plot.heatmap(visits, value="calls", tz="Europe/Berlin")',
        'Calls by weekday and hour, or with `value="abandon_rate"` the share that gave up: pale where it is a share of '
        "fewer than 30. Without calls a cell is blank.",
    ),
    "agent_timeline": (
        'af.plot.agent_timeline(states[states["started"].between("2026-11-16", "2026-11-17")], tz="Europe/Berlin")',
        "What agents did. Where there are too many states to be seen, shares of each hour or day take their place.",
    ),
    "concurrency": (
        'af.plot.concurrency(cdr[cdr["started"] < "2026-11-17"], tz="Europe/Berlin")',
        "How many calls at once. Of very many, the least, the most and the mean of each hour or day.",
    ),
    "causes": ("af.plot.causes(calls)", "Why calls ended: Q.850 causes, and whose they are."),
    "channel_states": ("af.plot.channel_states(status)", "Channels by state and technology."),
    "durations": ("af.plot.durations(status)", "How long channels have been up, or how long calls lasted."),
    "status_series": (
        'af.plot.status_series(af.status_series(snapshots), by="application")',
        "How many channels over time, from snapshots, by state, technology or application.",
    ),
    "privileges": (
        'af.plot.privileges(af.read_commands(af.sample("commands")))',
        "Which privileges lead to which actions; a row for each set of which one is enough.",
    ),
}


@functools.cache
def names() -> dict[str, Any]:
    """Return what the code of the page works with."""
    found: dict[str, Any] = {}
    exec(SETUP, found)
    return found


def of_page(code: str) -> object:
    """Draw what a line of the page draws."""
    return eval(code, dict(names()))


def ladder(story: str, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda log: log) -> Callable[[], object]:
    """Return what draws the ladder of a recorded call."""

    def draw() -> object:
        log, call = data.call_of(story)
        return plot.call_ladder(change(data.longer(log, call)), call, tz=TZ)

    return draw


# plot: kind of data: what draws it, besides the code of the page
PLOTS: dict[str, dict[str, Callable[[], object]]] = {
    "call_ladder": {
        "world": ladder("queue_agent_transfers", data.worldly),
        "large": lambda: plot.call_ladder(*data.ring_group(), tz=TZ),
        "empty": lambda: plot.call_ladder(data.events().iloc[:0], "1795548220.0"),
        **{f"story-{name}": ladder(name) for name in data.STORIES},
    },
    "service_level": {
        "week": lambda: plot.service_level(data.visits(), tz=TZ),
        "world": lambda: plot.service_level(data.one_queue(0), every="1d", tz=TZ),
        "large": lambda: plot.service_level(data.many_visits(), tz=TZ),
        "empty": lambda: plot.service_level(data.visits().iloc[:0]),
    },
    "waits": {
        "world": lambda: plot.waits(data.one_queue(1)),
        "large": lambda: plot.waits(data.many_visits()),
        "empty": lambda: plot.waits(data.visits().iloc[:0]),
    },
    "heatmap": {
        "rate": lambda: plot.heatmap(data.visits(), value="abandon_rate", tz=TZ),
        "world": lambda: plot.heatmap(data.one_queue(0), tz="Asia/Tokyo"),
        "large": lambda: plot.heatmap(data.many_calls(), tz=TZ),
        "large-rate": lambda: plot.heatmap(data.many_visits(), value="abandon_rate", tz=TZ),
        "empty": lambda: plot.heatmap(data.visits().iloc[:0], tz=TZ),
    },
    "agent_timeline": {
        "week": lambda: plot.agent_timeline(data.states(), tz=TZ),
        "world": lambda: plot.agent_timeline(data.renamed(data.monday(data.states(), "started")), tz=TZ),
        "large": lambda: plot.agent_timeline(data.many_states(), tz=TZ),
        "empty": lambda: plot.agent_timeline(data.states().iloc[:0]),
    },
    "concurrency": {
        "week": lambda: plot.concurrency(data.cdr(), tz=TZ),
        "large": lambda: plot.concurrency(data.many_calls(), tz=TZ),
        "empty": lambda: plot.concurrency(data.calls().iloc[:0]),
    },
    "causes": {
        "large": lambda: plot.causes(data.many_calls()),
        "empty": lambda: plot.causes(data.calls().iloc[:0]),
    },
    "channel_states": {
        "large": lambda: plot.channel_states(data.many_channels()),
        "empty": lambda: plot.channel_states(data.status().iloc[:0]),
    },
    "durations": {
        "talk": lambda: plot.durations(data.calls()),
        "large": lambda: plot.durations(data.many_calls()),
        "empty": lambda: plot.durations(data.status().iloc[:0]),
    },
    "status_series": {
        "state": lambda: plot.status_series(data.snapshots(), tz=TZ),
        "world": lambda: plot.status_series(data.worldly_snapshots(), by="application", tz=TZ),
        "large": lambda: plot.status_series(data.many_snapshots(), tz=TZ),
        "empty": lambda: plot.status_series(data.snapshots().iloc[:0]),
    },
    "privileges": {
        "world": lambda: plot.privileges(data.worldly_privileges()),
        "large": lambda: plot.privileges(data.many_privileges()),
        "empty": lambda: plot.privileges(data.commands().iloc[:0]),
    },
}
for _name, (_code, _) in TEXTS.items():
    PLOTS[_name]["small"] = functools.partial(of_page, _code)
SHOWN = {
    "call_ladder": {"world": "names of the world", "large": "25 phones ring"},
    "service_level": {"large": "100,000 calls"},
    "waits": {"large": "100,000 calls"},
    "heatmap": {"rate": "who gave up"},
    "agent_timeline": {"world": "names of the world", "week": "shares"},
    "concurrency": {"large": "100,000 calls"},
    "status_series": {},
    "durations": {"empty": "no channel is up"},
}
"""What the page shows besides the small ones, light and dark."""


def drawn(name: str, kind: str, style: str, report: Callable[[str], None] = lambda _: None) -> bytes:
    """Return a picture."""
    with matplotlib.style.context(STYLES[style]):
        begun = time.perf_counter()
        ax = PLOTS[name][kind]()
        made = time.perf_counter()
        raw = io.BytesIO()
        ax.figure.savefig(raw, format="png", dpi=100)  # type: ignore[attr-defined]
        report(f"{name} {kind} {style}: {made - begun:.2f} s, saved in {time.perf_counter() - made:.2f} s")
    small = io.BytesIO()
    Image.open(raw).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue()


def shown() -> list[tuple[str, str, str, str]]:
    """Return plot, kind of data, style and words of each picture of the page."""
    pictures = []
    for name in TEXTS:
        pictures += [(name, "small", style, style) for style in STYLES]
        pictures += [(name, kind, "light", said) for kind, said in SHOWN.get(name, {}).items()]
    return pictures


def file_of(name: str, kind: str, style: str) -> str:
    """Return the name of a picture's file."""
    return f"{name}-{kind}-{style}.png"


def page() -> str:
    """Return the whole page."""
    parts = [HEAD.format(setup=SETUP)]
    for name, (code, said) in TEXTS.items():
        parts.append(f"## {name}\n\n{said}\n\n```python\n{code}\n```\n")
        parts += [
            f"![{name}, {words}](gallery/{file_of(name, kind, style)})\n"
            for plotted, kind, style, words in shown()
            if plotted == name
        ]
    return "\n".join(parts)


def write() -> None:
    """Draw the pictures of the page, and write it."""
    FOLDER.mkdir(exist_ok=True)
    wanted = {file_of(name, kind, style): (name, kind, style) for name, kind, style, _ in shown()}
    for old in FOLDER.glob("*.png"):
        if old.name not in wanted:
            old.unlink()
    for file, picture in wanted.items():
        (FOLDER / file).write_bytes(drawn(*picture))
    PAGE.write_text(page(), "utf-8")


def check() -> None:
    """Fail when the page or its list of pictures is not up to date, or when something cannot be drawn any more."""
    wanted = {file_of(name, kind, style) for name, kind, style, _ in shown()}
    if PAGE.read_text("utf-8") != page() or {file.name for file in FOLDER.glob("*.png")} != wanted:
        sys.exit("docs/gallery.md is not up to date: python docs/gallery.py")
    for name, kind, style, _ in shown():
        if kind != "large" and style == "light":  # the others take long, and are drawn by the same code
            drawn(name, kind, style)


def every(folder: Path, begins: str) -> None:
    """Draw everything into a folder, to be looked at; tell how long each takes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, kinds in PLOTS.items():
        for kind in kinds:
            for style in STYLES:
                if file_of(name, kind, style).startswith(begins):
                    (folder / file_of(name, kind, style)).write_bytes(drawn(name, kind, style, print))


if __name__ == "__main__":
    if "--check" in sys.argv:
        check()
    elif "--all" in sys.argv:
        every(Path(sys.argv[2]), "".join(sys.argv[3:4]))
    else:
        write()
