from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from jobs.config.file import Config, Home
from jobs.training.gate_sets import golden_set, recent_set
from models.bundle import SEEN, Bundle, seal_bundle
from models.training.data import LabelledSource
from models.training_fingerprints import fingerprint_bytes
from storage.errors import ConfigError, NoInput
from storage.relabel.batches import BatchStore
from tests.support.networks import tiny_bundle
from tests.support.predictions import LABELS, NIGHT
from tests.support.sample_batches import head_of, store_answers, write_batch

BAD, GOOD, _ = LABELS
FIRST = head_of()
LATER = head_of("2026-11-30-ffff0000", created_at=NIGHT + timedelta(days=7))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two batches with three random rows each; the first one's texts are `原文 0`, `原文 1`, `原文 2`."""
    home = Home(tmp_path, Config())
    store = BatchStore(home.relabel)
    arms = ["random"] * 3 + ["golden"]
    write_batch(store, FIRST, arm=arms, slices=[[("city", "上海")], None, [("city", "北京")], None])
    write_batch(store, LATER, arm=arms, text=["新的 0", "新的 1", "新的 2", "原文 3"])
    for head in (FIRST, LATER):
        store_answers(store, head, "李", {0: GOOD, 1: BAD, 2: GOOD, 3: BAD})
    return home


def challenger(home: Home, *seen: str) -> Bundle:
    bundle = tiny_bundle(home.root / "bundle", labels=LABELS)
    (bundle.path / SEEN).write_bytes(fingerprint_bytes([pl.Series(seen, dtype=pl.String)]))
    return seal_bundle(bundle.path, bundle.manifest)


def test_held_out_labels_that_the_challenger_has_not_seen(home: Home) -> None:
    found = recent_set(home, "comment", None, challenger(home, "原文 0", "新的 1！"), "city")
    assert found.rows.texts.to_list() == ["原文 1", "原文 2", "新的 0", "新的 2"]
    assert found.rows.gold.tolist() == [0, 1, 1, 1]
    assert found.rows.groups is not None
    assert found.rows.groups.to_list() == ["-", "北京", "上海", "上海"]
    assert (found.told["rows"], found.told["name"]) == (4, f"the relabel queue: {FIRST.batch}, {LATER.batch}")


def test_the_newest_of_them(home: Home) -> None:
    few = Home(home.root, Config.model_validate({"gate": {"recent_rows": 4}}))
    found = recent_set(few, "comment", None, challenger(home), None)
    assert found.rows.texts.to_list() == ["原文 2", "新的 0", "新的 1", "新的 2"]
    assert found.rows.groups is None


def test_none_is_left(home: Home) -> None:
    saw = challenger(home, *(f"{word} {row}" for word in ("原文", "新的") for row in range(3)))
    with pytest.raises(NoInput, match="no label of the random arm"):
        recent_set(home, "comment", None, saw, None)


def test_the_golden_file_of_yeban_toml(home: Home) -> None:
    with pytest.raises(ConfigError, match="no golden set"):
        golden_set(home, "comment", None, LABELS)
    (home.root / "golden-comment.csv").write_text("text,label\n好,正面\n", "utf-8")
    named = Home(home.root, Config.model_validate({"relabel": {"golden": "golden-{task}.csv"}}))
    found = golden_set(named, "comment", None, LABELS)
    assert (found.rows.texts.to_list(), found.told["name"]) == (["好"], "golden-comment.csv")
    other = home.root / "other.csv"
    other.write_text("text,label\n坏,负面\n差,负面\n", "utf-8")
    given = golden_set(named, "comment", LabelledSource(str(other)), LABELS)
    assert (len(given.rows), given.told["rows"]) == (2, 2)
    assert given.told["sha256"] != found.told["sha256"]
