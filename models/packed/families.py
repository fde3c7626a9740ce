"""Encoders that can run packed: which they are, where their positions begin, where their hidden states come out.

A family is known by its class and never by a name: the Chinese "RoBERTa-wwm" is a `BertModel`. Whatever isn't in
the table is refused; some families (DeBERTa-v2, RoFormer, MegatronBert) never call the attention interface.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from torch import nn
from transformers import PreTrainedModel


class Unpackable(Exception):
    """This network cannot run packed; the message gives the reason. The network itself is sound."""


@dataclass(frozen=True, slots=True)
class Family:
    """What packing must know about a family.

    Attributes:
        states: Submodule whose output holds the final hidden states, before any pooler; empty: the model itself.
        positions_after_pad: Positions start at `pad_token_id + 1` and skip padding tokens; otherwise at 0.
    """

    states: str
    positions_after_pad: bool = False


@dataclass(frozen=True, slots=True)
class Encoder:
    """The packable part of a network.

    Attributes:
        model: The transformers model: embeddings, layers, perhaps a pooler.
        states: The module in it whose output holds the final hidden states.
        attention_calls: How often one forward attends.
        head_size: Dimensions of one attention head.
        pad: Where positions skip padding, the id of the padding token; else None.
    """

    model: nn.Module
    states: nn.Module
    attention_calls: int
    head_size: int
    pad: int | None

    @property
    def config(self) -> Any:
        """Configuration of the transformers model."""
        return self.model.config

    @property
    def name(self) -> str:
        """Class of the transformers model."""
        return type(self.model).__name__


@cache
def families() -> dict[type[nn.Module], Family]:
    """Every family that can run packed, by the class of its encoder."""
    from transformers import (
        AlbertModel,
        BertModel,
        CamembertModel,
        DistilBertModel,
        ElectraModel,
        ErnieModel,
        ModernBertModel,
        RobertaModel,
        XLMRobertaModel,
    )

    plain, after_pad = Family("encoder"), Family("encoder", positions_after_pad=True)
    return {
        BertModel: plain,
        ErnieModel: plain,
        ElectraModel: plain,
        AlbertModel: plain,
        RobertaModel: after_pad,
        XLMRobertaModel: after_pad,
        CamembertModel: after_pad,
        DistilBertModel: Family("transformer"),
        ModernBertModel: Family(""),
    }


def find_encoder(network: nn.Module) -> Encoder:
    """Find the encoder in a network.

    Raises:
        Unpackable: There is none of a known family, or it is set up in a way that cannot be packed.
    """
    known = [module for module in network.modules() if type(module) in families()]
    if len(known) != 1:
        models = [module for module in network.modules() if isinstance(module, PreTrainedModel)]
        raise Unpackable(f"{type((known or models or [network])[-1]).__name__} cannot run packed")
    model = known[0]
    config: Any = model.config
    _check(type(model).__name__, config)
    family = families()[type(model)]
    return Encoder(
        model=model,
        states=model.get_submodule(family.states),
        attention_calls=config.num_hidden_layers * getattr(config, "inner_group_num", 1),
        head_size=config.hidden_size // config.num_attention_heads,
        pad=config.pad_token_id if family.positions_after_pad else None,
    )


def _check(name: str, config: Any) -> None:
    if getattr(config, "is_decoder", False) or getattr(config, "add_cross_attention", False):
        raise Unpackable(f"{name} is set up as a decoder")
    if getattr(config, "chunk_size_feed_forward", 0):
        raise Unpackable(f"{name} feeds forward in chunks (chunk_size_feed_forward), which padding must fill")


def stock_pooling(encoder: Encoder) -> str:
    """How a stock `...ForSequenceClassification` of this family reduces hidden states: `cls` or `mean`."""
    return str(getattr(encoder.config, "classifier_pooling", "cls"))
