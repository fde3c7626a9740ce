from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from batch.engine.settings import EngineSettings
from batch.scorer import Scorer
from models.bundle import open_bundle
from models.dropout import DropoutPasses
from tests.support.homes import comments

TEXTS = pl.Series("text", [*comments(20)[0], "。".join(comments(12)[0])])


@pytest.mark.parametrize("task", ["comment", "news"])
def test_passes_differ_and_a_seed_gives_them_again(tiny_bundle: Callable[[str], Path], task: str) -> None:
    bundle = open_bundle(tiny_bundle(task))
    network = DropoutPasses(bundle, 4, seed=1)
    before = torch.random.get_rng_state()
    passes = network(TEXTS)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert passes.shape == (4, len(TEXTS), len(bundle.labels))
    assert passes.sum(axis=2) == pytest.approx(np.ones((4, len(TEXTS))), abs=1e-5)
    assert (passes.std(axis=0).max(axis=1) > 0).all()
    assert np.array_equal(DropoutPasses(bundle, 4, seed=1)(TEXTS), passes)
    assert not np.array_equal(DropoutPasses(bundle, 4, seed=2)(TEXTS), passes)


def test_with_dropout_at_rest_a_pass_is_what_scoring_says(tiny_bundle: Callable[[str], Path]) -> None:
    """Windows, aggregation, temperature and the order of the rows are those of the scorer."""
    bundle = open_bundle(tiny_bundle("news"))
    quiet = DropoutPasses(bundle, 1, seed=1)
    for layer in quiet._network.modules():
        layer.eval()
    scored = Scorer(bundle, EngineSettings("cpu", "fp32")).score(TEXTS).probs
    assert quiet(bundle.cleaner().clean(TEXTS))[0] == pytest.approx(scored, abs=1e-4)
