"""One tiny network of every family that the encoders of the field come in."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import (
    AlbertConfig,
    AutoModelForSequenceClassification,
    BertConfig,
    DistilBertConfig,
    ElectraConfig,
    ErnieConfig,
    ModernBertConfig,
    RobertaConfig,
)

from models.manifest import HeadSpec
from models.network import Classifier, StockClassifier, build_encoder

_SIZES: dict[str, Any] = {
    "vocab_size": 60,
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "max_position_embeddings": 48,
    "bos_token_id": None,
    "eos_token_id": None,
}
POST_NORM = ("bert", "roberta", "ernie", "electra", "distilbert", "albert")
"""Families whose blocks the flat path knows."""


def family_config(family: str) -> Any:
    """A small configuration."""
    if family == "distilbert":
        sizes = {"dim": 64, "hidden_dim": 96, "n_layers": 3, "n_heads": 4, "max_position_embeddings": 48}
        return DistilBertConfig(vocab_size=60, **sizes)
    if family == "modernbert":
        special = {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3}
        return ModernBertConfig(**_SIZES, **special, local_attention=8, global_attn_every_n_layers=2)
    narrow = {"embedding_size": 32} if family in ("electra", "albert") else {}
    kinds = {
        "bert": BertConfig,
        "roberta": RobertaConfig,
        "ernie": ErnieConfig,
        "electra": ElectraConfig,
        "albert": AlbertConfig,
    }
    return kinds[family](**_SIZES, **narrow)


def family_network(family: str, head: str = "stock", **options: Any) -> nn.Module:
    """A network with weights so large that different texts get clearly different answers.

    Args:
        family: One of `POST_NORM`, or `modernbert`.
        head: `stock`, or the pooling of our own classifier.
        options: Attributes of the configuration.
    """
    config = family_config(family)
    config.num_labels = 3
    for name, value in options.items():
        setattr(config, name, value)
    torch.manual_seed(5)
    network: nn.Module
    if head == "stock":
        network = StockClassifier(AutoModelForSequenceClassification.from_config(config))
    else:
        network = Classifier(build_encoder(config), HeadSpec(pooling=head, layer_norm=True), 3)  # type: ignore[arg-type]
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    return network.eval()
