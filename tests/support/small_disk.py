"""A real disk that is really full: a small tmpfs in a mount namespace of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import environment

_MOUNT = 'mount -t tmpfs -o size={megabytes}m none "$0" && exec "$@"'
_ROOT = Path(__file__).parents[2]


def on_a_small_disk(disk: Path, module: str, function: str, *args: object, megabytes: int = 16) -> Any:
    """Call a function of a module in a process that sees a small file system at `disk`.

    Args:
        disk: Where; made here.
        module: The caller's, as it is imported from the repository's root.
        function: Takes the disk and `args` as strings, and prints JSON as its last line.
        *args: What else it takes.
        megabytes: The size of the file system.

    Returns:
        What it printed.
    """
    disk.mkdir()
    private = ["unshare", "--map-root-user", "--mount", "sh", "-c", _MOUNT.format(megabytes=megabytes), str(disk)]
    if shutil.which("unshare") is None or subprocess.run([*private, "true"], capture_output=True).returncode:
        pytest.skip("needs a private mount: `unshare --map-root-user --mount` is not allowed here")
    code = f"import sys; from {module} import {function}; {function}(*sys.argv[1:])"
    command = [*private, sys.executable, "-c", code, str(disk), *map(str, args)]
    done = subprocess.run(command, cwd=_ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def fill(disk: Path, leave_bytes: int) -> Path:
    """Fill a disk but for some bytes; remove what is returned to have the space back."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free - leave_bytes))
        os.fsync(file.fileno())
    return ballast
