"""What dev rows are for."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
import torch

from models.manifest import HeadSpec
from models.training.data import no_rows
from models.training.documents import DocumentClassifier
from models.training.held_out import calibrate, check_classes, check_dev, headline, round_weights, warn_of_overlap
from storage.errors import TrainingError
from tests.support.networks import tiny_network
from tests.support.training import rows


def test_no_dev_row_is_refused() -> None:
    check_dev(rows(1, seed=0))
    with pytest.raises(TrainingError, match="no dev row"):
        check_dev(no_rows())


def test_a_class_without_a_row_is_named() -> None:
    check_classes(np.array([1, 0, 2]), ["a", "b", "c"])
    with pytest.raises(TrainingError, match="no training row for b, d") as caught:
        check_classes(np.array([0, 2, 2]), ["a", "b", "c", "d"])
    assert caught.value.facts == {"missing": ["b", "d"]}


@pytest.mark.parametrize(("dev", "shared"), [(["好", "坏"], 1), (["好", "好", "书"], 2), (["快"], 0)])
def test_texts_of_both_sets_are_counted(dev: list[str], shared: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "yeban.train"):
        warn_of_overlap(pl.Series(["好", "书", "好"]), pl.Series(dev))
    assert [record.getMessage().split()[0] for record in caplog.records] == ([str(shared)] if shared else [])


@pytest.mark.parametrize("stored", [torch.float16, torch.bfloat16, torch.float32])
def test_weights_are_what_storing_makes_of_them(stored: torch.dtype) -> None:
    model = DocumentClassifier(tiny_network(HeadSpec()), "mean")
    before = [weight.detach().clone() for weight in model.parameters()]
    round_weights(model, stored)
    for weight, old in zip(model.parameters(), before, strict=True):
        assert weight.dtype == torch.float32
        assert torch.equal(weight, old.to(stored).float())
    assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), before, strict=True)) == (
        stored != torch.float32
    )


def test_dev_rows_fit_the_temperature_and_measure_the_model() -> None:
    """Logits ten times too sure: the temperature takes that back, the accuracy stays."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 1, (600, 2))
    gold = (random.random(600) < 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))).astype(np.int64)
    trainer = SimpleNamespace(predict=lambda _dev: SimpleNamespace(predictions=10 * logits))
    dev = SimpleNamespace(gold=gold)
    temperature, evaluation = calibrate(trainer, dev, ["a", "b"], random)  # type: ignore[arg-type]
    assert temperature == pytest.approx(10, rel=0.3)
    assert evaluation.correct == int((logits.argmax(1) == gold).sum())
    assert evaluation.ece.value < 0.1
    assert headline(evaluation) == {
        "rows": 600,
        "correct": evaluation.correct,
        "accuracy": round(evaluation.correct / 600, 4),
        "macro_f1": round(evaluation.macro_f1.value, 4),
        "ece": round(evaluation.ece.value, 4),
    }
