"""How many tokens one batch computes: the only place that decides it."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn

from batch.engine.settings import EngineSettings
from models.acceleration.network import base_model

CUDA_TOKENS: Final = 65_536
CPU_TOKENS: Final = 1_024
"""What fits a processor's caches."""
SMALL_CPU_TOKENS: Final = 4_096
"""For a network so small that calls cost more than what leaves the caches."""
SMALL_HIDDEN: Final = 384
"""Up to this hidden size a network is small."""


def choose_token_budget(settings: EngineSettings, network: nn.Module) -> int:
    """Computed tokens in one batch to begin with; the engine lowers it where memory runs out.

    Args:
        settings: How to compute, without any `auto`; `max_tokens` wins where it is set.
        network: What `models.network.load_network` gives.
    """
    if settings.max_tokens is not None:
        return settings.max_tokens
    if torch.device(settings.device).type == "cuda":
        return CUDA_TOKENS
    hidden: int = base_model(network).config.hidden_size  # type: ignore[assignment, union-attr]
    return SMALL_CPU_TOKENS if hidden <= SMALL_HIDDEN else CPU_TOKENS
