"""Packed rows through networks of every family."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from models.network import Classifier, pool
from models.packed.attention import NAME, Packing, attend, per_sequence
from models.packed.families import find_encoder, stock_pooling
from models.packed.network import PackedNetwork, pool_sequences
from models.packed.windows import pack_windows, upload
from models.tokens import pad_windows
from storage.errors import PackedMisuse
from tests.support.encoders import CONFIGS, LONGEST, SPECIAL, own_network, random_documents, stock_network

LENGTHS = [5, 0, LONGEST - 2, 1, 13, 13, 2, 30]
CPU = torch.device("cpu")


def packed_network(network: nn.Module) -> PackedNetwork:
    encoder = find_encoder(network)
    pooling = network.pooling if isinstance(network, Classifier) else stock_pooling(encoder)
    return PackedNetwork(network, encoder, pooling, per_sequence)


def score_packed(network: nn.Module, lengths: list[int], packed: PackedNetwork | None = None) -> NDArray[np.float32]:
    tokens, windows = random_documents(lengths)
    batch = pack_windows(tokens, windows, np.arange(len(lengths)), SPECIAL, find_encoder(network).pad)
    with torch.inference_mode():
        logits: Tensor = (packed or packed_network(network))(*upload(batch, CPU), batch.lengths)
    return logits.numpy()


def score_padded(network: nn.Module, lengths: list[int], chosen: list[int] | None = None) -> NDArray[np.float32]:
    tokens, windows = random_documents(lengths)
    rows = np.arange(len(lengths)) if chosen is None else np.array(chosen)
    ids, mask = pad_windows(tokens, windows, rows, SPECIAL)
    with torch.inference_mode():
        logits: Tensor = network(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
    return logits.numpy()


def check(network: nn.Module) -> None:
    packed = score_packed(network, LENGTHS)
    padded = score_padded(network, LENGTHS)
    alone = np.concatenate([score_padded(network, LENGTHS, [row]) for row in range(len(LENGTHS))])
    assert padded.std() > 0.05  # the network tells these documents apart
    np.testing.assert_allclose(packed, padded, atol=1e-5)
    np.testing.assert_allclose(packed, alone, atol=1e-5)
    np.testing.assert_array_equal(packed.argmax(1), padded.argmax(1))


@pytest.mark.parametrize("name", CONFIGS)
def test_stock_heads(name: str) -> None:
    check(stock_network(CONFIGS[name]))


@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
@pytest.mark.parametrize("name", CONFIGS)
def test_our_head(name: str, pooling: str) -> None:
    check(own_network(CONFIGS[name], pooling))


@pytest.mark.parametrize("name", CONFIGS)
def test_any_order_and_company(name: str) -> None:
    """A document's answer does not depend on its neighbours in the row."""
    network = stock_network(CONFIGS[name])
    tokens, windows = random_documents(LENGTHS)
    packed, pad = packed_network(network), find_encoder(network).pad
    expected = score_packed(network, LENGTHS)
    for rows in ([7], [2, 0], [3, 3, 6, 1, 3]):
        batch = pack_windows(tokens, windows, np.array(rows), SPECIAL, pad)
        with torch.inference_mode():
            logits = packed(*upload(batch, CPU), batch.lengths)
        np.testing.assert_allclose(logits, expected[rows], atol=1e-5)


@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_a_text_that_spells_out_the_padding_token(name: str) -> None:
    network = stock_network(CONFIGS[name])
    tokens, windows = random_documents([6, 4])
    tokens.ids[2] = SPECIAL.pad
    ids, mask = pad_windows(tokens, windows, np.arange(2), SPECIAL)
    batch = pack_windows(tokens, windows, np.arange(2), SPECIAL, find_encoder(network).pad)
    with torch.inference_mode():
        padded = network(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
        packed = packed_network(network)(*upload(batch, CPU), batch.lengths)
    torch.testing.assert_close(packed, padded, atol=1e-5, rtol=0)


@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_pooling_is_that_of_padded_batches(pooling: str, dtype: torch.dtype) -> None:
    lengths = torch.tensor([3, 1, 200])
    hidden = torch.randn(204, 8, generator=torch.Generator().manual_seed(0)).to(dtype)
    padded = torch.nn.utils.rnn.pad_sequence(list(hidden.split(lengths.tolist())), batch_first=True)
    mask = (torch.arange(200)[None] < lengths[:, None]).long()
    boundaries = torch.tensor([0, 3, 4, 204], dtype=torch.int32)
    made = pool_sequences(hidden, boundaries, pooling)
    assert made.dtype == dtype
    torch.testing.assert_close(made, pool(padded, mask, pooling))


class TestNothingIsLeftBehind:
    @pytest.mark.parametrize("name", ["bert", "modernbert", "albert"])
    def test_padded_scoring_after_packed_is_as_before(self, name: str) -> None:
        network = stock_network(CONFIGS[name])
        before = score_padded(network, LENGTHS)
        score_packed(network, LENGTHS)
        np.testing.assert_array_equal(score_padded(network, LENGTHS), before)
        assert find_encoder(network).config._attn_implementation == "sdpa"
        assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())

    def test_after_a_failure_too(self) -> None:
        network = stock_network(CONFIGS["bert"])
        encoder = find_encoder(network)

        def breaks(*_: Any) -> Tensor:
            raise RuntimeError("no kernel")

        with pytest.raises(RuntimeError, match="no kernel"):
            score_packed(network, LENGTHS, PackedNetwork(network, encoder, "cls", breaks))
        assert encoder.config._attn_implementation == "sdpa"
        assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())

    def test_eager_stays_eager(self) -> None:
        network = stock_network(CONFIGS["bert"])
        find_encoder(network).config._attn_implementation = "eager"
        score_packed(network, LENGTHS)
        assert find_encoder(network).config._attn_implementation == "eager"


class TestMixingIsImpossible:
    def test_packed_input_under_sdpa_does_mix(self, monkeypatch: pytest.MonkeyPatch) -> None:
        network = stock_network(CONFIGS["bert"])
        packed = packed_network(network)
        monkeypatch.setattr(PackedNetwork, "_prove", lambda *_: None)
        monkeypatch.setattr("models.packed.network.NAME", "sdpa")
        assert np.abs(score_packed(network, LENGTHS, packed) - score_padded(network, LENGTHS)).max() > 0.1

    @pytest.mark.parametrize("implementation", ["sdpa", "eager"])
    @pytest.mark.parametrize("layer", [0, 1])
    def test_somebody_sets_the_attention_back(self, implementation: str, layer: int) -> None:
        network = stock_network(CONFIGS["bert"])
        encoder = find_encoder(network)

        def meddle(*_: Any) -> None:
            encoder.config._attn_implementation = implementation

        encoder.states.layer[layer].register_forward_pre_hook(meddle)
        with pytest.raises(PackedMisuse, match=f"{layer} of 2 attention calls.*'{implementation}'"):
            score_packed(network, LENGTHS)

    def test_for_one_layer_only(self) -> None:
        network = stock_network(CONFIGS["bert"])
        encoder = find_encoder(network)
        packed = packed_network(network)
        other = type(encoder.config)(**encoder.config.to_dict())
        other._attn_implementation = "sdpa"
        encoder.states.layer[1].attention.self.config = other
        with pytest.raises(PackedMisuse, match="1 of 2 attention calls"):
            score_packed(network, LENGTHS, packed)

    def test_layers_with_configurations_of_their_own_are_served(self) -> None:
        network = stock_network(CONFIGS["bert"])
        encoder = find_encoder(network)
        other = type(encoder.config)(**encoder.config.to_dict())
        other._attn_implementation = "sdpa"
        encoder.states.layer[1].attention.self.config = other
        np.testing.assert_allclose(score_packed(network, LENGTHS), score_padded(network, LENGTHS), atol=1e-5)
        assert other._attn_implementation == "sdpa"

    def test_somebody_registers_another_function_under_our_name(self) -> None:
        network = stock_network(CONFIGS["bert"])
        packed = packed_network(network)
        AttentionInterface.register(NAME, sdpa_attention_forward)
        try:
            with pytest.raises(PackedMisuse, match="0 of 2 attention calls"):
                score_packed(network, LENGTHS, packed)
        finally:
            AttentionInterface.register(NAME, attend)

    def test_a_layer_that_does_not_ask_the_interface(self) -> None:
        network = stock_network(CONFIGS["bert"])

        class Own(nn.Module):
            def forward(self, hidden: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:
                return hidden.mean(1, keepdim=True).expand_as(hidden), None

        find_encoder(network).states.layer[0].attention.self = Own()
        with pytest.raises(PackedMisuse, match="1 of 2 attention calls"):
            score_packed(network, LENGTHS)

    def test_padded_input_under_our_name(self) -> None:
        network = stock_network(CONFIGS["bert"])
        packed_network(network)
        find_encoder(network).config._attn_implementation = NAME
        with pytest.raises(PackedMisuse, match="without boundaries"):
            score_padded(network, LENGTHS)

    def test_a_head_that_loses_rows(self) -> None:
        network = stock_network(CONFIGS["bert"])

        class First(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.inner = network

            def forward(self, **inputs: Tensor) -> Tensor:
                return self.inner(**inputs)[:1]  # type: ignore[no-any-return]

        with pytest.raises(PackedMisuse, match="gave 1 rows"):
            score_packed(First(), LENGTHS)


def test_local_layers_matter() -> None:
    """The window of ModernBERT's test network is narrow enough that leaving it out would be seen."""
    network = stock_network(CONFIGS["modernbert"])

    def sees_all(q: Tensor, k: Tensor, v: Tensor, packing: Packing, scale: float | None, _: int | None) -> Tensor:
        return per_sequence(q, k, v, packing, scale, None)

    everything = PackedNetwork(network, find_encoder(network), "cls", sees_all)
    assert np.abs(score_packed(network, LENGTHS, everything) - score_padded(network, LENGTHS)).max() > 0.01
