"""The recipes of the presets, on a tiny seeded encoder: their losses, step by step, are those that were recorded.

A change of optimiser, schedule, order of rows, windows, pooling, aggregation or loss moves them by far more than the
tolerance; another processor or another version of torch by far less. Record them again only for a change that is meant:

    python -m tests.recipes.test_presets
"""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pytest

from models.bundle import Bundle
from models.presets import RECIPE, presets_with
from models.training.data import LabelledRows
from models.training.fit import train
from models.training.recipe import Recipe, load_recipe

RECORDED: Final = Path(__file__).parent / "recorded_losses.json"
TOLERANCE: Final = 2e-3
TINY: Final = (
    "precision='fp32'",
    "stored='float32'",
    "scratch.min_count=1",
    "scratch.hidden_size=16",
    "scratch.layers=1",
    "scratch.heads=2",
    "scratch.intermediate_size=32",
    "windows.max_length=24",
    "optimizer.learning_rate=5e-3",
    "schedule.epochs=2",
    "schedule.batch_docs=16",
    "schedule.evaluations_per_epoch=2",
)
SLIDING: Final = ("windows.stride=4", "windows.max_windows=4")
_FILLERS: Final = "的一是了我不在人有这"
_SIGNS: Final = "好坏喜怒哀乐惊恐球药兵书画车网"


def tiny(name: str, *changes: str) -> Recipe:
    """A preset with a small encoder and short windows; all else is the preset's own."""
    return load_recipe(name, None, [*TINY, *(SLIDING if name == "news" else ()), *changes])


def labelled(recipe: Recipe, count: int, seed: int) -> LabelledRows:
    """Texts in which every third letter is that of the class; long ones for a recipe that slides windows."""
    random = np.random.default_rng(seed)
    longest = 80 if recipe.windows.long_text == "slide" else 20
    gold = np.arange(count) % len(recipe.labels)
    texts = ["".join(random.choice(list(_FILLERS + 6 * _SIGNS[label]), random.integers(6, longest))) for label in gold]
    return LabelledRows(pl.Series("text", texts), gold.astype(np.int64))


class _Figures(logging.Handler):
    """Keeps what the trainer logs."""

    def __init__(self) -> None:
        super().__init__()
        self.logged: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("step ") and isinstance(record.args, tuple) and isinstance(record.args[-1], dict):
            self.logged.append(record.args[-1])

    def of(self, name: str) -> list[float]:
        return [round(float(each[name]), 5) for each in self.logged if name in each]


def losses(recipe: Recipe, root: Path) -> tuple[dict[str, list[float]], Bundle]:
    """Train a recipe and return its losses on train and dev rows, and the bundle."""
    figures, log = _Figures(), logging.getLogger("yeban.train")
    before = log.level
    log.addHandler(figures)
    log.setLevel(logging.INFO)
    try:
        bundle = train(recipe, labelled(recipe, 112, seed=1), labelled(recipe, 28, seed=2), root)
    finally:
        log.removeHandler(figures)
        log.setLevel(before)
    return {"train": figures.of("loss"), "dev": figures.of("eval_loss")}, bundle


@pytest.mark.parametrize("name", presets_with(RECIPE))
def test_losses_are_the_recorded_ones(name: str, tmp_path: Path) -> None:
    found, bundle = losses(tiny(name), tmp_path)
    recorded = json.loads(RECORDED.read_text("utf-8"))[name]
    assert found["train"] == pytest.approx(recorded["train"], abs=TOLERANCE)
    assert found["dev"] == pytest.approx(recorded["dev"], abs=TOLERANCE)
    assert found["dev"][-1] < found["dev"][0]
    assert bundle.manifest.task == name
    assert bundle.manifest.lineage.recipe == tiny(name).as_dict()


@pytest.mark.parametrize("change", ["seed=43", "optimizer.warmup=0.0", "head.pooling='max'", "windows.stride=8"])
def test_a_changed_recipe_would_be_noticed(change: str, tmp_path: Path) -> None:
    found, _ = losses(tiny("news", change), tmp_path)
    recorded = json.loads(RECORDED.read_text("utf-8"))["news"]
    assert found["train"] != pytest.approx(recorded["train"], abs=10 * TOLERANCE)


def test_every_preset_is_recorded() -> None:
    assert sorted(json.loads(RECORDED.read_text("utf-8"))) == presets_with(RECIPE)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        recorded = {name: losses(tiny(name), Path(folder) / name)[0] for name in presets_with(RECIPE)}
    RECORDED.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n", "utf-8")
