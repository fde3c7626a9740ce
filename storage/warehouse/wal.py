"""DuckDB's write-ahead log: a crash leaves committed rows there, and the next opener takes them in."""

from __future__ import annotations

from itertools import count
from pathlib import Path


def log_of(database: Path) -> Path:
    """Where DuckDB writes ahead."""
    return database.with_name(f"{database.name}.wal")


def set_aside(log: Path) -> None:
    """Move a log whose database was removed: it fits no other, and DuckDB would refuse the new one because of it."""
    if log.exists():
        names = (log.with_name(f"{log.name}.orphan{number or ''}") for number in count())
        log.replace(next(name for name in names if not name.exists()))
