import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.fs
import pytest

from storage.errors import ConfigError, DiskFull, InputError
from storage.files.atomic import (
    FOREIGN_LEFTOVER_AGE_S,
    as_disk_full,
    atomic_output,
    files_in,
    make_folder,
    resolve,
    size_of,
    sweep_temporaries,
    write_bytes,
    write_json,
)
from storage.processes import host_name


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def interrupted(target: Path, failure: BaseException) -> None:
    with atomic_output(target) as temporary:
        temporary.write_bytes(b"half")
        raise failure


def overtaken(target: Path) -> None:
    with atomic_output(target, exclusive=True) as temporary:
        temporary.write_bytes(b"second")
        target.write_bytes(b"first")


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


class TestAtomicOutput:
    def test_the_file_appears_only_at_the_end(self, tmp_path: Path) -> None:
        target = tmp_path / "new" / "folder" / "out.bin"
        with atomic_output(target) as temporary:
            temporary.write_bytes(b"abc")
            assert temporary.parent == target.parent
            assert temporary.name.startswith(".tmp-")
            assert temporary.suffix == ".bin"
            assert not target.exists()
        assert target.read_bytes() == b"abc"
        assert names(target.parent) == ["out.bin"]

    @pytest.mark.parametrize("failure", [RuntimeError("boom"), KeyboardInterrupt()])
    def test_an_exception_leaves_the_old_file_and_no_temporary(self, tmp_path: Path, failure: BaseException) -> None:
        target = tmp_path / "out"
        target.write_bytes(b"old")
        with pytest.raises(type(failure)):
            interrupted(target, failure)
        assert target.read_bytes() == b"old"
        assert names(tmp_path) == ["out"]

    def test_a_block_that_writes_nothing_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError), atomic_output(tmp_path / "out"):
            pass

    def test_exclusive_keeps_the_file_that_came_first(self, tmp_path: Path) -> None:
        target = tmp_path / "out"
        with pytest.raises(FileExistsError):
            overtaken(target)
        assert target.read_bytes() == b"first"
        assert names(tmp_path) == ["out"]

    def test_exclusive_makes_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with atomic_output(tmp_path / "out", exclusive=True) as temporary:
            temporary.write_bytes(b"only")
        assert (tmp_path / "out").read_bytes() == b"only"
        assert names(tmp_path) == ["out"]

    def test_file_and_folder_are_synced_before_and_after_the_rename(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target, events = tmp_path / "out", []
        real_fsync, real_replace = os.fsync, Path.replace

        def fsync(descriptor: int) -> None:
            events.append(("fsync", Path(f"/proc/self/fd/{descriptor}").resolve()))
            real_fsync(descriptor)

        def replace(source: Path, goal: Path) -> Path:
            events.append(("rename", source))
            return real_replace(source, goal)

        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(Path, "replace", replace)
        with atomic_output(target) as temporary:
            temporary.write_bytes(b"x")
        assert events == [("fsync", temporary), ("rename", temporary), ("fsync", tmp_path)]


class TestWriting:
    def test_json_is_the_same_for_the_same_object(self, tmp_path: Path) -> None:
        write_json(tmp_path / "a", {"b": 1, "a": "夜班"})
        write_json(tmp_path / "b", {"a": "夜班", "b": 1})
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
        assert "夜班" in (tmp_path / "a").read_text(encoding="utf-8")
        assert json.loads((tmp_path / "a").read_bytes()) == {"a": "夜班", "b": 1}

    def test_json_has_no_nan(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="JSON"):
            write_json(tmp_path / "a", float("nan"))
        assert names(tmp_path) == []

    def test_bytes_replace_what_was_there(self, tmp_path: Path) -> None:
        write_bytes(tmp_path / "a", b"1")
        write_bytes(tmp_path / "a", b"22")
        assert (tmp_path / "a").read_bytes() == b"22"

    def test_make_folder_again_is_fine(self, tmp_path: Path) -> None:
        make_folder(tmp_path / "a" / "b")
        make_folder(tmp_path / "a" / "b")
        assert (tmp_path / "a" / "b").is_dir()


class TestDiskFull:
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
    def test_numbers(self, tmp_path: Path, number: int) -> None:
        with pytest.raises(DiskFull) as caught:
            interrupted(tmp_path / "out", OSError(number, os.strerror(number)))
        assert str(tmp_path / "out") in caught.value.got
        assert caught.value.facts["free_bytes"] > 0
        assert caught.value.action
        assert names(tmp_path) == []

    def test_words_without_a_number(self, tmp_path: Path) -> None:
        error = OSError("Error writing bytes to file. Detail: [errno 28] No space left on device")
        assert isinstance(as_disk_full(error, tmp_path / "x"), DiskFull)

    def test_other_errors_are_not_it(self, tmp_path: Path) -> None:
        assert as_disk_full(PermissionError(errno.EACCES, "Permission denied"), tmp_path / "x") is None


class TestSweep:
    def test_removes_leftovers_of_the_dead_only(self, tmp_path: Path) -> None:
        deep = tmp_path / "a" / "b"
        make_folder(deep)
        dead = deep / f".tmp-{host_name()}-{dead_pid()}-0123456789abcdef.parquet"
        alive = deep / f".tmp-{host_name()}-{os.getpid()}-0123456789abcdef.parquet"
        foreign = [tmp_path / name for name in (".tmp-notes.txt", ".tmp-of-nobody", ".tmp-me-1-0123.parquet")]
        for path in (dead, alive, deep / "part-1.parquet", *foreign):
            path.write_bytes(b"")
        assert sweep_temporaries(tmp_path) == 1
        assert names(deep) == [alive.name, "part-1.parquet"]
        assert names(tmp_path) == sorted(["a", *(path.name for path in foreign)])

    def test_a_pid_that_was_given_again_is_another_process(self, tmp_path: Path) -> None:
        leftover = tmp_path / f".tmp-{host_name()}-{os.getpid()}-0123456789abcdef"
        leftover.write_bytes(b"")
        os.utime(leftover, (1e9, 1e9))
        assert sweep_temporaries(tmp_path) == 1

    def test_a_clock_that_was_set_makes_no_leftover(self, tmp_path: Path) -> None:
        """Set forward, the clock lets what was not written to for a while seem older than its process."""
        with atomic_output(tmp_path / "part.parquet") as slow:
            slow.write_bytes(b"")
            os.utime(slow, (1e9, 1e9))
            assert sweep_temporaries(tmp_path) == 0
            other_boot = tmp_path / re.sub(r"[0-9a-f]{16}\.", "0123456789abcdef.", slow.name, count=1)
            other_boot.write_bytes(b"")
            assert sweep_temporaries(tmp_path) == 1
            assert names(tmp_path) == [slow.name]

    def test_another_hosts_temporaries_stay_for_a_day(self, tmp_path: Path) -> None:
        young, old = (tmp_path / f".tmp-else-where-1-{digit * 16}" for digit in "01")
        young.write_bytes(b"")
        old.write_bytes(b"")
        long_ago = old.stat().st_mtime - FOREIGN_LEFTOVER_AGE_S - 60
        os.utime(old, (long_ago, long_ago))
        assert sweep_temporaries(tmp_path) == 1
        assert names(tmp_path) == [young.name]

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert sweep_temporaries(tmp_path / "none") == 0


class TestResolve:
    def test_local_and_relative_paths(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        filesystem, path = resolve("a b/评论.parquet")
        assert isinstance(filesystem, pyarrow.fs.LocalFileSystem)
        assert path == str(tmp_path / "a b" / "评论.parquet")
        assert resolve(tmp_path / "x")[1] == str(tmp_path / "x")

    def test_the_folder_of_a_user(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", "/homes/me")
        assert resolve("~/x.parquet")[1] == "/homes/me/x.parquet"
        with pytest.raises(ConfigError, match="there is no user 'no-such-user'"):
            resolve("~no-such-user/x.parquet")

    def test_file_uri_reads_what_was_written(self, tmp_path: Path) -> None:
        (tmp_path / "评论 1.txt").write_bytes(b"hi")
        filesystem, path = resolve(f"file://{tmp_path}/评论 1.txt")
        with filesystem.open_input_stream(path) as stream:
            assert stream.read() == b"hi"

    def test_s3(self) -> None:
        filesystem, path = resolve("s3://bucket/评论/x.parquet?region=cn-north-1")
        assert isinstance(filesystem, pyarrow.fs.S3FileSystem)
        assert path == "bucket/评论/x.parquet"

    def test_an_unknown_kind_is_explained(self) -> None:
        with pytest.raises(InputError, match="foo://x"):
            resolve("foo://x")


def test_sizes_of_what_is_there_and_of_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"xyz")
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    assert [(path.name, size_of(path)) for path in files_in(tmp_path)] == [("a", 1), ("b", 3)]
    assert files_in(tmp_path / "gone") == []
    assert size_of(tmp_path / "gone") == 0
