"""The shipped samples: real answers and logs, found in a wheel and in an editable install."""

from __future__ import annotations

from pathlib import Path

from amiframe.errors import ConfigError

SAMPLES = {
    "status": "22/status_busy.txt",
    "status_xml": "22/status_busy.xml",
    "status_16": "16/status_busy.txt",
    "status_few": "22/status_few.txt",
    "status_few_xml": "22/status_few.xml",
    "queue_status": "22/queue_status.txt",
    "core_settings": "22/core_settings.txt",
    "events": "22/events.txt",
    "events_xml": "22/events.xml",
    "events_16": "16/events.txt",
    "events_calls": "22/events_calls.txt.gz",
    "commands": "seed-page/listcommands.txt",
    "command_doc": "seed-page/command.txt",
    "queue_log": "week/queue_log",
    "cdr": "week/Master.csv",
    "queue_log_16": "16/queue_log",
    "queue_log_22": "22/queue_log",
    "cdr_22": "22/Master.csv",
    "cel_22": "22/cel.csv",
}
"""Shipped samples by name; ``data/samples/README.md`` says where each comes from."""


def sample(name: str) -> Path:
    """Return the path of a shipped sample: a real answer or log, or the week of a call centre of the embedded PBX.

    Parameters
    ----------
    name : str
        ``status``, ``status_xml``, ``status_16``, ``status_few``, ``status_few_xml``, ``queue_status``,
        ``core_settings``, ``events``, ``events_xml``, ``events_16``, ``events_calls``,
        ``commands``, ``command_doc``; ``queue_log`` and
        ``cdr`` are one week of a small call centre, ``queue_log_16`` and ``queue_log_22`` real ones of a busy minute,
        ``cdr_22`` and ``cel_22`` real records of calls of a busy minute.

    Returns
    -------
    pathlib.Path
        A file, in the package or beside it.

    Raises
    ------
    ConfigError
        There is no such sample; the message lists them.

    Examples
    --------
    >>> af.read_reply(af.sample("queue_status")).frame()["event"].unique().tolist()
    ['QueueParams', 'QueueMember']
    """
    if name not in SAMPLES:
        raise ConfigError(f"no sample {name!r}", hint="there are " + ", ".join(SAMPLES))
    here = Path(__file__).parents[1]
    shipped = here / "_samples"  # in a wheel; an editable install has the repository's own folder
    return (shipped if shipped.is_dir() else here.parent / "data" / "samples") / SAMPLES[name]
