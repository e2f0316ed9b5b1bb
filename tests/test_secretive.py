"""What holds a password, by its name and in lines: one table for forms, answers, jobs and captures."""

from __future__ import annotations

import json

import pytest

from amiframe.capture.disguise import Disguise
from amiframe.errors import ConfigError
from amiframe.jobs import notebook
from amiframe.secretive import MASK, Masking, is_secretive, masked
from amiframe.widgets import asking

SECRETIVE = [
    "Secret", "md5secret", "remotesecret", "vmsecret", "PASSWORD", "passwd", "passphrase", "passcode", "pass", "dbpass",
    "db_pass", "auth_pass", "auth-pass", "pwd", "md5_cred", "md5cred", "token", "refresh_token", "credentials",
    "api_key", "apikey", "private_key", "pin", "AdminPIN", "admin_pin", "UserPin", "VoicemailPin",
    "voicemailpin", "PINNumber",
]  # fmt: skip
PLAIN = [
    "Channel", "Key", "Val", "Value", "Spinner", "Authorization", "Action-000000", "Passage", "passthrough", "bypass",
    "compass", "secretary", "Pinned", "max_tokens", "opinion", "Shipping", "auth", "keyboard",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRETIVE)
def test_names_of_passwords(name):
    assert is_secretive(name)
    assert asking.is_secretive(name)
    with pytest.raises(ConfigError, match="like a secret"):
        notebook._refuse_secret(name, "a parameter")
    assert Disguise()._value(Masking(), "", name.lower(), "hunter2") == "xxxxxxx"
    assert Disguise()._told(Masking(), "", "variable", f"{name}=hunter2") == f"{name}=xxxxxxx"


@pytest.mark.parametrize("name", PLAIN)
def test_names_of_other_things(name):
    assert not is_secretive(name)
    assert not asking.is_secretive(name)
    notebook._refuse_secret(name, "a parameter")


@pytest.mark.parametrize(
    ("line", "file", "left"),
    [
        ("secret = p@ss,word1", "", "secret = " + MASK),
        ("secret=my pass phrase", "", "secret=" + MASK),
        ("secret=ab;cd", "", "secret=" + MASK),
        ('secret => "a\'b" <c>', "", "secret => " + MASK),
        ("dbpass=x", "", "dbpass=" + MASK),
        ("pass=x", "", "pass=" + MASK),
        ("  Secret            : a b", "", "  Secret            : " + MASK),
        (" ParameterName : x\n password : a b\n user : c", "", f" ParameterName : x\n password : {MASK}\n user : c"),
        ("  1. Set(PIN=1234)", "", "  1. Set(PIN=" + MASK),
        ("register => bob:p@s:s@sip.example.com:5060/200", "", f"register => bob:{MASK}@sip.example.com:5060/200"),
        ("register=tls://bob:pw@host", "", f"register=tls://bob:{MASK}@host"),
        ("register=peer?bob:pw@host", "", f"register=peer?bob:{MASK}@host"),
        ("register=bob@host:5060", "", "register=bob@host:5060"),
        ("auth=user:pw@realm", "", f"auth=user:{MASK}@realm"),
        ("auth=user#0123abcd@realm", "", f"auth=user#{MASK}@realm"),
        ("auth=phone-auth", "", "auth=phone-auth"),
        ("exten => 1,1,Dial(IAX2/me:p@w@host/100)", "", f"exten => 1,1,Dial(IAX2/me:{MASK}@host/100)"),
        ("dsn=mysql://me:pw@host/db", "", f"dsn=mysql://me:{MASK}@host/db"),
        ("1234=4242,Name,me@example.com", "voicemail.conf", f"1234={MASK},Name,me@example.com"),
        ("1234 => 4242", "voicemail.conf", f"1234 => {MASK}"),
        ("anna => -4242,Anna", "voicemail.conf", f"anna => {MASK},Anna"),
        ("maxsilence=10", "voicemail.conf", "maxsilence=10"),
        ("1234=4242,Name", "extensions.conf", "1234=4242,Name"),
        ("conf => 600,1234,9999", "meetme.conf", f"conf => 600,{MASK}"),
        ("agent=1001,4321,Mark", "agents.conf", f"agent=1001,{MASK}"),
        ("secret=", "", "secret="),
        ("callerid = Anna <100>", "", "callerid = Anna <100>"),
    ],
)
def test_lines(line, file, left):
    assert masked(line, file) == left


def test_json_of_a_configuration():
    """As Asterisk writes it: pairs in brackets, quotes and backslashes escaped."""
    pairs = {
        "secret": 'ab,cd ef"\\',
        "dbpass": "x y",
        "register": "bob:p@w@host",
        "port": "5060",
        "callerid": 'A "x" <1>',
    }
    text = "{" + '"a":[' + json.dumps(pairs)[1:-1] + "]}"
    made = masked(text)
    hidden = {**pairs, "secret": MASK, "dbpass": MASK, "register": f"bob:{MASK}@host"}
    assert made == '{"a":[' + json.dumps(hidden, ensure_ascii=False)[1:-1] + "]}"
    assert masked('{"default":["1234":"4242,Name"]}', "voicemail.conf") == f'{{"default":["1234":"{MASK},Name"]}}'
    assert masked('{"a":["secret":"cut off he') == f'{{"a":["secret":"{MASK}'


def table(*lines: str) -> str:
    return Masking(hide=lambda secret: "x" * len(secret)).text("\n".join(lines))


def test_the_column_of_a_table():
    """``sip show users`` and ``iax2 show users`` of a real 16 and 22, whose widths are bytes."""
    head = "Username                   Secret           Accountcode      Def.Context      ACL  Forcerport"
    row = "sipphone                   {}                   outgoing         No   No        "
    assert table(head, row.format("wkwl IrXDf8w5pt")) == f"{head}\n{row.format('x' * 15)}"
    cyrillic = "Анна" + " " * 19 + "pw1234567890123                   outgoing         No   No"
    assert table(head, cyrillic) == f"{head}\n{cyrillic.replace('pw1234567890123', 'x' * 15)}"
    last = "Name  Context  Password"
    told = table(last, "bob   in       a b c", "", "bob   in       a b c")
    assert told == f"{last}\nbob   in       xxxxx\n\nbob   in       a b c"
    assert table("Name  Secret  X", "bob   too long  y") == "Name  Secret  X\nbob xxxxxxxxxxxxx"
    assert (
        table("Name  Secret  X", "robert the long", "bob           y")
        == "Name  Secret  X\nrobert xxxxxxxx\nbob           y"
    )


@pytest.mark.parametrize(
    "line", ["Host  dnsmgr  Username  Refresh", "the secret  is  told", "Secret  : a  b", "Secret  of  ", "a secret b"]
)
def test_what_is_no_head_of_such_a_table(line):
    assert table(line, "bob           hunter2         in").endswith("hunter2         in")
