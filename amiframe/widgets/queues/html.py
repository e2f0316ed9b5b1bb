"""The card of a queue as HTML: its numbers, and a strip of its agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from amiframe.analysis.snapshots.queue_board import AGENT_STATES
from amiframe.html import Markup, element, metric, note
from amiframe.timeutil.durations import format_duration

FEW = 30
"""A share of fewer callers than this says little."""

_BY_CALL = ("ringing", "busy", "wrapup")  # the states of agents whom a call keeps


def card(queue: Mapping[Any, Any], members: pd.DataFrame, level_source: str) -> Markup:
    """Return one queue as HTML.

    Parameters
    ----------
    queue : mapping
        Row of :func:`queue_board`.
    members : DataFrame
        Items QueueMember of this queue with their ``state``.
    level_source : str
        Where the service level comes from.
    """
    wait = queue["longest_wait_s"]
    occupied = sum(int(queue[state]) for state in _BY_CALL)
    figures = [
        metric(queue["waiting"], "waiting"),
        metric("–" if pd.isna(wait) else format_duration(wait), "longest wait"),
        metric(f"{queue['free']} / {occupied} / {queue['paused']}", "free / busy / paused"),
        _service_level(queue),
    ]
    texts = members.reindex(columns=["name", "location", "pausedreason", "state"]).astype("str").fillna("")
    agents = sorted(texts.to_dict("records"), key=lambda agent: AGENT_STATES.index(agent["state"]))
    strip = list(map(_agent, agents)) or [element("span", "no agent", class_="amf-muted")]
    return element(
        "section",
        element("h4", queue["queue"]),
        element("div", *figures, class_="amf-figures"),
        note(level_source),
        element("div", *strip, class_="amf-strip"),
        class_="amf-card",
        aria_label=f"queue {queue['queue']}",
    )


def _agent(agent: Mapping[Any, str]) -> Markup:
    state, reason = agent["state"], agent["pausedreason"]
    pause = f" ({'' if state == 'paused' else 'paused: '}{reason})" if reason else ""
    label = f"{agent['name'] or agent['location']}: {state.replace('wrapup', 'wrap-up')}{pause}"
    color = state.replace("wrapup", "paused")
    return element("span", label, class_=f"amf-agent amf-{color}", title=agent["location"])


def _service_level(queue: Mapping[Any, Any]) -> Markup:
    share, count = queue["sl"], queue["sl_n"]
    if pd.isna(share):
        return metric("–", "service level: nobody yet")
    few = ", few" if int(count) < FEW else ""
    name = f"in {queue['threshold_s']:.0f} s, n = {count}{few}"
    return metric(f"{float(share):.0%}", name, "amf-none" if few else "")
