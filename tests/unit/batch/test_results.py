"""The result of a unit."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from batch.engine.settings import EngineSettings
from batch.input.columns import ColumnMapping, RawRows, read_columns
from batch.results import finish_unit, score_unit
from batch.scorer import Scorer
from storage.prediction_columns import PART_SCHEMA
from storage.records import Slot, Unit
from tests.support.networks import tiny_bundle

TEXTS = ["好书", "坏书店", "好书", "", None, "店"]


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    return Scorer(tiny_bundle(tmp_path_factory.mktemp("bundle")), EngineSettings("cpu", "fp32"))


def unit_of(scorer: Scorer) -> tuple[Unit, RawRows]:
    raw = read_columns(pa.table({"text": TEXTS}), ColumnMapping("text"), "UTC")
    return Unit(Slot("t", date(2026, 1, 5), scorer.bundle.version), "a.parquet", "f", 10, 16), raw


def test_every_row_has_a_prediction_in_its_order(scorer: Scorer) -> None:
    unit, raw = unit_of(scorer)
    table = score_unit(scorer, unit, raw).table
    assert table.schema.equals(PART_SCHEMA)
    assert table["source_row"].to_pylist() == [10, 11, 12, 13, 14, 15]
    assert table["status"].to_pylist() == ["scored", "scored", "scored", "empty", "empty", "short"]
    assert table["label"].to_pylist()[0] == table["label"].to_pylist()[2]
    assert table["text_hash"].to_pylist()[0] == table["text_hash"].to_pylist()[2]


def test_profile_and_sample_are_of_the_same_rows(scorer: Scorer) -> None:
    unit, raw = unit_of(scorer)
    result = score_unit(scorer, unit, raw)
    assert result.profile.total.rows == 6
    assert result.profile.total.duplicates == 2  # the second 好书, and of the two empty rows the second
    assert result.profile.total.statuses == (3, 2, 1, 0)
    assert sorted(result.sample["source_row"].to_pylist()) == [10, 11, 12, 13, 14, 15]


def test_a_unit_in_one_go_is_the_unit_step_by_step(scorer: Scorer) -> None:
    unit, raw = unit_of(scorer)
    prepared = scorer.prepare(raw.texts)
    steps = finish_unit(scorer, unit, raw, prepared, scorer.engine.logits(prepared))
    whole = score_unit(scorer, unit, raw)
    assert whole.table.equals(steps.table)
    assert whole.profile.to_json_bytes() == steps.profile.to_json_bytes()
    assert np.array_equal(whole.sample["source_row"].to_numpy(), steps.sample["source_row"].to_numpy())
