"""Fast networks against the plain ones."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.acceleration import flat as flat_module
from models.acceleration import network as network_module
from models.acceleration.flat import EqualLengthGroups
from models.acceleration.linears import Arithmetic
from models.acceleration.network import flatten_network, pack_network
from tests.support.encoder_families import POST_NORM, family_network
from tests.unit.models.acceleration.test_linears import BF16, INT8, KINDS

LENGTHS = [20, 20, 11, 7, 7, 7, 2]
TOLERANCE = {"fp32": 1e-4, "bf16": 0.05, "int8": 0.15}
HEADS = ("stock", "cls", "mean", "max")


def rows() -> list[Tensor]:
    generator = torch.Generator().manual_seed(3)
    return [torch.randint(4, 60, (length,), generator=generator) for length in LENGTHS]


def plain_logits(network: nn.Module) -> Tensor:
    with torch.inference_mode():
        made = [network(input_ids=row[None], attention_mask=torch.ones_like(row)[None]) for row in rows()]
    return torch.cat(made)


def flat_logits(network: nn.Module) -> Tensor:
    positions = torch.cat([torch.arange(length) for length in LENGTHS])
    with torch.inference_mode():
        return network(torch.cat(rows()), positions, EqualLengthGroups.of(LENGTHS))  # type: ignore[no-any-return]


def assert_near(made: Tensor, exact: Tensor, kind: str) -> None:
    spread = float((exact - exact.mean(0)).abs().max())
    assert spread > 0.1
    torch.testing.assert_close(made.float(), exact, atol=TOLERANCE[kind] * spread, rtol=0)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("family", POST_NORM)
@pytest.mark.parametrize("kind", KINDS)
def test_flat_agrees_with_the_stock_forward(kind: Arithmetic, family: str, head: str) -> None:
    network = family_network(family, head)
    before = plain_logits(network)
    made = flatten_network(network, kind)
    assert made is not None
    assert_near(flat_logits(made), before, kind)
    torch.testing.assert_close(plain_logits(network), before, atol=0, rtol=0)  # the network itself is untouched


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_batch_gives_the_same_bytes(kind: Arithmetic) -> None:
    made = flatten_network(family_network("bert"), kind)
    assert made is not None
    assert torch.equal(flat_logits(made), flat_logits(made))


@pytest.mark.parametrize("activation", ["relu", "gelu_new", "gelu"])
def test_other_activations(activation: str) -> None:
    network = family_network("bert", hidden_act=activation)
    made = flatten_network(network, "fp32")
    assert made is not None
    assert_near(flat_logits(made), plain_logits(network), "fp32")


class TestSabotage:
    """Whatever is wrong, the plain network is what remains, and somebody is told."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_operator_at_fault(
        self, kind: Arithmetic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(network_module, "find_fault", lambda _: "it is broken")
        with caplog.at_level(logging.WARNING):
            assert flatten_network(family_network("bert"), kind) is None
            assert pack_network(family_network("bert"), kind) is None
        assert caplog.text.count("it is broken") == 2

    def test_positions_that_are_off(self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        monkeypatch.setattr("models.acceleration.blocks._first_position", lambda _: 0)
        assert flatten_network(family_network("roberta"), "fp32") is None
        assert "float32 logits differ" in caplog.text

    def test_attention_that_is_off(self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        right = flat_module._attend
        monkeypatch.setattr(flat_module, "_attend", lambda query, key, value: right(query * 1.05, key, value))
        assert flatten_network(family_network("bert"), "fp32") is None
        assert "float32 logits differ" in caplog.text

    def test_a_forward_that_does_not_hand_on_its_arguments(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(*_: Any, **__: Any) -> Tensor:
            raise TypeError("unexpected keyword argument 'runs'")

        monkeypatch.setattr(network_module.FlatNetwork, "forward", refuse)
        assert flatten_network(family_network("bert"), "fp32") is None
        assert "unexpected keyword argument" in caplog.text


class TestPackNetwork:
    @pytest.mark.parametrize("kind", [pytest.param("bf16", marks=BF16), pytest.param("int8", marks=INT8)])
    @pytest.mark.parametrize("family", [*POST_NORM, "modernbert"])
    def test_serves_every_family(self, family: str, kind: Arithmetic) -> None:
        network = family_network(family)
        before = plain_logits(network)
        packed = pack_network(network, kind)
        assert packed is not None
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=kind == "bf16"):
            assert_near(plain_logits(packed), before, kind)
        torch.testing.assert_close(plain_logits(network), before, atol=0, rtol=0)

    @BF16
    def test_shares_what_it_does_not_exchange(self) -> None:
        network = family_network("modernbert")
        packed = pack_network(network, "bf16")
        assert packed is not None
        words = network.model.base_model.get_input_embeddings().weight  # type: ignore[union-attr, operator]
        assert packed.model.base_model.get_input_embeddings().weight is words  # type: ignore[union-attr, operator]
