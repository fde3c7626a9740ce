import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from storage import warehouse
from storage.errors import TerminalError
from storage.warehouse.migrations import Migration, is_outdated, migrate, packaged_migrations, schema_version

SCHEMA = Path(warehouse.__path__[0]) / "schema"
FIRST = packaged_migrations()[0]
SECOND = Migration(2, "moods", "CREATE TABLE moods (mood VARCHAR); INSERT INTO moods VALUES ('好')")
HISTORY = {
    "0001_initial.sql": "7327fd8c67ad6ccb",
    "0002_monitoring.sql": "cce538053e93e99c",
    "0003_label_arms.sql": "39caca365849c235",
    "0004_relabel.sql": "9dc6990397d604fb",
}
"""SHA-256 of each migration that ran in somebody's warehouse, its first digits."""
BROKEN = Migration(2, "broken", "CREATE TABLE moods (mood VARCHAR); SELECT * FROM no_such_table")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


def test_packaged_migrations_are_numbered_without_gaps() -> None:
    assert [step.version for step in packaged_migrations()] == [*range(1, len(packaged_migrations()) + 1)]


def test_a_migration_that_was_run_stays_as_it_is() -> None:
    """A change of a table is a new migration: an old one does not run again."""
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in SCHEMA.glob("*.sql")}
    assert {name: found.get(name) for name in HISTORY} == HISTORY


def test_the_first_makes_the_tables_that_are_used_now(con: duckdb.DuckDBPyConnection) -> None:
    assert schema_version(con) == 0
    assert migrate(con) == len(packaged_migrations())
    assert tables(con) >= {"runs", "units", "predictions", "profiles", "bundles", "labels", "schema_version"}


def test_again_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    migrate(con)
    before = con.execute("SELECT * EXCLUDE applied_at FROM schema_version").fetchall()
    assert migrate(con) == 0
    assert con.execute("SELECT * EXCLUDE applied_at FROM schema_version").fetchall() == before


def test_a_second_step_runs_on_a_warehouse_of_the_first(con: duckdb.DuckDBPyConnection) -> None:
    migrate(con, [FIRST])
    con.execute("INSERT INTO labels VALUES ('t', 'd', 'l', 'a', 's', now(), now())")
    assert is_outdated(con, [FIRST, SECOND])
    assert migrate(con, [FIRST, SECOND]) == 1
    assert schema_version(con) == 2
    assert con.execute("SELECT mood FROM moods").fetchall() == [("好",)]
    assert con.execute("SELECT doc_id FROM labels").fetchall() == [("d",)]
    assert not is_outdated(con, [FIRST, SECOND])


def test_a_step_that_fails_leaves_nothing_and_can_be_repeated(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.CatalogException):
        migrate(con, [FIRST, BROKEN])
    assert schema_version(con) == 1
    assert "moods" not in tables(con)
    assert migrate(con, [FIRST, SECOND]) == 1


def test_a_newer_warehouse_is_refused(con: duckdb.DuckDBPyConnection) -> None:
    migrate(con, [FIRST, SECOND])
    with pytest.raises(TerminalError, match="version 2") as caught:
        migrate(con, [FIRST])
    assert (caught.value.facts["found"], caught.value.facts["latest"]) == (2, 1)


def test_somebody_elses_database_is_left_alone(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CREATE TABLE sales (x INTEGER)")
    with pytest.raises(TerminalError, match="sales"):
        migrate(con)
    assert tables(con) == {"sales"}


def test_everything_has_a_comment(con: duckdb.DuckDBPyConnection) -> None:
    migrate(con)
    con.execute("DROP TABLE schema_version")
    bare = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL "
        "UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL"
    ).fetchall()
    assert bare == []
