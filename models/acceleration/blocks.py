"""Which encoders are made of the original Transformer blocks, under whatever names: post-norm, absolute positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from torch import nn
from transformers.activations import GELUActivation

_BERT: Final = {
    "attention": "attention.self",
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "activation": "intermediate.intermediate_act_fn",
    "down": "output.dense",
    "norm": "output.LayerNorm",
}
_DISTILBERT: Final = {
    "attention": "attention",
    "query": "attention.q_lin",
    "key": "attention.k_lin",
    "value": "attention.v_lin",
    "output": "attention.out_lin",
    "attention_norm": "sa_layer_norm",
    "up": "ffn.lin1",
    "activation": "ffn.activation",
    "down": "ffn.lin2",
    "norm": "output_layer_norm",
}
_ALBERT: Final = {
    "attention": "attention",
    "query": "attention.query",
    "key": "attention.key",
    "value": "attention.value",
    "output": "attention.dense",
    "attention_norm": "attention.LayerNorm",
    "up": "ffn",
    "activation": "activation",
    "down": "ffn_output",
    "norm": "full_layer_layer_norm",
}
_LAYOUTS: Final = (_BERT, _DISTILBERT, _ALBERT)


@dataclass(frozen=True, slots=True)
class Block:
    """One post-norm block: attention, add, norm, feed-forward, add, norm."""

    query: nn.Linear
    key: nn.Linear
    value: nn.Linear
    output: nn.Linear
    attention_norm: nn.LayerNorm
    up: nn.Linear
    activation: nn.Module
    down: nn.Linear
    norm: nn.LayerNorm
    heads: int
    scaling: float

    @property
    def exact_gelu(self) -> bool:
        """The activation is GELU by the error function, which the fused products know."""
        if isinstance(self.activation, nn.GELU):
            return self.activation.approximate == "none"
        return type(self.activation) is GELUActivation


@dataclass(frozen=True, slots=True)
class Stack:
    """The blocks of an encoder and where they stand in it.

    Attributes:
        name: The attribute of the base model that holds them.
        projection: From the width of the embeddings to that of the blocks (ALBERT), or None.
        blocks: From the embeddings up; a shared block appears as often as it is used.
        first_position: Position id of a sequence's first token.
    """

    name: str
    projection: nn.Linear | None
    blocks: tuple[Block, ...]
    first_position: int


def find_stack(base: nn.Module) -> Stack | None:
    """Recognise the encoder of a base model (`BertModel`, `DistilBertModel` ...), or None.

    Recognised means: the layers carry the names of a known layout, and nothing beside them has a weight. That they
    also compute what such blocks compute is for the comparison with the stock forward to show.
    """
    config = base.config
    if getattr(config, "is_decoder", False) or getattr(config, "add_cross_attention", False):
        return None
    for name in ("encoder", "transformer"):
        holder = getattr(base, name, None)
        if isinstance(holder, nn.Module):
            blocks = [_read_block(layer) for layer in _layers(holder, config)]
            known = [block for block in blocks if block is not None]
            if not known or len(known) != len(blocks):
                return None
            projection = getattr(holder, "embedding_hidden_mapping_in", None)
            if not _is_complete(holder, known, projection):
                return None
            return Stack(name, projection, tuple(known), _first_position(base))
    return None


def _layers(holder: nn.Module, config: object) -> list[nn.Module]:
    """The layers in the order in which they run."""
    groups = getattr(holder, "albert_layer_groups", None)
    if groups is None:
        return list(getattr(holder, "layer", ()))
    total: int = config.num_hidden_layers  # type: ignore[attr-defined]
    runs = [groups[int(index / (total / len(groups)))] for index in range(total)]
    return [layer for group in runs for layer in group.albert_layers]


def _read_block(layer: nn.Module) -> Block | None:
    for layout in _LAYOUTS:
        try:
            parts = {part: layer.get_submodule(path) for part, path in layout.items()}
        except AttributeError:
            continue
        attention = parts.pop("attention")
        heads = getattr(attention, "num_attention_heads", None) or getattr(attention, "n_heads", None)
        scaling = getattr(attention, "scaling", None)
        if heads is None or scaling is None:
            return None
        return Block(**parts, heads=heads, scaling=scaling)  # type: ignore[arg-type]
    return None


def _is_complete(holder: nn.Module, blocks: list[Block], projection: nn.Linear | None) -> bool:
    """Every weight under `holder` belongs to a part that was recognised, and every part is of the expected class."""
    linears = [each for b in blocks for each in (b.query, b.key, b.value, b.output, b.up, b.down)]
    norms = [each for b in blocks for each in (b.attention_norm, b.norm)]
    if projection is not None:
        linears.append(projection)
    if not all(type(each) is nn.Linear for each in linears) or not all(type(each) is nn.LayerNorm for each in norms):
        return False
    known = {id(weight) for each in (*linears, *norms) for weight in each.parameters()}
    return known == {id(weight) for weight in holder.parameters()}


def _first_position(base: nn.Module) -> int:
    """RoBERTa's embeddings number positions from behind the padding id, and say so by knowing that id."""
    padding = getattr(base.embeddings, "padding_idx", None)
    return 0 if padding is None else int(padding) + 1
