"""The gate before int8."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from batch.engine.int8_gate import Int8Agreement, compare_logits, measure_agreement, require_agreement
from batch.forward.buckets import Buckets, fill_buckets
from batch.forward.cpu import CPU, choose_cpu_forward
from batch.forward.padded import PaddedForward
from batch.forward.protocol import Pending
from models.acceleration import linears
from models.acceleration import network as network_module
from models.manifest import HeadSpec
from models.tokens import Tokens
from models.windows import Windows
from storage.errors import ConfigError
from tests.support.networks import sentences, tiny_network
from tests.unit.batch.forward.test_cpu import TOKENIZER, batch
from tests.unit.models.acceleration.test_linears import INT8


class Fixed:
    """Answers window w with row w of a table, and remembers who was asked."""

    name = "fixed"
    classes = 2
    in_flight = 0

    def __init__(self, table: NDArray[np.float32]) -> None:
        self.table = table
        self.asked: list[int] = []

    def fill(self, lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
        return fill_buckets(lengths, max_tokens)

    def cost(self, lengths: NDArray[np.int64]) -> int:
        return int(lengths.sum())

    def start(self, _tokens: Tokens, _windows: Windows, chosen: NDArray[np.int64]) -> Pending:
        self.asked += chosen.tolist()
        return lambda: self.table[chosen]


def table(rows: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(rows, 2)).astype(np.float32)


class TestCompare:
    def test_counts_labels_and_measures_probabilities(self) -> None:
        exact = np.array([[0, 2], [2, 0], [0, 1], [0, 0.1]], np.float32)
        fast = np.array([[0, 2], [2, 0], [0, 1], [0.1, 0]], np.float32)
        found = compare_logits(exact, fast)
        assert (found.windows, found.same_label, found.share) == (4, 3, 0.75)
        assert found.largest_difference == pytest.approx(0.05, abs=0.001)

    def test_what_is_not_finite_does_not_agree(self) -> None:
        exact = np.array([[0, 2], [2, 0]], np.float32)
        assert compare_logits(exact, np.array([[0, 2], [np.nan, 0]], np.float32)).same_label == 1

    def test_nothing_to_compare(self) -> None:
        assert Int8Agreement(0, 0, 0.0).share == 1.0


class TestMeasure:
    @pytest.mark.parametrize(("rows", "limit", "compared"), [(30, 512, 30), (30, 7, 7), (1, 7, 1), (0, 7, 0)])
    def test_takes_windows_from_all_over_the_unit(self, rows: int, limit: int, compared: int) -> None:
        exact, fast = Fixed(table(rows)), Fixed(table(rows))
        found = measure_agreement(exact, fast, *batch(sentences(rows, 12)), TOKENIZER.special, limit=limit)
        assert (found.windows, found.same_label) == (compared, compared)
        assert exact.asked == fast.asked
        assert len(set(exact.asked)) == compared
        assert not compared or {0, rows - 1} & set(exact.asked)


class TestGate:
    def test_lets_pass(self) -> None:
        require_agreement(Int8Agreement(1000, 995, 0.2), "int8")

    def test_refuses(self) -> None:
        with pytest.raises(ConfigError, match=r"994 of 1000 windows .* \(99.40%\) kept their label") as caught:
            require_agreement(Int8Agreement(1000, 994, 0.2), "int8")
        assert "99.5%" in caught.value.expected
        assert 'precision = "auto"' in caught.value.action

    @INT8
    def test_a_quantisation_that_is_broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        network, rows = tiny_network(HeadSpec(pooling="mean", layer_norm=True)), batch(sentences(60, 14))
        exact = PaddedForward(network, TOKENIZER.special, 3, CPU, "fp32")
        with torch.no_grad():  # every label for some rows
            network.linear.bias -= torch.from_numpy(exact.start(*rows, np.arange(60))().mean(0))
        sound = choose_cpu_forward(network, TOKENIZER.special, 3, "int8")
        labels = exact.start(*rows, np.arange(60))().argmax(1)
        assert np.bincount(labels).max() < 50  # a constant answer would survive anything
        assert measure_agreement(exact, sound, *rows, TOKENIZER.special).share > 0.9
        monkeypatch.setattr(network_module, "find_fault", lambda _: None)
        right = linears.MAKERS["int8"]
        monkeypatch.setattr(
            "models.acceleration.flat.QuantisedLinear",
            lambda weight, bias, *more: right(weight.roll(1, 1), bias, *more),
        )
        broken = choose_cpu_forward(network, TOKENIZER.special, 3, "int8")
        with pytest.raises(ConfigError, match="precision 'int8'"):
            require_agreement(measure_agreement(exact, broken, *rows, TOKENIZER.special), "int8")
