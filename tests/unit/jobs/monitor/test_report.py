from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.config.file import Config, Home
from jobs.monitor.report import waiting_batches
from monitoring.relabel.annotation.shares import add_shares
from storage.relabel.batches import ITEMS, BatchStore
from tests.support.predictions import LABELS, NIGHT
from tests.support.sample_batches import head_of, store_answers, write_batch

FIRST = head_of()
LATER = head_of("2026-11-30-ffff0000", created_at=NIGHT + timedelta(days=7))
BAD, GOOD, _ = LABELS


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two batches of three rows, with a golden one each."""
    home = Home(tmp_path, Config())
    for head in (FIRST, LATER):
        write_batch(BatchStore(home.relabel), head)
    return home


def told(home: Home) -> list[tuple[str, int, int, int]]:
    return [(each.batch, each.rows, each.unlabelled, each.ties) for each in waiting_batches(home, "comment")]


def commands(home: Home) -> list[str]:
    return [each.command for each in waiting_batches(home, "comment")]


def test_how_many_rows_wait_in_which_batch_the_newest_first(home: Home) -> None:
    store_answers(BatchStore(home.relabel), FIRST, "李", {0: GOOD, 3: BAD})
    assert told(home) == [(LATER.batch, 3, 3, 0), (FIRST.batch, 3, 2, 0)]
    assert waiting_batches(home, "weibo") == ()


def test_the_next_command_follows_from_how_far_it_is(home: Home) -> None:
    store = BatchStore(home.relabel)
    assert commands(home)[0] == f"yeban relabel export comment --batch {LATER.batch}"
    add_shares(store.folder("comment", LATER.batch), {"李": frozenset({"r1"})})
    assert commands(home)[0] == "yeban relabel import comment FILE"
    store_answers(store, LATER, "李", {0: GOOD, 1: GOOD, 2: GOOD})
    assert [each[0] for each in told(home)] == [FIRST.batch]
    store_answers(store, LATER, "王", {0: BAD})
    assert told(home)[0] == (LATER.batch, 3, 0, 1)
    assert commands(home)[0] == f"yeban relabel export comment --batch {LATER.batch} --adjudicate"


def test_a_damaged_batch_does_not_cost_the_page(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    (BatchStore(home.relabel).folder("comment", LATER.batch) / ITEMS).write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        assert [each[0] for each in told(home)] == [FIRST.batch]
    assert LATER.batch in caplog.text
