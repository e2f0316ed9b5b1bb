"""Queues: visits of calls, states of agents, callers who were lost; from events or from queue_log."""

from __future__ import annotations

import pandas as pd

from amiframe.analysis.queues.agent_states_from_events import states_from_events
from amiframe.analysis.queues.agent_states_from_queue_log import states_from_log
from amiframe.analysis.queues.visits_from_events import visits_from_events
from amiframe.analysis.queues.visits_from_queue_log import visits_from_log
from amiframe.errors import ConfigError


def is_queue_log(frame: pd.DataFrame) -> bool:
    """Whether a frame has the lines of queue_log; the other kind has events.

    Raises
    ------
    ConfigError
        It is neither.
    """
    if not isinstance(frame, pd.DataFrame):
        raise ConfigError(
            f"a frame is needed, not {type(frame).__name__}",
            hint="read it first: af.read_queue_log(...) or af.read_events(...)",
        )
    if {"callid", "queuename", "agent", "event"} <= set(frame.columns):
        if not isinstance(frame["time"].dtype, pd.DatetimeTZDtype):
            raise ConfigError(
                "the times of this table name no zone", hint="af.read_queue_log(table, tz='Europe/Moscow')"
            )
        return True
    if {"event", "uniqueid"} <= set(frame.columns):
        return False
    raise ConfigError(
        "the frame has neither lines of queue_log nor events",
        hint="af.read_queue_log(...) or af.read_events(...) gives one",
    )


def queue_calls(log: pd.DataFrame) -> pd.DataFrame:
    r"""Return one row for each visit of a call in a queue.

    Parameters
    ----------
    log : DataFrame
        Lines of queue_log (:func:`read_queue_log`) or events (:func:`read_events`).

    Returns
    -------
    pandas.DataFrame
        In the order in which the visits began.

        ===========  ===================  ====  ================================================================
        column       dtype                unit  meaning
        ===========  ===================  ====  ================================================================
        queue        str                  -     the queue
        uniqueid     str                  -     the caller's channel
        linkedid     str                  -     the call; missing from queue_log, which does not have it
        visit        Int64                -     1, 2, ... of one call, in whichever queues; missing when refused
        caller       str                  -     the caller's number
        position     Int64                -     place in the queue on joining
        joined       datetime64[us, UTC]  -     when the caller came; missing when the log begins later
        left_queue   datetime64[us, UTC]  -     when the wait ended: connected, given up, refused
        outcome      str                  -     ``answered``, ``abandoned``, ``timeout``, ``leaveempty``, ``key``,
                                                ``transferred`` (while waiting), and of those who never came in
                                                ``joinempty``, ``full``, ``unavailable``; missing when the log ends
                                                before
        key          str                  -     the key that led out
        wait_s       float64              s     from joining to the end of the wait
        ring_s       float64              s     how long the member who answered was rung
        talk_s       float64              s     with the member, hold included
        hold_s       float64              s     of it on hold; NaN from queue_log, which does not have it
        attempts     Int64                -     rings that nobody answered
        member       str                  -     who answered: interface; from queue_log the name as well
        membername   str                  -     who answered: name
        hungup_by    str                  -     ``caller`` or ``callee``
        complete     boolean              -     began and ended inside of the log
        time_source  str                  -     ``server`` or ``arrival``
        missed_by    list of str          -     members who were rung and did not answer
        amf_pbx      str                  -     which PBX, when the log tells it
        ===========  ===================  ====  ================================================================

    Raises
    ------
    ConfigError
        The frame is neither queue_log nor events, or its times name no zone.

    Notes
    -----
    Source: lines of queue_log as Asterisk 16 and 22 write them; waits and talks are the server's own whole seconds.
    Asterisk writes no line for callers whom it refuses: ``joinempty``, ``full`` and ``unavailable`` are there only
    where the dialplan writes JOINEMPTY, FULL or JOINUNAVAIL by QueueLog. A member is in the log under one name: its
    own, or its interface where it has none.

    Examples
    --------
    >>> log = af.read_queue_log(
    ...     b"1764000000|1764000000.1|sales|NONE|ENTERQUEUE||74951234567|1\n"
    ...     b"1764000025|1764000000.1|sales|NONE|ABANDON|1|1|25\n"
    ... )
    >>> af.queue_calls(log)[["queue", "caller", "outcome", "wait_s"]].values.tolist()
    [['sales', '74951234567', 'abandoned', 25.0]]
    """
    if not is_queue_log(log):
        return visits_from_events(log)
    visits = visits_from_log(log)
    visits.attrs = dict(log.attrs)
    return visits


def agents(log: pd.DataFrame) -> pd.DataFrame:
    """Return the states of agents over time, one row for each state of an agent in a queue.

    Parameters
    ----------
    log : DataFrame
        Lines of queue_log (:func:`read_queue_log`) or events (:func:`read_events`).

    Returns
    -------
    pandas.DataFrame
        By member, queue and time; from the begin of the log to its end without gaps.

        ===========  ===================  ====  ==================================================================
        column       dtype                unit  meaning
        ===========  ===================  ====  ==================================================================
        member       str                  -     interface; from queue_log the name as well
        membername   str                  -     name
        queue        str                  -     the queue; missing of who logs in and is in none
        state        str                  -     ``available``, ``ringing``, ``on call``, ``wrapup``, ``paused``,
                                                ``away``, ``unknown``
        reason       str                  -     of a pause; of a ring or call: the other queue whose it is
        started      datetime64[us, UTC]  -     when it began
        ended        datetime64[us, UTC]  -     when it ended
        duration_s   float64              s     from the one to the other
        complete     boolean              -     began and ended inside of the log
        amf_pbx      str                  -     which PBX, when the log tells it
        ===========  ===================  ====  ==================================================================

    Raises
    ------
    ConfigError
        The frame is neither queue_log nor events, or its times name no zone.

    Notes
    -----
    Source: lines of queue_log as Asterisk 16 and 22 write them. An agent who is rung for one queue rings, and is on
    call, in all of their queues. Before the first line about an agent the state is ``unknown`` (``away`` when they then
    come), as it is after a restart of Asterisk. Members of queues.conf are known from their first ring on. queue_log
    has no wrap-up. ADDMEMBER and REMOVEMEMBER name the interface unless queues.conf has
    ``log_membername_as_agent = yes``; pauses and calls name the member: without that setting a member
    with a name is two agents here.

    Examples
    --------
    >>> states = af.agents(af.read_queue_log(af.sample("queue_log")))
    >>> sorted(states["state"].unique())
    ['available', 'away', 'on call', 'paused', 'ringing']
    >>> sorted(states["reason"][states["state"] == "paused"].unique())
    ['coffee', 'lunch', 'paperwork', 'training']
    """
    if not is_queue_log(log):
        return states_from_events(log)
    states = states_from_log(log)
    states.attrs = dict(log.attrs)
    return states
