"""transformers' trainer, told about documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from models.manifest import HeadSpec
from models.training.documents import DocumentClassifier, DocumentDataset
from models.training.recipe import Recipe
from models.training.trainer import DocumentTrainer, make_trainer
from models.windows import WindowSpec
from tests.support.networks import bert_config, sentences, tiny_network
from tests.support.training import dataset, recipe

WINDOWS = WindowSpec(max_length=10, long_text="slide", stride=2)
CALM = bert_config(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


class Generous(DocumentClassifier):
    """Takes any argument and ignores it, as wrapped models do: what Trainer is taken in by."""

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, doc: Tensor, labels: Tensor, **_: Any
    ) -> dict[str, Any]:
        return super().forward(input_ids, attention_mask, doc, labels)


def model_of(kind: type[DocumentClassifier] = DocumentClassifier) -> DocumentClassifier:
    return kind(tiny_network(HeadSpec(pooling="mean", dropout=0.0), CALM, classes=2), "mean")


def documents(count: int, seed: int = 0) -> DocumentDataset:
    gold = np.random.default_rng(seed).integers(0, 2, count)
    return dataset(sentences(count, 20, seed), gold, WINDOWS)


def gradient_norm(model: DocumentClassifier, data: DocumentDataset) -> float:
    """Of the mean cross-entropy over all documents at once."""
    batch = data.__getitems__(range(len(data)))
    cross_entropy(model(**batch)["logits"], batch["labels"]).backward()
    return float(torch.cat([w.grad.flatten() for w in model.parameters() if w.grad is not None]).norm())


def trained(model: DocumentClassifier, train: DocumentDataset, settings: Recipe, folder: Path) -> DocumentTrainer:
    trainer = make_trainer(model, train, documents(6, seed=9), settings, folder, show_progress=False)
    trainer.train()
    return trainer


def logged(trainer: DocumentTrainer, figure: str) -> list[float]:
    return [entry[figure] for entry in trainer.state.log_history if figure in entry]


def still(**schedule: Any) -> Recipe:
    """A recipe that moves no weight, so that every step sees the same model."""
    optimizer = {"learning_rate": 1e-12, "warmup": 0.0, "max_grad_norm": 1e9, "weight_decay": 0.0}
    return recipe(optimizer=optimizer, schedule={"epochs": 1, "evaluations_per_epoch": 100, **schedule})


class TestAccumulation:
    """notes/training.md, "Trap": the gradient must not grow with the number of accumulation steps."""

    @pytest.mark.parametrize("kind", [DocumentClassifier, Generous])
    @pytest.mark.parametrize("accumulation", [1, 2, 4, 8])
    def test_equals_one_large_batch(self, tmp_path: Path, accumulation: int, kind: type[DocumentClassifier]) -> None:
        data = documents(8)
        expected = gradient_norm(model_of(), data)
        settings = still(batch_docs=8 // accumulation, accumulation=accumulation)
        trainer = trained(model_of(kind), data, settings, tmp_path)
        assert trainer.state.global_step == 1
        assert logged(trainer, "grad_norm") == pytest.approx([expected], rel=1e-4)

    def test_also_where_the_last_step_has_fewer_batches(self, tmp_path: Path) -> None:
        data = dataset(["好书坏店了"] * 10, np.ones(10, np.int64), WINDOWS)
        expected = gradient_norm(model_of(), data)
        trainer = trained(model_of(), data, still(batch_docs=2, accumulation=4), tmp_path)
        assert logged(trainer, "grad_norm") == pytest.approx([expected] * 2, rel=1e-4)

    def test_the_trainer_is_told_twice(self, tmp_path: Path) -> None:
        data = documents(4)
        trainer = make_trainer(model_of(Generous), data, data, still(), tmp_path, show_progress=False)
        assert trainer.loss_is_scaled_for_ga is False  # or it skips its division by the steps
        assert trainer.model_accepts_loss_kwargs is False  # or it multiplies by the number of processes

    @pytest.mark.parametrize("accumulation", [1, 4])
    def test_the_loss_that_is_logged_is_a_mean(self, tmp_path: Path, accumulation: int) -> None:
        data = documents(8)
        batch = data.__getitems__(range(8))
        expected = cross_entropy(model_of()(**batch)["logits"], batch["labels"]).item()
        trainer = trained(model_of(), data, still(batch_docs=8 // accumulation, accumulation=accumulation), tmp_path)
        assert logged(trainer, "loss") == pytest.approx([expected], abs=1e-3)


def test_the_loss_is_that_of_documents_and_not_of_windows(tmp_path: Path) -> None:
    data = documents(5, seed=1)
    trainer = make_trainer(model_of(), data, data, still(), tmp_path, show_progress=False)
    batch = data.__getitems__([3, 0, 4])
    windows = trainer.model.network(batch["input_ids"], batch["attention_mask"])  # type: ignore[union-attr, operator]
    by_hand = []
    for doc, label in enumerate(batch["labels"].tolist()):
        logits = windows[batch["doc"] == doc].mean(0)
        by_hand.append(-logits.log_softmax(0)[label].item())
    loss, outputs = trainer.compute_loss(trainer.model, batch, return_outputs=True)  # type: ignore[arg-type]
    assert loss.item() == pytest.approx(np.mean(by_hand), rel=1e-5)
    assert outputs["logits"].shape == (3, 2)
    assert len(batch["doc"]) > 3  # some document has several windows


class TestStopping:
    """On a dev set of random labels macro-F1 goes up and down, so that the best model is rarely the last."""

    def _run(self, folder: Path, **schedule: Any) -> DocumentTrainer:
        settings = recipe(
            optimizer={"learning_rate": 3e-2},
            schedule={"epochs": 8, "batch_docs": 4, "evaluations_per_epoch": 2, **schedule},
        )
        torch.manual_seed(0)
        dev = documents(30, seed=5)
        trainer = make_trainer(model_of(), documents(16), dev, settings, folder, show_progress=False)
        trainer.train()
        return trainer

    def test_the_best_model_comes_back(self, tmp_path: Path) -> None:
        trainer = self._run(tmp_path, patience=100)
        seen = logged(trainer, "eval_macro_f1")
        assert len(seen) == 16
        assert seen[-1] < max(seen)  # otherwise this test could not fail
        assert trainer.evaluate()["eval_macro_f1"] == pytest.approx(max(seen))

    def test_patience(self, tmp_path: Path) -> None:
        trainer = self._run(tmp_path, patience=2)
        seen = logged(trainer, "eval_macro_f1")
        best = int(np.argmax(seen))
        assert len(seen) == best + 1 + 2 < 16
        assert trainer.evaluate()["eval_macro_f1"] == pytest.approx(seen[best])


def test_macro_f1_is_the_mean_of_the_classes(tmp_path: Path) -> None:
    data = documents(40, seed=2)
    trainer = make_trainer(model_of(), data, data, still(), tmp_path, show_progress=False)
    from sklearn.metrics import f1_score

    logits = np.asarray(trainer.predict(data).predictions)  # type: ignore[arg-type]
    expected = f1_score(data.gold, logits.argmax(1), average="macro")
    assert trainer.evaluate()["eval_macro_f1"] == pytest.approx(expected)


def test_predictions_come_in_the_order_of_the_documents(tmp_path: Path) -> None:
    data = documents(30)
    model = model_of()
    trainer = make_trainer(model, data, data, still(batch_docs=4), tmp_path, show_progress=False)
    logits = np.asarray(trainer.predict(data).predictions)  # type: ignore[arg-type]
    with torch.inference_mode():
        alone = np.concatenate([model(**data[doc])["logits"].numpy() for doc in range(30)])
    np.testing.assert_allclose(logits, alone, atol=1e-5)


def test_nothing_goes_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trained(model_of(), documents(8), still(batch_docs=4), tmp_path)
    assert capsys.readouterr().out == ""


def test_steps_are_evaluated_as_often_as_the_recipe_says(tmp_path: Path) -> None:
    settings = recipe(schedule={"epochs": 2, "batch_docs": 2, "evaluations_per_epoch": 4, "patience": 100})
    trainer = trained(model_of(), documents(16), settings, tmp_path)
    assert trainer.state.global_step == 16
    assert len(logged(trainer, "eval_macro_f1")) == 8
