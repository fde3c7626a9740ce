"""Fine-tuning: a challenger from the champion, new labels and a replay of old ones."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from transformers import set_seed

from models.bundle import SEEN, TOKENIZER, Bundle
from models.manifest import DataRecord, Lineage
from models.network import Classifier, load_network, save_network, stored_type
from models.training.adaptation import adapt
from models.training.data import LabelledRows, hold_out, join_rows
from models.training.documents import DocumentClassifier, DocumentDataset, EncodedDocuments
from models.training.finetune_recipe import FinetuneRecipe
from models.training.held_out import calibrate, check_classes, check_dev, headline, round_weights, warn_of_overlap
from models.training.replay import draw_replay, leave_out
from models.training.staging_dir import Finish, publish, staging_dir
from models.training.trainer import DocumentTrainer, make_trainer
from models.training.weight_interpolation import Interpolation, Weights, choose_interpolation, interpolate_weights
from models.training_fingerprints import UNRECORDED, fingerprint_bytes, read_fingerprints
from storage.errors import TrainingError

log = logging.getLogger("yeban.train")


@dataclass(frozen=True, slots=True)
class FinetuneRows:
    """What a challenger learns from.

    Attributes:
        new: New labelled rows.
        old: Rows that were labelled before, to replay.
        dev: Rows to choose by; None holds out a share of what is trained on.
        unlabelled: String[N], recent texts to adapt to, where the recipe asks for it.
        keep_out: String[N], texts of test sets: rows with one of them are trained on in no role.
    """

    new: LabelledRows
    old: LabelledRows
    dev: LabelledRows | None = None
    unlabelled: pl.Series | None = None
    keep_out: pl.Series | None = None


@dataclass(frozen=True, slots=True)
class _Splits:
    """Rows that are trained on, how many of them are replayed, and the rows held out."""

    rows: LabelledRows
    replayed: int
    dev: LabelledRows


def finetune(
    champion: Bundle,
    recipe: FinetuneRecipe,
    rows: FinetuneRows,
    root: Path,
    *,
    data: Sequence[DataRecord] = (),
    yeban_version: str = "",
    show_progress: bool = False,
    finish: Finish | None = None,
) -> Bundle:
    """Make a challenger.

    Cleaning, tokenizer, windows, head and classes are the champion's. After training its weights are averaged with the
    champion's where dev rows say, and the temperature is fitted again.

    Args:
        champion: A bundle of ours.
        recipe: Everything that decides what happens.
        rows: The rows.
        root: The bundle is written to `root/<version>`.
        data: What the rows came from, for the lineage.
        yeban_version: For the lineage.
        show_progress: Draw a progress bar.
        finish: Adds to the sealed bundle before it gets its name.

    Returns:
        The sealed bundle; the same champion, recipe, rows and machine give the same version.

    Raises:
        TrainingError: The champion is not a bundle of ours, a class has no row, or no row is left.
    """
    _check_own(champion)
    set_seed(recipe.seed)
    generator = np.random.default_rng(recipe.seed)
    rows = _without_test_texts(rows)
    splits = _share_out(rows, recipe, generator)
    check_classes(splits.rows.gold, champion.labels)
    check_dev(splits.dev)
    with staging_dir(root) as folder:
        shutil.copyfile(champion.path / TOKENIZER, folder / TOKENIZER)
        best, points = _fit(champion, recipe, splits, rows.unlabelled, folder, show_progress=show_progress)
        unlabelled = [] if rows.unlabelled is None or not recipe.adaptation.epochs else [rows.unlabelled]
        seen = fingerprint_bytes([splits.rows.texts, splits.dev.texts, *unlabelled], read_fingerprints(champion))
        (folder / SEEN).write_bytes(seen)
        lineage = Lineage(
            yeban=yeban_version,
            parent=champion.version,
            recipe={**recipe.as_dict(), UNRECORDED: _unrecorded(champion)},
            data=tuple(data),
            dev_metrics=_figures(best, points, splits),
        )
        manifest = champion.manifest.model_copy(
            update={"temperature": best.temperature, "lineage": lineage, "files": {}}
        )
        return publish(folder, manifest, splits.dev, root, finish)


def _figures(best: Interpolation, points: Sequence[Interpolation], splits: _Splits) -> dict[str, Any]:
    return {
        **headline(best.evaluation),
        "alpha": best.alpha,
        "new_rows": len(splits.rows) - splits.replayed,
        "rehearsed_rows": splits.replayed,
        "mixes": [point.as_dict() for point in points],
    }


def _check_own(champion: Bundle) -> None:
    if champion.manifest.network != "yeban":
        raise TrainingError(
            f"{champion.path} is a stock transformers model",
            expected="a bundle of `yeban train`: fine-tuning goes on from its network",
            action="train a bundle from it first: yeban train TASK --set pretrained=FOLDER",
        )


def _unrecorded(champion: Bundle) -> str | None:
    if SEEN not in champion.manifest.files:
        return champion.version
    recorded: str | None = champion.manifest.lineage.recipe.get(UNRECORDED)
    return recorded


def _without_test_texts(rows: FinetuneRows) -> FinetuneRows:
    texts = rows.keep_out
    if texts is None:
        return rows
    dev = None if rows.dev is None else leave_out(rows.dev, texts)
    unlabelled = rows.unlabelled
    if unlabelled is not None:
        unlabelled = leave_out(LabelledRows(unlabelled, np.zeros(len(unlabelled), np.int64)), texts).texts
    kept = FinetuneRows(leave_out(rows.new, texts), leave_out(rows.old, texts), dev, unlabelled)
    left = len(rows.new) - len(kept.new), len(rows.old) - len(kept.old)
    log.info("kept out for the test sets: %d new and %d old rows", *left)
    if not len(kept.new):
        raise TrainingError(
            f"all {len(rows.new)} new rows are in the test sets",
            expected="new rows that no test set holds",
            action="give other rows with --new, or fewer files with --keep-out",
        )
    return kept


def _share_out(rows: FinetuneRows, recipe: FinetuneRecipe, generator: np.random.Generator) -> _Splits:
    """Draw the replayed rows and hold out dev rows, of new and of old rows alike; a new label replaces the old one."""
    old = leave_out(rows.old, rows.new.texts)
    new, replayed = rows.new, draw_replay(old, round(recipe.rehearsal * len(rows.new)), generator)
    dev = rows.dev
    if dev is None:
        new, new_dev = hold_out(new, recipe.dev_share, generator)
        replayed, old_dev = hold_out(replayed, recipe.dev_share, generator)
        dev = join_rows(new_dev, old_dev)
    return _Splits(join_rows(new, replayed), len(replayed), dev)


def _fit(
    champion: Bundle,
    recipe: FinetuneRecipe,
    splits: _Splits,
    unlabelled: pl.Series | None,
    folder: Path,
    *,
    show_progress: bool,
) -> tuple[Interpolation, tuple[Interpolation, ...]]:
    """Train, interpolate, calibrate and write the weights into the folder."""
    manifest, cleaner, tokenizer = champion.manifest, champion.cleaner(), champion.tokenizer()
    texts, dev_texts = cleaner.clean(splits.rows.texts), cleaner.clean(splits.dev.texts)
    warn_of_overlap(texts, dev_texts)
    network = load_network(champion)
    assert isinstance(network, Classifier)  # `_check_own`
    old = _copied(network)
    if recipe.adaptation.epochs and unlabelled is not None:
        documents = EncodedDocuments.encode(cleaner.clean(unlabelled), tokenizer, manifest.windows)
        mask = _mask_token(champion)
        adapt(network.encoder, documents, mask, recipe.adaptation, recipe, folder, show_progress=show_progress)
    model = DocumentClassifier(network, manifest.aggregation)
    encoded, dev_encoded = (EncodedDocuments.encode(each, tokenizer, manifest.windows) for each in (texts, dev_texts))
    train_set = DocumentDataset(encoded, splits.rows.gold)
    dev_set = DocumentDataset(dev_encoded, splits.dev.gold).by_size()
    log.info("fine-tuning on %d documents, %d of them rehearsed; %d dev", len(train_set), splits.replayed, len(dev_set))
    trainer = make_trainer(model, train_set, dev_set, recipe, folder / "checkpoints", show_progress=show_progress)
    trainer.train()
    shutil.rmtree(folder / "checkpoints")
    new, stored = _copied(network), stored_type(champion)
    best, points = choose_interpolation(
        recipe.alphas,
        lambda alpha: _measured(
            trainer, model, interpolate_weights(old, new, alpha), alpha, dev_set, champion, recipe.seed
        ),
    )
    network.load_state_dict(interpolate_weights(old, new, best.alpha))
    round_weights(model, stored)
    save_network(network, folder, dtype=stored)
    log.info("alpha %s of %s: macro-F1 %.4f on dev", best.alpha, recipe.alphas, best.evaluation.macro_f1.value)
    return best, points


def _measured(
    trainer: DocumentTrainer,
    model: DocumentClassifier,
    weights: Weights,
    alpha: float,
    dev: DocumentDataset,
    champion: Bundle,
    seed: int,
) -> Interpolation:
    """Set the network to some weights, rounded as they would be stored, and measure it on dev rows."""
    model.network.load_state_dict(weights)
    round_weights(model, stored_type(champion))
    temperature, evaluation = calibrate(trainer, dev, champion.labels, np.random.default_rng(seed))
    return Interpolation(alpha, temperature, evaluation)


def _copied(network: Classifier) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


def _mask_token(champion: Bundle) -> int:
    found = champion.tokenizer().id_of("[MASK]", "<mask>")
    if found is None:
        raise TrainingError(
            f"the tokenizer of bundle {champion.version} has no token that stands for a hidden one",
            expected="[MASK] or <mask> in its vocabulary",
            action="fine-tune without adaptation: --set adaptation.epochs=0",
        )
    return found
