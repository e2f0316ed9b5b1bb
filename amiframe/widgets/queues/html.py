"""The card of a queue as HTML: its numbers, and a strip of its agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from amiframe.analysis.snapshots.queue_board import AGENT_STATES
from amiframe.widgets._base import markup
from amiframe.widgets.connection.pbx_summary import span

FEW = 30
"""A share of fewer callers than this says little."""

_BY_CALL = ("ringing", "busy", "wrapup")  # the states of agents whom a call keeps


def card(queue: Mapping[Any, Any], members: pd.DataFrame, level_source: str) -> str:
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
        markup.figure(queue["waiting"], "waiting"),
        markup.figure("–" if pd.isna(wait) else span(float(wait)), "longest wait"),
        markup.figure(f"{queue['free']} / {occupied} / {queue['paused']}", "free / busy / paused"),
        _service_level(queue),
    ]
    texts = members.reindex(columns=["name", "location", "pausedreason", "state"]).astype("str").fillna("")
    agents = sorted(texts.to_dict("records"), key=lambda agent: AGENT_STATES.index(agent["state"]))
    strip = "".join(map(_agent, agents)) or '<span class="amf-muted">no agent</span>'
    name = markup.text(queue["queue"])
    return (
        f'<section class="amf-card" aria-label="queue {name}"><h4>{name}</h4>'
        f'<div class="amf-figures">{"".join(figures)}</div><p class="amf-muted">{markup.text(level_source)}</p>'
        f'<div class="amf-strip">{strip}</div></section>'
    )


def _agent(agent: Mapping[Any, str]) -> str:
    state, reason = agent["state"], agent["pausedreason"]
    pause = f" ({'' if state == 'paused' else 'paused: '}{reason})" if reason else ""
    label = f"{agent['name'] or agent['location']}: {state.replace('wrapup', 'wrap-up')}{pause}"
    color = state.replace("wrapup", "paused")
    return f'<span class="amf-agent amf-{color}" title="{markup.text(agent["location"])}">{markup.text(label)}</span>'


def _service_level(queue: Mapping[Any, Any]) -> str:
    share, count = queue["sl"], queue["sl_n"]
    if pd.isna(share):
        return markup.figure("–", "service level: nobody yet")
    few = ", few" if int(count) < FEW else ""
    figure = markup.figure(f"{float(share):.0%}", f"in {queue['threshold_s']:.0f} s, n = {count}{few}")
    return figure.replace('class="amf-figure"', 'class="amf-figure amf-none"') if few else figure
