"""Transformer blocks over tokens without padding: products over all tokens, attention per group of equal lengths.

A batch is one row of T tokens, sequence after sequence. Neighbours of equal length form a group, and within a group
attention needs neither padding nor a mask. Where only the first token of a sequence is read in the end, the last
block computes queries and feed-forward for these tokens only: nothing else can reach the logits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions

from models.acceleration.blocks import Block, Stack
from models.acceleration.linears import MAKERS, Activation, Arithmetic, FastLinear, QuantisedLinear

_VECTOR: Final = 32
"""bf16 numbers in a register: softmax over rows of another length is slower in bf16 than through float32."""


@dataclass(frozen=True, slots=True)
class EqualLengthGroup:
    """Sequences of one length, one after the other: `count` of `length` tokens from token `start` on."""

    start: int
    count: int
    length: int

    def cut(self, tokens: Tensor) -> Tensor:
        """This group's part of [T, ...]: [count, length, ...]."""
        part = tokens[self.start : self.start + self.count * self.length]
        return part.view(self.count, self.length, *tokens.shape[1:])


@dataclass(frozen=True, slots=True)
class EqualLengthGroups:
    """How the T tokens of a flat batch belong to B sequences.

    Attributes:
        groups: Neighbours of equal length.
        first: int64[B], each sequence's first token.
    """

    groups: tuple[EqualLengthGroup, ...]
    first: Tensor

    @classmethod
    def of(cls, lengths: list[int]) -> EqualLengthGroups:
        """Find the groups among the lengths of B sequences."""
        groups: list[EqualLengthGroup] = []
        first, start = [], 0
        for index, length in enumerate(lengths):
            first.append(start)
            if index and length == groups[-1].length:
                groups[-1] = EqualLengthGroup(groups[-1].start, groups[-1].count + 1, length)
            else:
                groups.append(EqualLengthGroup(start, 1, length))
            start += length
        return cls(tuple(groups), torch.tensor(first, dtype=torch.int64))

    def __iter__(self) -> Iterator[EqualLengthGroup]:
        return iter(self.groups)


class FlatBlock(nn.Module):
    """A block over all tokens.

    Args:
        block: The weights.
        arithmetic: Of the linear layers. bf16 carries tokens in bf16 from layer to layer, the others in float32.
    """

    def __init__(self, block: Block, arithmetic: Arithmetic) -> None:
        super().__init__()
        self.heads = block.heads
        query = block.query.weight * block.scaling, block.query.bias * block.scaling
        self._join_inputs(query, arithmetic, block)
        self.output = _make(arithmetic, block.output.weight, block.output.bias)
        self.attention_norm = block.attention_norm
        self.up = _make(arithmetic, block.up.weight, block.up.bias, gelu=block.exact_gelu)
        self.activation = nn.Identity() if block.exact_gelu else block.activation
        self.down = _make(arithmetic, block.down.weight, block.down.bias)
        self.norm = block.norm

    def _join_inputs(self, query: tuple[Tensor, Tensor], arithmetic: Arithmetic, block: Block) -> None:
        weights, biases = zip(query, *((each.weight, each.bias) for each in (block.key, block.value)), strict=True)
        self.inputs = _make(arithmetic, torch.cat(weights), torch.cat(biases), attention=True)

    def forward(self, tokens: Tensor, groups: EqualLengthGroups) -> Tensor:
        """Map float[T, H] to float[T, H]."""
        joined = self.inputs(tokens).view(len(tokens), 3, self.heads, -1)
        parts = [_attend(*group.cut(joined).permute(2, 0, 3, 1, 4)) for group in groups]
        return self._finish(torch.cat(parts) if len(parts) > 1 else parts[0], tokens)

    def _finish(self, context: Tensor, tokens: Tensor) -> Tensor:
        """From the output of attention to the end of the block; float[T, H] both."""
        middle = _normalise(self.attention_norm, self.output.add(context, tokens))
        return _normalise(self.norm, self.down.add(self.activation(self.up(middle)), middle))


class FirstTokenBlock(FlatBlock):
    """A last block that computes each sequence's first token only, from all its tokens."""

    def _join_inputs(self, query: tuple[Tensor, Tensor], arithmetic: Arithmetic, block: Block) -> None:
        self.query = _make(arithmetic, *query, attention=True)
        weight, bias = (
            torch.cat([getattr(block.key, each), getattr(block.value, each)]) for each in ("weight", "bias")
        )
        self.inputs = _make(arithmetic, weight, bias, attention=True)

    def forward(self, tokens: Tensor, groups: EqualLengthGroups) -> Tensor:
        """Map float[T, H] to float[B, H]."""
        first = tokens[groups.first]
        queries = self.query(first).view(len(first), self.heads, 1, -1)
        joined = self.inputs(tokens).view(len(tokens), 2, self.heads, -1)
        parts, begin = [], 0
        for group in groups:
            keys, values = group.cut(joined).permute(2, 0, 3, 1, 4)
            parts.append(_attend(queries[begin : begin + group.count], keys, values))
            begin += group.count
        return self._finish(torch.cat(parts), first)


class FlatStack(nn.Module):
    """Stands where a base model keeps its blocks and returns one vector per sequence instead of one per token.

    Args:
        stack: The blocks.
        arithmetic: Of the linear layers.
        pooling: `cls`, `mean` or `max` over a sequence's tokens.
    """

    def __init__(self, stack: Stack, arithmetic: Arithmetic, pooling: str) -> None:
        super().__init__()
        self._pooling = pooling
        self._dtype = torch.bfloat16 if arithmetic == "bf16" else torch.float32
        self._projection = stack.projection or nn.Identity()
        made: dict[int, FlatBlock] = {}
        for block in stack.blocks:
            if id(block.query) not in made:
                made[id(block.query)] = FlatBlock(block, arithmetic)
        blocks = [made[id(block.query)] for block in stack.blocks]
        if pooling == "cls":
            blocks[-1] = FirstTokenBlock(stack.blocks[-1], arithmetic)
        self._blocks = nn.ModuleList(blocks)

    def forward(
        self, hidden_states: Tensor, *_others: object, groups: EqualLengthGroups, **_more: Any
    ) -> BaseModelOutputWithPastAndCrossAttentions:
        """Run the blocks.

        Args:
            hidden_states: float[1, T, E], the embeddings of a flat batch.
            groups: Its sequences.

        Returns:
            `last_hidden_state` float32[B, 1, H].
        """
        tokens = self._projection(hidden_states[0]).to(self._dtype)
        for block in self._blocks:
            tokens = block(tokens, groups)
        return BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=self._pool(tokens, groups)[:, None])

    def _pool(self, tokens: Tensor, groups: EqualLengthGroups) -> Tensor:
        if self._pooling == "cls":
            return tokens.float()
        sequences = [group.cut(tokens).float() for group in groups]
        return torch.cat([each.mean(1) if self._pooling == "mean" else each.amax(1) for each in sequences])


def _make(
    arithmetic: Arithmetic, weight: Tensor, bias: Tensor, *, gelu: bool = False, attention: bool = False
) -> FastLinear:
    activation: Activation = "gelu" if gelu else "none"
    if arithmetic != "int8":
        return MAKERS[arithmetic](weight, bias, activation)
    low = torch.bfloat16 if attention and torch.ops.mkldnn._is_mkldnn_bf16_supported() else torch.float32
    return QuantisedLinear(weight, bias, activation, low)


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attend within sequences of equal length.

    Args:
        query: float[n, heads, Q, D], scaled already.
        key: float[n, heads, L, D].
        value: float[n, heads, L, D].

    Returns:
        float[n * Q, heads * D].
    """
    if query.dtype != torch.bfloat16:
        context = functional.scaled_dot_product_attention(query, key, value, scale=1.0)
    else:  # the fused kernel takes up to twice as long in bf16
        scores = query @ key.transpose(-1, -2)
        through = None if key.shape[2] % _VECTOR == 0 else torch.float32
        context = torch.softmax(scores, -1, dtype=through).to(value.dtype) @ value
    return context.transpose(1, 2).flatten(2).flatten(0, 1)


def _normalise(norm: nn.LayerNorm, tokens: Tensor) -> Tensor:
    return functional.layer_norm(tokens, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
