"""Asterisk's Manager Interface over HTTP as pandas DataFrames."""

from amiframe._version import __version__
from amiframe.analysis import agents, lost_calls, metrics, queue_calls
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
from amiframe.listen import Gap
from amiframe.message import Message
from amiframe.originate import Origination
from amiframe.pbx import Batch, Pbx, Ping, connect, originate_many
from amiframe.read import (
    iter_events,
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
    "Gap",
    "HTTPStatusError",
    "IncompleteList",
    "InsecureWarning",
    "JobError",
    "LoginError",
    "Message",
    "Origination",
    "ParseError",
    "Pbx",
    "Ping",
    "Reply",
    "Secret",
    "SessionLost",
    "Snapshot",
    "WaitDisplaced",
    "__version__",
    "agents",
    "connect",
    "iter_events",
    "lost_calls",
    "metrics",
    "originate_many",
    "queue_calls",
    "read_command_doc",
    "read_commands",
    "read_event_tables",
    "read_events",
    "read_queue_log",
    "read_reply",
    "read_status",
    "read_table",
    "sample",
    "to_csv",
    "to_parquet",
]
