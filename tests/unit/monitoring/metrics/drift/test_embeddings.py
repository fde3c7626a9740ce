from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from monitoring.metrics.drift.embeddings import embedding_auc, embedding_mmd
from monitoring.metrics.input import SampleLimits
from monitoring.metrics.night import Night, NightMetric
from storage.profiles.sample import SAMPLE_SCHEMA
from tests.support.measured_nights import inputs, night, only, without_sample


class Embedder:
    """Embeddings of noise, moved for the second side; it counts how often it is asked."""

    def __init__(self, moved: float) -> None:
        self.calls, self._moved = 0, moved

    def __call__(self, texts: pl.Series) -> NDArray[np.float32]:
        self.calls += 1
        noise = np.random.default_rng(self.calls).normal(size=(len(texts), 3))
        return (noise + self._moved * (self.calls - 1)).astype(np.float32)


def test_embeddings_that_moved_are_found_and_made_once() -> None:
    for moved, is_found in ((0.0, False), (1.0, True)):
        embed = Embedder(moved)
        measured = night(embed=embed)
        auc, mmd = only(embedding_auc(measured)).estimate, only(embedding_mmd(measured)).estimate
        assert embed.calls == 2
        assert (auc.effect > 0.1, mmd.p_value < 0.01) == (is_found, is_found)


@pytest.mark.parametrize("metric", [embedding_auc, embedding_mmd])
def test_what_is_missing_is_the_reason(metric: NightMetric) -> None:
    assert only(metric(night())).estimate.reason == "embeddings are switched off"
    off = Night(replace(inputs(), embed=Embedder(0)), SampleLimits(embedding_rows=0))
    assert only(metric(off)).estimate.reason == "embeddings are switched off"
    assert only(metric(without_sample())).estimate.reason == "the reference has no sample of texts"
    empty = night(embed=Embedder(0), sample=SAMPLE_SCHEMA.empty_table())
    assert only(metric(empty)).estimate.reason.endswith(" and 0 texts")
