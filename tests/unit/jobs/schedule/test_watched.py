from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.schedule.watched import GAP, WatchedStore

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_it_woke_when_it_looked_first_or_after_a_gap(tmp_path: Path) -> None:
    store = WatchedStore(tmp_path / "schedule")
    assert store.since() is None
    assert store.look(NOW) == NOW
    for minute in range(1, 30):
        assert WatchedStore(tmp_path / "schedule").look(NOW + minute * MINUTE) == NOW, "a restart is no sleep"
    slept = NOW + 29 * MINUTE + GAP
    assert store.look(slept) == NOW
    assert store.look(slept + GAP + MINUTE) == slept + GAP + MINUTE
    assert store.since() == slept + GAP + MINUTE


def test_a_clock_that_is_set_back(tmp_path: Path) -> None:
    store = WatchedStore(tmp_path)
    store.look(NOW)
    assert store.look(NOW - timedelta(days=1)) == NOW - timedelta(days=1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"since": 5, "last": 6}', '{"since": "soon", "last": "late"}'])
def test_a_damaged_file_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "watched.json").write_text(text)
    store = WatchedStore(tmp_path)
    assert store.since() is None
    assert store.look(NOW) == NOW
