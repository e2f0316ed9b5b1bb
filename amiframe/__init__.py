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
    lost_calls,
    metrics,
    queue_calls,
    status_series,
)
from amiframe.analysis.calls import calls
from amiframe.analysis.legs import legs
from amiframe.analysis.originations import originations
from amiframe.analysis.reconcile import reconcile
from amiframe.analysis.transfers import transfers
from amiframe.doctor import doctor
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
    LoginError,
    ParseError,
    SessionLost,
    WaitDisplaced,
)
from amiframe.export import read_table, to_csv, to_parquet
from amiframe.fleet import Fleet, PartialWarning, connect_all
from amiframe.listen import Gap
from amiframe.message import Message
from amiframe.originate import Origination
from amiframe.pbx import Batch, Pbx, Ping, connect, originate_many
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
from amiframe.settings import Secret

if TYPE_CHECKING:
    from amiframe import plot as plot
    from amiframe import widgets as widgets

_LAZY = ("plot", "widgets")  # what takes long to import, or needs an extra, comes when it is asked for


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
    "LoginError",
    "Message",
    "Origination",
    "ParseError",
    "PartialWarning",
    "Pbx",
    "Ping",
    "Reply",
    "Secret",
    "SessionLost",
    "Snapshot",
    "WaitDisplaced",
    "__version__",
    "agents",
    "call_groups",
    "calls",
    "channel_variables",
    "compare",
    "connect",
    "connect_all",
    "doctor",
    "iter_events",
    "legs",
    "lost_calls",
    "metrics",
    "originate_many",
    "originations",
    "queue_calls",
    "read_cdr",
    "read_cel",
    "read_command_doc",
    "read_commands",
    "read_event_tables",
    "read_events",
    "read_queue_log",
    "read_reply",
    "read_status",
    "read_table",
    "reconcile",
    "sample",
    "status_series",
    "to_csv",
    "to_parquet",
    "transfers",
]
