"""Real Asterisk servers for tests, from the chroots that ``.ci/asterisk`` builds: each has its own folder and ports.

Nothing here uses amiframe: what a test learns from this module is independent of the code under test.

Each server runs in namespaces of its own (mounts, processes, host name), so nothing stays mounted or running when a
test run is killed; the folder it leaves behind is removed by the next server.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import itertools
import os
import random
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from types import TracebackType
from typing import IO

VERSIONS = ("16", "22")
CONFIG = Path(__file__).with_name("config")

RIGHTS = {  # user: (read, write) of manager.conf; "harness" is this module's own
    "test": ("all", "all"),
    "ro": ("call,reporting", "reporting"),
    "orig": ("call", "originate,call"),
    "nocommand": (
        "system,call,log,verbose,agent,user,config,dtmf,reporting,cdr,dialplan,cc,aoc,test,security,message",
        "system,call,agent,user,config,reporting,originate,message,aoc",
    ),
    "harness": ("call", "all"),
}

NAMES = (  # caller names as people enter them, and some that break parsers
    "Иван Петров",
    "Alice Smith",
    'Bob "Bobby" Brown',
    "Sean O'Neil",
    r"back\slash\n",
    "Zoë Ünïcode",
    "<unknown>",
    "Ёжик в тумане; отдел: продажи",
    "a=b, c=d",
    "日本語 📞",
    "",
    "NA",
    "<b>&amp;</b>",
    "100%",
)

KINDS = {  # extension of [calls]: the channels that one call of it makes
    "echo": 2,
    "wait": 2,
    "dial": 4,
    "conference": 2,
    "agent": 4,
    "park": 2,
    "milliwatt": 2,
    "music": 2,
}

PARKING_SPACES = 90  # of res_parking.conf

Message = list[tuple[str, str]]


class PbxError(Exception):
    """The server did not do what the harness asked for."""


def cache() -> Path:
    """Give the folder in which ``.ci/asterisk`` builds."""
    return Path(os.environ.get("AMIFRAME_CACHE") or Path.home() / ".cache" / "amiframe")


def major(version: str) -> str:
    """Return the major version of what runs in the place of 16 or 22: ``.ci/asterisk`` takes what Debian has."""
    return (cache() / f"asterisk-{version}").resolve().name.removeprefix("asterisk-")


def why_not(version: str) -> str | None:
    """Say why this machine cannot run that version, or None when it can."""
    if os.geteuid() != 0:
        return f"Asterisk {version} needs root (chroot): build it with .ci/asterisk and run pytest as root"
    if not (cache() / f"asterisk-{version}" / "usr/sbin/asterisk").exists():
        return f"no Asterisk {version} on this machine: run .ci/asterisk"
    for tool in ("unshare", "setpriv"):
        if shutil.which(tool) is None:
            return f"Asterisk {version} needs {tool} (package util-linux)"
    return None


@dataclass(frozen=True)
class PlacedCall:
    """One call of `Asterisk.place_calls`: both its near and its far channel carry these."""

    kind: str
    number: str
    name: str
    variables: dict[str, str] = field(default_factory=dict)


class Manager:
    """One session at /rawman by urllib: just enough of the protocol for the harness."""

    def __init__(self, url: str, user: str, secret: str) -> None:
        self._url = f"{url}/rawman"
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )
        reply = self.send("Login", ("username", user), ("secret", secret))
        if dict(reply[0]).get("Response") != "Success":
            raise PbxError(f"login of {user} refused: {reply}")

    def send(self, action: str, *parameters: tuple[str, str], timeout: float = 30) -> list[Message]:
        """Send one action and give all messages of the answer."""
        body = urllib.parse.urlencode([("action", action), *parameters]).encode()
        with self._opener.open(self._url, body, timeout=timeout) as answer:
            text = answer.read().decode("utf-8", "surrogateescape")
        blocks = (block.strip("\r\n") for block in text.split("\r\n\r\n"))
        return [[self._header(line) for line in block.split("\r\n")] for block in blocks if block]

    @staticmethod
    def _header(line: str) -> tuple[str, str]:
        name, _, value = line.partition(":")
        return name, value.removeprefix(" ")

    def __enter__(self) -> Manager:
        return self

    def __exit__(self, *_: object) -> None:
        self.send("Logoff")


class Asterisk:
    """One server. ``url`` and ``users`` (name to secret) are what a client needs; they survive `restart`.

    ``version`` is the place it takes in the tests, "16" or "22"; ``major`` is its own version.

    ``home`` is its folder until `stop`: ``home / "log"`` has cdr-csv/Master.csv, cel-custom/Master.csv, queue_log and
    messages. ``prefix`` moves the HTTP paths (http.conf). ``files`` adds or replaces configuration files by name.
    ``clock`` is how many seconds its clock is ahead of the machine's.
    """

    def __init__(self, version: str, *, prefix: str = "", files: dict[str, str] | None = None, clock: int = 0) -> None:
        self.version = version
        self.root = (cache() / f"asterisk-{version}").resolve()
        self.major = major(version)
        self.prefix = prefix
        self.files = files or {}
        self.clock = clock
        self.users = {user: secrets.token_urlsafe(12) for user in RIGHTS if user != "harness"}
        self.sip_secret = secrets.token_urlsafe(12)
        self._harness_secret = secrets.token_urlsafe(12)
        self._numbers = itertools.count(1000)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self.home = Path()

    def __repr__(self) -> str:
        return f"Asterisk({self.version!r})"

    def __enter__(self) -> Asterisk:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where the AMI answers: add /rawman, /arawman, /mxml or /amxml."""
        return f"http://127.0.0.1:{self.http_port}{'/' + self.prefix if self.prefix else ''}"

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Make a folder, write the configuration and bring the server up; a few seconds."""
        if self._process is not None:
            raise PbxError(f"{self} runs already")
        reason = why_not(self.version)
        if reason:
            raise PbxError(reason)
        atexit.register(self.stop)
        self._make_home()
        try:
            for attempt in (1, 2, 3):
                self._configure()
                self._boot()
                if self._is_mine():
                    return
                if attempt < 3:  # somebody took a port between our look and Asterisk's bind
                    self._halt()
            raise PbxError(f"{self} does not answer at {self.url}\n{self.log()}")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Bring the server down and remove its folder. Harmless when it is down."""
        atexit.unregister(self.stop)
        self._halt()
        if self._lock is not None:
            shutil.rmtree(self.home, ignore_errors=True)
            self._lock.close()
            self._lock = None

    def restart(self) -> None:
        """Stop and start the process: same ports, users, data base and logs; all sessions and calls are gone."""
        if self._process is None:
            raise PbxError(f"{self} does not run")
        self._halt()
        self._boot()
        if not self._is_mine():
            raise PbxError(f"{self} does not answer at {self.url} after a restart\n{self.log()}")

    def crash(self) -> None:
        """Kill the process as a power cut would, and start it: calls end without a trace in the logs."""
        if self._process is None:
            raise PbxError(f"{self} does not run")
        self._process.kill()
        self._process.wait()
        self.restart()

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Stop the process for a while; it comes back as `restart` would leave it."""
        if self._process is None:
            raise PbxError(f"{self} does not run")
        self._halt()
        yield
        self._boot()
        if not self._is_mine():
            raise PbxError(f"{self} does not answer at {self.url} any more\n{self.log()}")

    def _make_home(self) -> None:
        run = self.root / "run"
        with (run / "amiframe.lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            for old in run.glob("amiframe-*"):
                _remove_if_stale(old)
            self.home = Path(tempfile.mkdtemp(prefix="amiframe-", dir=run))
            self._lock = (self.home / "lock").open("w")  # held while this process lives
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            # names must resolve at once: a resolver that does not answer delays SIP by 5 s
            _write_once(self.root / "etc/hosts", "127.0.0.1 localhost pbx\n")
            _write_once(self.root / "etc/resolv.conf", "")
        for name in ("etc", "lib", "run", "cache", "spool", "log/cdr-csv", "log/cdr-custom", "log/cel-custom"):
            (self.home / name).mkdir(parents=True)
        if self.clock:
            self._build_clock()

    def _build_clock(self) -> None:
        """Compile what shifts the clock of the server's process, and of nothing else."""
        source, built = CONFIG.with_name("clock_shim.c"), self.home / "lib" / "clock.so"
        command = ["gcc", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-O1", f"-DSHIFT={self.clock}"]
        done = subprocess.run([*command, "-o", built, source], capture_output=True, check=False)
        if done.returncode:
            raise PbxError(f"{source.name} does not compile: {done.stderr.decode('utf-8', 'replace')}")

    def _configure(self) -> None:
        self.http_port, self.ami_port = _free_ports(2, socket.SOCK_STREAM)
        self.sip_port, old_sip_port, iax_port = _free_ports(3, socket.SOCK_DGRAM)
        values = {
            "HOME": self._inside,
            "MODULES": self._modules(),
            "HTTP_PORT": self.http_port,
            "AMI_PORT": self.ami_port,
            "SIP_PORT": self.sip_port,
            "OLD_SIP_PORT": old_sip_port,
            "IAX_PORT": iax_port,
            "SIP_SECRET": self.sip_secret,
            "PREFIX": self.prefix,
            "USERS": "\n".join(
                f"[{user}]\nsecret = {secret}\nread = {RIGHTS[user][0]}\nwrite = {RIGHTS[user][1]}\n"
                for user, secret in [*self.users.items(), ("harness", self._harness_secret)]
            ),
        }
        templates = {path.name: path.read_text("utf-8") for path in CONFIG.glob("*.conf")}
        for name, text in (templates | self.files).items():
            filled = re.sub(r"@([A-Z_]+)@", lambda match: str(values[match[1]]), text)
            (self.home / "etc" / name).write_text(filled, "utf-8")

    @property
    def _inside(self) -> str:
        return f"/run/{self.home.name}"

    def _modules(self) -> str:
        """Where Debian's package keeps the modules; the path has the machine's architecture in it."""
        text = (self.root / "etc/asterisk/asterisk.conf").read_text("utf-8")
        found = re.search(r"^astmoddir\s*=>\s*(\S+)", text, re.MULTILINE)
        return found[1] if found else "/usr/lib/asterisk/modules"

    def _boot(self) -> None:
        # SIGKILL to us kills unshare, which kills the server; its mounts are gone with its namespace
        script = """
            ulimit -n "$(ulimit -Hn)"
            mount -t proc proc "$1/proc"
            echo pbx >/proc/sys/kernel/hostname
            exec chroot "$1" env ${3:+LD_PRELOAD="$3"} asterisk -f -C "$2"
        """
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child"]
        clock = f"{self._inside}/lib/clock.so" if self.clock else ""
        with (self.home / "log" / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [*command, "sh", "-ec", script, "sh", str(self.root), f"{self._inside}/etc/asterisk.conf", clock],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=_environment(),
            )

        def booted() -> bool:
            if self._process is None or self._process.poll() is not None:
                raise PbxError(f"{self} ended while starting\n{self.log()}")
            with contextlib.suppress(PbxError):
                return "fully booted" in self.cli("core waitfullybooted")
            return False

        self.wait(booted, "start", 60)

    def _halt(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            with contextlib.suppress(PbxError):
                self.cli("core stop now")
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        with contextlib.suppress(PbxError):  # after kill() the server itself ends a moment later
            self.wait(lambda: _is_closed(self.http_port), "close its port", 5)

    def _is_mine(self) -> bool:
        with contextlib.suppress(OSError, PbxError), self.manager("harness"):
            return True
        return False

    # -- talk ---------------------------------------------------------------------------------------------------------

    def cli(self, command: str) -> str:
        """Run a command of Asterisk's command line and give what it prints."""
        arguments = ["chroot", str(self.root), "asterisk", "-C", f"{self._inside}/etc/asterisk.conf", "-rx", command]
        try:
            done = subprocess.run(arguments, capture_output=True, timeout=60, env=_environment(), check=False)
        except subprocess.TimeoutExpired as error:
            raise PbxError(f"{self}: {command!r} did not end\n{self.log()}") from error
        if done.returncode:
            raise PbxError(f"{self}: {command!r}: {(done.stdout + done.stderr).decode('utf-8', 'replace').strip()}")
        return done.stdout.decode("utf-8", "surrogateescape")

    def manager(self, user: str = "test") -> Manager:
        """Open an AMI session that owes nothing to amiframe; a context manager."""
        return Manager(self.url, user, self._harness_secret if user == "harness" else self.users[user])

    def log(self, lines: int = 30) -> str:
        """Give the last lines of the server's output and messages, for error texts.

        Without those on modules that found nothing to do: there are dozens at every start.
        """
        parts = []
        for name in ("console", "messages"):
            path = self.home / "log" / name
            if path.exists():
                kept = [line for line in path.read_text("utf-8", "replace").splitlines() if "eclined" not in line]
                parts += [f"--- {name}", *kept[-lines:]]
        return "\n".join(parts)

    # -- calls --------------------------------------------------------------------------------------------------------

    def channels(self) -> list[list[str]]:
        """Give the fields of each channel in ``core show channels concise``; the state is the fifth."""
        lines = self.cli("core show channels concise").splitlines()
        return [line.split("!") for line in lines if line.count("!") >= 12]

    def place_calls(self, channels: int, *, names: tuple[str, ...] = NAMES, timeout: float = 60) -> list[PlacedCall]:
        """Put that many channels up (one less of an odd number) and wait until nothing moves any more.

        The calls are a mix of `KINDS`: echo, queue with and without an agent, bridged Dial, conference, parking lot,
        tone and music. Each has one of the names and a number of its own.
        """
        before = self.channels()
        calls = self._plan(channels, names, before)
        with self.manager("harness") as manager:
            for call in calls:
                self._originate(manager, call)
        self._settle(len(before) + channels // 2 * 2, timeout)
        return calls

    def _plan(self, channels: int, names: tuple[str, ...], before: list[list[str]]) -> list[PlacedCall]:
        costs = dict(KINDS)
        if not any(channel[0].startswith("CBAnn/") for channel in before):
            costs["conference"] += 2  # who opens the conference brings its announcer: one more Local pair
        spaces = PARKING_SPACES - sum(channel[5] == "Park" for channel in before)
        calls = []
        for kind, name in zip(itertools.cycle(KINDS), itertools.cycle(names), strict=False):
            if channels < 2:
                break
            chosen = "echo" if costs[kind] > channels or (kind == "park" and not spaces) else kind
            spaces -= chosen == "park"
            channels -= costs[chosen]
            costs[chosen] = KINDS[chosen]
            number = str(next(self._numbers))
            variables = {
                "ORDER": f"a=1,b={number};c",
                "CITY": "Санкт-Петербург",
                "EMPTY": "",
                "NOTE": f'"{name}" (x, y) ',
            }
            calls.append(PlacedCall(chosen, number, name, variables))
        return calls

    def _originate(self, manager: Manager, call: PlacedCall) -> None:
        # a leading underscore has the far half inherit the variable
        given = {"_NAME": call.name, "_NUMBER": call.number, **{f"_{k}": v for k, v in call.variables.items()}}
        variables = [("variable", f"{name}={_quoted(value)}") for name, value in given.items()]
        where = [("channel", f"Local/{call.kind}@calls/n"), ("context", "callers"), ("exten", "s"), ("priority", "1")]
        reply = manager.send("Originate", *where, ("async", "yes"), *variables)
        if ("Response", "Success") not in reply[0]:
            raise PbxError(f"{self}: {call}: {reply}")

    def _settle(self, expected: int, timeout: float) -> None:
        """Wait until all expected channels are up and three looks in a row see the same.

        A channel runs Queue some time before it waits in the queue (over a second was seen on a busy machine).
        """
        looks: list[list[list[str]]] = []

        def settled() -> bool:
            looks.append([[*line[:7], line[-2]] for line in self.channels()])
            last = looks[-1]
            up = len(last) == expected and all(channel[4] == "Up" for channel in last)
            return up and looks[-3:] == [last] * 3 and self._callers("support") == _asking_for(last, "support")

        try:
            self.wait(settled, f"bring {expected} channels up", timeout)
        except PbxError as error:
            tail = self.cli("core show channels").splitlines()[-30:]
            raise PbxError("\n".join([str(error), "--- channels", *tail])) from None

    def _callers(self, queue: str) -> int:
        """How many wait in that queue: the number of its first line in `queue show`."""
        found = re.search(r"has (\d+) calls", self.cli(f"queue show {queue}"))
        return int(found[1]) if found else 0

    def hangup_all(self, timeout: float = 20) -> None:
        """End every call and wait until the last channel has gone."""

        def silent() -> bool:
            if not self.channels():
                return True
            self.cli("channel request hangup all")  # again each time: a Dial or Queue may just have made a new one
            return False

        self.wait(silent, "end its calls", timeout)

    def wait(self, condition: Callable[[], bool], what: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise PbxError(f"{self} did not {what} within {timeout} s\n{self.log()}")
            time.sleep(0.1)


def _asking_for(channels: list[list[str]], queue: str) -> int:
    """How many channels of `core show channels concise` run Queue for that queue."""
    return sum(channel[5] == "Queue" and channel[6].split(",")[0] == queue for channel in channels)


def _quoted(value: str) -> str:
    r"""Protect what Originate would split or take away.

    >>> _quoted('a,"b"\\c (d)')
    'a\\,\\"b\\"\\\\c \\(d\\)'
    """
    return re.sub(r'([\\",()\[\]])', r"\\\1", value)


def _environment() -> dict[str, str]:
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/tmp",
        "TZ": "UTC",
    }


def _free_ports(count: int, kind: socket.SocketKind) -> Iterator[int]:
    """Find free ports of loopback, outside of RTP's range and of those that the system hands out by itself."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randint(20000, 32000)
        with contextlib.closing(socket.socket(socket.AF_INET, kind)) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.add(port)
    return iter(found)


def _is_closed(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _write_once(path: Path, text: str) -> None:
    """Write the file unless it says this already; never through a link, which would lead out of the chroot."""
    if path.is_symlink() or not path.exists() or path.read_text("utf-8") != text:
        path.unlink(missing_ok=True)
        path.write_text(text, "utf-8")


def _remove_if_stale(home: Path) -> None:
    """Remove the folder of a server whose test run is dead: nobody holds its lock."""
    if not home.is_dir():
        return
    with contextlib.suppress(FileNotFoundError, BlockingIOError), (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(home, ignore_errors=True)
        return
