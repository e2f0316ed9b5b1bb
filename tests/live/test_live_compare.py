"""compare on real servers: ten calls begun, ten ended, five transferred are told, exactly, over all four interfaces."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
import staging
from amf_support import plain
from pbx_server import VERSIONS, Asterisk, why_not

import amiframe as af

ALL = ("rawman", "mxml", "arawman", "amxml")
STAY = 40  # channels of calls to which nothing happens


@pytest.fixture(params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[Asterisk]:
    reason = why_not(request.param)
    if reason:
        pytest.skip(reason)
    with Asterisk(request.param, files=staging.files()) as running:
        staging.prepare(running)
        yield running


def connect(server: Asterisk, interface: str) -> af.Pbx:
    return af.connect(server.url, username="test", secret=server.users["test"], interface=interface)


def bridged(server: Asterisk, calls: int) -> None:
    """Wait until so many calls of [faults] talk, and nothing moves any more."""

    def talking() -> bool:
        lines = [line for line in server.channels() if line[0].startswith("Local/call@faults") and line[0][-1] == "2"]
        settled = all(line[5] != "Answer" for line in server.channels())  # that takes half a second
        return len(lines) == calls and all(line[5] == "Dial" and line[-2] for line in lines) and settled

    server.wait(talking, f"bridge {calls} calls", 20)


def ids(server: Asterisk) -> dict[str, str]:
    """Name of each channel by its id."""
    return {line[-1]: line[0] for line in server.channels()}


def test_ten_begun_ten_ended_five_transferred(server):
    server.wait(lambda: "line/sip:" in server.cli("pjsip show contacts"), "register its line", 30)
    server.place_calls(STAY)
    with server.manager("harness") as manager:
        ended = [staging.begin(manager, "call") for _ in range(10)]
        transferred = [staging.begin(manager, "call") for _ in range(5)]
        untouched = [staging.begin(manager, "call") for _ in range(5)]
        bridged(server, 20)
        status = {interface: one_look(server, interface) for interface in ALL}
        there = ids(server)

        # what happens: the callee transfers the caller to another number, and is gone
        linked = status["rawman"].status.set_index("uniqueid")["linkedid"]
        callees = {}
        for call in transferred:
            own = [there[u] for u in linked.index[linked == call] if u not in (call, f"{call}-2")]
            callees[call] = next(name for name in own if name.endswith(";1"))
            reply = manager.send("BlindTransfer", ("Channel", callees[call]), ("Context", "faults"), ("Exten", "moved"))
            assert ("Response", "Success") in reply[0], reply
        for call in ended:
            server.cli(f"channel request hangup {there[call]}")
        begun = [staging.begin(manager, "talk") for _ in range(10)]
        expected = len(there) - 10 * 4 - 5 * 2 + 10 * 2
        server.wait(lambda: len(server.channels()) == expected, "settle", 20)
        server.wait(
            lambda: sum(line[5] == "Wait" and line[2] == "moved" for line in server.channels()) == 5, "move", 10
        )
        later = {interface: one_look(server, interface) for interface in ALL}

    new = {u for call in begun for u in (call, f"{call}-2")}
    gone = {u for u in linked.index if linked[u] in ended}
    gone |= {
        u
        for u in linked.index
        if linked[u] in transferred and u not in {c + half for c in transferred for half in ("", "-2")}
    }
    moved = {f"{call}-2" for call in transferred}
    results = []
    for interface in ALL:
        found = af.compare(status[interface], later[interface])
        changes = found["status"].set_index("uniqueid")["change"]
        assert {u for u in changes.index if changes[u] == "new"} == new, interface
        assert {u for u in changes.index if changes[u] == "gone"} == gone, interface
        assert {u for u in changes.index if changes[u] == "changed"} == moved, interface
        assert (changes == "same").sum() == len(status[interface].status) - len(gone) - len(moved)
        assert {f"{call}{half}" for call in untouched for half in ("", "-2")} <= {
            u for u in changes.index if changes[u] == "same"
        }
        rows = found["status"].set_index("uniqueid").loc[sorted(moved)]
        assert rows["exten_after"].tolist() == ["moved"] * 5
        assert rows["application_before"].tolist() == ["Dial"] * 5
        assert rows["application_after"].tolist() == ["Wait"] * 5
        assert rows["bridgeid_after"].isna().all()
        for name in ("queues", "members", "waiting", "endpoints"):
            different = found[name][found[name]["change"] != "same"]
            assert different.empty, (interface, name, different.dropna(axis=1).to_dict("records"))
        results.append(found["status"])
    for other in results[1:]:
        assert list(other.columns) == list(results[0].columns)
        assert by_id(other) == by_id(results[0])
    print(f"\n{server}: {results[0]['change'].value_counts().to_dict()} on {', '.join(ALL)}")


def one_look(server: Asterisk, interface: str) -> af.Snapshot:
    with connect(server, interface) as pbx:
        return pbx.snapshot()


def by_id(frame: pd.DataFrame) -> list[list[object]]:
    """All values, whatever the order in which the PBX listed the channels."""
    ordered = frame.sort_values("uniqueid").reset_index(drop=True)
    columns = plain(ordered)
    return [columns[name] for name in ordered.columns]
