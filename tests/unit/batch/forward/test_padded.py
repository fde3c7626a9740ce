"""One batch through the network."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray

from batch.engine.engine import Engine
from batch.forward.padded import PaddedForward
from models.manifest import HeadSpec
from models.tokens import Tokenizer
from models.windows import WindowSpec, cut_windows
from tests.support.networks import backend, sentences, tiny_network
from tests.support.windowed_documents import Documents


class TestPaddedForward:
    @pytest.mark.skipif(not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="no bf16 on this processor")
    def test_bf16_stays_near_fp32(self) -> None:
        tokenizer = Tokenizer(backend(), pad=0, unknown=1)
        tokens = tokenizer.encode(pl.Series(sentences(20, 12)))
        windows = cut_windows(tokens.lengths, WindowSpec(max_length=16), 2)
        network = tiny_network(HeadSpec(pooling="mean"))
        exact, fast = (
            PaddedForward(network, tokenizer.special, 3, torch.device("cpu"), precision).start(
                tokens, windows, np.arange(20)
            )()
            for precision in ("fp32", "bf16")
        )
        assert exact.dtype == fast.dtype == np.float32
        assert not np.array_equal(exact, fast)
        np.testing.assert_allclose(fast, exact, atol=0.05 * np.abs(exact).max())

    @pytest.mark.parametrize("max_tokens", [1, 20, 64, 10_000])
    def test_a_score_depends_on_its_text_alone(self, max_tokens: int) -> None:
        tokenizer = Tokenizer(backend(), pad=0, unknown=1)
        network = tiny_network(HeadSpec(pooling="mean"))
        forward = PaddedForward(network, tokenizer.special, 3, torch.device("cpu"), "fp32")
        engine = Engine(forward, tokenizer.special, max_tokens)
        texts = sentences(20, 12)

        def score(chosen: list[str]) -> NDArray[np.float32]:
            tokens = tokenizer.encode(pl.Series(chosen))
            return engine.logits(Documents(tokens, cut_windows(tokens.lengths, WindowSpec(max_length=16), 2)))

        together = score(texts)
        assert together.std() > 0.1
        alone = np.concatenate([score([text]) for text in texts])
        np.testing.assert_allclose(together, alone, atol=1e-5)
        np.testing.assert_allclose(score(texts[::-1])[::-1], alone, atol=1e-5)
