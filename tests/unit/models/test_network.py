"""The network: pooling, padding, weights on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AlbertConfig, DistilBertConfig, ElectraConfig, ErnieConfig, RobertaConfig

from models.bundle import ENCODER, WEIGHTS, Bundle, seal_bundle
from models.manifest import HeadSpec
from models.network import Classifier, build_encoder, check_vocabulary, load_network, pool, save_network
from models.tokens import Tokenizer
from storage.errors import BundleContradiction, BundleIncomplete
from tests.support.networks import LABELS, WORDS, backend, bert_config, tiny_bundle, tiny_network

SMALL: dict[str, Any] = {
    "vocab_size": len(WORDS),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 40,
}
FAMILIES = {
    "bert": bert_config(),
    "roberta": RobertaConfig(**SMALL, pad_token_id=0),
    "electra": ElectraConfig(**SMALL, embedding_size=8),
    "distilbert": DistilBertConfig(
        vocab_size=len(WORDS), dim=16, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=40
    ),
    "albert": AlbertConfig(**SMALL, embedding_size=8),
    "ernie": ErnieConfig(**SMALL),
}


def batch_of(*lengths: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Random ids, padded; id 0 is padding."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, len(WORDS), (len(lengths), max(lengths)), generator=generator)
    mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long()
    return ids * mask, mask


@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
class TestPooling:
    def test_ignores_padding(self, pooling: str) -> None:
        hidden = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(1)) - 5  # all below 0: a maximum
        _, mask = batch_of(5, 3, 1)
        spoiled = hidden.masked_fill(mask.unsqueeze(-1) == 0, 1e4)
        assert torch.equal(pool(spoiled, mask, pooling), pool(hidden, mask, pooling))

    def test_against_a_plain_loop(self, pooling: str) -> None:
        hidden = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(1)) - 5
        _, mask = batch_of(5, 3, 1)
        how = {"cls": lambda real: real[0], "mean": lambda real: real.mean(0), "max": lambda real: real.amax(0)}
        plain = torch.stack([how[pooling](row[:n]) for row, n in zip(hidden, (5, 3, 1), strict=True)])
        torch.testing.assert_close(pool(hidden, mask, pooling), plain)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    def test_keeps_the_number_type(self, pooling: str, dtype: torch.dtype) -> None:
        hidden = torch.full((1, 300, 2), 300.0, dtype=dtype)  # summed up, beyond float16
        pooled = pool(hidden, torch.ones(1, 300, dtype=torch.long), pooling)
        assert pooled.dtype == dtype
        assert pooled.tolist() == [[300.0, 300.0]]


@pytest.mark.parametrize("head", [HeadSpec(), HeadSpec(pooling="mean", layer_norm=True), HeadSpec(pooling="max")])
def test_a_batch_of_mixed_lengths_equals_one_by_one(head: HeadSpec) -> None:
    network = tiny_network(head)
    lengths = (9, 2, 14, 5, 1)
    ids, mask = batch_of(*lengths)
    with torch.inference_mode():
        together = network(input_ids=ids, attention_mask=mask)
        alone = [
            network(input_ids=ids[i : i + 1, :n], attention_mask=mask[i : i + 1, :n]) for i, n in enumerate(lengths)
        ]
    assert together.std() > 0.1  # otherwise this test could not fail
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_families(family: str, tmp_path: Path) -> None:
    network = tiny_network(HeadSpec(pooling="mean", layer_norm=True), FAMILIES[family])
    assert getattr(network.encoder, "pooler", None) is None
    bundle = tiny_bundle(tmp_path, head=HeadSpec(pooling="mean", layer_norm=True), network=network)
    loaded = load_network(bundle)
    ids, mask = batch_of(9, 2, 14)
    with torch.inference_mode():
        logits = network(input_ids=ids, attention_mask=mask)
        assert logits.shape == (3, len(LABELS))
        assert torch.equal(loaded(input_ids=ids, attention_mask=mask), logits)
    check_vocabulary(bundle, loaded, bundle.tokenizer())


class TestSaveAndLoad:
    def test_float32_is_exact(self, tmp_path: Path) -> None:
        network = tiny_network()
        loaded = load_network(tiny_bundle(tmp_path, network=network))
        assert not loaded.training
        for name, value in network.state_dict().items():
            assert torch.equal(loaded.state_dict()[name], value), name

    def test_float16_is_rounded_once(self, tmp_path: Path) -> None:
        network = tiny_network()
        bundle = tiny_bundle(tmp_path, network=network, dtype=torch.float16)
        loaded = load_network(bundle)
        for name, value in network.state_dict().items():
            assert torch.equal(loaded.state_dict()[name], value.half().float()), name
        assert {value.dtype for value in loaded.state_dict().values()} == {torch.float32}
        assert (tmp_path / WEIGHTS).stat().st_size < 0.7 * sum(v.numel() * 4 for v in network.state_dict().values())

    def test_an_encoder_that_was_pretrained_in_half_precision(self, tmp_path: Path) -> None:
        network = tiny_network(config=bert_config(dtype="float16"))
        network.float()
        with torch.no_grad():
            network.encoder.get_input_embeddings().weight.add_(1e-5)  # type: ignore[union-attr, operator]
        loaded = load_network(tiny_bundle(tmp_path, network=network))
        for name, value in network.state_dict().items():
            assert torch.equal(loaded.state_dict()[name], value), name

    def test_loading_leaves_the_random_state_of_nobody_in_the_weights(self, tmp_path: Path) -> None:
        bundle = tiny_bundle(tmp_path)
        torch.manual_seed(1)
        one = load_network(bundle)
        torch.manual_seed(2)
        two = load_network(bundle)
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


class TestContradictions:
    def test_head_and_labels(self, tmp_path: Path) -> None:
        bundle = tiny_bundle(tmp_path, classes=2)
        with pytest.raises(BundleContradiction, match=r"head has 2 outputs but the label map names 3 .*坏, 好, 一般"):
            load_network(bundle)

    def test_weights_and_architecture(self, tmp_path: Path) -> None:
        bundle = tiny_bundle(tmp_path)
        encoder = json.loads((tmp_path / ENCODER).read_text("utf-8"))
        (tmp_path / ENCODER).write_text(json.dumps({**encoder, "num_hidden_layers": 2}), "utf-8")
        bundle = seal_bundle(tmp_path, bundle.manifest)
        with pytest.raises(BundleContradiction, match="don't fit the architecture"):
            load_network(bundle)

    @pytest.mark.parametrize("content", [b"{}", b"{", b"\xff", b'{"model_type": "nobody knows"}', b"[]"])
    def test_an_architecture_that_is_none(self, tmp_path: Path, content: bytes) -> None:
        bundle = tiny_bundle(tmp_path)
        (tmp_path / ENCODER).write_bytes(content)
        with pytest.raises(BundleContradiction, match=r"encoder\.json"):
            load_network(seal_bundle(tmp_path, bundle.manifest))

    @pytest.mark.parametrize("content", [b"", b"not safetensors", b"\x80\x04pickle"])
    def test_weights_that_are_none(self, tmp_path: Path, content: bytes) -> None:
        bundle = tiny_bundle(tmp_path)
        (tmp_path / WEIGHTS).write_bytes(content)
        with pytest.raises(BundleIncomplete, match=r"model\.safetensors cannot be read"):
            load_network(seal_bundle(tmp_path, bundle.manifest))

    def test_head_and_pooling(self, tmp_path: Path) -> None:
        network = tiny_network(HeadSpec(layer_norm=True))
        bundle = tiny_bundle(tmp_path, head=HeadSpec(layer_norm=False), network=network)
        with pytest.raises(BundleContradiction, match="don't fit"):
            load_network(bundle)

    def test_tokenizer_and_network(self, tmp_path: Path) -> None:
        bundle = tiny_bundle(tmp_path)
        larger = Tokenizer(backend((*WORDS, "新")), pad=0, unknown=1)
        network = load_network(bundle)
        check_vocabulary(bundle, network, bundle.tokenizer())
        with pytest.raises(BundleContradiction, match=f"ids up to {len(WORDS)}, the network only {len(WORDS)}"):
            check_vocabulary(bundle, network, larger)


def test_gradients_reach_every_weight() -> None:
    network = Classifier(build_encoder(bert_config()), HeadSpec(layer_norm=True), 3)
    ids, mask = batch_of(4, 6)
    network(input_ids=ids, attention_mask=mask).sum().backward()
    assert [name for name, weight in network.named_parameters() if weight.grad is None] == []


def test_save_writes_what_a_bundle_needs(tmp_path: Path) -> None:
    save_network(tiny_network(), tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {WEIGHTS, ENCODER}


def test_bundles_are_opened_by_what_they_are(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path)
    assert isinstance(bundle, Bundle)
    assert isinstance(load_network(bundle), Classifier)
