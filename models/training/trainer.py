"""`transformers.Trainer` on documents: their loss, and batches of documents of like size."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from models.evaluation.classification import class_scores, confusion_counts
from models.precision import choose_precision
from models.training.documents import DocumentClassifier, DocumentDataset
from models.training.losses.registry import LOSSES, Loss
from models.training.recipe import Loop
from models.training.sampler import GroupedSampler

log = logging.getLogger("yeban.train")


class DocumentTrainer(Trainer):
    """Loss of whole documents, batches of documents of like size.

    Trainer skips its division by `gradient_accumulation_steps` when it believes that the model has divided the
    loss already. Ours has not, and declares it twice: gradients would grow by the number of accumulation steps,
    Adam would hide it, and clipping would not.

    Args:
        loss: The loss of a batch of documents.
        **kwargs: Those of `transformers.Trainer`.
    """

    loss_is_scaled_for_ga = False

    def __init__(self, loss: Loss, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._loss = loss
        self.model_accepts_loss_kwargs = False

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,  # noqa: ARG002  # Trainer passes it; the mean is per batch
    ) -> Any:
        """Mean loss of the batch's documents."""
        outputs = model(**inputs)
        loss = self._loss(outputs["logits"], inputs["labels"])
        return (loss, outputs) if return_outputs else loss

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        dataset: Any = train_dataset or self.train_dataset
        return GroupedSampler(dataset.documents.sizes, self.args.train_batch_size, self.args.seed)


def make_trainer(
    model: DocumentClassifier,
    train: DocumentDataset,
    dev: DocumentDataset,
    loop: Loop,
    scratch_folder: Path,
    *,
    show_progress: bool,
) -> DocumentTrainer:
    """Make a trainer with the settings of a loop.

    Args:
        model: What to train.
        train: Training documents.
        dev: Documents for early stopping.
        loop: Loss, optimiser, schedule, precision and seed.
        scratch_folder: Checkpoints go here; the caller removes it.
        show_progress: Draw a progress bar.
    """
    trainer = DocumentTrainer(
        loss=LOSSES.find(loop.loss),
        model=model,
        args=_arguments(loop, len(train), scratch_folder, show_progress=show_progress),
        train_dataset=train,
        eval_dataset=dev,
        data_collator=_as_it_is,
        compute_metrics=_macro_f1,
        callbacks=[EarlyStoppingCallback(early_stopping_patience=loop.schedule.patience), _LogLines()],
    )
    trainer.remove_callback(PrinterCallback)  # it prints to standard output, which is for results
    return trainer


class _LogLines(TrainerCallback):
    """Writes the trainer's figures to the log."""

    def on_log(
        self,
        args: Any,  # noqa: ARG002
        state: Any,
        control: Any,  # noqa: ARG002
        logs: dict[str, Any] | None = None,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Write one line."""
        log.info("step %d of %d: %s", state.global_step, state.max_steps, logs)


def _as_it_is(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The dataset hands out batches already."""
    return batch


def _macro_f1(prediction: EvalPrediction) -> dict[str, float]:
    logits = np.asarray(prediction.predictions)
    counts = confusion_counts(np.asarray(prediction.label_ids), logits.argmax(1), logits.shape[1])
    scores = class_scores(counts, [str(index) for index in range(logits.shape[1])])
    return {"macro_f1": float(np.mean([each.f1 for each in scores]))}


def _arguments(loop: Loop, rows: int, folder: Path, *, show_progress: bool) -> TrainingArguments:
    schedule, optimizer = loop.schedule, loop.optimizer
    steps_per_epoch = max(1, -(-rows // (schedule.batch_docs * schedule.accumulation)))
    every = max(1, steps_per_epoch // schedule.evaluations_per_epoch)
    cuda = torch.cuda.is_available()
    precision = choose_precision(loop.precision, torch.device("cuda" if cuda else "cpu"))
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=schedule.epochs,
        per_device_train_batch_size=schedule.batch_docs,
        per_device_eval_batch_size=schedule.batch_docs * 2,
        gradient_accumulation_steps=schedule.accumulation,
        learning_rate=optimizer.learning_rate,
        weight_decay=optimizer.weight_decay,
        warmup_steps=optimizer.warmup,
        lr_scheduler_type="linear",
        max_grad_norm=optimizer.max_grad_norm,
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        use_cpu=not cuda,
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=1,
        save_only_model=True,
        load_best_model_at_end=True,
        metric_for_best_model="macro_f1",
        greater_is_better=True,
        logging_steps=every,
        remove_unused_columns=False,
        dataloader_pin_memory=cuda,
        label_names=["labels"],
        report_to=[],
        disable_tqdm=not show_progress,
        seed=loop.seed,
    )
    arguments._n_gpu = min(arguments.n_gpu, 1)  # DataParallel would cut `doc` and `labels` at different places
    return arguments
