from __future__ import annotations

from pathlib import Path

from jobs.config.home import Home
from jobs.tidy.tidy import TidyRequest, tidy
from jobs.warehouse.load import LoadRequest, load_staged
from storage.lake.journal.marks import Marks
from storage.profiles.references import DatesOrigin, Reference
from storage.relabel.annotations import AnnotationLog, StoredAnnotation
from tests.support.predictions import part_profile, part_table, units_of
from tests.support.retention_home import ROWS, home_of, night, rows_by_slot, slot_of_age, summary
from tests.support.sample_batches import head_of, items_of
from tests.support.tidying import CONTEXT, NOW, OLD, staged, why
from tests.support.warehouse_holder import held_open


def test_what_is_not_loaded_stays(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 30}, predictions={"days": 30})
    night(tmp_path, OLD, loaded=False)
    assert why(tidy(home, TidyRequest(), CONTEXT), OLD) == ["it is not loaded yet"]
    load_staged(home, LoadRequest(), CONTEXT)
    Marks(home.parts).add(OLD, "again", ["u"])
    report = tidy(home, TidyRequest(), CONTEXT)
    assert why(report, OLD) == ["--force has ordered it again"] * 2
    Marks(home.parts).remove(OLD, "again", ["u"])
    home.journal.order_replace(OLD, ["b0"])
    assert why(tidy(home, TidyRequest(), CONTEXT), OLD) == ["it is to take the place of other bundles"] * 2
    assert len(staged(home, OLD)) == 2
    assert rows_by_slot(tmp_path) == {OLD: ROWS}


def test_a_locked_warehouse_keeps_the_parts(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 30})
    night(tmp_path, OLD)
    config = home.config.model_copy(update={"warehouse": home.config.warehouse.model_copy(update={"patience_s": 0.1})})
    with held_open(home.warehouse):
        report = tidy(Home(tmp_path, config), TidyRequest(), CONTEXT)
    assert why(report, OLD) == ["the warehouse can't be asked what is loaded"]
    assert len(staged(home, OLD)) == 2


def test_dates_of_the_reference_and_of_open_batches_stay(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 1}, predictions={"days": 1}, summaries={"days": 1})
    frozen, asked = slot_of_age(60), slot_of_age(40)
    for slot in (frozen, asked, OLD):
        night(tmp_path, slot)
        summary(tmp_path, slot)
    profile = part_profile(part_table(units_of(frozen, 300, 300)[0]))
    origin = DatesOrigin("comment", "b1", frozen.logical_date, frozen.logical_date, 1, 300)
    home.reference_store.freeze("comment", Reference(profile, None, origin))
    head = head_of(first_date=asked.logical_date, last_date=asked.logical_date)
    store = home.batch_store
    store.write(head, items_of(head))
    report = tidy(home, TidyRequest(), CONTEXT)
    assert {choice.item.target for choice in report.gone} == {OLD}
    assert set(why(report, frozen)) == {"the frozen reference is of this date"}
    assert set(why(report, asked)) == {f"batch {head.batch} is being labelled"}
    answers = [StoredAnnotation(f"{head.batch}-{row}", head.labels[0], "甲", NOW) for row in range(3)]
    AnnotationLog(store.folder("comment", head.batch)).add(answers, NOW)
    assert {choice.item.target for choice in tidy(home, TidyRequest(), CONTEXT).gone} == {asked}


def test_a_batch_that_cannot_be_read_protects_all(tmp_path: Path) -> None:
    home = home_of(tmp_path, parts={"days": 1})
    night(tmp_path, OLD)
    (home.relabel / "task=comment" / "b").mkdir(parents=True)
    (home.relabel / "task=comment" / "b" / "batch.json").write_text("{")
    assert why(tidy(home, TidyRequest(), CONTEXT), OLD) == ["a batch to label can't be read"]
