"""The engine that suits device and precision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from batch.engine.int8_gate import Int8Agreement
from batch.engine.settings import EngineSettings
from batch.scorer import Scorer
from models.manifest import HeadSpec
from storage.errors import ConfigError
from tests.support.networks import sentences, tiny_bundle
from tests.unit.models.acceleration.test_linears import INT8

FP32 = EngineSettings("cpu", "fp32", 64)
TEXTS = pl.Series("text", sentences(60, 12), dtype=pl.String)


def scorer(folder: Path, **settings: object) -> Scorer:
    bundle = tiny_bundle(folder, head=HeadSpec(pooling="mean", layer_norm=True))
    return Scorer(bundle, replace(FP32, **settings))  # type: ignore[arg-type]


@INT8
class TestInt8:
    def test_begins_once_the_rows_at_hand_keep_their_labels(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "batch.engine.engines.require_agreement", lambda *_: None
        )  # the tiny network's labels hang by a thread
        int8 = scorer(tmp_path / "a", precision="int8")
        before = int8.engine.forward
        scores = int8.score(TEXTS)
        assert int8.engine.forward is not before
        exact = scorer(tmp_path / "b").score(TEXTS)
        np.testing.assert_allclose(scores.probs, exact.probs, atol=0.1)
        assert not np.array_equal(scores.probs, exact.probs)

    def test_is_refused_where_labels_change(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        broken = Int8Agreement(windows=60, same_label=59, largest_difference=0.3)
        monkeypatch.setattr("batch.engine.engines.measure_agreement", lambda *_: broken)
        with pytest.raises(ConfigError, match=r"precision 'int8': 59 of 60 windows .* kept their label"):
            scorer(tmp_path, precision="int8").score(TEXTS)

    def test_waits_while_there_is_no_text(self, tmp_path: Path) -> None:
        int8 = scorer(tmp_path, precision="int8")
        before = int8.engine.forward
        int8.score(pl.Series("text", [], dtype=pl.String))
        assert int8.engine.forward is before


def test_bf16_and_fp32_need_no_trial(tmp_path: Path) -> None:
    plain = scorer(tmp_path)
    before = plain.engine.forward
    plain.score(TEXTS)
    assert plain.engine.forward is before
    assert before.name == "flat"
