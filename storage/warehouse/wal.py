"""DuckDB's write-ahead log: a crash leaves committed rows there, and the next opener takes them in."""

from __future__ import annotations

from itertools import count
from pathlib import Path


def wal_of(database: Path) -> Path:
    """The write-ahead log beside a DuckDB file."""
    return database.with_name(f"{database.name}.wal")


def set_aside(wal: Path) -> None:
    """Move a log whose database was removed: it fits no other, and DuckDB would refuse the new one because of it."""
    if wal.exists():
        names = (wal.with_name(f"{wal.name}.orphan{number or ''}") for number in count())
        wal.replace(next(name for name in names if not name.exists()))
