"""QueueBoard: who waits, who is free, how many were answered in time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import ipywidgets as ipw
import pandas as pd

from amiframe.analysis.metrics import RULES
from amiframe.analysis.snapshots.queue_board import agent_states, level_since, queue_board
from amiframe.client import Pbx
from amiframe.errors import ConfigError
from amiframe.html import Markup, code_block, element, note, styled, table
from amiframe.read import read_queue_log
from amiframe.timeutil.zones import zone
from amiframe.widgets._base import code_snippet
from amiframe.widgets._base.auto_refresh import RefreshPanel
from amiframe.widgets._base.idle_timeout import UNATTENDED_S
from amiframe.widgets._base.panel import row
from amiframe.widgets.connection.panel import ConnectionPanel
from amiframe.widgets.queues import html
from amiframe.widgets.snapshot import model

_REREAD_S = 60.0
_NOTHING = pd.DataFrame(columns=["queue", "status", "wait", "completed", "servicelevelperf", "servicelevel"])

ServiceLevel = tuple[pd.DataFrame, pd.Timestamp]
"""Service level by queue, and the midnight since which it counts."""


class QueueBoard(RefreshPanel):
    """Queues at a glance: waiting, longest wait, agents, service level since midnight.

    Parameters
    ----------
    connection : Pbx, ConnectionPanel or str, optional
        What to ask: a connection, a ConnectionPanel that others use too, or a target for a panel of its own.
    queue_log : path or DataFrame, optional
        The PBX's queue_log, for the service level since midnight. AMI itself only tells the PBX's own ``perf``, counted
        since it began or was reset: without a log the board shows that, and says so.
    tz : str, optional
        Zone whose midnight is meant. Default: that of the profile, else UTC.
    rule : str
        Rule of the service level, as in :func:`metrics.service_level`.
    threshold_s : float, optional
        Seconds that count as in time. Default: what each queue of the PBX has as ``servicelevel``.
    unattended_s : float, optional
        Seconds without a click after which auto-refresh ends; None: never, for a screen on a wall.

    Attributes
    ----------
    board : pandas.DataFrame
        What is shown, one row per queue: ``queue``, ``waiting``, ``longest_wait_s``, the number of agents ``free``,
        ``ringing``, ``busy``, in ``wrapup``, ``paused`` and ``away``, ``sl`` (0 to 1), ``sl_n``, ``sl_rule``,
        ``threshold_s``.

    Examples
    --------
    >>> board = QueueBoard("demo")
    >>> len(board.board)
    0
    >>> board.close()
    """

    def __init__(
        self,
        connection: Pbx | ConnectionPanel | str | None = None,
        *,
        queue_log: str | Path | pd.DataFrame | None = None,
        tz: str | None = None,
        rule: str = "offered",
        threshold_s: float | None = None,
        unattended_s: float | None = UNATTENDED_S,
    ):
        if rule not in RULES:
            raise ConfigError(f"rule={rule!r} is not known", hint=f"one of {', '.join(RULES)}")
        self._log = queue_log
        self._tz, self._rule, self._threshold = tz, rule, threshold_s
        self._read: tuple[float, pd.DataFrame] | None = None
        self._tables: dict[str, pd.DataFrame] | None = None
        self._level: ServiceLevel | None = None
        self._at = model.now()
        self._lock = threading.RLock()
        self._make_refresh("Look at the queues", 5.0, unattended_s)
        self._cards = ipw.HTML()
        code = ipw.HTML(styled(code_block(self.code())))
        super().__init__(connection, [row(self._take, self._auto, self._every), self._cards, code], title="Queues")
        self._show()

    def _fetch(self, pbx: Pbx) -> tuple[dict[str, pd.DataFrame], ServiceLevel | None]:
        tables = pbx.tables("QueueStatus")
        now = model.now()
        if self._log is None:
            return tables, None
        queues = tables["QueueParams"]
        thresholds = {
            str(name): float(own) if self._threshold is None else self._threshold
            for name, own in zip(queues["queue"], queues["servicelevel"].fillna(20), strict=True)
        }
        midnight = pd.Timestamp(now).tz_convert(zone(self._tz or pbx.timezone or "UTC")).normalize()
        return tables, (level_since(self._lines(now.timestamp()), midnight, thresholds, self._rule), midnight)

    def _lines(self, now: float) -> pd.DataFrame:
        """Return the log; a file is read anew once a minute at most."""
        if isinstance(self._log, pd.DataFrame):
            return self._log
        if self._read is None or now - self._read[0] > _REREAD_S:
            self._read = now, read_queue_log(str(self._log))
        return self._read[1]

    def _receive(self, fetched: tuple[dict[str, pd.DataFrame], ServiceLevel | None]) -> str:
        with self._lock:
            self._tables, self._level = fetched
            self._at = model.now()
        self._show()
        return f"{self._at:%H:%M:%S} · {len(self.board)} queues"

    @property
    def board(self) -> pd.DataFrame:
        """What is shown, one row per queue."""
        with self._lock:
            tables = self._tables or dict.fromkeys(("QueueParams", "QueueMember", "QueueEntry"), _NOTHING)
            return queue_board(tables, self._at, self._level[0] if self._level else None)

    def _show(self) -> None:
        self._cards.value = styled(self._html())

    def _html(self) -> Markup:
        if self._tables is None:
            return note("Nobody has looked yet.")
        members = self._tables["QueueMember"]
        members = members.assign(state=agent_states(members, self._at))
        cards = [
            html.card(queue, members[members["queue"] == queue["queue"]], self._level_source())
            for queue in self.board.to_dict("records")
        ]
        return element("div", *cards, class_="amf-cards") if cards else note("no queue")

    def _level_source(self) -> str:
        if self._level is None:
            return "service level: rule perf (of those answered), as the PBX counts since it began or was reset"
        return f"service level: rule {self._rule}, since {self._level[1]:%Y-%m-%d %H:%M %Z}"

    def code(self) -> str:
        """Return what is shown as code."""
        lines = [
            'tables = pbx.tables("QueueStatus")',
            'tables["QueueParams"], tables["QueueMember"], tables["QueueEntry"]',
        ]
        if self._log is not None:
            path = str(self._log) if not isinstance(self._log, pd.DataFrame) else "queue_log"
            more: dict[str, Any] = {"rule": self._rule, "threshold_s": self._threshold or 20}
            level = code_snippet.call("af.metrics.service_level", **more).replace("(", "(visits[today], ", 1)
            zone = f'tz_convert("{self._tz or "UTC"}")'
            lines += [
                f"visits = af.queue_calls({code_snippet.call('af.read_queue_log', path)})",
                f'today = visits["joined"] >= pd.Timestamp.now("UTC").{zone}.normalize()',
                level,
            ]
        return "\n".join(lines)

    def _body(self) -> Markup:
        if self._tables is None:
            return self._html() + code_block(self.code())
        board = self.board
        board["sl"] = [None if pd.isna(share) else f"{share:.1%}" for share in board["sl"]]
        shown = table(board, label="queues", empty="no queue was looked at yet", height="none")
        heading = element("p", f"{self._at:%Y-%m-%d %H:%M:%S} UTC")
        return heading + self._html() + Markup("<br>") + shown + code_block(self.code())
