"""The command for monitoring: single numbers of a PBX, and whether they are as they should be."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
import typer

import amiframe as af
from amiframe.analysis.snapshots.check_values import GAUGES, Condition, condition
from amiframe.cli._common import Interface, Output, Target, Timeout, Username, connected, echo, validate_outputs
from amiframe.cli._output import write
from amiframe.cli._tables import text
from amiframe.cli.app import app
from amiframe.cli.snapshots import Parts, queues_of

NOT_FULFILLED = 10
_OK, _CRITICAL, _UNKNOWN = 0, 2, 3  # of a Nagios plugin


@app.command()
def check(
    conditions: Annotated[
        list[str] | None, typer.Argument(metavar="CHECK...", help="'NAME<NUMBER' (also <= > >= = !=), or just NAME.")
    ] = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    nagios: Annotated[
        bool, typer.Option("--nagios", help="One line and the exit codes of a Nagios plugin: 0, 2, 3.")
    ] = False,
    names: Annotated[bool, typer.Option("--names", help="Print the names that there are; asks no PBX.")] = False,
    output: Output = None,
) -> None:
    """Say whether numbers of a PBX are as they should be: for Nagios, Zabbix and scripts. Changes nothing.

    Several checks are one question to the PBX. A queue or an endpoint is named in brackets: queue.waiting[sales]. One
    name without a comparison prints the bare number, for Zabbix. Exit code 0: all are fulfilled; 10: one is not.

    Example: amiframe check 'queue.longest_wait<120' 'queue.agents_free[sales]>=1' -t http://pbx:8088 -u monitor
    """
    if names:
        for gauge in GAUGES:
            name = f"{gauge.name}{f' [{gauge.within[1]}]' if gauge.within else ''}".replace("objectname", "endpoint")
            echo(f"{name:32} {gauge.what}{', in seconds' if gauge.unit else ''}")
        return
    where = (target, username, interface, timeout)
    if nagios:
        raise typer.Exit(_as_plugin(conditions or [], where, output))
    found = _looked_at(conditions or [], where, output)
    if "-" not in (output or []):
        _print(found)
    if not found["ok"].all():
        raise typer.Exit(NOT_FULFILLED)


def _looked_at(given: list[str], where: tuple[Any, ...], output: list[str] | None) -> pd.DataFrame:
    """Return one row for each check, and write it where it was asked for."""
    validate_outputs(None, None, output)
    if not given:
        raise af.ConfigError("nothing to check", hint="amiframe check 'queue.longest_wait<120'; --names lists names")
    asked = [condition(one) for one in given]
    with connected(*where) as pbx:
        frames = _frames(pbx, {one.gauge.action for one in asked})
    made = pd.DataFrame([_row(one, frames) for one in asked])
    for dest in output or []:
        write(made, dest)  # a row of short words and numbers: every format keeps it
    return made


def _frames(pbx: af.Pbx, actions: set[str]) -> Parts:
    made: Parts = {}
    if "Status" in actions:
        made["status"] = pbx.status()
    if "QueueStatus" in actions:
        made |= queues_of(pbx.tables("QueueStatus"))
    if "PJSIPShowEndpoints" in actions:
        made["endpoints"] = pbx.table("PJSIPShowEndpoints")
    return made


def _row(one: Condition, frames: Parts) -> dict[str, Any]:
    value = one.value(frames)
    name = f"{one.gauge.name}[{one.key}]" if one.key else one.gauge.name
    return {"check": one.text, "name": name, "value": value, "unit": one.gauge.unit, "ok": one.holds(value),
            "asked": one.test is not None}  # fmt: skip


def _print(found: pd.DataFrame) -> None:
    if len(found) == 1 and not found["asked"].iloc[0]:
        echo(f"{found['value'].iloc[0]:g}")
        return
    for row in found.to_dict("records"):
        word = "OK    " if row["ok"] else "FAILED"
        echo(f"{word} {row['name']} = {row['value']:g}{row['unit'] and ' s'}{_asked(row)}")


def _asked(row: dict[Any, Any]) -> str:
    return f"  ({text(row['check'])})" if row["asked"] else ""


def _as_plugin(given: list[str], where: tuple[Any, ...], output: list[str] | None) -> int:
    """Print one line as a Nagios plugin does; return its exit code."""
    try:
        found = _looked_at(given, where, output)
    except (af.AmiframeError, OSError) as error:
        # | begins the performance data, and a plugin's answer is its first line
        echo(f"AMIFRAME UNKNOWN - {'; '.join(str(error).replace('|', '/').splitlines())}")
        return _UNKNOWN
    bad = found[~found["ok"]]
    shown = found if bad.empty else bad
    words = ", ".join(f"{row['name']} = {row['value']:g}{row['unit']}{_asked(row)}" for row in shown.to_dict("records"))
    data = " ".join(f"'{row['name']}'={row['value']:g}{row['unit']}" for row in found.to_dict("records"))
    echo(f"AMIFRAME {'OK' if bad.empty else 'CRITICAL'} - {words.replace('|', '/')} | {data.replace('|', '/')}")
    return _OK if bad.empty else _CRITICAL
