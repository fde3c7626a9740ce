"""A training run from rows to bundle."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from batch.engine.settings import EngineSettings
from batch.scorer import Scorer
from models.aggregation import aggregate
from models.bundle import Bundle, open_bundle
from models.calibration import fit_temperature
from models.manifest import DataRecord
from models.network import load_network
from models.tokens import pad_windows
from models.training.data import LabelledRows
from models.training.fit import train
from models.windows import cut_windows
from storage.errors import TrainingError
from tests.support.training import recipe, rows

TRAIN, DEV = rows(64, seed=1), rows(40, seed=2)
LOSSES = [0.7532, 0.8239, 0.6896, 0.6748, 0.5709, 0.6591, 0.5475, 0.5620]
DEV_LOSSES = [0.8012, 0.7346, 0.6922, 0.6617, 0.6485, 0.6332, 0.6204, 0.6125]
TEMPERATURE = 0.5807
"""Of `test_recorded_losses`: torch 2.13, transformers 5.23, one thread."""


def dev_logits(bundle: Bundle, texts: pl.Series) -> NDArray[np.float32]:
    """Document logits of a bundle as it lies on disk."""
    tokenizer, network, manifest = bundle.tokenizer(), load_network(bundle), bundle.manifest
    tokens = tokenizer.encode(bundle.cleaner().clean(texts))
    windows = cut_windows(tokens.lengths, manifest.windows, tokenizer.special.count)
    ids, mask = pad_windows(tokens, windows, np.arange(len(windows.doc)), tokenizer.special)
    with torch.inference_mode():
        logits = network(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    return aggregate(logits, windows.offsets, manifest.aggregation)


class TestTrain:
    def test_learns_what_the_texts_say(self, tmp_path: Path) -> None:
        bundle = train(recipe(schedule={"epochs": 5}), TRAIN, DEV, tmp_path)
        scores = Scorer(bundle, EngineSettings("cpu", "fp32")).score(rows(100, seed=3).texts)
        assert (scores.probs.argmax(1) == rows(100, seed=3).gold).mean() > 0.95

    def test_leaves_one_whole_bundle_and_nothing_else(self, tmp_path: Path) -> None:
        data = (DataRecord(role="train", name="a.parquet", sha256="0" * 64, rows=64),)
        bundle = train(recipe(), TRAIN, DEV, tmp_path, data=data, yeban_version="1.2.3")
        assert [path.name for path in tmp_path.iterdir()] == [bundle.version]
        assert open_bundle(bundle.path) == bundle
        files = {path.name for path in bundle.path.iterdir()}
        own = {"manifest.json", "model.safetensors", "encoder.json", "tokenizer.json", "README.md"}
        assert files == own | {"seen-texts.u64"}
        lineage = bundle.manifest.lineage
        assert (lineage.yeban, lineage.data) == ("1.2.3", data)
        assert lineage.recipe == recipe().as_dict()
        assert lineage.dev_metrics["rows"] == len(DEV)
        assert bundle.path.stat().st_mode & 0o777 == 0o755

    @pytest.mark.parametrize("stored", ["float32", "float16"])
    @pytest.mark.parametrize(
        "windows", [{"max_length": 16}, {"max_length": 6, "long_text": "slide", "stride": 1}], ids=["cut", "slide"]
    )
    def test_the_temperature_is_that_of_the_stored_model(
        self, tmp_path: Path, stored: str, windows: dict[str, Any]
    ) -> None:
        settings = recipe(stored=stored, windows=windows, optimizer={"learning_rate": 2e-3})
        bundle = train(settings, TRAIN, DEV, tmp_path)
        logits = dev_logits(bundle, DEV.texts)
        assert bundle.manifest.temperature == pytest.approx(fit_temperature(logits, DEV.gold), rel=1e-3)
        assert bundle.manifest.temperature != 1.0
        correct = int((logits.argmax(1) == DEV.gold).sum())
        assert bundle.manifest.lineage.dev_metrics["correct"] == correct

    def test_without_a_dev_set_a_share_is_held_out(self, tmp_path: Path) -> None:
        bundle = train(recipe(dev_share=0.25), TRAIN, None, tmp_path)
        held = sum(round(count * 0.25) for count in np.bincount(TRAIN.gold).tolist())
        assert bundle.manifest.lineage.dev_metrics["rows"] == held

    def test_from_a_pretrained_encoder(self, tmp_path: Path) -> None:
        first = train(recipe(), TRAIN, DEV, tmp_path / "a")
        folder = tmp_path / "pretrained"
        load_network(first).encoder.half().save_pretrained(folder)  # type: ignore[union-attr, operator]
        names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
        PreTrainedTokenizerFast(tokenizer_file=str(first.path / "tokenizer.json"), **names).save_pretrained(folder)
        bundle = train(recipe(pretrained=str(folder)), TRAIN, DEV, tmp_path / "b")
        logits = dev_logits(bundle, DEV.texts)
        assert bundle.manifest.temperature == pytest.approx(fit_temperature(logits, DEV.gold), rel=1e-3)
        assert (logits.argmax(1) == DEV.gold).mean() > 0.9

    def test_rows_that_are_in_both_sets_are_noticed(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING, "yeban.train"):
            train(recipe(), TRAIN, TRAIN.take(np.arange(20)), tmp_path)
        assert "both in train and in dev" in caplog.text


class TestReproducibility:
    @pytest.mark.parametrize("dropout", [0.0, 0.2])
    def test_the_same_run_gives_the_same_bundle_bit_for_bit(self, tmp_path: Path, dropout: float) -> None:
        settings = recipe(scratch={"dropout": dropout}, schedule={"accumulation": 2})
        one = train(settings, TRAIN, None, tmp_path / "a")
        torch.rand(7)
        np.random.default_rng().random(3)
        two = train(settings, TRAIN, None, tmp_path / "b")
        assert one.version == two.version
        for name in ("manifest.json", "model.safetensors", "tokenizer.json", "README.md"):
            assert (one.path / name).read_bytes() == (two.path / name).read_bytes()

    def test_into_the_same_folder_twice(self, tmp_path: Path) -> None:
        one, two = (train(recipe(), TRAIN, DEV, tmp_path) for _ in range(2))
        assert one.path == two.path
        assert [path.name for path in tmp_path.iterdir()] == [one.version]

    def test_another_seed_is_another_bundle(self, tmp_path: Path) -> None:
        one, two = (train(recipe(seed=seed), TRAIN, DEV, tmp_path) for seed in (1, 2))
        weights = [json.loads((each.path / "manifest.json").read_text("utf-8"))["files"] for each in (one, two)]
        assert weights[0]["model.safetensors"] != weights[1]["model.safetensors"]

    def test_recorded_losses(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """The tiny recipe, step by step; another number means that training has changed."""
        settings = recipe(
            scratch={"dropout": 0.1, "attention_dropout": 0.1},
            schedule={"batch_docs": 16, "evaluations_per_epoch": 4, "patience": 100},
        )
        with caplog.at_level(logging.INFO, "yeban.train"):
            bundle = train(settings, TRAIN, DEV, tmp_path)
        logs = [record.args[2] for record in caplog.records if record.msg.startswith("step ")]  # type: ignore[index]
        losses = [float(each["loss"]) for each in logs if "loss" in each]
        dev_losses = [float(each["eval_loss"]) for each in logs if "eval_loss" in each]
        assert losses == pytest.approx(LOSSES, abs=2e-3)
        assert dev_losses == pytest.approx(DEV_LOSSES, abs=2e-3)
        assert bundle.manifest.temperature == pytest.approx(TEMPERATURE, rel=1e-2)


class TestRefuses:
    def test_a_class_without_rows(self, tmp_path: Path) -> None:
        settings = recipe(labels=["bad", "good", "so-so", "odd"])
        with pytest.raises(TrainingError, match="no training row for so-so, odd") as caught:
            train(settings, TRAIN, DEV, tmp_path)
        assert caught.value.facts == {"missing": ["so-so", "odd"]}
        assert list(tmp_path.iterdir()) == []

    def test_no_dev_rows(self, tmp_path: Path) -> None:
        two = LabelledRows(pl.Series(["坏", "好"]), np.array([0, 1]))
        with pytest.raises(TrainingError, match="no dev row"):
            train(recipe(), two, None, tmp_path)

    def test_a_class_with_one_row_is_trained_on_and_not_held_out(self, tmp_path: Path) -> None:
        texts = pl.Series(["坏"] * 8 + ["好"])
        bundle = train(recipe(), LabelledRows(texts, np.array([0] * 8 + [1])), None, tmp_path)
        assert bundle.manifest.lineage.dev_metrics["rows"] == 1

    def test_a_starting_point_that_is_not_there_leaves_nothing_behind(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="cannot be loaded"):
            train(recipe(pretrained="nobody/nothing"), TRAIN, DEV, tmp_path)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "schedule", [{"epochs": 0.01}, {"epochs": 1, "batch_docs": 1000}, {"epochs": 0.3, "evaluations_per_epoch": 1}]
)
def test_very_short_runs(tmp_path: Path, schedule: dict[str, Any]) -> None:
    bundle = train(recipe(schedule=schedule), TRAIN, DEV, tmp_path)
    assert open_bundle(bundle.path) == bundle


def test_texts_that_cleaning_leaves_empty(tmp_path: Path) -> None:
    texts = pl.Series([None, "", "好书", "坏书"] * 4)
    gold = np.array([0, 1, 1, 0] * 4)
    bundle = train(recipe(), LabelledRows(texts, gold), LabelledRows(texts, gold), tmp_path)
    assert np.isfinite(bundle.manifest.temperature)
