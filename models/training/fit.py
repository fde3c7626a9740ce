"""One training run, from labelled rows to a sealed bundle."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from transformers import set_seed

from models.bundle import SEEN, TOKENIZER, Bundle
from models.cleaning.cleaner import Cleaner
from models.evaluation.record import Evaluation
from models.manifest import DataRecord, Lineage, Manifest
from models.network import Classifier, save_network
from models.tokens import Tokenizer
from models.training.data import LabelledRows, hold_out
from models.training.documents import DocumentClassifier, DocumentDataset, EncodedDocuments
from models.training.held_out import calibrate, check_classes, check_dev, headline, round_weights, warn_of_overlap
from models.training.init_encoder import init_encoder
from models.training.recipe import Recipe
from models.training.staging_dir import Finish, publish, staging_dir
from models.training.trainer import make_trainer
from models.training_fingerprints import fingerprint_bytes

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
    finish: Finish | None = None,
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
        finish: Adds to the sealed bundle before it gets its name.

    Returns:
        The sealed bundle; training the same recipe on the same rows and machine gives the same version.

    Raises:
        TrainingError: A class has no row, no row is left for dev, or the recipe's starting point cannot be used.
    """
    set_seed(recipe.seed)
    generator = np.random.default_rng(recipe.seed)
    if dev is None:
        rows, dev = hold_out(rows, recipe.dev_share, generator)
    check_classes(rows.gold, recipe.labels)
    check_dev(dev)
    with staging_dir(root) as folder:
        evaluation, temperature = _fit(recipe, rows, dev, folder, generator, show_progress=show_progress)
        (folder / SEEN).write_bytes(fingerprint_bytes([rows.texts, dev.texts]))
        lineage = Lineage(
            yeban=yeban_version,
            recipe=recipe.as_dict(),
            data=tuple(data),
            dev_metrics=headline(evaluation),
        )
        return publish(folder, _manifest(recipe, temperature, lineage), dev, root, finish)


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
    warn_of_overlap(texts, dev_texts)
    encoder = init_encoder(recipe, texts.to_list(), folder)
    tokenizer = Tokenizer.from_file(folder / TOKENIZER)
    model = DocumentClassifier(Classifier(encoder, recipe.head, len(recipe.labels)), recipe.aggregation)
    train_set = DocumentDataset(EncodedDocuments.encode(texts, tokenizer, recipe.windows), rows.gold)
    dev_set = DocumentDataset(EncodedDocuments.encode(dev_texts, tokenizer, recipe.windows), dev.gold).by_size()
    log.info("training on %d documents, %d held out for dev", len(train_set), len(dev_set))
    trainer = make_trainer(model, train_set, dev_set, recipe, folder / "checkpoints", show_progress=show_progress)
    trainer.train()
    shutil.rmtree(folder / "checkpoints")
    stored: torch.dtype = getattr(torch, recipe.stored)
    round_weights(model, stored)
    temperature, evaluation = calibrate(trainer, dev_set, recipe.labels, generator)
    save_network(model.network, folder, dtype=stored)  # type: ignore[arg-type]
    return evaluation, temperature


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
