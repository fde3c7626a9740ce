"""A loaded network made fast for a CPU: flat where its blocks are recognised, prepacked products elsewhere."""

from __future__ import annotations

import copy
import logging
from typing import Final, cast

import torch
from torch import Tensor, nn

from models.acceleration.blocks import Stack, find_stack
from models.acceleration.flat import EqualLengthGroups, FlatStack
from models.acceleration.linears import MAKERS, Arithmetic, find_fault
from models.network import Classifier, StockClassifier

log = logging.getLogger("yeban.engine")

_PROBE_LENGTHS: Final = (9, 9, 5, 3)
_TOLERANCE: Final = 1e-3
"""Largest difference between two ways to compute logits in float32, as a share of their spread over rows."""

_NOISE: Final = 1e-5
"""Rounding of float32 itself, as a share of the largest logit: rows of an untrained network barely differ."""


class FlatNetwork(nn.Module):
    """A classifier over flat batches.

    Args:
        network: A `Classifier` or `StockClassifier`; it stays as it is.
        stack: Its blocks.
        arithmetic: Of their linear layers.
    """

    def __init__(self, network: nn.Module, stack: Stack, arithmetic: Arithmetic) -> None:
        super().__init__()
        pooling = network.pooling if isinstance(network, Classifier) else "cls"
        self._first_position = stack.first_position
        self._network = _copy_around(network, stack.name)
        setattr(base_model(self._network), stack.name, FlatStack(stack, arithmetic, pooling))

    def forward(self, input_ids: Tensor, position_ids: Tensor, groups: EqualLengthGroups) -> Tensor:
        """Classify sequences.

        Args:
            input_ids: int64[T], sequence after sequence.
            position_ids: int64[T], 0 for each sequence's first token.
            groups: Where the sequences are.

        Returns:
            Logits, float32[B, C].
        """
        flat = {
            "input_ids": input_ids[None],
            "position_ids": position_ids[None] + self._first_position,
            "groups": groups,
        }
        network = self._network
        if isinstance(network, Classifier):
            pooled = network.encoder(**flat).last_hidden_state[:, 0]
            return network.linear(network.norm(pooled))  # type: ignore[no-any-return]
        return network.model(**flat).logits  # type: ignore[no-any-return, operator]


def base_model(network: nn.Module) -> nn.Module:
    """The encoder without a head: `BertModel` and its like."""
    if isinstance(network, Classifier):
        return network.encoder
    return cast("nn.Module", cast("StockClassifier", network).model.base_model)


def flatten_network(network: nn.Module, arithmetic: Arithmetic) -> FlatNetwork | None:
    """Make a network that needs no padding, where its blocks are recognised and prove to compute the same.

    Two proofs at each load: the flat form computes the stock logits when both compute in float32, and the products
    of the arithmetic asked for agree with the plain linear layer. What rounding does to real rows is for the
    agreement gate.

    Args:
        network: In float32, on the CPU.
        arithmetic: Of the linear layers.

    Returns:
        None where the blocks are unknown, or a proof fails; the latter is logged.
    """
    stack = find_stack(base_model(network))
    if stack is None:
        return None
    fault = find_fault(arithmetic) or _find_difference(network, FlatNetwork(network, stack, "fp32").eval())
    if fault is not None:
        log.warning("the flat %s network is not used: %s", arithmetic, fault)
        return None
    return FlatNetwork(network, stack, arithmetic).eval()


def pack_network(network: nn.Module, arithmetic: Arithmetic) -> nn.Module | None:
    """Copy a network with every linear layer of its encoder exchanged for a fast one; the rest shares its weights.

    Returns:
        None where the operators are wrong here; that is logged.
    """
    fault = find_fault(arithmetic)
    if fault is not None:
        log.warning("the %s products are not used: %s", arithmetic, fault)
        return None
    packed = _copy_around(network)
    for parent in list(base_model(packed).modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear:
                setattr(parent, name, MAKERS[arithmetic](child.weight, child.bias))
    return packed


def _copy_around(network: nn.Module, left_out: str | None = None) -> nn.Module:
    """Copy the modules but share their weights; `left_out` of the base model is not copied at all."""
    memo: dict[int, object] = {id(each): each for each in (*network.parameters(), *network.buffers())}
    if left_out is not None:
        memo[id(getattr(base_model(network), left_out))] = nn.Identity()
    return copy.deepcopy(network, memo)


def _find_difference(network: nn.Module, flat: FlatNetwork) -> str | None:
    """Compare a flat network with the plain one on made-up rows: what differs, or None."""
    words: int = base_model(network).get_input_embeddings().num_embeddings  # type: ignore[operator]
    rows = [(torch.arange(length) * 37 + 11 * index) % words for index, length in enumerate(_PROBE_LENGTHS)]
    try:
        with torch.inference_mode():
            exact = torch.cat([network(input_ids=row[None], attention_mask=torch.ones_like(row)[None]) for row in rows])
            positions = torch.cat([torch.arange(length) for length in _PROBE_LENGTHS])
            made = flat(torch.cat(rows), positions, EqualLengthGroups.of(list(_PROBE_LENGTHS)))
    except (TypeError, ValueError, LookupError, AttributeError, RuntimeError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    apart = float((made - exact).abs().max())
    spread = float((exact - exact.mean(0)).abs().max())
    if not apart <= _TOLERANCE * spread + _NOISE * float(exact.abs().max()):
        return f"its float32 logits differ from the plain network's by {apart:.2g} (they spread over {spread:.2g})"
    return None
