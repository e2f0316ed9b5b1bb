"""The shipped samples: each is there and reads."""

from __future__ import annotations

import pytest
from amf_support import SAMPLES as FOLDER

from amiframe import read
from amiframe.errors import ConfigError
from amiframe.read import samples


@pytest.mark.parametrize("name", read.SAMPLES)
def test_every_sample_is_there_and_reads(name):
    path = read.sample(name)
    assert path.is_file()
    if name.startswith("events"):
        assert len(read.read_events(path)) > 10
    elif name.startswith("queue_log"):
        frame = read.read_queue_log(path)
        assert len(frame) > 100
        assert frame["amf_misfit"].isna().all()
    elif name.startswith("cdr"):
        assert len(read.read_cdr(path)) == path.read_bytes().count(b"\n")
    elif name == "cel_22":
        assert path.read_bytes().count(b"\n") == 200  # read in test_cdr
    elif name == "command_doc":
        assert read.read_command_doc(path).arguments
    else:
        frame = read.read_reply(path).frame()
        assert len(frame) >= 1
        assert frame.attrs["amiframe"]["fetched_complete"] is True


def test_the_name_of_a_sample_says_its_format():
    for name in read.SAMPLES:
        assert (read.sample(name).read_bytes()[:1] == b"<") == name.endswith("_xml")


def test_an_unknown_sample_lists_those_that_are_there():
    with pytest.raises(ConfigError, match="no sample 'nosuch'") as caught:
        read.sample("nosuch")
    assert all(name in caught.value.hint for name in read.SAMPLES)


def test_the_docstring_names_every_sample():
    assert all(f"``{name}``" in read.sample.__doc__ for name in read.SAMPLES)


def test_a_wheel_has_its_samples_inside(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "__file__", str(tmp_path / "amiframe" / "read" / "samples.py"))
    assert read.sample("status") == tmp_path / "data" / "samples" / read.SAMPLES["status"]
    (tmp_path / "amiframe" / "_samples").mkdir(parents=True)
    assert read.sample("status") == tmp_path / "amiframe" / "_samples" / read.SAMPLES["status"]


def test_the_samples_of_the_repository_are_used_here():
    assert read.sample("status") == FOLDER / read.SAMPLES["status"]
