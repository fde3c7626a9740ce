"""A challenger from a champion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from batch.engine.settings import EngineSettings
from batch.scorer import Scorer
from models.bundle import Bundle, open_bundle
from models.manifest import DataRecord
from models.network import load_network
from models.training.data import LabelledRows
from models.training.finetune_recipe import FinetuneRecipe, finetune_recipe
from models.training.fit import train
from models.training.incremental import FinetuneRows, finetune
from models.training_fingerprints import UNRECORDED, read_fingerprints, text_keys
from storage.errors import TrainingError
from tests.support.networks import tiny_bundle
from tests.support.training import recipe, rows

OLD, DEV = rows(120, seed=1), rows(60, seed=2)
SLIDE = {"max_length": 6, "long_text": "slide", "stride": 1}


def changed_world(count: int, seed: int) -> LabelledRows:
    """The same texts, in which one of the signs has come to mean the opposite."""
    found = rows(count, seed)
    flipped = found.texts.str.contains("快").to_numpy()
    return LabelledRows(found.texts, np.where(flipped, 0, found.gold))


NEW, NEW_DEV = changed_world(60, seed=3), changed_world(80, seed=4)


def settings(**changes: object) -> FinetuneRecipe:
    flat = {
        "precision": "fp32",
        "optimizer": {"learning_rate": 5e-3},
        "schedule": {"epochs": 4, "batch_docs": 8},
        "rehearsal": 1.0,
        **changes,
    }
    return FinetuneRecipe.model_validate(flat)


def weights_of(bundle: Bundle) -> dict[str, torch.Tensor]:
    return dict(load_network(bundle).state_dict())


def accuracy(bundle: Bundle, data: LabelledRows) -> float:
    scores = Scorer(bundle, EngineSettings("cpu", "fp32")).score(data.texts)
    return float((scores.probs.argmax(1) == data.gold).mean())


@pytest.fixture(scope="module", params=["cut", "slide"])
def champion(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    windows = SLIDE if request.param == "slide" else {"max_length": 16}
    chosen = recipe(schedule={"epochs": 5}, windows=windows, stored="float16")
    return train(chosen, OLD, DEV, tmp_path_factory.mktemp("champion"))


class TestFinetune:
    def test_learns_what_has_changed(self, champion: Bundle, tmp_path: Path) -> None:
        challenger = finetune(champion, settings(), FinetuneRows(NEW, OLD, NEW_DEV), tmp_path)
        fresh = changed_world(150, seed=9)
        assert accuracy(champion, fresh) < 0.85
        assert accuracy(challenger, fresh) > accuracy(champion, fresh) + 0.05
        assert challenger.manifest.lineage.dev_metrics["alpha"] > 0

    def test_what_it_is_comes_from_the_champion(self, champion: Bundle, tmp_path: Path) -> None:
        data = (DataRecord(role="new", name="new.parquet", sha256="1" * 64, rows=60),)
        challenger = finetune(champion, settings(), FinetuneRows(NEW, OLD), tmp_path, data=data, yeban_version="9")
        old, new = champion.manifest, challenger.manifest
        same = ("task", "labels", "head", "cleaning", "windows", "aggregation", "min_chars")
        assert all(getattr(old, name) == getattr(new, name) for name in same)
        assert new.files["tokenizer.json"] == old.files["tokenizer.json"]
        assert new.files["encoder.json"] == old.files["encoder.json"]
        lineage = new.lineage
        assert (lineage.parent, lineage.data, lineage.yeban) == (champion.version, data, "9")
        assert lineage.recipe == {**settings().as_dict(), UNRECORDED: None}
        assert (
            lineage.dev_metrics["new_rows"] + lineage.dev_metrics["rehearsed_rows"] + lineage.dev_metrics["rows"] == 120
        )
        assert [mix["alpha"] for mix in lineage.dev_metrics["mixes"]] == [0.0, 0.25, 0.5, 0.75, 1.0]
        assert champion.version in (challenger.path / "README.md").read_text("utf-8")
        assert [path.name for path in tmp_path.iterdir()] == [challenger.version]
        assert open_bundle(challenger.path) == challenger

    def test_the_same_inputs_give_the_same_version(self, champion: Bundle, tmp_path: Path) -> None:
        one, two = (finetune(champion, settings(), FinetuneRows(NEW, OLD), tmp_path / each) for each in ("a", "b"))
        assert one.version == two.version
        for name in one.manifest.files:
            assert (one.path / name).read_bytes() == (two.path / name).read_bytes()
        assert finetune(champion, settings(seed=1), FinetuneRows(NEW, OLD), tmp_path / "c").version != one.version

    def test_alpha_0_is_the_champion_to_the_byte(self, champion: Bundle, tmp_path: Path) -> None:
        challenger = finetune(champion, settings(alphas=(0.0,)), FinetuneRows(NEW, OLD, DEV), tmp_path)
        assert (challenger.path / "model.safetensors").read_bytes() == (
            champion.path / "model.safetensors"
        ).read_bytes()
        assert challenger.manifest.temperature == pytest.approx(champion.manifest.temperature, rel=1e-3)
        assert challenger.version != champion.version

    def test_between_the_two_lies_the_middle(self, champion: Bundle, tmp_path: Path) -> None:
        ends = [
            weights_of(
                finetune(champion, settings(alphas=(alpha,)), FinetuneRows(NEW, OLD, NEW_DEV), tmp_path / str(alpha))
            )
            for alpha in (0.0, 1.0, 0.5)
        ]
        for name, middle in ends[2].items():
            torch.testing.assert_close(middle, (ends[0][name] + ends[1][name]) / 2, atol=2e-3, rtol=2e-3)
        assert any(not torch.equal(ends[0][name], ends[1][name]) for name in ends[0])

    def test_dev_rows_choose_the_champion_where_the_new_labels_are_nonsense(
        self, champion: Bundle, tmp_path: Path
    ) -> None:
        nonsense = LabelledRows(NEW.texts, 1 - rows(60, seed=3).gold)
        chosen = settings(rehearsal=0.0)
        challenger = finetune(champion, chosen, FinetuneRows(nonsense, OLD, DEV), tmp_path)
        metrics = challenger.manifest.lineage.dev_metrics
        best = max(mix["macro_f1"] for mix in metrics["mixes"])
        assert metrics["alpha"] == 0.0
        assert metrics["macro_f1"] == best
        assert metrics["rehearsed_rows"] == 0

    def test_adaptation_changes_the_encoder(self, champion: Bundle, tmp_path: Path) -> None:
        texts = rows(64, seed=20).texts
        plain = finetune(champion, settings(alphas=(1.0,)), FinetuneRows(NEW, OLD, NEW_DEV, texts), tmp_path / "a")
        chosen = settings(alphas=(1.0,), adaptation={"epochs": 1, "learning_rate": 1e-3})
        made = [
            finetune(champion, chosen, FinetuneRows(NEW, OLD, NEW_DEV, texts), tmp_path / each) for each in ("b", "c")
        ]
        assert made[0].version == made[1].version
        table = "encoder.embeddings.word_embeddings.weight"
        assert not torch.equal(weights_of(plain)[table], weights_of(made[0])[table])
        seen, unseen = read_fingerprints(made[0]), read_fingerprints(plain)
        assert seen is not None
        assert unseen is not None
        assert np.isin(text_keys(texts), seen).all()
        assert not np.isin(text_keys(texts), unseen).all()


class TestSeen:
    def test_what_was_trained_and_chosen_on_is_on_record_and_so_is_the_past(
        self, champion: Bundle, tmp_path: Path
    ) -> None:
        seen = read_fingerprints(finetune(champion, settings(), FinetuneRows(NEW, OLD, NEW_DEV), tmp_path))
        assert seen is not None
        for each in (NEW, NEW_DEV, OLD, DEV):
            assert np.isin(text_keys(each.texts), seen).all()
        assert not np.isin(text_keys(pl.Series(["我不在店里"])), seen).any()

    def test_what_is_kept_out_is_in_no_role(self, champion: Bundle, tmp_path: Path) -> None:
        golden = pl.Series([f" {text}。" for text in (NEW.texts[0], NEW_DEV.texts[1], "完全没有见过")])
        challenger = finetune(champion, settings(), FinetuneRows(NEW, OLD, NEW_DEV, keep_out=golden), tmp_path)
        before, after = read_fingerprints(champion), read_fingerprints(challenger)
        assert before is not None
        assert after is not None
        fresh = ~np.isin(text_keys(golden), before)
        assert fresh.any()
        assert not np.isin(text_keys(golden)[fresh], after).any()

    def test_an_ancestor_that_does_not_tell_is_named_for_ever(self, tmp_path: Path) -> None:
        silent = tiny_bundle(tmp_path / "silent", labels=("bad", "good"))
        first = finetune(silent, settings(), FinetuneRows(NEW, OLD), tmp_path / "a")
        second = finetune(first, settings(), FinetuneRows(NEW, OLD), tmp_path / "b")
        assert first.manifest.lineage.recipe[UNRECORDED] == silent.version
        assert second.manifest.lineage.recipe[UNRECORDED] == silent.version


class TestRefuses:
    def test_a_model_of_somebody_else(self, champion: Bundle, tmp_path: Path) -> None:
        foreign = Bundle(champion.path, champion.manifest.model_copy(update={"network": "transformers"}))
        with pytest.raises(TrainingError, match="stock transformers model"):
            finetune(foreign, settings(), FinetuneRows(NEW, OLD), tmp_path)

    def test_new_rows_that_are_all_in_a_test_set(self, champion: Bundle, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="all 60 new rows are in the test sets"):
            finetune(champion, settings(), FinetuneRows(NEW, OLD, keep_out=NEW.texts), tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_class_without_rows(self, champion: Bundle, tmp_path: Path) -> None:
        good = NEW.take(np.flatnonzero(NEW.gold == 1))
        with pytest.raises(TrainingError, match="no training row for bad"):
            finetune(champion, settings(rehearsal=0.0), FinetuneRows(good, OLD, DEV), tmp_path)


def test_a_tokenizer_without_a_mask_cannot_adapt(tmp_path: Path) -> None:
    silent = tiny_bundle(tmp_path / "t", labels=("bad", "good"))
    file = silent.path / "tokenizer.json"
    file.write_text(file.read_text("utf-8").replace("[MASK]", "[MUSK]"), "utf-8")
    with pytest.raises(TrainingError, match="stands for a hidden one"):
        finetune(silent, settings(adaptation={"epochs": 1}), FinetuneRows(NEW, OLD, DEV, OLD.texts), tmp_path / "a")


def test_the_recipe_follows_the_champions() -> None:
    trained = recipe(optimizer={"learning_rate": 1e-3}, schedule={"batch_docs": 4, "epochs": 9}, reference_texts=False)
    first = finetune_recipe(trained.as_dict())
    assert first.optimizer.learning_rate == 3e-4
    assert (first.schedule.batch_docs, first.schedule.epochs, first.precision) == (4, 2, "fp32")
    assert not first.reference_texts
    again = finetune_recipe(first.as_dict())
    assert again.optimizer.learning_rate == 3e-4
    assert finetune_recipe({}, ["rehearsal=3", "adaptation.epochs=1"]).rehearsal == 3
