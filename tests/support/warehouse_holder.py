"""Another process that has the warehouse open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HOLD = (
    "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'True'); "
    "print('ready', flush=True); sys.stdin.read()"
)


@contextmanager
def held_open(warehouse: Path, *, read_only: bool = False) -> Iterator[int]:
    """Another process has the warehouse open; its process id.

    It is a new interpreter, which imports DuckDB alone: unit tests need no server with the heavy libraries for it.
    """
    command = [sys.executable, "-c", _HOLD, str(warehouse), str(read_only)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"ready\n"
            yield holder.pid
        finally:
            holder.kill()
