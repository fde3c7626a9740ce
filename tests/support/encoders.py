"""A tiny network of every family that can run packed, and documents of random ids for them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from transformers import (
    AlbertConfig,
    AutoModelForSequenceClassification,
    BertConfig,
    CamembertConfig,
    DistilBertConfig,
    ElectraConfig,
    ErnieConfig,
    ModernBertConfig,
    PreTrainedConfig,
    RobertaConfig,
    XLMRobertaConfig,
)

from models.manifest import HeadSpec
from models.network import StockClassifier
from models.tokens import SpecialTokens, Tokens
from models.windows import Windows, WindowSpec, cut_windows
from tests.support.networks import tiny_network

CLASSES: Final = 3
VOCABULARY: Final = 40
LONGEST: Final = 40
"""Tokens of the longest window that fits every network made here."""
SPECIAL: Final = SpecialTokens(prefix=(2,), suffix=(3,), pad=1, unknown=4)
"""One set of special tokens for all families; RoBERTa's padding id."""

_SIZE: Final[dict[str, Any]] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": LONGEST,
    "pad_token_id": SPECIAL.pad,
    "num_labels": CLASSES,
}
_OFFSET: Final = {**_SIZE, "max_position_embeddings": LONGEST + SPECIAL.pad + 1}
_DISTIL: Final = {
    "vocab_size": VOCABULARY, "dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 48,
    "max_position_embeddings": LONGEST, "pad_token_id": SPECIAL.pad, "num_labels": CLASSES,
}  # fmt: skip
_MODERN: Final = {
    **_SIZE, "num_hidden_layers": 4, "local_attention": 6, "global_attn_every_n_layers": 2,
    "cls_token_id": 2, "bos_token_id": 2, "sep_token_id": 3, "eos_token_id": 3,
}  # fmt: skip

CONFIGS: Final[dict[str, PreTrainedConfig]] = {
    "bert": BertConfig(**_SIZE),
    "roberta": RobertaConfig(**_OFFSET),
    "xlm-roberta": XLMRobertaConfig(**_OFFSET),
    "camembert": CamembertConfig(**_OFFSET),
    "ernie": ErnieConfig(**_SIZE),
    "ernie-task-id": ErnieConfig(**_SIZE, use_task_id=True),
    "electra": ElectraConfig(**_SIZE, embedding_size=24),
    "distilbert": DistilBertConfig(**_DISTIL),
    "albert": AlbertConfig(**_SIZE, embedding_size=24, num_hidden_groups=1, inner_group_num=2),
    "modernbert": ModernBertConfig(**_MODERN),
    "modernbert-mean": ModernBertConfig(**_MODERN, classifier_pooling="mean"),
}


def stock_network(config: PreTrainedConfig, seed: int = 0) -> StockClassifier:
    """A stock sequence classifier whose weights are so large that every token counts."""
    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_config(deepcopy(config))
    _enlarge(model)
    return StockClassifier(model).eval()


def own_network(config: PreTrainedConfig, pooling: str, seed: int = 0) -> nn.Module:
    """Our classifier on an encoder of this family."""
    return tiny_network(HeadSpec(pooling=pooling, layer_norm=True), deepcopy(config), CLASSES, seed)


def _enlarge(model: nn.Module) -> None:
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)


def random_documents(lengths: Sequence[int], seed: int = 0, spec: WindowSpec | None = None) -> tuple[Tokens, Windows]:
    """Documents of random ids; a length counts content tokens."""
    generator = np.random.default_rng(seed)
    ids = generator.integers(5, VOCABULARY, sum(lengths)).astype(np.int32)
    tokens = Tokens(ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    return tokens, cut_windows(tokens.lengths, spec or WindowSpec(max_length=LONGEST), SPECIAL.count)
