"""The shipped samples: real answers and logs, found in a wheel and in an editable install."""

from __future__ import annotations

from pathlib import Path

from amiframe.errors import ConfigError

SAMPLES = {
    "status": "status-22.txt",
    "status_xml": "status-22.xml",
    "status_16": "status-16.txt",
    "status_16_xml": "status-16.xml",
    "commands": "seed-page/listcommands.txt",
    "command_doc": "seed-page/command.txt",
    "queue_status": "queuestatus-22.txt",
    "events": "events-22.txt",
    "events_xml": "events-22.xml",
    "events_16": "events-16.txt",
}
"""Shipped samples by name; ``data/samples/README.md`` says where each comes from."""


def sample(name: str) -> Path:
    """Return the path of a shipped sample, a real answer or log.

    Parameters
    ----------
    name : str
        ``status``, ``status_xml``, ``status_16``, ``status_16_xml``, ``commands``, ``command_doc``, ``queue_status``,
        ``events``, ``events_xml`` or ``events_16``.

    Raises
    ------
    ConfigError
        There is no such sample; the message lists them.

    Examples
    --------
    >>> read_reply(sample("queue_status")).frame()["event"].unique().tolist()
    ['QueueParams', 'QueueMember', 'QueueEntry']
    """
    if name not in SAMPLES:
        raise ConfigError(f"no sample {name!r}", hint="there are " + ", ".join(SAMPLES))
    here = Path(__file__).parents[1]
    shipped = here / "_samples"  # in a wheel; an editable install has the repository's own folder
    return (shipped if shipped.is_dir() else here.parent / "data" / "samples") / SAMPLES[name]
