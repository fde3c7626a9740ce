from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.errors import DateRetired
from storage.lake.journal.retirement import Retirement, RetirementNotes
from tests.support.predictions import slot_of

SLOT, OTHER = slot_of(), slot_of("b2")
NOTE = Retirement(datetime(2026, 11, 23, 4, 0, tzinfo=UTC), "50 days old, kept are 30", 40)


def test_a_note_stands_until_it_is_removed(tmp_path: Path) -> None:
    notes = RetirementNotes(tmp_path)
    assert notes.slots() == []
    notes.write(SLOT, NOTE)
    assert (notes.has(SLOT), notes.has(OTHER)) == (True, False)
    assert notes.slots() == notes.slots("comment") == [SLOT]
    assert notes.slots("weibo") == []
    notes.remove(SLOT)
    assert not notes.has(SLOT)
    assert list(tmp_path.iterdir()) == []


def test_the_file_says_when_why_and_of_how_many_rows(tmp_path: Path) -> None:
    RetirementNotes(tmp_path).write(SLOT, NOTE)
    file = tmp_path / "task=comment" / "logical_date=2026-11-22" / "bundle=b1" / "retired.json"
    assert json.loads(file.read_bytes()) == {
        "retired_at": "2026-11-23T04:00:00+00:00",
        "why": "50 days old, kept are 30",
        "rows": 40,
    }


@pytest.mark.parametrize(
    ("data", "said"),
    [(None, "were removed on 2026-11-23: 50 days old"), ("{", "were removed"), ("[]", "were removed")],
)
def test_a_retired_slot_is_refused_even_when_its_note_is_damaged(tmp_path: Path, data: str | None, said: str) -> None:
    notes = RetirementNotes(tmp_path)
    notes.write(SLOT, NOTE)
    if data is not None:
        next(tmp_path.rglob("retired.json")).write_text(data)
    with pytest.raises(DateRetired, match=said):
        notes.check(SLOT)
    notes.check(OTHER)
