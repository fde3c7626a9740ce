"""Forward migrations of the warehouse's schema.

A migration is a file `schema/NNNN_name.sql`. It runs once, in a transaction, in the order of its number; what
ran is in the table `schema_version`. There is no way back: an old program refuses a newer warehouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import duckdb

from storage.errors import TerminalError

_VERSION_TABLE = """
    CREATE TABLE IF NOT EXISTS schema_version (
        version    INTEGER NOT NULL,
        name       VARCHAR NOT NULL,
        applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
    )
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema.

    Attributes:
        version: Its number; steps are numbered from 1 without gaps.
        name: What it does.
        sql: Its statements.
    """

    version: int
    name: str
    sql: str


@cache
def packaged_migrations() -> tuple[Migration, ...]:
    """The migrations that this program brings, in order."""
    resources = files("storage.warehouse").joinpath("schema").iterdir()
    scripts = sorted((file for file in resources if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(_migration(file.name, file.read_text(encoding="utf-8")) for file in scripts)


def schema_version(con: duckdb.DuckDBPyConnection) -> int:
    """Version of an open warehouse; 0 when nothing was made yet.

    Raises:
        TerminalError: The database has tables of another program.
    """
    names = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "schema_version" in names:
        ((found,),) = con.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchall()
        return int(found)
    if names:
        raise TerminalError(
            f"the database holds other tables ({', '.join(sorted(names)[:5])}) and no schema_version",
            expected="a yeban warehouse or no file at all",
            action="choose another path for the warehouse",
        )
    return 0


def is_outdated(con: duckdb.DuckDBPyConnection, migrations: Sequence[Migration] | None = None) -> bool:
    """Whether `migrate` would change anything.

    Raises:
        TerminalError: The warehouse is newer than this program, or no warehouse of ours.
    """
    steps = packaged_migrations() if migrations is None else migrations
    latest, found = steps[-1].version, schema_version(con)
    if found > latest:
        raise TerminalError(
            f"the warehouse has schema version {found}",
            expected=f"at most {latest}, the newest that this yeban knows",
            action="upgrade yeban on this machine",
            found=found,
            latest=latest,
        )
    return found < latest


def migrate(con: duckdb.DuckDBPyConnection, migrations: Sequence[Migration] | None = None) -> int:
    """Bring an open warehouse to the newest schema, each step in its own transaction.

    Args:
        con: Writable, outside a transaction.
        migrations: All steps in order; those of the package when None.

    Returns:
        The number of steps that ran; 0 when it was up to date.

    Raises:
        TerminalError: The warehouse is newer than this program, or no warehouse of ours.
    """
    steps = packaged_migrations() if migrations is None else migrations
    if not is_outdated(con, steps):
        return 0
    found = schema_version(con)
    missing = [step for step in steps if step.version > found]
    for step in missing:
        _apply(con, step)
    return len(missing)


def _apply(con: duckdb.DuckDBPyConnection, step: Migration) -> None:
    con.begin()
    try:
        con.execute(_VERSION_TABLE)
        con.execute(step.sql)
        con.execute("INSERT INTO schema_version (version, name) VALUES (?, ?)", [step.version, step.name])
        con.commit()
    except BaseException:
        with suppress(duckdb.Error):
            con.rollback()
        raise


def _migration(file_name: str, sql: str) -> Migration:
    number, _, name = file_name.removesuffix(".sql").partition("_")
    return Migration(int(number), name, sql)
