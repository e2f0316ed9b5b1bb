"""Asterisk's Manager Interface over HTTP as pandas DataFrames."""

from __future__ import annotations

import importlib as _importlib
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING

from amiframe._version import __version__
from amiframe.analysis import (
    agents,
    call_groups,
    channel_variables,
    compare,
    compare_commands,
    findings,
    least_account,
    lost_calls,
    metrics,
    privilege_matrix,
    queue_calls,
    status_series,
)
from amiframe.analysis.calls.call_table import calls
from amiframe.analysis.calls.leg_table import legs
from amiframe.analysis.calls.origination_table import originations
from amiframe.analysis.calls.transfer_table import transfers
from amiframe.analysis.reconcile.call_records import reconcile
from amiframe.client import Batch, Pbx, Ping, connect, originate_many
from amiframe.client.account_audit import audit
from amiframe.client.event_stream import Gap
from amiframe.client.fleet import Fleet, PartialWarning, connect_all
from amiframe.client.origination import Origination
from amiframe.diagnostics import doctor
from amiframe.errors import (
    AccessDenied,
    ActionError,
    ActionRefused,
    AmiframeError,
    ConfigError,
    ConnectError,
    ConnectTimeout,
    HTTPStatusError,
    IncompleteList,
    InsecureWarning,
    JobError,
    JobRunning,
    JobTimeout,
    LoginError,
    ParseError,
    SessionLost,
    WaitDisplaced,
)
from amiframe.export.excel import to_excel
from amiframe.export.html import to_html
from amiframe.export.snapshot_folder import read_snapshot, save_snapshot
from amiframe.export.tables import read_table, to_csv, to_parquet
from amiframe.privacy.redaction import mask
from amiframe.read import (
    iter_events,
    read_cdr,
    read_cel,
    read_command_doc,
    read_commands,
    read_event_tables,
    read_events,
    read_queue_log,
    read_reply,
    read_status,
    sample,
)
from amiframe.reply import ActionDoc, Reply, Snapshot
from amiframe.reporting import Report, report
from amiframe.settings import Secret
from amiframe.wire.message import Message

if TYPE_CHECKING:
    from amiframe import jobs as jobs
    from amiframe import plot as plot
    from amiframe import widgets as widgets

_LAZY = ("jobs", "plot", "widgets")  # what takes long to import, or needs an extra, comes when it is asked for


def __getattr__(name: str) -> _ModuleType:
    if name in _LAZY:
        return _importlib.import_module(f"amiframe.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])


__all__ = [
    "AccessDenied",
    "ActionDoc",
    "ActionError",
    "ActionRefused",
    "AmiframeError",
    "Batch",
    "ConfigError",
    "ConnectError",
    "ConnectTimeout",
    "Fleet",
    "Gap",
    "HTTPStatusError",
    "IncompleteList",
    "InsecureWarning",
    "JobError",
    "JobRunning",
    "JobTimeout",
    "LoginError",
    "Message",
    "Origination",
    "ParseError",
    "PartialWarning",
    "Pbx",
    "Ping",
    "Reply",
    "Report",
    "Secret",
    "SessionLost",
    "Snapshot",
    "WaitDisplaced",
    "__version__",
    "agents",
    "audit",
    "call_groups",
    "calls",
    "channel_variables",
    "compare",
    "compare_commands",
    "connect",
    "connect_all",
    "doctor",
    "findings",
    "iter_events",
    "least_account",
    "legs",
    "lost_calls",
    "mask",
    "metrics",
    "originate_many",
    "originations",
    "privilege_matrix",
    "queue_calls",
    "read_cdr",
    "read_cel",
    "read_command_doc",
    "read_commands",
    "read_event_tables",
    "read_events",
    "read_queue_log",
    "read_reply",
    "read_snapshot",
    "read_status",
    "read_table",
    "reconcile",
    "report",
    "sample",
    "save_snapshot",
    "status_series",
    "to_csv",
    "to_excel",
    "to_html",
    "to_parquet",
    "transfers",
]
