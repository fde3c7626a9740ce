"""Weights between two networks, and which of them is taken."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from models.training.weight_interpolation import Interpolation, choose_interpolation, interpolate_weights

OLD = {"w": torch.tensor([1.0, -3.0, 0.1]), "steps": torch.tensor([7])}
NEW = {"w": torch.tensor([2.0, 5.0, 0.7]), "steps": torch.tensor([9])}


def test_the_ends_are_exact_and_the_middle_is_the_mean() -> None:
    assert torch.equal(interpolate_weights(OLD, NEW, 0.0)["w"], OLD["w"])
    assert torch.equal(interpolate_weights(OLD, NEW, 1.0)["w"], NEW["w"])
    torch.testing.assert_close(interpolate_weights(OLD, NEW, 0.25)["w"], torch.tensor([1.25, -1.0, 0.25]))


def test_what_is_no_fraction_is_not_mixed() -> None:
    assert interpolate_weights(OLD, NEW, 0.5)["steps"].tolist() == [7]


def point(alpha: float, f1: float, ece: float) -> Interpolation:
    figures: Any = SimpleNamespace(macro_f1=SimpleNamespace(value=f1), ece=SimpleNamespace(value=ece))
    return Interpolation(alpha, 1.0, figures)


@pytest.mark.parametrize(
    ("table", "best"),
    [
        ({0.0: (0.8, 0.01), 0.5: (0.9, 0.09), 1.0: (0.85, 0.02)}, 0.5),
        ({0.0: (0.9, 0.05), 0.5: (0.9, 0.03), 1.0: (0.9, 0.04)}, 0.5),
        ({0.0: (0.9, 0.03), 0.5: (0.9, 0.03), 1.0: (0.8, 0.01)}, 0.0),
        ({0.25: (0.9, float("nan")), 0.5: (0.9, 0.5)}, 0.5),
    ],
    ids=["macro-F1 first", "then ECE", "then nearest to the champion", "no ECE is the worst"],
)
def test_which_is_taken(table: dict[float, tuple[float, float]], best: float) -> None:
    chosen, all_of_them = choose_interpolation(tuple(table), lambda alpha: point(alpha, *table[alpha]))
    assert chosen.alpha == best
    assert [each.alpha for each in all_of_them] == list(table)
