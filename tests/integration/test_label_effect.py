"""What labels bought, through the command line: a world with new words, batches labelled right, random and picked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from jobs.config.file import find_home
from jobs.relabel.learning_curve import LearningCurveRequest, measure_labels
from jobs.relabel.learning_curve_data import Sources, gather
from jobs.runs.context import quiet_context
from models.training.data import LabelledSource
from monitoring.relabel.sheets.ids import row_id
from storage.errors import TerminalError
from storage.relabel.annotations import AnnotationLog, StoredAnnotation
from storage.relabel.batches import BatchStore
from tests.support.command import CommandResult
from tests.support.drift_scenario import TUNING, DriftScenario
from tests.support.predictions import NIGHT
from tests.support.sample_batches import head_of, items_of

ROWS = 50


@pytest.fixture(scope="module")
def world(new_world: Callable[[str], DriftScenario]) -> DriftScenario:
    world = new_world("comment")
    for number in range(3):
        add_batch(world, number)
    return world


def add_batch(world: DriftScenario, number: int) -> None:
    """A batch of which half is random, all of it labelled by one person who is always right."""
    rows = pl.read_parquet(world.write(f"batch-{number}", ROWS, 100 + number, fresh=0.8))
    (champion,) = world.versions()
    name = f"2026-01-0{number + 1}-{number:08x}"
    head = head_of(name, created_at=NIGHT + timedelta(days=number), bundle=champion, labels=world.labels)
    given: dict[str, list[Any]] = {
        "text": rows["text"].to_list(),
        "arm": ["random", "margin"] * (ROWS // 2),
        "golden": [False] * ROWS,
    }
    items = items_of(head, ROWS)
    for column, values in given.items():
        place = items.schema.get_field_index(column)
        field = items.schema.field(place)
        items = items.set_column(place, field, pa.array(values, field.type))
    store = BatchStore(world.home.root / "relabel")
    store.write(head, items)
    said = [
        StoredAnnotation(row_id(name, item), world.labels[label], "李", NIGHT)
        for item, label in zip(items["item"].to_pylist(), rows["label"], strict=True)
    ]
    AnnotationLog(store.folder(head.task, name)).add(said, NIGHT)


def effect(world: DriftScenario, *args: object) -> CommandResult:
    sets = [word for each in TUNING for word in ("--set", each)]
    return world.run("relabel effect", "--repeats", 1, *sets, *args)


def told(world: DriftScenario, **changed: Any) -> dict[str, Any]:
    """The same without a process of its own."""
    home = find_home(world.home.root, world.home.root)
    request = LearningCurveRequest(replace(Sources("comment"), **changed), repeats=1, settings=TUNING)
    outcome = measure_labels(home, request, quiet_context())
    flat: dict[str, Any] = json.loads(outcome.json_file.read_text("utf-8"))
    return flat


def test_labels_of_new_words_buy_what_the_champion_lacks(world: DriftScenario) -> None:
    said = effect(world).succeeded().out
    assert "7 networks trained, 0 kept" in said  # the first round has too few random labels to compare
    found = json.loads((world.home.root / "reports/effect/comment/effect.json").read_text("utf-8"))
    champion, *others = found["points"]
    assert (champion["learned"], champion["labels"]) == ("nothing", 0)
    whole = [point for point in others if point["learned"] == "all"]
    assert [point["round"] for point in whole] == [1, 2, 3]
    random_trained, held = found["labels"]["random"], found["test"]["rows"]
    assert random_trained + held == 3 * ROWS / 2
    assert whole[-1]["labels"] == found["labels"]["picked"] + random_trained
    assert whole[-1]["bought"]["low"] > 0.1  # words that nobody had learned are in four rows of five
    assert {each["labels"] for each in found["advantages"]} <= {random_trained, *range(20, random_trained)}
    page = (world.home.root / "reports/effect/comment/effect.html").read_text("utf-8")
    assert "学习曲线" in page
    assert "<script" not in page

    again = told(world)
    assert (again["trained"], again["kept"]) == (0, found["trained"])
    assert again["points"] == found["points"]

    add_batch(world, 3)
    more = told(world)
    assert more["kept"] == found["trained"]
    assert more["trained"] == 3
    assert any("--anew" in note["en"] for note in more["notes"])
    before = {(point["round"], point["learned"]): point["rows"] for point in found["points"] if point["round"]}
    after = {(point["round"], point["learned"]): point["rows"] for point in more["points"] if point["round"]}
    assert {key: after[key] for key in before} == before


def test_a_file_to_measure_on_is_kept_out_of_training(world: DriftScenario) -> None:
    home = find_home(world.home.root, world.home.root)
    batch = pl.read_parquet(world.file("batch-0")).head(10)
    known = pl.read_parquet(world.file("train")).head(7)
    mixed = pl.concat([pl.read_parquet(world.file("recent")), batch, known])
    mixed.write_parquet(world.file("mixed"))
    rehearsal, test = (LabelledSource(str(world.file(name))) for name in ("train", "mixed"))
    material = gather(home, Sources("comment", rehearsal, test))
    assert not set(material.labels.texts) & set(mixed["text"])
    assert set(material.keep_out) == set(mixed["text"]) - set(known["text"])
    assert len(material.test) == len(mixed) - 7
    assert [note.en.split(" are ")[0] for note in material.notes] == ["7 test rows"]
    held = gather(home, Sources("comment"))
    assert held.labels.random.any()
    assert not set(held.labels.texts) & set(held.test.texts)


def test_what_can_not_be_measured_is_said(world: DriftScenario, tmp_path: Path) -> None:
    few = tmp_path / "few.parquet"
    pl.read_parquet(world.file("recent")).head(5).write_parquet(few)
    with pytest.raises(TerminalError, match="5 rows to measure on, in "):
        told(world, test=LabelledSource(str(few)))
    with pytest.raises(TerminalError, match="no label of nothing stands yet"):
        told(world, task="nothing", parent=str(world.home.root / "bundles/comment" / next(iter(world.versions()))))
    effect(world, "--test", few).failed_with(1, "5 rows to measure on")
