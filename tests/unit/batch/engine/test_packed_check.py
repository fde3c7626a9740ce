"""The comparison before the run."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from batch.engine.packed_check import PackedCheck, compare, judge, sample_windows
from batch.forward.packed import PackedForward
from batch.forward.padded import PaddedForward
from models.packed.attention import per_sequence
from models.tokens import pad_windows
from models.windows import WindowSpec
from tests.support.encoders import CLASSES, CONFIGS, SPECIAL, random_documents, stock_network

CPU = torch.device("cpu")


def probabilities(*rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, np.float32)


class TestJudge:
    def test_small_differences_pass(self) -> None:
        report = judge(probabilities([0.9, 0.1], [0.2, 0.8]), probabilities([0.89, 0.11], [0.2, 0.8]), 0.02)
        assert report.passed
        assert report == PackedCheck(2, pytest.approx(0.01, abs=1e-6), 0, 0.02)

    def test_large_ones_do_not(self) -> None:
        assert not judge(probabilities([0.9, 0.1]), probabilities([0.85, 0.15]), 0.02).passed

    def test_a_tie_may_go_either_way(self) -> None:
        report = judge(probabilities([0.505, 0.495]), probabilities([0.495, 0.505]), 0.02)
        assert (report.flipped, report.passed) == (0, True)

    def test_a_clear_label_may_not(self) -> None:
        report = judge(probabilities([0.52, 0.48]), probabilities([0.49, 0.51]), 0.035)
        assert (report.flipped, report.passed) == (1, False)

    def test_an_answer_that_is_not_finite(self) -> None:
        assert not judge(probabilities([0.9, 0.1]), probabilities([np.nan, np.nan]), 0.5).passed
        assert not judge(probabilities([np.nan, np.nan]), probabilities([np.nan, np.nan]), 0.5).passed

    def test_nothing_to_compare_proves_nothing(self) -> None:
        assert not PackedCheck(0, 0.0, 0, 0.5).passed


class TestSample:
    def test_takes_all_lengths_and_their_halves(self) -> None:
        _, windows = random_documents(list(range(38)))
        sample = sample_windows(windows, 8)
        assert sample.length.max() == 37
        assert len(sample.length) == 17
        assert (sample.length == 0).sum() == 1
        assert len(np.unique(sample.length)) > 10

    def test_one_document_is_compared_with_its_half(self) -> None:
        _, windows = random_documents([9])
        assert sorted(sample_windows(windows).length.tolist()) == [0, 4, 9]

    @pytest.mark.parametrize("lengths", [[], [0, 0], [1, 0, 1]])
    def test_too_little_text(self, lengths: list[int]) -> None:
        assert len(sample_windows(random_documents(lengths)[1]).length) == 0

    def test_holds_beginnings_of_real_windows(self) -> None:
        tokens, windows = random_documents([60, 80, 3], spec=WindowSpec(max_length=20, truncation_side="middle"))
        sample = sample_windows(windows)
        whole, _ = pad_windows(tokens, windows, sample.doc, SPECIAL)
        made, mask = pad_windows(tokens, sample, np.arange(len(sample.doc)), SPECIAL)
        for row in range(len(made)):
            content = int(mask[row].sum()) - 1
            assert made[row, :content].tolist() == whole[row, :content].tolist()


@pytest.mark.parametrize("name", CONFIGS)
def test_families_pass(name: str) -> None:
    network = stock_network(CONFIGS[name])
    packed = PackedForward(network, SPECIAL, CLASSES, CPU, "fp32", per_sequence)
    padded = PaddedForward(network, SPECIAL, CLASSES, CPU, "fp32")
    report = compare(packed, padded, *random_documents([3, 9, 30, 30, 0, 14]), SPECIAL, "fp32")
    assert report.passed
    assert report.rows == 11
    assert 0 < report.max_difference < 1e-5


def test_a_report_is_a_record() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        PackedCheck(1, 0.0, 0, 0.1).rows = 2  # type: ignore[misc]
