"""What holds a password, by its name and in lines: one table for forms, answers, jobs and captures."""

from __future__ import annotations

import json

import pytest

from amiframe.capture.pseudonyms import Pseudonymizer
from amiframe.errors import ConfigError
from amiframe.jobs import notebook_parameters
from amiframe.privacy.secret_patterns import MASK, Masking, is_secretive, masked
from amiframe.widgets.action import model
from amiframe.wire.encoding import decode, encode

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
    assert model.is_secret_field(name)
    with pytest.raises(ConfigError, match="like a secret"):
        notebook_parameters._refuse_secret(name, "a parameter")
    assert Pseudonymizer().answer(f"{name}: hunter2", is_xml=False) == f"{name}: xxxxxxx"
    assert Pseudonymizer().answer(f"Variable: {name}=hunter2", is_xml=False) == f"Variable: {name}=xxxxxxx"


@pytest.mark.parametrize("name", PLAIN)
def test_names_of_other_things(name):
    assert not is_secretive(name)
    assert not model.is_secret_field(name)
    notebook_parameters._refuse_secret(name, "a parameter")


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
        (
            "1234 => 4242,Anna,a@x.org,,passwordlocation=spooldir",
            "voicemail.conf",
            f"1234 => {MASK},Anna,a@x.org,,passwordlocation={MASK}",
        ),
        ("register=bob:hunter2@pbx/9?x&secret=x", "", f"register=bob:{MASK}@pbx/9?x&secret={MASK}"),
        ("curl=http://me:hunter2@host/?token=abc", "", f"curl=http://me:{MASK}@host/?token={MASK}"),
        (
            "exten => 1,1,Dial(IAX2/me:hunter2@h/1,,U(x^pin=1))",
            "",
            f"exten => 1,1,Dial(IAX2/me:{MASK}@h/1,,U(x^pin={MASK}",
        ),
        ("                        secret  hunt er2  ", "", f"                        secret  {MASK}"),
        (
            "  InvalidPassword       InvalidTransport      Load",
            "",
            "  InvalidPassword       InvalidTransport      Load",
        ),
        ("                      username  bob", "", "                      username  bob"),
        ("  MD5Secret            : <Not set>", "", "  MD5Secret            : <Not set>"),
        ("[Secret:] <value>", "", "[Secret:] <value>"),
        ("-= Info about Manager Event 'InvalidPassword' =-", "", "-= Info about Manager Event 'InvalidPassword' =-"),
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
    assert masked('{"user":"bob","pin":4711,"port":"1"}') == f'{{"user":"bob","pin":{MASK}'
    assert masked('{"secret":["a","b"]}') == f'{{"secret":{MASK}'
    assert masked('{"a":"b";"secret":"hunter2"}') == f'{{"a":"b";"secret":"{MASK}"}}'
    assert masked('{"a":"b"} x"secret":"hunter2"') == f'{{"a":"b"}} x"secret":"{MASK}"'
    assert masked('"user":"bob" secret=hunter2') == f'"user":"bob" secret={MASK}'


@pytest.mark.parametrize(
    "text",
    ["secret" + "a" * 100_000, "token " + "0a" * 50_000, '{"a":"b",' + '\\"' * 50_000, "auth=" * 20_000 + "@",
     "@" + "//a:" * 25_000, "secret " + " " * 100_000, "IAX2/" * 20_000 + "@", '{"secret":"b",' + ', "' * 30_000],
    ids=["name", "token", "quotes", "auth", "address", "blanks", "technology", "commas"],
)  # fmt: skip
def test_a_long_line_takes_no_longer_than_its_length(text):
    """Each of them took minutes when a pattern looked to the end from every place."""
    masked(text)


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
    shown = table(last, "bob   in       a b c", "", "bob   in       a b c")
    assert shown == f"{last}\nbob   in       xxxxx\n\nbob   in       a b c"
    assert table("Name  Secret  X", "bob   too long  y") == "Name  Secret  X\nbob xxxxxxxxxxxxx"
    assert (
        table("Name  Secret  X", "robert the long", "bob           y")
        == "Name  Secret  X\nrobert xxxxxxxx\nbob           y"
    )


def test_what_else_a_table_can_hold():
    head = "Username  Secret  MD5Secret  Context"
    assert table(head, "bob       hunter  abcdef012  in") == f"{head}\nbob       xxxxxx  xxxxxxxxx  in"
    head = "Username         Secret      Context"
    assert table(head, "secret=hunter2 ; old") == f"{head}\nsecret={'x' * 13}"
    row = "bob              x           register=bob:hunter2@host"
    assert table(head, row) == f"{head}\n{row.replace('hunter2', 'xxxxxxx')}"
    assert table("PIN   Name  Context", "123456 bob  in") == "PIN   Name  Context\nxxxxxxxxxxxxxx"
    assert "1234" not in table("Name  Context  PIN code", "bob   in       1234")


def test_names_in_another_encoding_move_nothing_and_lose_nothing():
    head = "Username                   Secret           Accountcode      Def.Context      ACL  Forcerport"
    for name, encoding in (("Михаил", "cp1251"), ("José", "latin-1"), ("Анна", "utf-8"), ("張三丰", "utf-8")):
        row = decode(name.encode(encoding).ljust(25) + b"  open sesame 12   acc              in")
        hidden = table(head, row).split("\n")[1]
        assert hidden == row.replace("open sesame 12", "x" * 14)
        assert encode(hidden).startswith(name.encode(encoding))
    assert table(head, "bob\ud800                       hunter2").endswith("x")


@pytest.mark.parametrize(
    "line", ["Host  dnsmgr  Username  Refresh", "the secret  is  told", "Secret  : a  b", "Secret  of  ", "a secret b"]
)
def test_what_is_no_head_of_such_a_table(line):
    assert table(line, "bob           hunter2         in").endswith("hunter2         in")
