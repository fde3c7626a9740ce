"""One training run, from labelled rows to a sealed bundle."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from transformers import set_seed

from models.bundle import CARD, TOKENIZER, Bundle, seal_bundle
from models.calibration import fit_temperature, softmax
from models.cleaning.cleaner import Cleaner
from models.evaluation.metrics import evaluate
from models.evaluation.record import Evaluation
from models.manifest import DataRecord, Lineage, Manifest
from models.network import Classifier, save_network
from models.registry import WORKSHOP_PREFIX
from models.tokens import Tokenizer
from models.training.card import write_card
from models.training.data import LabelledRows, hold_out
from models.training.documents import DocumentClassifier, DocumentDataset, EncodedDocuments
from models.training.recipe import Recipe
from models.training.starting_point import prepare_start
from models.training.trainer import DocumentTrainer, make_trainer
from storage.errors import TrainingError

log = logging.getLogger("yeban.train")


def train(
    recipe: Recipe,
    rows: LabelledRows,
    dev: LabelledRows | None,
    root: Path,
    *,
    data: Sequence[DataRecord] = (),
    yeban_version: str = "",
    show_progress: bool = False,
    finish: Callable[[Bundle, LabelledRows], Bundle] | None = None,
) -> Bundle:
    """Train a classifier and seal it as a bundle.

    Args:
        recipe: Everything that decides what happens.
        rows: Labelled rows to learn from.
        dev: Labelled rows for early stopping and for the temperature; None holds out a share of `rows`.
        root: The bundle is written to `root/<version>`.
        data: What the rows came from, for the lineage.
        yeban_version: For the lineage.
        show_progress: Draw a progress bar.
        finish: Takes the sealed bundle, still in its workshop, and the dev rows; adds to it and seals it again.

    Returns:
        The sealed bundle; training the same recipe on the same rows and machine gives the same version.

    Raises:
        TrainingError: A class has no row, no row is left for dev, or the recipe's starting point cannot be used.
    """
    set_seed(recipe.seed)
    generator = np.random.default_rng(recipe.seed)
    if dev is None:
        rows, dev = hold_out(rows, recipe.dev_share, generator)
    _check_classes(rows.gold, recipe.labels)
    _check_dev(dev)
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=WORKSHOP_PREFIX, dir=root))
    try:
        evaluation, temperature = _fit(recipe, rows, dev, folder, generator, show_progress=show_progress)
        lineage = Lineage(
            yeban=yeban_version,
            recipe=recipe.as_dict(),
            data=tuple(data),
            dev_metrics=_headline(evaluation),
        )
        bundle = seal_bundle(folder, _manifest(recipe, temperature, lineage))
        (folder / CARD).write_text(write_card(bundle), "utf-8")
        if finish is not None:
            bundle = finish(bundle, dev)
        return _settle(bundle, root)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fit(
    recipe: Recipe,
    rows: LabelledRows,
    dev: LabelledRows,
    folder: Path,
    generator: np.random.Generator,
    *,
    show_progress: bool,
) -> tuple[Evaluation, float]:
    """Train, calibrate and write tokenizer and weights into the folder; figures on dev and the temperature."""
    cleaner = Cleaner(recipe.cleaning_spec())
    texts, dev_texts = cleaner.clean(rows.texts), cleaner.clean(dev.texts)
    _warn_of_overlap(texts, dev_texts)
    encoder = prepare_start(recipe, texts.to_list(), folder)
    tokenizer = Tokenizer.from_file(folder / TOKENIZER)
    model = DocumentClassifier(Classifier(encoder, recipe.head, len(recipe.labels)), recipe.aggregation)
    train_set = DocumentDataset(EncodedDocuments.encode(texts, tokenizer, recipe.windows), rows.gold)
    dev_set = DocumentDataset(EncodedDocuments.encode(dev_texts, tokenizer, recipe.windows), dev.gold)
    log.info("training on %d documents, %d held out for dev", len(train_set), len(dev_set))
    trainer = make_trainer(model, train_set, dev_set, recipe, folder / "checkpoints", show_progress=show_progress)
    trainer.train()
    shutil.rmtree(folder / "checkpoints")
    _round_weights(model, recipe.stored)
    temperature, evaluation = _calibrate(trainer, dev_set, recipe.labels, generator)
    save_network(model.network, folder, dtype=getattr(torch, recipe.stored))  # type: ignore[arg-type]
    return evaluation, temperature


def _check_dev(dev: LabelledRows) -> None:
    if not len(dev):
        raise TrainingError(
            "no dev row",
            expected="labelled rows to stop the training and to fit the temperature on",
            action="give --dev, or two training rows of a class, so that one can be held out",
        )


def _check_classes(gold: NDArray[np.int64], labels: Sequence[str]) -> None:
    missing = [name for name, n in zip(labels, np.bincount(gold, minlength=len(labels)), strict=True) if not n]
    if missing:
        raise TrainingError(
            f"no training row for {', '.join(missing)}",
            expected="at least one row of every class of the recipe",
            action="add rows, or take the class out of the recipe's labels",
            missing=missing,
        )


def _warn_of_overlap(texts: pl.Series, dev_texts: pl.Series) -> None:
    shared = len(set(texts) & set(dev_texts))
    if shared:
        log.warning("%d cleaned texts are both in train and in dev: figures on dev flatter the model", shared)


def _round_weights(model: DocumentClassifier, stored: str) -> None:
    """Round to what will be stored before measuring, so that the figures are those of the stored model."""
    dtype = getattr(torch, stored)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(weight.to(dtype))


def _calibrate(
    trainer: DocumentTrainer, dev: DocumentDataset, labels: Sequence[str], generator: np.random.Generator
) -> tuple[float, Evaluation]:
    logits: Any = trainer.predict(dev).predictions
    temperature = fit_temperature(np.asarray(logits), dev.gold)
    return temperature, evaluate(softmax(np.asarray(logits), temperature), dev.gold, labels, None, generator)


def _headline(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "rows": evaluation.rows,
        "correct": evaluation.correct,
        "accuracy": round(evaluation.accuracy.value, 4),
        "macro_f1": round(evaluation.macro_f1.value, 4),
        "ece": round(evaluation.ece.value, 4),
    }


def _manifest(recipe: Recipe, temperature: float, lineage: Lineage) -> Manifest:
    return Manifest(
        task=recipe.task,
        labels=recipe.labels,
        head=recipe.head,
        cleaning=recipe.cleaning_spec(),
        windows=recipe.windows,
        aggregation=recipe.aggregation,
        temperature=temperature,
        min_chars=recipe.min_chars,
        files={},
        lineage=lineage,
    )


def _settle(bundle: Bundle, root: Path) -> Bundle:
    target = root / bundle.version
    if target.exists():
        return Bundle(target, bundle.manifest)
    bundle.path.rename(target)
    target.chmod(0o755)
    return Bundle(target, bundle.manifest)
