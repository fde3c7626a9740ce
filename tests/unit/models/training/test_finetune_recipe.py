"""The recipe of fine-tuning: what it takes over from the champion, and what it refuses."""

from __future__ import annotations

import pytest

from models.training.finetune_recipe import FinetuneRecipe, finetune_recipe
from storage.errors import ConfigError
from tests.support.training import recipe

CHAMPION = recipe(
    optimizer={"learning_rate": 4e-5, "weight_decay": 0.03},
    schedule={"epochs": 9, "batch_docs": 24, "accumulation": 2},
).as_dict()


def test_optimizer_and_batches_are_the_champions_at_a_third_of_its_rate() -> None:
    made = finetune_recipe(CHAMPION)
    assert made.optimizer.learning_rate == pytest.approx(1.2e-5)
    assert made.optimizer.weight_decay == 0.03
    assert (made.schedule.batch_docs, made.schedule.accumulation, made.schedule.epochs) == (24, 2, 2)
    assert made.precision == "fp32"


def test_a_champion_that_was_fine_tuned_keeps_its_rate() -> None:
    once = finetune_recipe(CHAMPION)
    assert finetune_recipe(once.as_dict()).optimizer == once.optimizer


def test_a_champion_without_a_recipe_gives_the_defaults() -> None:
    assert finetune_recipe({}) == FinetuneRecipe()


def test_settings_come_on_top() -> None:
    made = finetune_recipe(CHAMPION, ["optimizer.learning_rate=1e-6", "rehearsal=2", "adaptation.epochs=1"])
    assert made.optimizer.learning_rate == 1e-6
    assert made.optimizer.weight_decay == 0.03
    assert (made.rehearsal, made.adaptation.epochs) == (2, 1)


def test_alphas_are_sorted_and_each_is_there_once() -> None:
    assert finetune_recipe({}, ["alphas=[1.0, 0.5, 0.5]"]).alphas == (0.5, 1.0)


@pytest.mark.parametrize(
    ("setting", "told"),
    [("alphas=[1.5]", "expected numbers from 0"), ("rehearsal=-1", "rehearsal"), ("colour='red'", "colour")],
)
def test_what_is_wrong_is_named(setting: str, told: str) -> None:
    with pytest.raises(ConfigError, match="the fine-tuning recipe") as caught:
        finetune_recipe({}, [setting])
    assert told in str(caught.value)
