"""A real disk that is really full: a small tmpfs in a mount namespace of its own."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.command import environment
from tests.support.forked_processes import ForkedFunction

_NEW_USER, _NEW_MOUNTS = 0x10000000, 0x00020000
_PRIVATE, _RECURSIVE = 1 << 18, 1 << 14
_NOT_ALLOWED: Final = 77
"""The exit code of a process that may not mount."""


def run_on_small_disk(disk: Path, module: str, function: str, *args: object, megabytes: int = 16) -> Any:
    """Call a function of a module in a process that sees a small file system at `disk`.

    Args:
        disk: The mount point; it is created here.
        module: The module, as it is imported from the root of the repository.
        function: Takes the disk and `args` as strings, and prints JSON as its last line.
        *args: Its other arguments.
        megabytes: The size of the file system.

    Returns:
        What the function printed.
    """
    disk.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        out, err = (Path(folder) / name for name in ("out", "err"))
        words = (module, function, disk, megabytes, *args)
        with ForkedFunction(__name__, "_mount_and_call", *words, outputs=(out, err), env=environment()) as process:
            code = process.wait()
        if code == _NOT_ALLOWED:
            pytest.skip("needs a private mount: `unshare --map-root-user --mount` is not allowed here")
        assert code == 0, out.read_text("utf-8") + err.read_text("utf-8")
        return json.loads(out.read_text("utf-8").splitlines()[-1])


def fill(disk: Path, leave_bytes: int) -> Path:
    """Fill a disk but for some bytes; remove the file that is returned to have the space back."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free - leave_bytes))
        os.fsync(file.fileno())
    return ballast


def _mount_and_call(module: str, function: str, disk: str, megabytes: str, *args: str) -> None:
    try:
        _mount(disk, megabytes)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(_NOT_ALLOWED)
    getattr(import_module(module), function)(disk, *args)


def _mount(disk: str, megabytes: str) -> None:
    """Mount a tmpfs that no other process sees, as root of a user namespace of its own."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(_NEW_USER | _NEW_MOUNTS))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    _check(libc.mount(b"none", b"/", None, _PRIVATE | _RECURSIVE, None))
    _check(libc.mount(b"none", disk.encode(), b"tmpfs", 0, f"size={megabytes}m".encode()))


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
