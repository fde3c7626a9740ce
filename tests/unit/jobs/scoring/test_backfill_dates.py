from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.config.home import Home
from jobs.config.model import Config
from jobs.scoring.backfill_dates import dates_of, survey
from models.bundle import Bundle, open_bundle
from models.registry import EMBEDDED
from storage.errors import ConfigError, DateRetired, NoInput
from storage.lake.journal.retirement import Retirement
from storage.records import Slot

DAYS = [date(2026, 1, day) for day in (5, 6, 7)]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return open_bundle(EMBEDDED / "comment")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Three dates: a whole dump, none, and one with a torn file."""
    for day, rows in ((DAYS[0], 10), (DAYS[2], 5)):
        folder = tmp_path / "dumps" / day.isoformat()
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"text": ["好"] * rows}), folder / "a.parquet")
    (folder / "b.parquet").write_bytes(b"torn")
    task = {"input": "dumps/{date}", "columns": {"text": "text"}}
    return Home(tmp_path, Config.model_validate({"tasks": {"comment": task}}))


def test_dates_of_a_range() -> None:
    assert dates_of(DAYS[0], DAYS[2], newest_first=False) == DAYS
    assert dates_of(DAYS[0], DAYS[2], newest_first=True) == DAYS[::-1]
    assert dates_of(DAYS[0], DAYS[0], newest_first=False) == DAYS[:1]
    with pytest.raises(ConfigError, match="is after --to"):
        dates_of(DAYS[1], DAYS[0], newest_first=False)


def test_each_date_says_what_it_has_to_do_and_nothing_is_written(home: Home, bundle: Bundle) -> None:
    before = sorted(home.root.rglob("*"))
    whole, none, torn = survey(home, bundle, "comment", DAYS, (), force=False)
    assert (whole.planned_rows, whole.pending_rows, whole.problem) == (10, 10, None)
    assert (none.planned_rows, none.dump, type(none.problem)) == (0, None, NoInput)
    assert torn.pending_rows == 5
    assert torn.problem is not None
    assert "b.parquet" in torn.problem.got
    assert sorted(home.root.rglob("*")) == before


def test_a_retired_date_is_left_out_unless_forced(home: Home, bundle: Bundle) -> None:
    slot = Slot("comment", DAYS[0], bundle.version)
    retirement = Retirement(datetime(2026, 2, 1, tzinfo=UTC), "too old", 10)
    home.journal.retire(slot, retirement)
    (retired,) = survey(home, bundle, "comment", DAYS[:1], (), force=False)
    assert isinstance(retired.problem, DateRetired)
    assert retired.pending == ()
    (forced,) = survey(home, bundle, "comment", DAYS[:1], (), force=True)
    assert (forced.problem, forced.pending_rows) == (None, 10)


def test_a_home_without_input_is_a_mistake_of_the_configuration(tmp_path: Path, bundle: Bundle) -> None:
    home = Home(tmp_path, Config.model_validate({"tasks": {"comment": {}}}))
    with pytest.raises(ConfigError, match="has no input"):
        survey(home, bundle, "comment", DAYS, (), force=False)
