"""What the gate's evidence is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from batch.engine.settings import EngineSettings
from batch.scorer import Scorer
from jobs.training.gate import find_leakage, measure_slowdown
from models.bundle import SEEN, Bundle, seal_bundle
from models.manifest import Lineage
from models.training.data import LabelledRows
from models.training_fingerprints import UNRECORDED, fingerprint_bytes
from tests.support.networks import bert_config, sentences, tiny_bundle, tiny_network

CPU = EngineSettings("cpu", "fp32")


def rows(*texts: str) -> LabelledRows:
    return LabelledRows(pl.Series(texts, dtype=pl.String), np.zeros(len(texts), np.int64))


def bundle_that_saw(folder: Path, *texts: str, ancestor: str | None = None) -> Bundle:
    bundle = tiny_bundle(folder)
    (folder / SEEN).write_bytes(fingerprint_bytes([pl.Series(texts)]))
    lineage = Lineage(recipe={UNRECORDED: ancestor})
    return seal_bundle(folder, bundle.manifest.model_copy(update={"lineage": lineage}))


def test_rows_that_were_seen_are_counted_set_by_set(tmp_path: Path) -> None:
    champion = bundle_that_saw(tmp_path / "a", "好书")
    challenger = bundle_that_saw(tmp_path / "b", "好书", "坏店", "快", ancestor="0123456789ab")
    found = find_leakage((champion, challenger), rows("新书", "好书!", "好 书", ""), rows("坏店", "人"))
    assert (found.texts, found.golden, found.recent, found.silent) == (3, 2, 1, "0123456789ab")
    assert (found.inherited, found.golden_rows, found.recent_rows) == (2, (1, 2), (0,))


def test_empty_texts_are_no_leak(tmp_path: Path) -> None:
    pair = tiny_bundle(tmp_path / "a"), bundle_that_saw(tmp_path / "b", "", " ", "好")
    found = find_leakage(pair, rows("", "  "), rows(""))
    assert (found.texts, found.golden, found.recent, found.silent, found.inherited) == (1, 0, 0, None, 0)


def test_a_bundle_that_does_not_tell(tmp_path: Path) -> None:
    pair = bundle_that_saw(tmp_path / "a", "好"), tiny_bundle(tmp_path / "b")
    assert find_leakage(pair, rows("好"), rows("好")).texts is None


def test_a_network_of_ten_times_the_work_is_slower(tmp_path: Path) -> None:
    wide = bert_config(hidden_size=256, num_hidden_layers=6, intermediate_size=512)
    large = Scorer(tiny_bundle(tmp_path / "large", network=tiny_network(config=wide)), CPU)
    small = Scorer(tiny_bundle(tmp_path / "small"), CPU)
    texts = rows(*sentences(300, 14))
    slower, faster = (measure_slowdown(pair, texts, 3) for pair in ((small, large), (large, small)))
    assert slower.value > 1.5
    assert faster.value < 1 / 1.5
    assert slower.low <= slower.high
