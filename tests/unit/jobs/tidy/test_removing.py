from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runs.yielding import wanting
from jobs.tidy.tidy import TidyRequest, TidyResult, _tidy_held, tidy
from jobs.warehouse.load import LoadRequest, load_staged
from jobs.warehouse.retire import bring_back
from storage.errors import DateRetired, TaskWanted
from storage.files.slot_folders import slot_folder
from tests.support.retention_home import ROWS, home_of, night, rows_by_slot, slot_of_age
from tests.support.tidying import CONTEXT, OLD, YOUNG, gone, staged, states


def test_parts_go_once_they_are_loaded_and_their_sum_is_kept(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 30})
    for slot in (OLD, YOUNG):
        night(tmp_path, slot)
    assert gone(tidy(home, TidyRequest(), CONTEXT)) == [("parts", OLD)]
    assert not home.part_store.remains(OLD)
    assert len(staged(home, YOUNG)) == 2
    covered = home.summary_store.units(OLD)
    assert covered is not None
    assert len(covered) == 2
    assert rows_by_slot(tmp_path) == {OLD: ROWS, YOUNG: ROWS}
    assert load_staged(home, LoadRequest(), CONTEXT).slots == ()
    assert gone(tidy(home, TidyRequest(), CONTEXT)) == []


def test_predictions_of_an_old_date_go_and_nothing_brings_them_back(tmp_path: Path) -> None:
    home = home_of(tmp_path, predictions={"days": 30})
    for slot in (OLD, YOUNG):
        night(tmp_path, slot)
    assert gone(tidy(home, TidyRequest(), CONTEXT)) == [("predictions", OLD)]
    assert rows_by_slot(tmp_path) == {YOUNG: ROWS}
    assert load_staged(home, LoadRequest(), CONTEXT).slots == ()
    assert rows_by_slot(tmp_path) == {YOUNG: ROWS}
    assert home.part_store.slots() == [YOUNG]
    journal = home.journal
    assert journal.retired_slots() == [OLD]
    with pytest.raises(DateRetired, match="50 days old, kept are 30"):
        journal.check_not_retired(OLD)
    journal.check_not_retired(slot_of_age(50, "another bundle"))
    assert home.summary_store.units(OLD) is not None
    bring_back(home, OLD)
    journal.check_not_retired(OLD)
    assert journal.retired_slots() == []


def test_what_can_not_be_removed_is_tried_and_told_once(tmp_path: Path) -> None:
    """The task is given away after the next item, and what is left is looked up anew."""
    home = home_of(tmp_path, parts={"days": 1})
    bad, good, last = (slot_of_age(days) for days in (50, 40, 30))
    for slot in (bad, good, last):
        night(tmp_path, slot)
    for profile in slot_folder(home.parts, bad).glob("profile-*.json"):
        profile.write_text("no profile")
    report = TidyResult()
    home.locks.mkdir()
    with wanting(home.locks / "comment.wanted"), pytest.raises(TaskWanted):
        _tidy_held(home, "comment", CONTEXT, report)
    _tidy_held(home, "comment", CONTEXT, report)
    assert [choice.item.target for choice in report.gone] == [good, last]
    assert len(report.failures) == 1
    assert states(home) == ["interrupted", "failed"]
    assert "don't add up" in report.failures[0].got
