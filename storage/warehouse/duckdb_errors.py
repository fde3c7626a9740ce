"""DuckDB's errors that a user can fix, as errors of this program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from storage.errors import TerminalError, YebanError
from storage.files.atomic import as_disk_full

_DAMAGED: Final = re.compile(r"not a valid DuckDB database|corrupt|checksum|failed to deserialize", re.IGNORECASE)


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Raise a full disk or a damaged file as this program's error; all others as DuckDB's.

    Args:
        path: The DuckDB file.

    Raises:
        DiskFull: No space left.
        TerminalError: The file is damaged.
    """
    try:
        yield
    except duckdb.ProgrammingError:
        raise  # a mistake in the block's SQL, whatever words it has
    except duckdb.Error as error:
        if full := as_disk_full(error, path):
            raise full from error
        if _DAMAGED.search(str(error)):
            raise unusable(path, error) from error
        raise


def unusable(path: Path, error: duckdb.Error) -> YebanError:
    """The error of a DuckDB file that can't be opened."""
    return as_disk_full(error, path) or TerminalError(
        f"the warehouse {path} can't be used: {error}",
        expected="a sound DuckDB file that this version of DuckDB can read and we may open",
        action="check its path and rights; if it is damaged put it aside, with the .wal file beside it, and run "
        "`yeban load`, which fills a new one from the staged parts",
        path=str(path),
    )
