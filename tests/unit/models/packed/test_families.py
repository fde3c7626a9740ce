"""Which networks can run packed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertModel,
    DebertaV2Config,
    MegatronBertConfig,
    PreTrainedConfig,
    RoFormerConfig,
)

from models.packed.families import Unpackable, find_encoder, stock_pooling
from tests.support.encoders import CONFIGS, SPECIAL, own_network, stock_network

SMALL: dict[str, Any] = {
    "vocab_size": 40, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
def test_known_families(name: str) -> None:
    for network in (stock_network(CONFIGS[name]), own_network(CONFIGS[name], "cls")):
        encoder = find_encoder(network)
        assert encoder.config is encoder.model.config
        assert encoder.head_size == 16
        assert encoder.pad == (SPECIAL.pad if name in ("roberta", "xlm-roberta", "camembert") else None)
        assert encoder.attention_calls == (4 if name.startswith(("albert", "modernbert")) else 2)
        assert stock_pooling(encoder) == ("mean" if name == "modernbert-mean" else "cls")


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (DebertaV2Config(**SMALL), "DebertaV2Model"),
        (RoFormerConfig(**SMALL), "RoFormerModel"),
        (MegatronBertConfig(**SMALL), "MegatronBertModel"),
    ],
)
def test_families_that_ignore_the_attention_interface(config: PreTrainedConfig, name: str) -> None:
    network = AutoModelForSequenceClassification.from_config(config)
    with pytest.raises(Unpackable, match=f"{name} cannot run packed"):
        find_encoder(network)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"is_decoder": True}, "BertModel is set up as a decoder"),
        ({"is_decoder": True, "add_cross_attention": True}, "BertModel is set up as a decoder"),
        ({"chunk_size_feed_forward": 4}, "in chunks"),
    ],
)
def test_settings_that_packing_cannot_honour(options: dict[str, Any], message: str) -> None:
    with pytest.raises(Unpackable, match=message):
        find_encoder(BertModel(BertConfig(**SMALL, **options)))


def test_a_subclass_may_do_anything_and_is_refused() -> None:
    class Changed(BertModel):  # type: ignore[misc]
        pass

    with pytest.raises(Unpackable, match="Changed cannot run packed"):
        find_encoder(Changed(BertConfig(**SMALL)))


def test_no_encoder_and_two() -> None:
    with pytest.raises(Unpackable, match="Linear cannot run packed"):
        find_encoder(nn.Linear(2, 2))
    pair = nn.ModuleList([BertModel(BertConfig(**SMALL)), BertModel(BertConfig(**SMALL))])
    with pytest.raises(Unpackable, match="BertModel cannot run packed"):
        find_encoder(pair)


def test_finding_leaves_the_weights_alone() -> None:
    network = stock_network(CONFIGS["bert"])
    before = {name: value.clone() for name, value in network.state_dict().items()}
    find_encoder(network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
