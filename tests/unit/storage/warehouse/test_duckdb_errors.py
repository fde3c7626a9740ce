from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from storage.errors import DiskFull, TerminalError
from storage.warehouse.duckdb_errors import translated_errors, unusable


@pytest.mark.parametrize(
    ("error", "expected", "said"),
    [
        (duckdb.IOException("Could not write: No space left on device"), DiskFull, "no space left"),
        (duckdb.IOException("Corrupt database file: computed checksum"), TerminalError, "can't be used"),
        (duckdb.SerializationException("Failed to deserialize: field"), TerminalError, "can't be used"),
    ],
)
def test_what_a_user_can_fix_is_our_error(tmp_path: Path, error: Exception, expected: type, said: str) -> None:
    with pytest.raises(expected, match=said) as caught, translated_errors(tmp_path / "w.duckdb"):
        raise error
    assert caught.value.__cause__ is error
    assert caught.value.action


@pytest.mark.parametrize(
    "error",
    [
        duckdb.BinderException("column corrupt not found"),  # a mistake in the SQL, whatever its words
        duckdb.ConstraintException("Duplicate key"),
        RuntimeError("corrupt"),
        KeyboardInterrupt(),
    ],
)
def test_everything_else_goes_through(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, translated_errors(tmp_path / "w.duckdb"):
        raise error
    assert caught.value is error


def test_a_file_that_does_not_open_names_itself(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    told = unusable(path, duckdb.IOException("not a valid DuckDB database file"))
    assert str(path) in told.got
    assert ".wal" in told.action
    assert isinstance(unusable(path, duckdb.IOException("disk quota exceeded")), DiskFull)
