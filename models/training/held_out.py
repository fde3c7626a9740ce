"""What dev rows are for: to check that they can be used, to fit the temperature, to tell how good the model is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from models.calibration import fit_temperature, softmax
from models.evaluation.metrics import evaluate
from models.evaluation.record import Evaluation
from models.training.data import LabelledRows
from models.training.documents import DocumentClassifier, DocumentDataset
from models.training.trainer import DocumentTrainer
from storage.errors import TrainingError

log = logging.getLogger("yeban.train")


def check_dev(dev: LabelledRows) -> None:
    """Refuse to go without dev rows.

    Raises:
        TrainingError: There is none.
    """
    if not len(dev):
        raise TrainingError(
            "no dev row",
            expected="labelled rows to stop the training and to fit the temperature on",
            action="give --dev, or two training rows of a class, so that one can be held out",
        )


def check_classes(gold: NDArray[np.int64], labels: Sequence[str]) -> None:
    """Refuse to train without rows of every class.

    Raises:
        TrainingError: A class has none.
    """
    missing = [name for name, n in zip(labels, np.bincount(gold, minlength=len(labels)), strict=True) if not n]
    if missing:
        raise TrainingError(
            f"no training row for {', '.join(missing)}",
            expected="at least one row of every class of the recipe",
            action="add rows, or take the class out of the recipe's labels",
            missing=missing,
        )


def warn_of_overlap(texts: pl.Series, dev_texts: pl.Series) -> None:
    """Say how many cleaned texts are in both sets."""
    shared = len(set(texts) & set(dev_texts))
    if shared:
        log.warning("%d cleaned texts are both in train and in dev: figures on dev flatter the model", shared)


def round_weights(model: DocumentClassifier, stored: torch.dtype) -> None:
    """Round to what will be stored before measuring, so that the figures are those of the stored model."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(weight.to(stored))


def calibrate(
    trainer: DocumentTrainer, dev: DocumentDataset, labels: Sequence[str], generator: np.random.Generator
) -> tuple[float, Evaluation]:
    """Fit the temperature on dev rows, and measure the model with it."""
    logits: Any = trainer.predict(dev).predictions
    temperature = fit_temperature(np.asarray(logits), dev.gold)
    return temperature, evaluate(softmax(np.asarray(logits), temperature), dev.gold, labels, None, generator)


def headline(evaluation: Evaluation) -> dict[str, Any]:
    """The figures that go into a bundle's lineage."""
    return {
        "rows": evaluation.rows,
        "correct": evaluation.correct,
        "accuracy": round(evaluation.accuracy.value, 4),
        "macro_f1": round(evaluation.macro_f1.value, 4),
        "ece": round(evaluation.ece.value, 4),
    }
