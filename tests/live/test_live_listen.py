"""Live events on real servers: none lost, none doubled, in order; what may be missing is said; sessions are left tidy.

The witness is a listener on the TCP interface that owes nothing to amiframe.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from amf_support import differences
from pbx_server import NAMES, VERSIONS, Asterisk, why_not
from proxy import Proxy
from tcp_listener import Seen, TcpListener, between_marks, mark, seen, users_connected, wait_for_users, word

import amiframe as af
from amiframe.wire import raw, xml

pytestmark = pytest.mark.gate

INTERFACES = ("rawman", "mxml", "arawman", "amxml")
BY_COOKIE, BY_DIGEST = INTERFACES[:2], INTERFACES[2:]
PER_SECOND = 5
ROOT = Path(__file__).resolve().parents[2]


# --- helpers ---------------------------------------------------------------------------------------------------------


def connect(server, interface, url=None, user="test"):
    return af.connect(url or server.url, username=user, secret=server.users[user], interface=interface)


class Background(threading.Thread):
    """Something that listens in a thread; `result` gives what it returned, or raises what it raised."""

    def __init__(self, task: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._task, self._result, self._error = task, None, None
        self.start()

    def run(self) -> None:
        try:
            self._result = self._task()
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self._error = error

    def result(self, timeout: float = 30):
        self.join(timeout)
        assert not self.is_alive(), "it still listens"
        if self._error is not None:
            raise self._error
        return self._result


class Listening(Background):
    """``listen()`` in a thread: keeps each batch, until the mark `last`. `on_batch` is called with each."""

    def __init__(self, pbx: af.Pbx, last: int, *, on_batch=lambda _: None, **more: object) -> None:
        self.batches: list[object] = []
        self._pbx, self._last, self._on_batch, self._more = pbx, last, on_batch, more
        super().__init__(self._listen)

    def _listen(self) -> None:
        with contextlib.closing(self._pbx.listen(**self._more)) as batches:
            for batch in batches:
                self.batches.append(batch)
                if has_mark(batch.events, self._last):
                    return
                self._on_batch(batch)

    @property
    def gaps(self) -> list[object]:
        return [batch.gap for batch in self.batches if batch.gap]

    def rows(self) -> list[Seen]:
        return [row for batch in self.batches for row in seen_of(batch.events)]

    def wait_for(self, number: int, timeout: float = 20) -> None:
        end = time.monotonic() + timeout
        while not any(has_mark(batch.events, number) for batch in list(self.batches)):
            assert time.monotonic() < end, f"mark {number} was not heard"
            assert self.is_alive() or self.result() is None
            time.sleep(0.05)


def has_mark(events: pd.DataFrame, number: int) -> bool:
    return "tally" in events.columns and bool((events["tally"] == str(number)).any())


def is_mark(number: int) -> Callable[[object], bool]:
    return lambda event: event.get("Tally") == str(number)


def seen_of(events: pd.DataFrame) -> list[Seen]:
    """Give the rows of a frame as they are compared with the witness."""
    columns = [events["event"], events["amf_time"].astype("int64")]
    columns += [events[n] if n in events.columns else pd.Series("", index=events.index) for n in Seen._fields[2:]]
    return [
        Seen(row[0], int(row[1]), *map(word, row[2:]))
        for row in zip(*(column.tolist() for column in columns), strict=True)
    ]


def make_calls(
    server: Asterisk, extensions: tuple[str, ...] = ("605", "606", "608", "610", "7017", "802"), seconds: float = 0.5
) -> None:
    """Make calls that end by themselves, with names that break parsers, and wait until the last has ended."""
    with server.manager("harness") as manager:
        for at, extension in enumerate(extensions):
            where = [("Channel", f"Local/{extension}@outgoing/n"), ("Application", "Wait"), ("Data", "1")]
            manager.send("Originate", *where, ("CallerID", f'"{NAMES[at]}" <{100 + at}>'), ("Async", "yes"))
    time.sleep(seconds)
    server.hangup_all()


def send_mark(server: Asterisk, number: int) -> None:
    with server.manager("harness") as manager:
        mark(manager, number)


@contextlib.contextmanager
def witness(server: Asterisk) -> Iterator[TcpListener]:
    with TcpListener(server.ami_port, "test", server.users["test"]) as tcp:
        yield tcp


def expected(tcp: TcpListener, first: int, last: int) -> list[Seen]:
    tcp.wait_for(last)
    return between_marks([seen(event) for event in tcp.events], first, last)


def manager_conf(httptimeout: int) -> dict[str, str]:
    text = Path(__file__).with_name("config").joinpath("manager.conf").read_text("utf-8")
    return {"manager.conf": text.replace("httptimeout = 60", f"httptimeout = {httptimeout}")}


@contextlib.contextmanager
def servers(httptimeout: int) -> Iterator[list[Asterisk]]:
    """Run both versions at once with another httptimeout, since such tests wait long."""
    reasons = [reason for version in VERSIONS if (reason := why_not(version))]
    if reasons and os.environ.get("CI") == "true":
        pytest.fail(reasons[0], pytrace=False)
    if reasons:
        pytest.skip(reasons[0])
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Asterisk(version, files=manager_conf(httptimeout))) for version in VERSIONS]


# --- nothing lost, nothing doubled -----------------------------------------------------------------------------------


def test_events_of_all_four_interfaces_are_those_of_the_tcp_listener(pbx):
    """The same calls, heard five ways: event for event; and each frame equals the one of the witness' bytes."""
    with witness(pbx) as tcp, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(pbx, name)) for name in INTERFACES]
        listening = [Background(lambda c=c: c.events(60, until=is_mark(2))) for c in clients]
        wait_for_users(pbx, 5)
        send_mark(pbx, 1)
        make_calls(pbx, seconds=3)
        send_mark(pbx, 2)
        frames = [one.result() for one in listening]
        wanted = expected(tcp, 1, 2)
        log = b"".join(block + b"\r\n\r\n" for block in tcp.raw)
    assert len(wanted) > 200
    saved = {
        False: af.read_events(log),
        True: af.read_events(xml.encode(raw.parse(log))),
    }
    for name, frame in zip(INTERFACES, frames, strict=True):
        rows = seen_of(frame)
        assert between_marks(rows, 1, 2) == wanted, name
        assert rows[-1].tally == "2", "until ends it there"
        assert frame["amf_seq"].tolist() == list(range(len(frame)))
        assert frame.attrs["amiframe"]["fetched_complete"] is True
        assert frame.attrs["amiframe"]["interface"] == name
        delay = (frame["amf_received"] - frame["amf_time"]).dt.total_seconds()
        assert delay.between(-0.1, 5).all()
        whole = saved["mxml" in name or "amxml" in name]
        assert differences(*(same_part(f) for f in (frame, whole))) == [], name


def same_part(events: pd.DataFrame) -> pd.DataFrame:
    """Give what lies between the marks, without what is ours and without columns that are empty there."""
    marks = events.index[events["event"].eq("UserEvent") & events["userevent"].eq("Mark")]
    part = events.loc[marks[0] : marks[-1]].reset_index(drop=True)
    ours = ["amf_received", "amf_seq", "amf_source"]
    # the order of columns follows the order in which kinds of events came first, the slice's own is not the log's
    return part[sorted(n for n in part.columns if n not in ours and part[n].notna().any())]


@pytest.mark.parametrize("interface", ["rawman", "amxml"])
def test_batches_go_on_in_number_and_have_their_arrival(pbx, interface):
    with witness(pbx) as tcp, connect(pbx, interface) as client:
        listening = Listening(client, 2)
        wait_for_users(pbx, 2)
        send_mark(pbx, 1)
        make_calls(pbx, ("605", "802"))
        listening.wait_for(1)
        make_calls(pbx, ("605", "7017"))
        send_mark(pbx, 2)
        listening.result()
        wanted = expected(tcp, 1, 2)
    assert len(listening.batches) > 2
    numbers = [n for batch in listening.batches for n in batch.events["amf_seq"]]
    assert numbers == list(range(len(numbers)))
    arrivals = [batch.events["amf_received"] for batch in listening.batches]
    assert all(one.notna().all() and one.nunique() == 1 for one in arrivals)
    assert sorted(one.iloc[0] for one in arrivals) == [one.iloc[0] for one in arrivals]
    assert between_marks(listening.rows(), 1, 2) == wanted
    assert listening.gaps == []
    assert all(batch.events.attrs["amiframe"]["fetched_complete"] for batch in listening.batches)


def test_two_listeners_and_questions_on_one_pbx_leave_each_other_alone(pbx):
    with witness(pbx) as tcp:
        for at, interface in enumerate(("mxml", "arawman")):
            first, last = 10 * at + 1, 10 * at + 2
            with connect(pbx, interface) as client:
                one, other = Listening(client, last), Listening(client, last)
                client.ping()
                wait_for_users(pbx, 4)  # the witness, two that listen, one that asks
                send_mark(pbx, first)
                for _ in range(5):
                    assert len(client.status()) == 0
                make_calls(pbx, ("605", "802"))
                client.status()
                send_mark(pbx, last)
                one.result(), other.result()
                wanted = expected(tcp, first, last)
                assert between_marks(one.rows(), first, last) == wanted
                assert between_marks(other.rows(), first, last) == wanted
                assert one.gaps == other.gaps == []
            wait_for_users(pbx, 1)


# --- what is asked for -----------------------------------------------------------------------------------------------


def test_until_ends_behind_the_event_and_seconds_end_without_one(pbx):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(pbx, name)) for name in INTERFACES]
        listening = [Background(lambda c=c: c.events(30, until="Hangup")) for c in clients]
        wait_for_users(pbx, 4)
        make_calls(pbx, ("7017",))
        for one in listening:
            frame = one.result(15)
            assert frame["event"].eq("Hangup").sum() == 1
            assert frame["event"].iloc[-1] == "Hangup"
        wait_for_users(pbx, 0)
        began = time.monotonic()
        listening = [Background(lambda c=c: c.events(1.5, mask="aoc")) for c in clients]
        for one in listening:
            nothing = one.result()
            assert len(nothing) == 0
            assert "amf_received" in nothing.columns
        assert 1.4 < time.monotonic() - began < 5
    wait_for_users(pbx, 0)


def test_a_mask_lets_its_classes_through_and_no_other(pbx):
    with witness(pbx) as tcp, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(pbx, name)) for name in INTERFACES]
        listening = [Background(lambda c=c: c.events(30, until=is_mark(2), mask="user, CDR")) for c in clients]
        wait_for_users(pbx, 5)
        send_mark(pbx, 1)
        make_calls(pbx, ("605", "802"))
        send_mark(pbx, 2)
        wanted = [row for row in expected(tcp, 1, 2) if row.event in ("UserEvent", "Cdr")]
        for name, one in zip(INTERFACES, listening, strict=True):
            frame = one.result()
            assert between_marks(seen_of(frame), 1, 2) == wanted, name
            assert set(frame["event"]) == {"UserEvent", "Cdr"}, name


def test_an_unknown_class_is_refused_before_anything_is_sent(pbx):
    with Proxy(pbx.http_port) as proxy, connect(pbx, "rawman", proxy.url) as client:
        for mask in ("calls", "call,,agent", "off", ""):
            with pytest.raises(af.ConfigError, match="no event class"):
                client.events(1, mask=mask)
            with pytest.raises(af.ConfigError, match="no event class"):
                next(client.listen(1, mask=mask))
        assert proxy.counted() == []


# --- light on the PBX ------------------------------------------------------------------------------------------------


def test_a_mask_that_hides_all_does_not_make_it_spin(pbx):
    """On a busy PBX every wait is answered at once, with nothing: the questions keep their distance."""
    with Proxy(pbx.http_port) as proxy, connect(pbx, "rawman", proxy.url) as client:
        stop = threading.Event()

        def chatter() -> None:
            with pbx.manager("harness") as manager:
                for number in itertools.takewhile(lambda _: not stop.is_set(), itertools.count()):
                    mark(manager, number)

        noise = Background(chatter)
        try:
            began = time.monotonic()
            frame = client.events(4, mask="aoc")
            took = time.monotonic() - began
        finally:
            stop.set()
            noise.result()
        asked = len(proxy.counted("WaitEvent"))
    assert len(frame) == 0
    assert 2 * took < asked <= PER_SECOND * took + 2, "woken all the time, and throttled"


def test_a_session_that_lives_ten_seconds_is_not_asked_without_pause():
    """With httptimeout <= 10 the PBX never waits."""
    with servers(8) as running:
        for server in running:
            for interface in ("rawman", "amxml"):
                with (
                    witness(server) as tcp,
                    Proxy(server.http_port) as proxy,
                    connect(server, interface, proxy.url) as client,
                ):
                    listening = Listening(client, 2)
                    wait_for_users(server, 2)
                    began = time.monotonic()
                    send_mark(server, 1)
                    time.sleep(2)
                    send_mark(server, 2)
                    listening.result()
                    took = time.monotonic() - began
                    assert len(proxy.counted("WaitEvent")) <= PER_SECOND * (took + 0.5) + 2
                    assert between_marks(listening.rows(), 1, 2) == expected(tcp, 1, 2)
                    assert listening.gaps == []


def test_a_quiet_pbx_is_asked_rarely(pbx):
    with Proxy(pbx.http_port) as proxy, connect(pbx, "rawman", proxy.url) as client:
        client.events(4, mask="aoc")
        assert len(proxy.counted("WaitEvent")) <= 3 + PER_SECOND, "one long wait, then the last second by looks"


# --- gaps ------------------------------------------------------------------------------------------------------------


def gap_of(listening: Listening, begun: datetime, ended: datetime):
    """Give the one gap, after a look at its times."""
    assert len(listening.gaps) == 1, listening.gaps
    gap = listening.gaps[0]
    assert gap.start <= gap.end
    assert gap.start <= ended
    assert gap.end >= begun
    assert gap.start.utcoffset() == timedelta(0)
    assert gap.reason
    numbers = [n for batch in listening.batches for n in batch.events["amf_seq"]]
    assert numbers == list(range(len(numbers))), "the numbers go on behind a gap"
    assert [b.events.attrs["amiframe"]["fetched_complete"] for b in listening.batches] == [
        not b.gap for b in listening.batches
    ]
    return gap


def test_a_restart_of_the_pbx_is_a_gap_and_the_mask_outlives_it(pbx):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(pbx, name)) for name in INTERFACES]
        listening = [Listening(client, 4, mask="user") for client in clients]
        wait_for_users(pbx, 4)
        send_mark(pbx, 1)
        for one in listening:
            one.wait_for(1)
        begun = datetime.now(UTC)
        pbx.restart()
        ended = datetime.now(UTC)
        wait_for_users(pbx, 4)
        send_mark(pbx, 2)
        for one in listening:
            one.wait_for(2)
        make_calls(pbx, ("605", "802"))
        send_mark(pbx, 4)
        for name, one in zip(INTERFACES, listening, strict=True):
            one.result()
            gap = gap_of(one, begun, ended)
            assert gap.start <= begun + timedelta(seconds=1), name
            rows = one.rows()
            assert {row.event for row in rows} == {"UserEvent"}, name
            assert [row.tally for row in rows if row.tally] == ["1", "2", "4"], name
            assert sum(row.userevent == "CallTag" for row in rows) == 1, name
    wait_for_users(pbx, 0)


@pytest.mark.slow
def test_a_consumer_too_slow_for_its_session_gets_a_gap():
    """httptimeout=20, and the consumer works for longer: found by the server's answer, and by digest by our clock."""
    pause = 36  # version 16 ends only one expired session in five seconds

    def slowly(batch) -> None:
        if has_mark(batch.events, 1):
            time.sleep(pause)

    with servers(20) as running, contextlib.ExitStack() as stack:
        marks = {}
        for server in running:
            tcp = stack.enter_context(witness(server))
            clients = [stack.enter_context(connect(server, name)) for name in ("rawman", "amxml")]
            listening = [Listening(c, 4, mask="user", on_batch=slowly) for c in clients]
            wait_for_users(server, 3)
            marks[server] = tcp, listening
        for server in running:
            send_mark(server, 1)
        begun = datetime.now(UTC)
        time.sleep(5)
        for server in running:
            send_mark(server, 2)  # queued, and lost with its session
        time.sleep(pause - 2)
        ended = datetime.now(UTC)
        for server, (tcp, listening) in marks.items():
            wait_for_users(server, 3)
            send_mark(server, 3)
            for one in listening:
                one.wait_for(3)
            make_calls(server, ("605",))
            send_mark(server, 4)
            tcp.wait_for(4)
            lost = next(row for row in map(seen, tcp.events) if row.tally == "2").time_us
            for one in listening:
                one.result()
                gap = gap_of(one, begun, ended)
                assert "expired" in gap.reason
                assert gap.start.timestamp() * 1e6 < lost < gap.end.timestamp() * 1e6
                assert [row.tally for row in one.rows() if row.tally] == ["1", "3", "4"]
                assert {row.event for row in one.rows()} == {"UserEvent"}, "the mask is the same behind a gap"


def test_what_a_broken_connection_swallowed_is_a_gap(pbx):
    """The answer breaks off with events in it: they are lost, it is said, and it goes on with all that follows."""
    with (
        witness(pbx) as tcp,
        pbx.manager("harness") as manager,  # each login is an event, too
        contextlib.ExitStack() as stack,
    ):
        proxies = [stack.enter_context(Proxy(pbx.http_port)) for _ in INTERFACES]
        clients = [
            stack.enter_context(connect(pbx, *given))
            for given in zip(INTERFACES, [p.url for p in proxies], strict=True)
        ]
        listening = [Listening(client, 6, mask="user") for client in clients]
        wait_for_users(pbx, 5)
        mark(manager, 1)
        for one in listening:
            one.wait_for(1)
        for number, kind in ((2, "cut"), (3, "lose"), (4, "answer")):
            time.sleep(0.5)
            faults = [proxy.plan(kind, "WaitEvent") for proxy in proxies]
            mark(manager, 100 + number)  # ends the wait that runs: the next one is the proxy's
            for one in listening:
                one.wait_for(100 + number)
            time.sleep(0.5)
            mark(manager, number)
            time.sleep(1)
            assert [fault.done for fault in faults] == [1] * 4
        mark(manager, 6)
        for one in listening:
            one.result()
        tcp.wait_for(6)
        times = {row.tally: row.time_us / 1e6 for row in map(seen, tcp.events) if row.tally}
    for name, one in zip(INTERFACES, listening, strict=True):
        tallies = [row.tally for row in one.rows() if row.tally]
        assert tallies == [number for number in times if number in tallies], "none twice, none out of order"
        missing = set(times) - set(tallies)
        assert missing == {"2", "3"}, "the proxy took two, and no more"
        gaps = [(gap.start.timestamp(), gap.end.timestamp()) for gap in one.gaps]
        for number in missing:
            assert any(start <= times[number] <= end for start, end in gaps), (name, number, times[number], gaps)
        assert len(gaps) == 3, name


def test_a_connection_that_breaks_while_it_waits_loses_nothing_that_comes_later(pbx):
    """Asked again at once, the broken wait is displaced before it can swallow an event."""
    with Proxy(pbx.http_port) as proxy, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(pbx, name, proxy.url)) for name in INTERFACES]
        listening = [Listening(client, 2, mask="user") for client in clients]
        wait_for_users(pbx, 4)
        send_mark(pbx, 1)
        for one in listening:
            one.wait_for(1)
        time.sleep(0.5)
        proxy.cut_all()
        time.sleep(0.7)
        send_mark(pbx, 2)
        for one in listening:
            one.result()
            assert len(one.gaps) == 1
            assert [row.tally for row in one.rows() if row.tally] == ["1", "2"]


@pytest.mark.parametrize(("interface", "is_hindered"), [("rawman", False), ("rawman", True), ("mxml", False)])
def test_a_session_logged_off_by_somebody_is_renewed_even_when_the_first_try_fails(pbx, interface, is_hindered):
    with Proxy(pbx.http_port) as proxy, connect(pbx, interface, proxy.url) as client:
        listening = Listening(client, 2, mask="user")
        wait_for_users(pbx, 1)
        send_mark(pbx, 1)
        listening.wait_for(1)
        if is_hindered:
            proxy.plan("answer", "Login", status=503)
            proxy.plan("refuse", "Login", times=3)
        begun = datetime.now(UTC)
        by_cookie(pbx, interface, proxy.counted("WaitEvent")[-1].session, "Logoff")
        time.sleep(0.2)
        wait_for_users(pbx, 1)
        send_mark(pbx, 2)
        listening.result()
    gap = gap_of(listening, begun, datetime.now(UTC))
    assert is_hindered or "logged off" in gap.reason
    assert [row.tally for row in listening.rows() if row.tally] == ["1", "2"]


@pytest.mark.parametrize(("interface", "user"), [("mxml", "nocommand"), ("arawman", "orig")])
def test_the_time_is_up_also_while_nothing_answers(pbx, interface, user):
    """With accounts of their own: the sessions, which nobody can log off, live on for a minute."""
    proxy = Proxy(pbx.http_port)
    with connect(pbx, interface, proxy.url, user) as client:
        listening = Background(lambda: client.events(3))
        end = time.monotonic() + 10
        while not proxy.counted("Login" if interface == "mxml" else "Events") and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.5)
        proxy.close()
        began = time.monotonic()
        frame = listening.result(15)
        assert time.monotonic() - began < 8
    assert frame.attrs["amiframe"]["fetched_complete"] is False


def by_cookie(server: Asterisk, path: str, session: str, action: str, **fields: str) -> bytes:
    """Send an action in somebody's session."""
    body = urllib.parse.urlencode({"Action": action, **fields}).encode()
    request = urllib.request.Request(f"{server.url}/{path}", body, {"Cookie": f'mansession_id="{session}"'})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
        return answer.read()


@pytest.mark.parametrize("interface", ["rawman", "mxml"])
def test_who_polls_with_our_cookie_displaces_us_and_we_say_so(pbx, interface):
    with Proxy(pbx.http_port) as proxy, connect(pbx, interface, proxy.url) as client:
        listening = Background(lambda: client.events(20, mask="user"))
        wait_for_users(pbx, 1)
        end = time.monotonic() + 10
        while not proxy.counted("Login") and time.monotonic() < end:
            time.sleep(0.05)
        send_mark(pbx, 1)  # its answer shows the cookie
        while not proxy.counted("WaitEvent") and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)
        thief = Background(
            lambda: by_cookie(pbx, interface, proxy.counted("WaitEvent")[-1].session, "WaitEvent", timeout="1")
        )
        with pytest.raises(af.WaitDisplaced, match="another reader") as displaced:
            listening.result(15)
        assert displaced.value.action == "WaitEvent"
        thief.result()
    assert users_connected(pbx) == 0


# --- the end ---------------------------------------------------------------------------------------------------------

_SCRIPT = """
import sys, amiframe as af
with af.connect(sys.argv[1], username="test", secret=sys.stdin.readline().strip(), interface=sys.argv[2]) as pbx:
    for batch in pbx.listen(mask="user"):
        print("heard", flush=True)
"""


def test_ctrl_c_logs_the_session_off(pbx):
    """While it waits for events, on all four interfaces: an interrupt ends the wait and leaves nothing behind."""
    children = []
    try:
        for interface in INTERFACES:
            command = [sys.executable, "-c", _SCRIPT, pbx.url, interface]
            child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            children.append(child)
            child.stdin.write(pbx.users["test"].encode() + b"\n")
            child.stdin.flush()
        wait_for_users(pbx, 4)
        send_mark(pbx, 1)
        for child in children:
            assert child.stdout.readline() == b"heard\n"
        time.sleep(1)  # back in a wait
        for child in children:
            child.send_signal(signal.SIGINT)
        for child in children:
            _, tallies = child.communicate(timeout=10)
            assert b"KeyboardInterrupt" in tallies
            assert child.returncode == -signal.SIGINT
    finally:
        for child in children:
            child.kill()
            child.communicate()
    assert users_connected(pbx) == 0


def test_closing_leaving_and_failing_log_the_session_off(pbx):
    stop = threading.Event()

    def chatter() -> None:
        with pbx.manager("harness") as manager:
            while not stop.wait(0.1):
                mark(manager, 1)

    noise = Background(chatter)
    try:
        for interface in INTERFACES:
            with connect(pbx, interface) as client:
                batches = client.listen()
                next(batches)
                assert users_connected(pbx) == 1
                batches.close()
                assert users_connected(pbx) == 0, "closed"
                for _ in client.listen():
                    break
                wait_for_users(pbx, 0, timeout=2)
                with pytest.raises(ZeroDivisionError):
                    client.events(20, until=lambda _: 1 / 0)
                assert users_connected(pbx) == 0, "failed"
                assert len(client.events(1, mask="user")) > 0
                assert users_connected(pbx) == 0, "time is up"
    finally:
        stop.set()
        noise.result()
