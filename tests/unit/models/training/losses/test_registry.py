"""A loss is one file that registers itself; a recipe names it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from models.training.finetune_recipe import finetune_recipe
from models.training.fit import train
from models.training.incremental import FinetuneRows, finetune
from models.training.losses.cross_entropy import cross_entropy
from models.training.losses.registry import DEFAULT_LOSS, LOSSES
from models.training.recipe import Recipe
from storage.errors import ConfigError
from tests.support.registering import registered
from tests.support.training import recipe, rows


def test_the_default_is_cross_entropy() -> None:
    assert recipe().loss == DEFAULT_LOSS
    assert LOSSES.find(DEFAULT_LOSS) is cross_entropy


def test_only_another_than_the_default_is_recorded() -> None:
    def doubled(logits: Tensor, labels: Tensor) -> Tensor:
        return 2 * cross_entropy(logits, labels)

    assert "loss" not in recipe().as_dict()
    assert "loss" not in finetune_recipe({}).as_dict()
    with registered(LOSSES, "doubled", doubled):
        assert recipe(loss="doubled").as_dict()["loss"] == "doubled"
        assert Recipe.model_validate(recipe(loss="doubled").as_dict()).loss == "doubled"
        assert finetune_recipe({"loss": "doubled"}).as_dict()["loss"] == "doubled"


def test_a_loss_that_registers_itself_is_what_training_makes_small(tmp_path: Path) -> None:
    """Towards the wrong class: the trained bundle is wrong about nearly everything."""
    asked: list[tuple[torch.Size, torch.Size]] = []

    def contrary(logits: Tensor, labels: Tensor) -> Tensor:
        asked.append((logits.shape, labels.shape))
        return cross_entropy(logits, 1 - labels)

    train_rows, dev_rows = rows(160, seed=1), rows(40, seed=2)
    with registered(LOSSES, "contrary", contrary):
        settings = recipe(loss="contrary", schedule={"epochs": 6, "patience": 100})
        bundle = train(settings, train_rows, dev_rows, tmp_path)
        tuned = finetune(bundle, finetune_recipe(settings.as_dict()), FinetuneRows(train_rows, train_rows), tmp_path)
    right = train(recipe(schedule={"epochs": 6}), train_rows, dev_rows, tmp_path / "right")
    assert asked[0] == ((8, 2), (8,))
    assert bundle.manifest.lineage.recipe["loss"] == tuned.manifest.lineage.recipe["loss"] == "contrary"
    assert bundle.manifest.lineage.dev_metrics["accuracy"] < 0.5 < right.manifest.lineage.dev_metrics["accuracy"]


def test_an_unknown_loss_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no loss is called 'hinge'\n.*one of cross_entropy"):
        recipe(loss="hinge")
