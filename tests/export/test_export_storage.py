"""Whatever happens while a file is written, the old one is still there, and a half-new pair is noticed."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pandas as pd
import pytest
from amf_identical import assert_identical
from amf_support import started

from amiframe.errors import ParseError
from amiframe.export import atomic_write
from amiframe.export.tables import read_table, to_csv, to_parquet

OLD = pd.DataFrame({"n": [1, 2], "t": ["a", "b"]})
ROOT = Path(__file__).resolve().parents[2]
SAVERS = {"t.csv": to_csv, "t.csv.gz": to_csv, "t.parquet": to_parquet}


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def python() -> Iterator[Start]:
    """Start a Python with some code; it ends with the test."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with ExitStack() as stack:
        yield lambda code, *args: stack.enter_context(
            started([sys.executable, "-c", textwrap.dedent(code), *args], env=env, text=True)
        )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt(), SystemExit(1)])
def test_an_error_in_the_middle_leaves_the_old_file(error: BaseException, tmp_path: Path) -> None:
    def write(file: IO[bytes]) -> None:
        file.write(b"half")
        raise error

    (tmp_path / "t").write_bytes(b"old")
    with pytest.raises(type(error)):
        atomic_write.save(str(tmp_path / "t"), write, str.encode)
    assert (tmp_path / "t").read_bytes() == b"old"
    assert names(tmp_path) == ["t"]


def test_an_error_in_the_side_car_leaves_both_old_files(tmp_path: Path) -> None:
    def describe(digest: str) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    to_csv(OLD, tmp_path / "t.csv")
    with pytest.raises(OSError, match="No space"):
        atomic_write.save(str(tmp_path / "t.csv"), lambda file: None, describe)
    assert_identical(read_table(tmp_path / "t.csv"), OLD)
    assert names(tmp_path) == ["t.csv", "t.csv.json"]


def test_the_side_car_is_moved_first(tmp_path: Path) -> None:
    """Were it the other way round, a crash in between could leave a CSV without one, and all would be text."""
    path = tmp_path / "t.csv"
    path.mkdir()  # what the second move fails on, as a crash would
    (tmp_path / "t.csv" / "x").touch()
    text = b"described"
    with pytest.raises(OSError, match=r"t\.csv"):
        atomic_write._replace(path, lambda file: None, lambda digest: text)
    assert (tmp_path / "t.csv.json").read_bytes() == text
    assert names(tmp_path) == ["t.csv", "t.csv.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
@pytest.mark.parametrize("name", SAVERS)
def test_a_limit_on_the_size_of_files_leaves_the_old_file(name: str, tmp_path: Path, python: Start) -> None:
    SAVERS[name](OLD, tmp_path / name)
    before = names(tmp_path)
    child = python(
        """
        import resource, sys, pandas as pd, numpy as np
        from amiframe.export import tables as export
        big = pd.DataFrame({"n": np.random.default_rng(1).random(200_000)})
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            getattr(export, sys.argv[1])(big, sys.argv[2])
        except OSError as error:
            print(type(error).__name__)
        """,
        SAVERS[name].__name__,
        tmp_path / name,
    )
    assert child.communicate()[0] == "OSError\n"
    assert_identical(read_table(tmp_path / name), OLD)
    assert names(tmp_path) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"cannot mount a small disk here: {error}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("name", SAVERS)
def test_a_full_disk_leaves_the_old_file(name: str, small_disk: Path) -> None:
    SAVERS[name](OLD, small_disk / name)
    before = names(small_disk)
    big = pd.DataFrame({"n": pd.Series(range(400_000)).sample(frac=1, random_state=1).to_numpy() ** 2})
    with pytest.raises(OSError, match="space") as caught:
        SAVERS[name](big, small_disk / name)
    assert caught.value.errno == errno.ENOSPC
    assert_identical(read_table(small_disk / name), OLD)
    assert names(small_disk) == before


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A device that is always full: one of our own, so that root does not lose the machine's if the code is wrong."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    try:
        os.mknod(tmp_path / "full", stat.S_IFCHR | 0o666, os.makedev(1, 7))
        (tmp_path / "full").open("wb").close()
    except PermissionError:
        if os.geteuid() == 0:
            pytest.skip("devices are not allowed here")
        return Path("/dev/full")
    return tmp_path / "full"


def test_a_device_is_written_to_and_not_replaced(full: Path) -> None:
    for save in (to_csv, to_parquet):
        with pytest.raises(OSError, match="space"):
            save(OLD, full)
    assert stat.S_ISCHR(full.stat().st_mode)
    assert not Path(f"{full}.json").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_gets_the_csv_alone(tmp_path: Path, python: Start) -> None:
    os.mkfifo(tmp_path / "pipe")
    child = python("import sys; print(open(sys.argv[1]).read(), end='')", tmp_path / "pipe")
    to_csv(OLD, tmp_path / "pipe")
    assert child.communicate()[0] == '"n","t"\n"1","a"\n"2","b"\n'
    assert names(tmp_path) == ["pipe"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_kill_while_writing_leaves_the_old_file(tmp_path: Path, python: Start) -> None:
    to_csv(OLD, tmp_path / "t.csv")
    child = python(
        """
        import sys, time
        from amiframe.export import atomic_write
        def write(file):
            file.write(b"half"); file.flush(); print("now", flush=True); time.sleep(60)
        atomic_write.save(sys.argv[1], write, str.encode)
        """,
        tmp_path / "t.csv",
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "now\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert_identical(read_table(tmp_path / "t.csv"), OLD)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("wait_ms", range(0, 400, 20))
def test_kill_at_any_time_is_whole_or_noticed(wait_ms: int, tmp_path: Path, python: Start) -> None:
    """Two frames take turns in one file until the writer is killed: one of them is there, or an error."""
    child = python(
        """
        import sys, pandas as pd
        from amiframe.export.tables import to_csv
        frames = [pd.DataFrame({"n": range(count)}) for count in (2_000, 3_000)]
        to_csv(frames[0], sys.argv[1])
        print("now", flush=True)
        while True:
            for frame in frames:
                to_csv(frame, sys.argv[1])
        """,
        tmp_path / "t.csv",
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "now\n"
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(wait_ms / 1000)
    child.kill()
    child.communicate()
    try:
        found = read_table(tmp_path / "t.csv")
    except ParseError as error:
        assert "is not the file" in str(error)  # noqa: PT017
    else:
        assert_identical(found, pd.DataFrame({"n": range(len(found))}))
        assert len(found) in (2_000, 3_000)


@pytest.mark.skipif(sys.platform == "win32", reason="no permissions of this kind")
def test_permissions(tmp_path: Path) -> None:
    """A new file gets the usual ones, a replaced one keeps its own."""
    before = os.umask(0o027)
    try:
        to_csv(OLD, tmp_path / "t.csv")
        assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()] == [0o640, 0o640]
        for path in tmp_path.iterdir():
            path.chmod(0o604)
        to_csv(OLD, tmp_path / "t.csv")
        assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()] == [0o604, 0o604]
    finally:
        os.umask(before)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "latest.csv").symlink_to(tmp_path / "data" / "t.csv")
    to_csv(OLD, tmp_path / "latest.csv")
    assert names(tmp_path) == ["data", "latest.csv"]
    assert (tmp_path / "latest.csv").is_symlink()
    assert names(tmp_path / "data") == ["t.csv", "t.csv.json"]
    for path in (tmp_path / "latest.csv", tmp_path / "data" / "t.csv"):
        assert_identical(read_table(path), OLD)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    for save in (to_csv, to_parquet):
        with pytest.raises(IsADirectoryError):
            save(OLD, tmp_path)
    assert names(tmp_path) == []
