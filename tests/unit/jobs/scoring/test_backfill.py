"""A range of dates: what is looked at before it is scored, and dates that can't be."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.runs.context import quiet_context
from jobs.scoring.backfill import BackfillRequest, backfill, look_ahead
from storage.errors import ConfigError, InputError
from tests.support.bare_homes import bare_home
from tests.support.copied_bundles import add_copies, embedded_version

FIRST, LAST = date(2026, 1, 5), date(2026, 1, 7)
REQUEST = BackfillRequest(task="comment", first=FIRST, last=LAST)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return bare_home(tmp_path)


def test_looking_ahead_names_the_bundle_and_every_date(home: Home) -> None:
    bundle, work = look_ahead(home, REQUEST)
    assert bundle.version == embedded_version()
    assert [each.day for each in work] == [FIRST, date(2026, 1, 6), LAST]
    (one,) = add_copies(home.registry, "one")
    newest = BackfillRequest(task="comment", first=FIRST, last=LAST, bundle=one, newest_first=True)
    bundle, work = look_ahead(home, newest)
    assert (bundle.version, work[0].day) == (one, LAST)


def test_a_date_that_can_not_be_scored_stops_no_other(home: Home) -> None:
    found = list(backfill(home, REQUEST, quiet_context()))
    assert [day for day, _ in found] == [FIRST, date(2026, 1, 6), LAST]
    assert all(isinstance(result, InputError) for _, result in found)
    assert not home.warehouse.exists()


def test_dates_in_the_wrong_order(home: Home) -> None:
    with pytest.raises(ConfigError):
        look_ahead(home, BackfillRequest(task="comment", first=LAST, last=FIRST))
