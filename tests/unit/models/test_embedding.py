from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from models.bundle import open_bundle
from models.embedding import Embedder
from models.network import load_network
from tests.support.bundles import build_bundle

TEXTS = pl.Series("text", ["物流很快", "", "质量不好,退货了,再也不来了", "好" * 200, "好"])


@pytest.mark.parametrize("task", ["comment", "weibo", "news"])
def test_the_vectors_are_what_the_classification_layer_sees(tmp_path: Path, task: str) -> None:
    bundle = build_bundle(tmp_path, task)
    vectors = Embedder(bundle).embed(TEXTS)
    assert vectors.shape == (5, 32)
    network, tokenizer = load_network(bundle), bundle.tokenizer()
    special = tokenizer.special
    ids = [*special.prefix, *tokenizer.encode(TEXTS.head(1)).ids.tolist(), *special.suffix]
    with torch.inference_mode():
        logits = network(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.int64))
        again = network.linear(torch.from_numpy(vectors[:1]))  # type: ignore[operator]
    torch.testing.assert_close(again, logits, atol=1e-5, rtol=1e-4)


def test_a_text_has_the_same_vector_in_any_company(tmp_path: Path) -> None:
    embedder = Embedder(build_bundle(tmp_path, "comment"))
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed(TEXTS.slice(place, 1)) for place in range(len(TEXTS))])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_no_texts_have_no_vectors(tmp_path: Path) -> None:
    assert Embedder(build_bundle(tmp_path, "comment")).embed(TEXTS.head(0)).shape[0] == 0


def test_the_embedded_bundle_tells_good_from_bad() -> None:
    embedder = Embedder(open_bundle(Path(__file__).parents[3] / "models" / "pretrained" / "comment"))
    good, better, bad = embedder.embed(pl.Series(["很好,非常满意", "特别好,很满意", "太差了,要求退货"]))
    assert np.linalg.norm(good - better) < np.linalg.norm(good - bad)
