"""Manners of every plot: what is yours stays as it is, nothing is cut or covered, what is wrong is an error."""

from __future__ import annotations

import functools
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

import amiframe as af
from amiframe import plot
from amiframe.errors import ConfigError
from amiframe.plot._call_timeline import call_timeline

LOGS = Path(__file__).parents[1] / "analysis" / "logs" / "22"
Case = tuple[Callable[..., Any], pd.DataFrame, dict[str, Any]]


@functools.cache
def cases() -> dict[str, Case]:
    log = af.read_queue_log(af.sample("queue_log"))
    visits, states = af.queue_calls(log), af.agents(log)
    events = af.read_events(af.sample("events_calls"))
    calls = af.calls(events, trunks="PJSIP/trunk*")
    cdr = af.read_cdr(af.sample("cdr"), tz="UTC").rename(columns={"start": "started", "end": "ended"})
    status = af.read_status(af.sample("status"))
    times = pd.date_range("2026-11-24 10:00", periods=5, freq="1min", tz="UTC")
    series = af.status_series(status.iloc[: 20 + 9 * k].assign(amf_fetched=t) for k, t in enumerate(times))
    monday = states[states["started"].between("2026-11-16", "2026-11-17")]
    berlin = {"tz": "Europe/Berlin"}
    return {
        "agent_timeline": (plot.agent_timeline, monday, berlin),
        "agent_timeline of a week": (plot.agent_timeline, states, berlin),
        "call_ladder": (plot.call_ladder, events, {"linkedid": "1795548258.41"}),
        "causes": (plot.causes, calls, {}),
        "channel_states": (plot.channel_states, status, {}),
        "concurrency": (plot.concurrency, cdr[cdr["started"] < "2026-11-17"], berlin),
        "concurrency of a week": (plot.concurrency, cdr, berlin),
        "durations": (plot.durations, status, {}),
        "durations of calls": (plot.durations, calls, {}),
        "heatmap": (plot.heatmap, visits, berlin),
        "heatmap of who gave up": (plot.heatmap, visits, {"value": "abandon_rate"}),
        "privileges": (plot.privileges, af.read_commands(af.sample("commands")), {}),
        "service_level": (plot.service_level, visits[visits["joined"] < "2026-11-17"], berlin),
        "service_level of a week": (plot.service_level, visits, berlin),
        "status_series": (plot.status_series, series, {"by": "application"}),
        "waits": (plot.waits, visits, {}),
    }


CASES = (
    "agent_timeline",
    "agent_timeline of a week",
    "call_ladder",
    "causes",
    "channel_states",
    "concurrency",
    "concurrency of a week",
    "durations",
    "durations of calls",
    "heatmap",
    "heatmap of who gave up",
    "privileges",
    "service_level",
    "service_level of a week",
    "status_series",
    "waits",
)


def test_every_plot_is_here():
    assert {draw.__name__ for draw, _, _ in cases().values()} == set(plot.__all__)
    assert tuple(cases()) == CASES


@pytest.mark.parametrize("name", CASES)
def test_settings_and_frames_stay_as_they_are(name):
    draw, frame, options = cases()[name]
    settings, copy, about = dict(mpl.rcParams), frame.copy(deep=True), repr(frame.attrs)
    draw(frame, **options)
    assert dict(mpl.rcParams) == settings
    pd.testing.assert_frame_equal(frame, copy)
    assert repr(frame.attrs) == about


@pytest.mark.parametrize("name", CASES)
def test_an_axes_of_yours_is_drawn_on_and_its_figure_keeps_its_size(name):
    draw, frame, options = cases()[name]
    figure = Figure(figsize=(7, 9))
    ax, other = figure.subplots(2)
    assert draw(frame, **options, ax=ax) is ax
    assert draw(frame.iloc[:0], **options, ax=other) is other
    assert tuple(figure.get_size_inches()) == (7, 9)
    assert ax.get_title()
    figure.draw_without_rendering()


def shown_texts(figure: Figure) -> list[Text]:
    return [
        text
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and not (isinstance(text, Annotation) and not text.get_text())
    ]


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize("name", CASES)
def test_no_text_is_cut_off_and_labels_do_not_cover_each_other(name, style):
    draw, frame, options = cases()[name]
    with matplotlib.style.context(style):
        ax = draw(frame, **options)
        figure = ax.figure
        figure.draw_without_rendering()
        inside = figure.bbox.padded(1)
        for text in shown_texts(figure):
            box = text.get_window_extent()
            low, high = ax.get_xlim()
            is_tick = text in ax.get_xticklabels()
            if is_tick and not low <= text.get_position()[0] <= high:
                continue  # beyond the axis: not drawn
            assert inside.x0 <= box.x0 <= box.x1 <= inside.x1, text
            assert inside.y0 <= box.y0 <= box.y1 <= inside.y1, text
        labels = [label for label in ax.get_xticklabels() if label.get_text() and not label.get_rotation()]
        boxes = [label.get_window_extent() for label in labels]
        for one, other in itertools.pairwise(sorted(boxes, key=lambda box: box.x0)):
            assert one.x1 <= other.x0 + 0.5, labels
        heads = [
            ax.title.get_window_extent(),
            *(t.get_window_extent() for t in ax.texts if t.get_gid() and "subtitle" in t.get_gid()),
        ]
        if ax.get_legend():
            heads.append(ax.get_legend().get_window_extent())
        for one, other in itertools.combinations(heads, 2):
            assert not one.overlaps(other)


@pytest.mark.parametrize("name", CASES)
def test_text_stands_out_against_its_paper(name):
    draw, frame, options = cases()[name]
    for style in ("default", "dark_background"):
        with matplotlib.style.context(style):
            ax = draw(frame, **options)
        paper = ax.get_facecolor()
        for text in (ax.title, *(t for t in ax.texts if "subtitle" in (t.get_gid() or "")), *ax.get_yticklabels()):
            assert plot._colors.contrast(mpl.colors.to_hex(text.get_color()), mpl.colors.to_hex(paper)) >= 4.5, text


@pytest.mark.parametrize("draw", [getattr(plot, name) for name in plot.__all__])
@pytest.mark.parametrize("wrong", [pd.DataFrame({"a": [1]}), [1, 2], None], ids=["columns", "list", "none"])
def test_another_frame_is_an_error_with_a_hint(draw, wrong):
    options = {"linkedid": "1.1"} if draw is plot.call_ladder else {}
    with pytest.raises(ConfigError) as caught:
        draw(wrong, **options)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("concurrency", "started"),
        ("heatmap", "joined"),
        ("service_level", "joined"),
        ("waits", "joined"),
        ("agent_timeline", "ended"),
        ("causes", "started"),
    ],
)
@pytest.mark.parametrize("change", [lambda times: times.dt.tz_localize(None), lambda times: times.astype("str")])
def test_times_without_a_zone_or_as_text_are_an_error(name, column, change):
    draw, frame, options = cases()[name]
    with pytest.raises(ConfigError) as caught:
        draw(frame.assign(**{column: change(frame[column])}), **options)
    assert column in str(caught.value)


def test_nothing_of_pyplot_is_touched_and_no_screen_is_needed():
    code = (
        "import sys, io, amiframe as af; s = af.read_status(af.sample('status')); ax = af.plot.channel_states(s);"
        "ax.figure.savefig(io.BytesIO()); assert ax._repr_png_()[0][:4] == b'\\x89PNG';"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "MPLBACKEND")}
    assert subprocess.run([sys.executable, "-c", code], env=bare, check=False).returncode == 0


def test_cells_without_calls_are_blank():
    visits = cases()["heatmap"][1]
    local = visits["joined"].dt.tz_convert("Europe/Berlin")
    busy = set(zip(local.dt.day_of_week, local.dt.hour, strict=True))
    for value in plot._traffic.VALUES:
        ax = plot.heatmap(visits, value=value, tz="Europe/Berlin")
        cells = np.asarray(ax.collections[0].get_facecolors()).reshape(7, 24, 4)
        drawn = {(int(day), int(hour)) for day, hour in zip(*np.nonzero(cells[..., 3]), strict=True)}
        assert drawn <= busy
        assert len(busy - drawn) == (0 if value == "calls" else len(busy - drawn))
        assert len([text for text in ax.texts if text.get_text()[0].isdigit()]) >= len(drawn)


def test_what_is_too_dense_is_drawn_as_least_most_and_mean():
    draw, cdr, options = cases()["concurrency of a week"]
    ax = draw(cdr, **options)
    steps = af.metrics.concurrency(cdr, by=[])
    band = next(c for c in ax.collections if c.get_gid() == "least to most").get_paths()[0].vertices[:, 1]
    mean = next(line for line in ax.lines if line.get_gid() == "concurrent")
    assert band.max() == steps["concurrent"].max()
    days = np.diff(mean.get_xdata())
    spent = (cdr["ended"] - cdr["started"]).dt.total_seconds().sum() / 86400
    assert (mean.get_ydata()[:-1] * days).sum() == pytest.approx(spent, rel=1e-6)


def test_shares_of_agents_add_up_to_their_time():
    _, states, options = cases()["agent_timeline of a week"]
    ax = plot.agent_timeline(states, **options)
    drawn = 0.0
    for bars in ax.collections:
        if bars.get_gid() == "paused":
            for path in bars.get_paths():
                (x0, y0), (x1, y1) = path.vertices.min(axis=0), path.vertices.max(axis=0)
                drawn += (x1 - x0) * (y1 - y0) / 0.72 * 86400
    one = states[states["state"].eq("paused")].drop_duplicates(["member", "started", "ended"])
    busy = one["duration_s"].sum()
    assert drawn == pytest.approx(busy, rel=0.02)


def test_a_level_that_is_never_reached_did_not_fall():
    visits = cases()["waits"][1]
    title = plot.service_level(visits.assign(wait_s=100.0), tz="UTC").get_title()
    assert title == "Service level 0 %, below the target of 80 % throughout"


def test_rows_are_called_what_they_are():
    draw, cdr, options = cases()["concurrency"]
    assert "call records at once" in draw(cdr, **options).get_title()
    assert "call" not in draw(af.legs(cases()["call_ladder"][1])).get_title()


def test_the_arrow_of_a_transfer_through_local_ends_at_who_was_called():
    log = af.read_events(LOGS / "attended_transfer_by_feature.txt.gz")
    timeline = call_timeline(log, af.calls(log)["linkedid"].iloc[0])
    assert [arrow.target for arrow in timeline.arrows if arrow.kind == "transfer"] == ["PJSIP/102"]


def test_axes_of_a_ladder_end_with_the_call_and_the_rest_is_summed_up():
    log = af.read_events(LOGS / "ring_all.txt.gz")
    call = af.calls(log)["linkedid"].iloc[0]
    own = log["uniqueid"].eq("1795548238.18") | log["destuniqueid"].eq("1795548238.18")
    parts = [log]
    for number in range(9):
        copy = log[own.fillna(False)].copy()
        for name in copy.columns[copy.dtypes.eq("str")]:
            copy[name] = copy[name].replace("1795548238.18", f"1795548238.18{number}")
            copy[name] = copy[name].str.replace("PJSIP/101-", f"PJSIP/4{number}-", regex=False)
        parts.append(copy)
    whole = pd.concat(parts).sort_values(["amf_time", "amf_seq"], kind="stable", ignore_index=True)
    whole["amf_seq"] = pd.Series(np.arange(len(whole)), dtype="Int64")
    ax = plot.call_ladder(whole, call)
    timeline = call_timeline(whole, call)
    assert max(ax.get_xticks()) <= timeline.length
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert len(labels) == 8
    assert labels[-1] == "6 more endpoints"
    endings = [text.get_text() for text in ax.texts if text.get_gid() == "ending"]
    assert "6 answered elsewhere (26)" in endings
