"""Files -> the same frames that a live PBX gives."""

from amiframe.read.cdr import read_cdr, read_cel
from amiframe.read.events import iter_events, read_event_tables, read_events
from amiframe.read.queue_log import read_queue_log
from amiframe.read.replies import read_command_doc, read_commands, read_reply, read_status
from amiframe.read.samples import SAMPLES, sample
from amiframe.read.sources import Src

__all__ = [
    "SAMPLES",
    "Src",
    "iter_events",
    "read_cdr",
    "read_cel",
    "read_command_doc",
    "read_commands",
    "read_event_tables",
    "read_events",
    "read_queue_log",
    "read_reply",
    "read_status",
    "sample",
]
