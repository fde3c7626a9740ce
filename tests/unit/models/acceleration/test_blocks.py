"""Which encoders are recognised."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from models.acceleration.blocks import find_stack
from models.acceleration.network import base_model
from tests.support.encoder_families import POST_NORM, family_network


@pytest.mark.parametrize("family", POST_NORM)
def test_post_norm_families(family: str) -> None:
    stack = find_stack(base_model(family_network(family)))
    assert stack is not None
    assert len(stack.blocks) == 3
    assert stack.blocks[0].heads == 4
    assert stack.first_position == (2 if family == "roberta" else 0)
    assert (stack.projection is not None) == (family == "albert")
    assert all(block.exact_gelu for block in stack.blocks) == (family != "albert")  # ALBERT's is the tanh one


def test_albert_shares_its_block() -> None:
    stack = find_stack(base_model(family_network("albert")))
    assert stack is not None
    assert len({id(block.query) for block in stack.blocks}) == 1


def test_other_families_are_left_alone() -> None:
    assert find_stack(base_model(family_network("modernbert"))) is None


@pytest.mark.parametrize("options", [{"is_decoder": True}, {"add_cross_attention": True}])
def test_decoders_are_left_alone(options: dict[str, Any]) -> None:
    base = base_model(family_network("bert"))
    for name, value in options.items():
        setattr(base.config, name, value)
    assert find_stack(base) is None


def test_a_weight_that_nobody_knows() -> None:
    base = base_model(family_network("bert"))
    base.encoder.layer[1].adapter = nn.Linear(64, 64)  # type: ignore[union-attr, index]
    assert find_stack(base) is None


def test_a_layer_of_another_class() -> None:
    class Scaled(nn.Linear):
        pass

    base = base_model(family_network("bert"))
    base.encoder.layer[1].output.dense = Scaled(96, 64)  # type: ignore[union-attr, index]
    assert find_stack(base) is None
