"""Texts of picked rows, fetched from the dump and checked by their hashes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.config.home import Home
from jobs.relabel.texts import fetch_texts
from jobs.runs.progress import LogLines
from models.cleaning.cleaner import Cleaner
from models.cleaning.spec import CleaningSpec
from storage.profiles.digests import digest_numbers
from tests.support.bare_homes import bare_home
from tests.support.predictions import slot_of

CLEANER = Cleaner(CleaningSpec())
TEXTS = ["物流很快", "包装太差", "还可以"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    pq.write_table(pa.table({"text": TEXTS}), tmp_path / "a.parquet")
    return bare_home(tmp_path)


def rows_of(*places: tuple[str, int]) -> pa.Table:
    """Rows as they were recorded when the texts were scored."""
    hashes, _ = digest_numbers(CLEANER.clean(pl.Series("text", [TEXTS[row] for _, row in places])))
    return pa.table(
        {
            "logical_date": [slot_of().logical_date] * len(places),
            "source_path": [path for path, _ in places],
            "source_row": pa.array([row for _, row in places], pa.int64()),
            "text_hash": pa.array(hashes, pa.uint64()),
        }
    )


def test_texts_come_in_the_order_of_the_rows(home: Home) -> None:
    rows = rows_of(("a.parquet", 2), ("a.parquet", 0), ("a.parquet", 2))
    found = fetch_texts(home, "comment", rows, CLEANER, LogLines())
    assert found.raw.to_list() == [TEXTS[2], TEXTS[0], TEXTS[2]]
    assert (found.there.tolist(), found.notes) == ([True, True, True], ())


def test_a_text_that_is_another_now_is_not_there(home: Home) -> None:
    pq.write_table(pa.table({"text": ["别的", *TEXTS[1:]]}), home.root / "a.parquet")
    found = fetch_texts(home, "comment", rows_of(("a.parquet", 0), ("a.parquet", 1)), CLEANER, LogLines())
    assert found.there.tolist() == [False, True]
    assert "1 rows of 1 files have another text now" in found.notes[0]


def test_a_file_that_is_gone_is_a_note(home: Home) -> None:
    found = fetch_texts(home, "comment", rows_of(("gone.parquet", 0), ("a.parquet", 1)), CLEANER, LogLines())
    assert (found.raw.to_list(), found.there.tolist()) == (["", TEXTS[1]], [False, True])
    assert "gone.parquet is gone" in found.notes[0]
