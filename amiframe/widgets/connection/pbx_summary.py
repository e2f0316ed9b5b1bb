"""What a PBX tells of itself when one connects: version, uptime, how quick it answers."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

import pandas as pd

from amiframe.client import Pbx
from amiframe.errors import AccessDenied, AmiframeError
from amiframe.timeutil.durations import format_duration

_UPTIME = re.compile(r"^System uptime:\s*(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PbxSummary:
    """A PBX that answered.

    Parameters
    ----------
    pbx : Pbx
    latency_s : float
    version : str or None
        None: the account may not ask.
    uptime_s : int or None
    started : str or None
        In the PBX's own local time.
    channels : int or None
        How many were up.
    """

    pbx: Pbx
    latency_s: float
    version: str | None = None
    uptime_s: int | None = None
    started: str | None = None
    channels: int | None = None

    def text(self) -> str:
        """Return what is known in one line; what the account may not ask says which right it lacks."""
        target = self.pbx.target
        version = f"Asterisk {self.version}" if self.version else "version not told (needs reporting)"
        if self.uptime_s is not None:
            up = f"up {format_duration(self.uptime_s)}"
        else:
            up = f"up since {self.started} (its time)" if self.started else "uptime not told (needs command)"
        parts = [f"{target.url} as {target.username} ({target.interface})", version, up]
        parts += [f"{self.channels} channels"] if self.channels is not None else []
        return " · ".join([*parts, f"answers in {self.latency_s * 1000:.0f} ms"])


def fetch_summary(pbx: Pbx) -> PbxSummary:
    """Log in and ask what the account may; only what reads.

    Raises
    ------
    LoginError, ConnectError, HTTPStatusError
        As :meth:`Pbx.ping`.
    """
    ping = pbx.ping()
    version = started = uptime = channels = None
    with suppress(AccessDenied):
        info = pbx.info().iloc[0]
        version = None if pd.isna(info["asteriskversion"]) else str(info["asteriskversion"])
        channels = int(info["corecurrentcalls"])
        started = f"{info['corestartupdate']} {info['corestartuptime']}"
    with suppress(AmiframeError):  # it is only a nicety
        match = _UPTIME.search(pbx.cli("core show uptime seconds"))
        uptime = int(match[1]) if match else None
    return PbxSummary(pbx, ping.latency_s, version, uptime, started, channels)
