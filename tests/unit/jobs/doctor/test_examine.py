"""All checks of the doctor, in their order."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.config.file import find_home
from jobs.config.home import CONFIG_NAME, Home
from jobs.doctor.check import Diagnosis
from jobs.doctor.examine import examine_home, examine_machine

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
"""Of the 6th in Shanghai, so that the night is that of the 5th."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / CONFIG_NAME).write_text(
        '[tasks.comment]\ninput = "dumps/dt={date}"\n[tasks.weibo]\nbundle = "0123456789ab"\n', "utf-8"
    )
    return find_home(tmp_path, tmp_path)


def examined(home: Home) -> dict[str, Diagnosis]:
    return {each.about: each for each in examine_home(home, NOW, {}, torch=False)}


def test_the_machine_needs_no_home() -> None:
    found = list(examine_machine())
    assert found[0].about == "python"
    assert {each.level for each in found} <= {"ok", "warning"}, found


def test_every_task_is_looked_at(home: Home) -> None:
    found = examined(home)
    assert next(iter(found)) == "config"
    assert list(found)[-4:] == ["bundle of comment", "dump of comment", "bundle of weibo", "dump of weibo"]
    assert found["bundle of comment"].level == "ok"
    assert found["bundle of weibo"].level == "problem"


def test_the_dump_is_that_of_yesterday_in_the_zone_of_the_home(home: Home) -> None:
    assert "2026-01-05" in examined(home)["dump of comment"].found
    folder = home.root / "dumps/dt=2026-01-05"
    folder.mkdir(parents=True)
    (folder / "a.parquet").write_bytes(b"PAR1")
    assert examined(home)["dump of comment"].level == "ok"


def test_a_damaged_warehouse_stops_no_other_check(home: Home) -> None:
    before = list(examined(home))
    home.warehouse.write_bytes(b"no DuckDB file" * 100)
    found = examined(home)
    assert list(found) == before
    assert found["warehouse"].level == "problem"


def test_nothing_is_written(home: Home) -> None:
    examined(home)
    assert [file.name for file in home.root.iterdir()] == [CONFIG_NAME]
