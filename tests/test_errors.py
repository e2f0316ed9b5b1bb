"""The tree of errors: what is what, what each carries, and that it survives a process pool."""

from __future__ import annotations

import copy
import inspect
import itertools
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from amf_support import for_each

from amiframe import errors
from amiframe.reply import Reply
from amiframe.wire.message import Message

BASES = {
    "AmiframeError": (Exception,),
    "ConfigError": (errors.AmiframeError, ValueError),
    "ConnectError": (errors.AmiframeError,),
    "ConnectTimeout": (errors.ConnectError,),
    "HTTPStatusError": (errors.AmiframeError,),
    "LoginError": (errors.AmiframeError,),
    "AccessDenied": (errors.AmiframeError,),
    "SessionLost": (errors.AmiframeError,),
    "WaitDisplaced": (errors.SessionLost,),
    "ActionError": (errors.AmiframeError,),
    "ActionRefused": (errors.AmiframeError, ValueError),
    "IncompleteList": (errors.AmiframeError,),
    "ParseError": (errors.AmiframeError,),
    "JobError": (errors.AmiframeError,),
    "JobTimeout": (errors.JobError,),
    "JobRunning": (errors.JobError,),
}
REPLY = Reply(Message((("Response", "Error"), ("Message", "No such channel"))))
OWN = {
    "HTTPStatusError": {"status": 404},
    "ActionError": {"reply": REPLY},
    "IncompleteList": {"partial": [1, 2]},
    "ParseError": {"offset": 7, "excerpt": "<html>"},
    "JobError": {"cell": 3, "ename": "KeyError", "evalue": "'x'", "output_path": "/tmp/out.ipynb"},
}
DEFAULTS = {
    "HTTPStatusError": {"status": 0},
    "ActionError": {"reply": None},
    "IncompleteList": {"partial": None},
    "ParseError": {"offset": -1, "excerpt": ""},
    "JobError": {"cell": None, "ename": "", "evalue": "", "output_path": None},
}
WHERE = {"pbx": "https://pbx:8089/asterisk", "action": "Status", "hint": "look at the account's read= line"}


def full(name: str) -> errors.AmiframeError:
    return getattr(errors, name)("it went wrong", **WHERE, **OWN.get(name, {}))


def test_the_tree_is_the_drawn_one():
    found = {
        name: kind.__bases__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, BaseException) and not issubclass(kind, Warning)
    }
    assert found == BASES
    assert errors.InsecureWarning.__bases__ == (UserWarning,)
    assert all(name in (errors.__doc__ or "") for name in BASES if name != "ConnectTimeout")


@pytest.mark.parametrize("name", BASES)
def test_every_error_carries_its_fields(name):
    error = full(name)
    fields = {**WHERE, **OWN.get(name, {})}
    assert {field: getattr(error, field) for field in fields} == fields
    assert error.args == ("it went wrong",)
    if name == "ActionError":
        assert error.message == "it went wrong"
    bare = getattr(errors, name)("short")
    wanted = {"pbx": None, "action": None, "hint": None, **DEFAULTS.get(name, {})}
    assert {field: getattr(bare, field) for field in wanted} == wanted
    assert str(bare) == "short"


@pytest.mark.parametrize("name", BASES)
def test_every_error_is_raised_and_caught_as_the_tree_says(name):
    for base in (errors.AmiframeError, *BASES[name]):
        with pytest.raises(base):
            raise full(name)


@for_each(itertools.product(BASES, range(2, pickle.HIGHEST_PROTOCOL + 1)))
def test_every_error_pickles_with_all_fields(name, protocol):
    error = full(name)
    error.add_note("seen at night")
    for again in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert again.args == error.args
        assert again.__dict__ == error.__dict__
        assert str(again) == str(error)
        assert again.__notes__ == ["seen at night"]


def raise_in_worker(name):
    raise full(name)


def test_an_error_comes_back_from_a_process_pool():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for name in OWN:
            with pytest.raises(errors.AmiframeError) as caught:
                pool.submit(raise_in_worker, name).result()
            assert type(caught.value).__name__ == name
            assert str(caught.value) == str(full(name))
            for field, value in OWN[name].items():
                assert getattr(caught.value, field) == value


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({}, "wrong"),
        ({"pbx": "http://pbx:8088"}, "wrong [http://pbx:8088]"),
        ({"action": "Ping"}, "wrong [Ping]"),
        ({"pbx": "http://pbx:8088", "action": "Ping"}, "wrong [http://pbx:8088 Ping]"),
        ({"hint": "do this"}, "wrong\n  hint: do this"),
        ({"action": "Ping", "hint": "do this"}, "wrong [Ping]\n  hint: do this"),
    ],
)
def test_text_says_what_where_and_what_next(where, text):
    assert str(errors.AmiframeError("wrong", **where)) == text


def test_an_error_without_a_text():
    error = errors.AmiframeError("x")
    error.args = ()
    assert str(error) == ""


@pytest.mark.parametrize("name", OWN)
def test_text_shows_no_contents(name):
    """What an answer or a notebook held may be secret: it is in the fields for who asks, not in every log line."""
    canary = "PlantedSecret123"
    own = {"JobError": {"evalue": canary}, "ActionError": {"reply": canary}, "IncompleteList": {"partial": canary},
           "ParseError": {"excerpt": canary}, "HTTPStatusError": {}}[name]  # fmt: skip
    error = getattr(errors, name)("it went wrong", **own)
    assert canary not in str(error)
    assert canary not in repr(error)


def test_the_module_is_a_leaf():
    source = inspect.getsource(errors)
    imports = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
    assert imports == ["from __future__ import annotations", "from typing import Any"]
