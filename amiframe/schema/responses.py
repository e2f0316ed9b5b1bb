"""Answers that are one message: what their headers mean, and how to tell which answer it is.

Source: CoreSettings, CoreStatus and Ping of Asterisk 16.28 and 22.10, captured idle and with calls.
"""

from __future__ import annotations

from amiframe.schema.field import Field, read_tables

REPLIES: dict[str, tuple[Field, ...]] = read_tables("""
[CoreSettings]
ActionID               str    -      opt  the id that the client sent
AMIversion             str    -      -    version of the manager protocol
AsteriskVersion        str    -      -    version of the server as its packager spells it
SystemName             str    -      -    systemname of the PBX
CoreMaxCalls           int    calls  -    limit of calls at the same time; 0 is no limit
CoreMaxLoadAvg         float  -      -    load average above which calls are refused; 0 is no limit
CoreRunUser            str    -      -    system user of the server process
CoreRunGroup           str    -      -    system group of the server process
CoreMaxFilehandles     int    files  -    limit of open files; 0 is not set
CoreRealTimeEnabled    bool   -      -    realtime configuration is used
CoreCDRenabled         bool   -      -    call detail records are written
CoreHTTPenabled        bool   -      -    the built-in web server is on
SoundsSearchCustomDir  bool   -      opt  prompts are looked up in the custom directory first

[CoreStatus]
ActionID               str    -      opt  the id that the client sent
CoreStartupDate        str    -      -    day of the start, in the server's zone
CoreStartupTime        str    -      -    time of the start, in the server's zone
CoreReloadDate         str    -      -    day of the last reload, in the server's zone
CoreReloadTime         str    -      -    time of the last reload, in the server's zone
CoreCurrentCalls       int    calls  volatile      calls now
CoreProcessedCalls     int    calls  volatile,opt  calls since the start

[Ping]
ActionID               str    -      opt  the id that the client sent
Ping                   str    -      -    the word of the answer
Timestamp              time   -      volatile  the server's clock
""")

REPLIES["Info"] = REPLIES["CoreSettings"] + REPLIES["CoreStatus"][1:]
"""Both in one, as ``Pbx.info`` puts them together; their ActionID is there once."""

SIGNATURES = {"CoreSettings": "amiversion", "CoreStatus": "corestartupdate", "Ping": "ping"}
"""The column whose presence tells which single answer a message is."""
