from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitoring.alerts.history import past_nights
from monitoring.alerts.rules import Rules
from monitoring.findings.record import to_json
from storage.nights.store import NightStore, StoredNight
from storage.records import Slot
from tests.support.sample_findings import FIRST, judged_nights, metric

AT = datetime(2026, 1, 6, 2, tzinfo=UTC)
JUDGEMENTS = judged_nights(Rules(), *[(metric(),)] * 4)


@pytest.fixture
def store(tmp_path: Path) -> NightStore:
    store = NightStore(tmp_path / "nights")
    for number, judgement in enumerate(JUDGEMENTS):
        store.write(slot(number), StoredNight(b"{}", to_json(judgement), AT))
    store.write(Slot("comment", FIRST, "b2"), StoredNight(b"{}", b"", AT))
    return store


def slot(number: int) -> Slot:
    return Slot("comment", FIRST + timedelta(days=number), "b1")


def test_the_last_nights_before_this_one(store: NightStore) -> None:
    past = past_nights(store, slot(3), limit=2)
    assert [night.logical_date for night in past] == [slot(1).logical_date, slot(2).logical_date]
    assert [night.judgement for night in past] == JUDGEMENTS[1:3]
    assert past_nights(store, slot(0), limit=2) == ()


def test_a_night_that_can_not_be_read_counts_as_never_monitored(
    store: NightStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.write(slot(1), StoredNight(b"{}", b"no judgement", AT))
    store.path(slot(2), "x").with_name("night.json").write_bytes(b"{")
    with caplog.at_level(logging.WARNING):
        past = past_nights(store, slot(3), limit=9)
    assert [night.logical_date for night in past] == [FIRST]
    assert len(caplog.records) == 2
