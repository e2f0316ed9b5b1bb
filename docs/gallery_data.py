"""Data of the gallery: the shipped samples, names from all over the world, 100,000 calls, and nothing at all."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import amiframe as af

ZONE = "Europe/Berlin"
CALLS = 100_000
LOGS = Path(__file__).parents[1] / "tests" / "analysis" / "logs" / "22"
STORIES = tuple(sorted(file.name.partition(".")[0] for file in LOGS.glob("*.txt.gz")))
NAMES = (
    "Дмитрий Орлов-Вознесенский",
    "محمد علي",
    "田中 花子",
    "Zoë Ünïcode",
    "\U0001f4de Hotline ☎",
    "$5 and $9 a_b^c",
    "Ксения Белова",
    "A very long name of somebody in a department with a very long name",
    "tab\tesc\x1b[31m\u202eend",
    "שרה כהן",
    "김민준",
    "Łukasz Żak",
    "สมชาย ใจดี",
)
QUEUES = ("поддержка", "العربية")
MANY_QUEUES = ("billing", "orders", "returns", "sales", "support", "vip")


# --- small: the shipped samples --------------------------------------------------------------------------------------


@cache
def week() -> pd.DataFrame:
    """Return lines of queue_log: one week of two queues."""
    return af.read_queue_log(af.sample("queue_log"))


@cache
def events() -> pd.DataFrame:
    """Return events of some calls of every kind, as a real Asterisk 22 sent them."""
    return af.read_events(af.sample("events_calls"))


@cache
def visits() -> pd.DataFrame:
    """Return the callers of the week."""
    return af.queue_calls(week())


@cache
def states() -> pd.DataFrame:
    """Return what the agents of the week did."""
    return af.agents(week())


@cache
def status() -> pd.DataFrame:
    """Return channels of a busy minute."""
    return af.read_status(af.sample("status"))


def commands() -> pd.DataFrame:
    """Return actions and the privileges that lead to them."""
    return af.read_commands(af.sample("commands"))


def monday(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the first day of the week."""
    return frame[frame[column].between("2026-11-16", "2026-11-17")]


@cache
def calls() -> pd.DataFrame:
    """Return the calls of the events, those through the trunk marked."""
    return af.calls(events(), trunks="PJSIP/trunk*")


@cache
def cdr() -> pd.DataFrame:
    """Return calls of the week, from its CDR: begin, end, talk and cause."""
    records = af.read_cdr(af.sample("cdr"), tz="UTC")
    made = pd.DataFrame({"linkedid": records["uniqueid"], "started": records["start"], "ended": records["end"]})
    made.attrs = dict(records.attrs)
    return made


def call_of(story: str) -> tuple[pd.DataFrame, str]:
    """Return the events of one recorded story, and its longest call."""
    log = af.read_events(LOGS / f"{story}.txt.gz")
    found = af.calls(log).sort_values("legs", ascending=False, kind="stable")
    return log, found["linkedid"].iloc[0]


def snapshots() -> pd.DataFrame:
    """Return counts of channels: the shipped status, a little more or less of it every minute."""
    channels = status()
    begin = pd.Timestamp("2026-11-16 09:00Z")
    sizes = (50 + 36 * np.sin(np.arange(45) / 7)).astype(int)
    return af.status_series(
        channels.iloc[np.sort(np.random.default_rng(minute).permutation(len(channels))[:size])].assign(
            amf_fetched=begin + pd.Timedelta(minutes=minute)
        )
        for minute, size in enumerate(sizes)
    )


# --- names of the world ----------------------------------------------------------------------------------------------


def renamed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose agents, queues and callers have names from all over the world."""
    made = frame.copy()
    for name, names in (("member", NAMES), ("membername", NAMES), ("queue", QUEUES), ("callername", NAMES)):
        if name in made:
            known = sorted(made[name].dropna().unique())
            made[name] = made[name].map({word: names[i % len(names)] for i, word in enumerate(known)}).astype("str")
    return made


def one_queue(number: int) -> pd.DataFrame:
    """Return the callers of one queue with a name of the world."""
    made = renamed(visits())
    return made[made["queue"] == QUEUES[number]]


def worldly_snapshots() -> pd.DataFrame:
    """Return counts of channels in applications that nobody knows."""
    made = snapshots()
    known = sorted(made["value"].dropna().unique())
    made["value"] = made["value"].map({word: NAMES[i % len(NAMES)] for i, word in enumerate(known)}).astype("str")
    return made


def worldly_privileges() -> pd.DataFrame:
    """Return flags of actions whose privileges have names of the world."""
    made = many_privileges().iloc[:60, : len(NAMES) + 1]
    return made.set_axis(["action", *NAMES], axis=1)


def worldly(log: pd.DataFrame) -> pd.DataFrame:
    """Return events in whose channels and queues the names are of the world."""
    made = log.copy()
    names = af.legs(log)["endpoint"].dropna().unique()
    new = {old: f"PJSIP/{NAMES[i % len(NAMES)]}" for i, old in enumerate(names) if old.startswith("PJSIP/")}
    for column in made.columns[made.dtypes.eq("str")]:
        for old, name in new.items():
            made[column] = made[column].str.replace(f"{old}-", f"{name}-", regex=False)
        if column == "queue":
            made[column] = made[column].where(made[column].isna(), QUEUES[0])
    return made


# --- large -----------------------------------------------------------------------------------------------------------


def _begins(generator: np.random.Generator, days: int) -> np.ndarray:
    """Return 100,000 seconds in so many days: few at night and at weekends, most before and after noon."""
    hour = np.arange(days * 24)
    of_day, weekday = hour % 24, hour // 24 % 7
    weight = np.exp(-((of_day - 9.5) ** 2) / 4) + 0.8 * np.exp(-((of_day - 14.5) ** 2) / 6) + 0.01
    weight *= np.where(weekday < 5, 1.0, np.where(weekday == 5, 0.25, 0.0))
    chosen = generator.choice(len(hour), CALLS, p=weight / weight.sum())
    return np.sort(chosen * 3600 + generator.integers(0, 3600, CALLS))


@cache
def many_calls() -> pd.DataFrame:
    """Return 100,000 calls of four weeks."""
    generator = np.random.default_rng(7)
    second = _begins(generator, 28)
    talk = np.where(generator.random(CALLS) < 0.78, generator.lognormal(4.6, 1.1, CALLS), 0.0)
    ring = generator.gamma(2.0, 4.0, CALLS)
    causes = [16, 17, 19, 21, 1, 34, 38, 0, 27, 18, 3, 20, 127, 41, 102]
    shares = np.array([700, 60, 90, 30, 25, 9, 4, 3, 8, 12, 2, 20, 6, 2, 1], dtype=float)
    cause = np.where(talk > 0, 16, generator.choice(causes, CALLS, p=shares / shares.sum()))
    started = pd.Timestamp("2026-11-02", tz="UTC") + pd.to_timedelta(second, unit="s")
    made = pd.DataFrame(
        {
            "linkedid": np.char.add("1793577600.", np.arange(CALLS).astype(str)),
            "started": started,
            "answered": (started + pd.to_timedelta(ring.round(3), unit="s")).where(talk > 0),
            "ended": started + pd.to_timedelta((ring + talk).round(3), unit="s"),
            "ring_s": ring,
            "talk_s": talk,
            "cause": pd.array(cause, dtype="Int64"),
            "disposition": np.where(talk > 0, "answered", np.where(cause == 16, "cancelled", "no answer")),
        }
    )
    made.attrs["amiframe"] = {"source": "four-weeks"}
    return made


@cache
def many_visits() -> pd.DataFrame:
    """Return 100,000 callers."""
    return af.queue_calls(many_lines())


@cache
def many_states() -> pd.DataFrame:
    """Return what 120 agents did in a quarter."""
    return af.agents(many_lines())


@cache
def many_lines() -> pd.DataFrame:
    """Return the lines of queue_log of 100,000 callers of a quarter: six queues, 120 agents."""
    generator = np.random.default_rng(8)
    second = _begins(generator, 91) + int(pd.Timestamp("2026-08-31", tz="UTC").timestamp())
    wait = generator.gamma(1.2, 14.0, CALLS).astype(int)
    gives_up = generator.random(CALLS) < np.clip(wait / 160, 0, 0.9)
    talk = generator.lognormal(5.0, 0.7, CALLS).astype(int) + 5
    queue = generator.choice(MANY_QUEUES, CALLS)
    number = 300 + 20 * np.searchsorted(MANY_QUEUES, queue) + generator.integers(0, 20, CALLS)
    agent = np.char.add("PJSIP/", number.astype(str))
    lines = [f"{second[0] - 60}|NONE|NONE|NONE|QUEUESTART|"]
    lines += [f"{second[0] - 50}|MANAGER|{MANY_QUEUES[(n - 300) // 20]}|PJSIP/{n}|ADDMEMBER|" for n in range(300, 420)]
    for i in range(CALLS):
        key = f"{second[i]}.{i}"
        lines.append(f"{second[i]}|{key}|{queue[i]}|NONE|ENTERQUEUE||+4930{i:06}|1")
        if gives_up[i]:
            lines.append(f"{second[i] + wait[i]}|{key}|{queue[i]}|NONE|ABANDON|1|1|{wait[i]}")
            continue
        up = second[i] + wait[i]
        lines.append(f"{up}|{key}|{queue[i]}|{agent[i]}|CONNECT|{wait[i]}|{key}9|3")
        lines.append(f"{up + talk[i]}|{key}|{queue[i]}|{agent[i]}|COMPLETECALLER|{wait[i]}|{talk[i]}|1")
    lines.sort(key=lambda line: int(line.partition("|")[0]))
    return af.read_queue_log("\n".join(lines).encode() + b"\n")


def many_snapshots() -> pd.DataFrame:
    """Return counts of channels, 100,000 of them in a day and more."""
    second = np.arange(CALLS)
    wave = 200 * (1 - np.cos(second / CALLS * 4 * np.pi)) + np.random.default_rng(9).normal(0, 12, CALLS)
    up = np.clip(wave, 0, None).astype(int)
    times = pd.Timestamp("2026-11-16", tz="UTC") + pd.to_timedelta(second, unit="s")
    counted = {
        "Up": up,
        "Ring": up // 9,
        "Ringing": up // 7,
        "Down": up // 40,
        "Busy": up // 50,
        "Dialing": up // 60,
        "Pre-ring": up // 80,
    }
    parts = [pd.DataFrame({"time": times, "by": "state", "value": k, "channels": v}) for k, v in counted.items()]
    return pd.concat(parts, ignore_index=True)


def longer(log: pd.DataFrame, call: str, times: float = 60.0) -> pd.DataFrame:
    """Return events in which what follows the first answer takes longer: recorded calls talk for a second or two."""
    answered = af.calls(log).set_index("linkedid")["answered"][call]
    if pd.isna(answered):
        return log
    made = log.copy()
    later = (made["amf_time"] - answered).clip(lower=pd.Timedelta(0))
    made["amf_time"] = made["amf_time"] + later * (times - 1)
    return made


def ring_group(phones: int = 24) -> tuple[pd.DataFrame, str]:
    """Return the events of a call that rings very many phones: a recorded one, with one of its phones many times."""
    log, call = call_of("ring_all")
    own = log["uniqueid"].eq("1795548238.18") | log["destuniqueid"].eq("1795548238.18")
    parts = [log]
    for number in range(phones):
        copy = log[own.fillna(False)].copy()
        for name in copy.columns[copy.dtypes.eq("str")]:
            copy[name] = copy[name].replace("1795548238.18", f"1795548238.18{number:02}")
            copy[name] = copy[name].str.replace("PJSIP/101-", f"PJSIP/4{number:02}-", regex=False)
        parts.append(copy)
    whole = pd.concat(parts).sort_values(["amf_time", "amf_seq"], kind="stable", ignore_index=True)
    whole["amf_seq"] = pd.Series(np.arange(len(whole)), dtype="Int64")
    whole.attrs = dict(log.attrs)
    return whole, call


def many_privileges() -> pd.DataFrame:
    """Return flags of 1,000 actions for 40 privileges."""
    generator = np.random.default_rng(10)
    flags = generator.random((1000, 40)) < generator.beta(0.5, 6, 40)
    made = pd.DataFrame(flags, columns=[f"privilege{n}" for n in range(40)])
    made.insert(0, "action", [f"Action{n:04}" for n in range(1000)])
    return made


def many_channels() -> pd.DataFrame:
    """Return 100,000 channels: the shipped status again and again, with states and technologies of every kind."""
    generator = np.random.default_rng(11)
    made = status().iloc[generator.integers(0, len(status()), CALLS)].reset_index(drop=True)
    states = [
        "Up",
        "Ringing",
        "Ring",
        "Down",
        "Rsrvd",
        "OffHook",
        "Dialing",
        "Busy",
        "Dialing Offhook",
        "Pre-ring",
        "Mute",
        "Unknown",
        "Один",
        "Two $ and $",
        "Three",
    ]
    made["channelstatedesc"] = pd.Series(generator.choice(states, CALLS, p=np.array([85, *[1] * 13, 2]) / 100)).astype(
        "str"
    )
    technology = generator.choice(["PJSIP", "SIP", "Local", "DAHDI", "IAX2", "Motif", "Message"], CALLS)
    made["channel"] = pd.Series(technology).astype("str") + "/" + made["channel"].str.partition("/")[2]
    return made
