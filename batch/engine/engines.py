"""The engine for a network on this machine: how it begins, and what it tries once it sees real documents."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from batch.engine.choose_forward import choose_forward
from batch.engine.engine import Engine, Trial, Windowed
from batch.engine.int8_gate import measure_agreement, require_agreement
from batch.engine.settings import EngineSettings
from batch.engine.token_budget import choose_token_budget
from batch.forward.cpu import choose_cpu_forward
from batch.forward.padded import PaddedForward
from batch.forward.protocol import Forward
from models.precision import Precision
from models.tokens import SpecialTokens


def make_engine(network: nn.Module, special: SpecialTokens, classes: int, settings: EngineSettings) -> Engine:
    """Make the engine that suits device and precision.

    Args:
        network: What `models.network.load_network` gives.
        special: Special tokens around each window.
        classes: Number of classes.
        settings: How to compute, without any `auto`.
    """
    device, precision = torch.device(settings.device), cast("Precision", settings.precision)
    budget = choose_token_budget(settings, network)
    if device.type == "cuda":
        how = (network, special, classes, device, precision)
        return Engine(PaddedForward(*how), special, budget, _packed_where_proven(*how))
    fast = choose_cpu_forward(network, special, classes, precision)
    if precision != "int8":
        return Engine(fast, special, budget)
    exact = choose_cpu_forward(network, special, classes, "fp32")
    return Engine(exact, special, budget, _int8_where_labels_stay(exact, fast, special))


def _packed_where_proven(
    network: nn.Module, special: SpecialTokens, classes: int, device: torch.device, precision: Precision
) -> Trial:
    def trial(documents: Windowed) -> Forward | None:
        sample = (documents.tokens, documents.windows)
        choice = choose_forward(network, special, classes, device, precision, sample)
        return choice.forward if choice.final else None

    return trial


def _int8_where_labels_stay(exact: Forward, fast: Forward, special: SpecialTokens) -> Trial:
    def trial(documents: Windowed) -> Forward | None:
        """Raises ConfigError where labels change."""
        found = measure_agreement(exact, fast, documents.tokens, documents.windows, special)
        if not found.windows:
            return None
        require_agreement(found, "int8")
        return fast

    return trial
