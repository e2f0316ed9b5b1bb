"""Draw every plot with small, large, empty and worldly data into docs/gallery/, and write docs/gallery.md.

python docs/gallery.py             draws what the page shows
python docs/gallery.py --check     draws it too, but writes nothing; says whether the page is up to date
python docs/gallery.py --all DIR   draws each plot with each kind of data, light and dark, into another folder
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import gallery_data as data
import matplotlib.style
from PIL import Image

import amiframe as af

HERE = Path(__file__).parent
PAGE, FOLDER = HERE / "gallery.md", HERE / "gallery"
LIGHT, DARK = "light", "dark"
STYLES = {LIGHT: "default", DARK: "dark_background"}
TZ = data.ZONE
plot = af.plot


def ladder(story: str, change: Callable = lambda log: log) -> Callable:
    """Return what draws the ladder of a recorded call."""

    def draw() -> object:
        log, call = data.call_of(story)
        return plot.call_ladder(change(data.longer(log, call)), call, tz=TZ)

    return draw


# plot: kind of data: what draws it
PLOTS: dict[str, dict[str, Callable]] = {
    "call_ladder": {
        "small": ladder("queue_agent_transfers"),
        "world": ladder("queue_agent_transfers", data.worldly),
        "large": lambda: plot.call_ladder(*data.ring_group(), tz=TZ),
        "empty": lambda: plot.call_ladder(data.events().iloc[:0], "1795548220.0"),
        **{f"story-{s.name.partition('.')[0]}": ladder(s.name.partition(".")[0])
           for s in sorted(data.STORIES.glob("*.txt.gz"))},
    },
    "service_level": {
        "small": lambda: plot.service_level(data.monday(visits(), "joined"), tz=TZ),
        "week": lambda: plot.service_level(visits(), tz=TZ),
        "world": lambda: plot.service_level(data.renamed(visits()).query("queue == @data.QUEUES[0]"), every="1d", tz=TZ),
        "large": lambda: plot.service_level(many_visits(), tz=TZ),
        "empty": lambda: plot.service_level(visits().iloc[:0]),
    },
    "waits": {
        "small": lambda: plot.waits(visits()),
        "world": lambda: plot.waits(data.renamed(visits()).query("queue == @data.QUEUES[1]")),
        "large": lambda: plot.waits(many_visits()),
        "empty": lambda: plot.waits(visits().iloc[:0]),
    },
    "heatmap": {
        "small": lambda: plot.heatmap(visits(), tz=TZ),
        "rate": lambda: plot.heatmap(visits(), value="abandon_rate", tz=TZ),
        "large": lambda: plot.heatmap(data.many_calls(), tz=TZ),
        "large-rate": lambda: plot.heatmap(many_visits(), value="abandon_rate", tz=TZ),
        "empty": lambda: plot.heatmap(visits().iloc[:0], tz=TZ),
    },
    "agent_timeline": {
        "small": lambda: plot.agent_timeline(data.monday(states(), "started"), tz=TZ),
        "week": lambda: plot.agent_timeline(states(), tz=TZ),
        "world": lambda: plot.agent_timeline(data.renamed(data.monday(states(), "started")), tz=TZ),
        "large": lambda: plot.agent_timeline(many_states(), tz=TZ),
        "empty": lambda: plot.agent_timeline(states().iloc[:0]),
    },
    "concurrency": {
        "small": lambda: plot.concurrency(data.monday(data.cdr(), "started"), tz=TZ),
        "week": lambda: plot.concurrency(data.cdr(), tz=TZ),
        "large": lambda: plot.concurrency(data.many_calls(), tz=TZ),
        "empty": lambda: plot.concurrency(data.calls().iloc[:0]),
    },
    "causes": {
        "small": lambda: plot.causes(data.calls()),
        "large": lambda: plot.causes(data.many_calls()),
        "empty": lambda: plot.causes(data.calls().iloc[:0]),
    },
    "channel_states": {
        "small": lambda: plot.channel_states(status()),
        "large": lambda: plot.channel_states(data.many_channels()),
        "empty": lambda: plot.channel_states(status().iloc[:0]),
    },
    "durations": {
        "small": lambda: plot.durations(status()),
        "talk": lambda: plot.durations(data.calls()),
        "large": lambda: plot.durations(data.many_calls()),
        "empty": lambda: plot.durations(status().iloc[:0]),
    },
    "status_series": {
        "small": lambda: plot.status_series(data.snapshots(), tz=TZ),
        "application": lambda: plot.status_series(data.snapshots(), by="application", tz=TZ),
        "large": lambda: plot.status_series(data.many_snapshots(), tz=TZ),
        "empty": lambda: plot.status_series(data.snapshots().iloc[:0]),
    },
    "privileges": {
        "small": lambda: plot.privileges(af.privilege_matrix(commands())) if hasattr(af, "privilege_matrix")
        else plot.privileges(commands()),
        "large": lambda: plot.privileges(data.many_privileges()),
        "empty": lambda: plot.privileges(commands().iloc[:0]),
    },
}  # fmt: skip


def visits():
    return af.queue_calls(data.week())


def many_visits():
    return af.queue_calls(data.many_lines())


def states():
    return af.agents(data.week())


def many_states():
    return af.agents(data.many_lines())


def status():
    return af.read_status(af.sample("status"))


def commands():
    return af.read_commands(af.sample("commands"))


def drawn(name: str, kind: str, style: str) -> bytes:
    """Return a picture."""
    with matplotlib.style.context(STYLES[style]):
        begun = time.perf_counter()
        ax = PLOTS[name][kind]()
        made = time.perf_counter() - begun
        raw = io.BytesIO()
        ax.figure.savefig(raw, dpi=100, facecolor=ax.figure.get_facecolor())
        print(f"{name} {kind} {style}: {made:.2f} s, saved in {time.perf_counter() - begun - made:.2f} s")
    small = io.BytesIO()
    Image.open(raw).convert("RGB").quantize(96, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    where = Path(sys.argv[2])
    where.mkdir(exist_ok=True, parents=True)
    chosen = sys.argv[3:]
    for name, kinds in PLOTS.items():
        for kind in kinds:
            for style in STYLES:
                if not chosen or any(f"{name}-{kind}-{style}".startswith(c) for c in chosen):
                    (where / f"{name}-{kind}-{style}.png").write_bytes(drawn(name, kind, style))
