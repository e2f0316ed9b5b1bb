"""What each number means, as text."""

from __future__ import annotations

from amiframe.analysis.arguments import closest
from amiframe.errors import ConfigError

_SECONDS = """Seconds: waits are compared whole, as Asterisk does (seconds="whole"), or exact where the log has them
(seconds="exact"); the column `seconds` says which."""

_SHORT = """Short: abandoned before short_s (default 5 s). short="exclude" leaves them out above and below the line,
short="include" counts them."""

TEXTS = {
    "queue_summary": f"""\
What became of the callers of each queue.
offered = answered + abandoned + timeout + leaveempty + key + transferred + open: all who came into the queue. One call
may come several times; each visit counts, and `again` is how many of offered had been in a queue before. joinempty,
full and unavailable are those who were not let in: not offered.
A visit belongs to the interval in which the caller came, wholly, so days add up to weeks.
wait_mean_s is the mean wait of answered, abandoned, timeout and leaveempty together; ASA is of the answered alone.
wait_p50_s, wait_p90_s, wait_p95_s, wait_max_s are of all offered; with answered_ before them of the answered.
{_SHORT}
{_SECONDS}""",
    "agent_summary": """\
What each member did: answered calls, rings missed, talk (hold included), mean handling time.
A ring is missed when the member did not answer or rejected it; a caller who gives up while it rings is no miss.
With agents= also available_s, paused_s and occupancy = handling / (handling + available); pauses are left out.""",
    "service_level": f"""\
Share of callers answered within threshold_s (T), by one of five rules:
perf       completed within T / completed: Asterisk's ServicelevelPerf, as the PBX prints it
perf2      (completed + lost, both within T) / (completed + lost): Asterisk's ServicelevelPerf2; lost is what Asterisk
           counts as abandoned: abandoned, timeout, leaveempty and transferred (taken out while waiting)
answered   answered within T / answered
offered    answered within T / (offered - short): the usual one of contracts; the default
answered_or_late_abandoned   answered within T / (answered + abandoned after T)
Zero below the line is NaN, never 0 or 100 %.
{_SHORT}
{_SECONDS}""",
    "abandon_rate": f"""\
(abandoned - short) / (offered - short). Timeouts and other ways out are no abandoned calls.
{_SHORT}""",
    "asa": """\
Average speed of answer: sum of the waits of answered callers / answered. Those who gave up never count.""",
    "aht": """\
Average handling time: talk, hold included, of calls whose end is in the log / their number. Work after a
call is in no log of Asterisk: acw_source says `none`; a queue's wrapuptime would be an upper bound of it.""",
    "answered_rate": """\
answered / (answered + abandoned + full + joinempty + leaveempty + timeout): of all who called,
those not let in too, where the log has them. As Wazo counts it.""",
    "occupancy": """\
handling / (handling + available): how much of the time in which an agent could talk they did. Ringing
and pauses are neither. Utilisation, of paid time, is something else.""",
    "asr": """\
Answer-seizure ratio: answered / seizures (ITU-T E.411, E.425). A seizure is an outbound attempt that had a
channel on a trunk; internal and inbound calls never count.""",
    "abr": """\
Answer-bid ratio: answered / bids. A bid is an outbound attempt, with a line or without.""",
    "ner": """\
Network effectiveness ratio: (answered + busy + no answer + rejected) / seizures. By Q.850 cause: 17; 18, 19,
20; 21. Any other cause counts against the network (1, 3, 22, 27, 28, 34, 38, 41, 42, 44, 58 ...).""",
    "acd": """\
Average call duration (ALOC): seconds from the answer on / answered outbound calls.""",
    "pdd": """\
Post-dial delay: from dialling to the first ringing or progress. Needs events that say when it rang.""",
    "ccr": """\
Call completion ratio: answered / all calls, whatever made the others fail: busy lines and wrong numbers count.
Not the same as ASR.""",
    "concurrency": """\
How many are up at once: +1 where one starts, -1 where one ends; what ends at the moment at which
another starts is not at once with it. What the log cuts off is taken to go on, and counted in `censored`.""",
    "traffic": """\
Erlang: sum of the seconds that calls took in the window / seconds of the window. Calls are cut at its
ends.""",
    "busy_hour": """\
The 60 consecutive minutes with the largest traffic; they may begin at each quarter of an hour, or at
hours of the clock (step="1h").""",
    "erlang_b": """\
Blocking: B(0) = 1, B(k) = A B(k-1) / (k + A B(k-1)). Calls that find all lines busy are lost.""",
    "erlang_c": """\
Waiting: C = N B / (N - A (1 - B)), for more agents than Erlang. Calls wait for ever.""",
    "staffing": """\
The least N with SL = 1 - C exp(-(N - A) T / AHT) at the target and A / N at most max_occupancy; scheduled
= N / (1 - shrinkage), rounded up. A = calls x AHT / period.""",
}
"""Definition of each metric by its name."""


def explain(name: str) -> str:
    """Return what a metric means: what is counted, by which rules, from which source.

    Parameters
    ----------
    name : str
        ``service_level``, ``asa``, ``asr`` ...

    Returns
    -------
    str
        The definition, to be printed.

    Raises
    ------
    ConfigError
        There is no such metric; with the nearest name.

    Examples
    --------
    >>> print(af.metrics.explain("asa"))
    Average speed of answer: sum of the waits of answered callers / answered. Those who gave up never count.
    """
    if name not in TEXTS:
        raise ConfigError(f"no metric {name!r}", hint=closest(str(name).lower(), TEXTS))
    return TEXTS[name]
