"""The public names and where each is; ``__init__.py`` reads this file when it is imported."""

from . import jobs as jobs
from . import plot as plot
from . import widgets as widgets
from ._version import __version__
from .analysis import (
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
from .analysis.calls.call_table import calls
from .analysis.calls.leg_table import legs
from .analysis.calls.origination_table import originations
from .analysis.calls.transfer_table import transfers
from .analysis.reconcile.call_records import reconcile
from .client import Batch, Pbx, Ping, connect, originate_many
from .client.account_audit import audit
from .client.event_stream import Gap
from .client.fleet import Fleet, PartialWarning, connect_all
from .client.origination import Origination
from .diagnostics import doctor
from .errors import (
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
from .export.excel import to_excel
from .export.snapshot_folder import read_snapshot, save_snapshot
from .export.tables import read_table, to_csv, to_parquet
from .privacy.redaction import mask, redact
from .read import (
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
from .reply import ActionDoc, Reply, Snapshot
from .reporting import Report, report
from .reporting.frames_page import to_html
from .settings import Secret
from .wire.message import Message

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
    "redact",
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
