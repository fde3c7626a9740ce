"""Atomic, durable writing: a file is there whole or not at all, also after a crash or a power cut."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pyarrow as pa
import pyarrow.fs

from storage.errors import ConfigError, DiskFull, InputError
from storage.processes import host_name, is_alive, process_start

TEMPORARY_PREFIX: Final = ".tmp-"
FOREIGN_LEFTOVER_AGE_S: Final = 24 * 3600
"""A temporary of another host is taken for a leftover after a day: its process can't be asked."""

_OWNER: Final = re.compile(r"^\.tmp-(?P<host>.+)-(?P<pid>\d+)(-(?P<start>[0-9a-f]{16}\.\d+))?-[0-9a-f]{16}(\..*)?$")
_FULL_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})
"""What file systems without hard links answer; there two first runs at one instant can't be distinguished."""
_FULL_WORDS: Final = re.compile(r"no space left on device|disk quota exceeded|file too large", re.IGNORECASE)


def resolve(uri: str | Path) -> tuple[pa.fs.FileSystem, str]:
    """Find the filesystem of a local path or of a URI such as `s3://`, `hdfs://`, `gs://`, `file://`.

    Args:
        uri: Local path (relative ones count from the working directory) or URI; unescaped blanks and Chinese
            characters are welcome in both.

    Returns:
        The filesystem and the path to use with it.

    Raises:
        InputError: No such kind of filesystem, or its library or credentials are missing.
        ConfigError: `~user/...`, and there is no such user.
    """
    text = str(uri)
    if "://" not in text:
        return pa.fs.LocalFileSystem(), str(expand_user(text).absolute())
    try:
        filesystem, path = pa.fs.FileSystem.from_uri(quote(text, safe=":/?#[]@!$&'()*+,;=%~"))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"{text} can't be reached: {str(error).splitlines()[0]}",
            expected="a local path or a file://, s3://, gs:// or hdfs:// URI that pyarrow can open",
            action="check the spelling, the credentials, and for HDFS the Hadoop client libraries",
            uri=text,
        ) from error
    return filesystem, path


def expand_user(path: str) -> Path:
    """A path that may begin with `~` or `~user`, as people write it.

    Raises:
        ConfigError: There is no such user, or their folder is not known.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        user = Path(path).parts[0].removeprefix("~")
        raise ConfigError(
            f"{path}: " + (f"there is no user {user!r}" if user else "nobody knows where your own folder is"),
            expected="~ for your own folder, ~user for that of another, or a whole path",
            action="check the name, or write the path in full",
            path=path,
        ) from error


@contextmanager
def atomic_output(path: Path, *, exclusive: bool = False, suffix: str | None = None) -> Iterator[Path]:
    """Write a file so that readers see the old one or the new one, never a part.

    Args:
        path: Where the file will be. Missing folders are made.
        exclusive: Leave a file that is already there alone.
        suffix: Of the temporary's name; None for that of the path.

    Yields:
        A hidden temporary path in the same folder, for the caller to create and close. When the block ends
        well it is fsynced and renamed; on any exception it is removed.

    Raises:
        DiskFull: No space, quota or file size left.
        FileExistsError: `exclusive`, and another process made the file first.
    """
    make_folder(path.parent)
    temporary = path.with_name(f"{_own_name()}{path.suffix if suffix is None else suffix}")
    try:
        yield temporary
        _fsync(temporary)
        if exclusive:
            _rename_new(temporary, path)
        else:
            temporary.replace(path)
        _fsync(path.parent)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, Exception) and (full := as_disk_full(error, path)):
            raise full from error
        raise


def write_bytes(path: Path, data: bytes, *, suffix: str | None = None) -> None:
    """Write bytes atomically and durably; `suffix` as in `atomic_output`.

    Raises:
        DiskFull: No space left.
    """
    with atomic_output(path, suffix=suffix) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, obj: Any) -> None:
    """Write JSON atomically and durably: sorted keys, readable Chinese, the same bytes every time.

    Raises:
        DiskFull: No space left.
        ValueError: NaN or infinity, which JSON does not have.
    """
    text = json.dumps(obj, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    write_bytes(path, f"{text}\n".encode())


def make_folder(folder: Path) -> None:
    """Make a folder with its parents, each new entry fsynced."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _fsync(folder.parent)


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where it is gone: what is only listed is not locked."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def files_in(folder: Path) -> list[Path]:
    """The files of a folder itself, sorted; none where it is gone."""
    try:
        return [path for path in sorted(folder.iterdir()) if path.is_file()]
    except FileNotFoundError:
        return []


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes out that do the same in a folder, without leaving a file there."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # network file systems may not lock folders; there it is as without this
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove_durably(paths: list[Path]) -> None:
    """Remove files of one folder, missing ones included, and fsync the folder."""
    for path in paths:
        path.unlink(missing_ok=True)
    if paths and paths[0].parent.is_dir():
        _fsync(paths[0].parent)


def sweep_temporaries(folder: Path, *, recursive: bool = True) -> int:
    """Remove what killed runs left half-written.

    Temporaries of a process that still runs on this host are left alone, and those of other hosts until they
    are a day old, so that a sweep never takes a file from under another run. Names that `atomic_output` does
    not give belong to other programs and stay.

    Args:
        folder: Where to look; it need not be there.
        recursive: Look into the folders below too.

    Returns:
        The number of files removed.
    """
    pattern = f"{TEMPORARY_PREFIX}*"
    found = folder.rglob(pattern) if recursive else folder.glob(pattern)
    leftovers = [path for path in sorted(found) if _is_leftover(path)]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


def as_disk_full(error: Exception, path: Path) -> DiskFull | None:
    """Our error for "no space left" in whatever dress it comes (OSError, pyarrow, DuckDB), else None.

    Args:
        error: What the writing library raised.
        path: The file that was being written.
    """
    number = error.errno if isinstance(error, OSError) else None
    if number not in _FULL_ERRNOS and not _FULL_WORDS.search(str(error)):
        return None
    free_bytes = shutil.disk_usage(path.parent).free
    return DiskFull(
        f"no space left for {path} ({free_bytes:,} bytes free): {error}",
        expected="enough space (and quota) in its folder; nothing half-written stayed behind",
        action="free some space, then run the same command again: it goes on where it stopped",
        path=str(path),
        free_bytes=free_bytes,
    )


def _own_name() -> str:
    """A name with host, process and its start; without the start where the system does not know it."""
    owner = (host_name(), str(os.getpid()), process_start(os.getpid()), secrets.token_hex(8))
    return TEMPORARY_PREFIX + "-".join(each for each in owner if each)


def _is_leftover(path: Path) -> bool:
    try:
        modified = path.stat().st_mtime
    except FileNotFoundError:
        return False
    owner = _OWNER.match(path.name)
    if owner is None:
        return False  # of another program: the warehouse may lie among other files
    if owner["host"] == host_name():
        return not is_alive(int(owner["pid"]), modified, owner["start"])
    return time.time() - modified > FOREIGN_LEFTOVER_AGE_S


def _rename_new(temporary: Path, path: Path) -> None:
    """Rename unless the name is taken. A hard link decides the race; `rename` would overwrite."""
    try:
        path.hardlink_to(temporary)
    except OSError as error:
        if error.errno not in _NO_LINKS or path.exists():
            raise
        temporary.rename(path)
    temporary.unlink(missing_ok=True)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
