"""How many tokens one batch computes."""

from __future__ import annotations

import pytest
from torch import nn

from batch.engine.settings import EngineSettings
from batch.engine.token_budget import choose_token_budget
from tests.support.networks import bert_config, tiny_network

SMALL = tiny_network()
LARGE = tiny_network(config=bert_config(hidden_size=768, num_attention_heads=12))


@pytest.mark.parametrize(
    ("device", "network", "budget"),
    [("cpu", LARGE, 1_024), ("cpu", SMALL, 4_096), ("cuda", SMALL, 65_536), ("cuda:1", LARGE, 65_536)],
)
def test_follows_the_device_and_on_a_cpu_the_size_of_the_network(device: str, network: nn.Module, budget: int) -> None:
    assert choose_token_budget(EngineSettings(device, "fp32"), network) == budget


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_what_is_asked_for_stays(device: str) -> None:
    assert choose_token_budget(EngineSettings(device, "fp32", 17), LARGE) == 17


def test_small_networks_get_larger_batches() -> None:
    cpu = EngineSettings("cpu", "fp32")
    assert choose_token_budget(cpu, SMALL) > choose_token_budget(cpu, LARGE)
