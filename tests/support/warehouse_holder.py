"""Another process that has the warehouse open."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tests.support.forked_processes import ForkedFunction


@contextmanager
def held_open(warehouse: Path, *, read_only: bool = False) -> Iterator[int]:
    """Another process has the warehouse open; its process id."""
    with ForkedFunction(__name__, "hold", warehouse, read_only) as holder:
        try:
            assert holder.read_line() == "ready"
            yield holder.pid
        finally:
            holder.kill()


def hold(path: str, read_only: str) -> None:
    """Runs in the other process: keep the file open until standard input ends."""
    with duckdb.connect(path, read_only=read_only == "True"):
        print("ready", flush=True)
        sys.stdin.read()
