"""What README.md shows works as it stands there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from jobs.cli import app, monitor
from storage.errors import ConfigError, RunLocked, TerminalError
from tests.support.homes import Home, comments

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^ *```sql\n(.*?)```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def warehouse(
    tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Callable[[str], Path]
) -> Iterator[duckdb.DuckDBPyConnection]:
    home = Home(tmp_path_factory.mktemp("readme"), "comment", tiny_bundle("comment"))
    home.configure(more='slices = ["source"]\n')
    texts = comments(200)[0]
    home.dump("app.parquet", texts, id=[f"app-{row:04}" for row in range(200)], source=["app"] * 200)
    home.score().succeeded()
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        yield connection


def test_there_is_sql_to_run() -> None:
    assert BLOCKS


@pytest.mark.parametrize("block", BLOCKS)
def test_every_query_has_an_answer(warehouse: duckdb.DuckDBPyConnection, block: str) -> None:
    for statement in warehouse.extract_statements(block):
        assert warehouse.execute(statement).fetchall(), statement.query


def test_every_exit_code_is_told() -> None:
    (told,) = re.findall(r"Exit codes: (.*?)\.\n", README, re.DOTALL)
    codes = {
        0,
        monitor.ALERTED,
        TerminalError.exit_code,
        ConfigError.exit_code,
        RunLocked.exit_code,
        app.INTERRUPTED,
        app.TERMINATED,
    }
    assert {int(code) for code in re.findall(r"\b\d+\b", told)} == codes
