"""Task-adaptive pretraining: the encoder reads recent text and guesses hidden tokens, before any label is used."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gelu
from torch.utils.data import Dataset
from transformers import PrinterCallback, Trainer, TrainingArguments

from models.precision import choose_precision
from models.tokens import pad_windows
from models.training.documents import EncodedDocuments
from models.training.finetune_recipe import Adaptation
from models.training.recipe import Loop
from models.training.sampler import GroupedSampler

log = logging.getLogger("yeban.train")

_IGNORED: Final = -100
_KEPT, _RANDOM = 0.1, 0.1
"""Of the tokens to be guessed so many stay as they are, and so many become another (Devlin et al. 2019, 3.1)."""


def hide_tokens(
    ids: NDArray[np.int64],
    content: NDArray[np.bool_],
    share: float,
    mask: int,
    vocabulary: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hide a share of the content tokens, as BERT was trained.

    Args:
        ids: int64[B, L].
        content: bool[B, L], tokens that may be hidden: neither special nor padding.
        share: Share of them.
        mask: Id of the token that stands for a hidden one.
        vocabulary: Ids are below it.
        generator: Decides which.

    Returns:
        What the network reads and what it is to guess, int64[B, L] each; -100 where nothing is asked.
    """
    asked = content & (generator.random(ids.shape) < share)
    how = generator.random(ids.shape)
    others = generator.integers(0, vocabulary, ids.shape)
    read = np.where(asked & (how >= _KEPT + _RANDOM), mask, ids)
    read = np.where(asked & (how >= _KEPT) & (how < _KEPT + _RANDOM), others, read)
    return read, np.where(asked, ids, _IGNORED)


class MaskedWindows(Dataset[Any]):
    """Windows with hidden tokens; other ones are hidden each time.

    Args:
        documents: The texts.
        mask: Id of the token that stands for a hidden one.
        vocabulary: Ids are below it.
        settings: How many are hidden.
        seed: Decides which.
    """

    def __init__(
        self, documents: EncodedDocuments, mask: int, vocabulary: int, settings: Adaptation, seed: int
    ) -> None:
        self.documents, self._mask, self._vocabulary = documents, mask, vocabulary
        self._share = settings.masked
        self._generator = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self.documents.windows.doc)

    def __getitems__(self, items: Sequence[int]) -> dict[str, Tensor]:
        """A batch: `input_ids`, `attention_mask`, `labels`, int64[B, L] each."""
        documents, chosen = self.documents, np.asarray(items, np.int64)
        ids, attention = pad_windows(documents.tokens, documents.windows, chosen, documents.special)
        place = np.arange(ids.shape[1])[None, :] - len(documents.special.prefix)
        content = (place >= 0) & (place < documents.windows.length[chosen][:, None])
        read, asked = hide_tokens(ids, content, self._share, self._mask, self._vocabulary, self._generator)
        return {
            "input_ids": torch.from_numpy(read),
            "attention_mask": torch.from_numpy(attention),
            "labels": torch.from_numpy(asked),
        }


class MaskedLanguageModel(nn.Module):
    """An encoder with a head that guesses tokens: its output layer is the table of embeddings itself."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        table = encoder.get_input_embeddings()  # type: ignore[operator]
        self.encoder = encoder
        hidden: int = encoder.config.hidden_size  # type: ignore[union-attr, assignment]
        self.dense = nn.Linear(hidden, table.embedding_dim)
        self.norm = nn.LayerNorm(table.embedding_dim)
        self.bias = nn.Parameter(torch.zeros(table.num_embeddings))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Mean cross-entropy of the hidden tokens; arguments are int64[B, L]."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        asked = labels != _IGNORED
        guessed = self.norm(gelu(self.dense(hidden[asked])))
        table = self.encoder.get_input_embeddings().weight  # type: ignore[operator]
        logits = (guessed @ table.T + self.bias).float()
        if not len(logits):  # a batch of very short texts may hide nothing
            return {"loss": logits.sum()}
        return {"loss": cross_entropy(logits, labels[asked])}


class _AdaptationTrainer(Trainer):
    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        dataset: Any = train_dataset or self.train_dataset
        return GroupedSampler(dataset.documents.windows.length, self.args.train_batch_size, self.args.seed)


def _as_it_is(batch: Any) -> dict[str, Any]:
    """The dataset hands out batches already."""
    return batch  # type: ignore[no-any-return]


def adapt(
    encoder: nn.Module,
    documents: EncodedDocuments,
    mask: int,
    settings: Adaptation,
    loop: Loop,
    folder: Path,
    *,
    show_progress: bool,
) -> float:
    """Train an encoder on hidden tokens of unlabelled texts, in place.

    Args:
        encoder: Any model with `last_hidden_state` and input embeddings.
        documents: The texts, cleaned as in scoring.
        mask: Id of the token that stands for a hidden one.
        settings: How long and how much.
        loop: Precision and seed.
        folder: A scratch folder of the trainer is made and removed in here.
        show_progress: Draw a progress bar.

    Returns:
        The mean loss of all steps, nats.
    """
    model = MaskedLanguageModel(encoder)
    vocabulary = int(model.bias.shape[0])
    windows = MaskedWindows(documents, mask, vocabulary, settings, loop.seed)
    cuda = torch.cuda.is_available()
    precision = choose_precision(loop.precision, torch.device("cuda" if cuda else "cpu"))
    arguments = TrainingArguments(
        output_dir=str(folder / "adaptation"),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_windows,
        learning_rate=settings.learning_rate,
        warmup_steps=0.1,
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        use_cpu=not cuda,
        eval_strategy="no",
        save_strategy="no",
        logging_strategy="no",
        remove_unused_columns=False,
        dataloader_pin_memory=cuda,
        report_to=[],
        disable_tqdm=not show_progress,
        seed=loop.seed,
    )
    arguments._n_gpu = min(arguments.n_gpu, 1)
    trainer = _AdaptationTrainer(model=model, args=arguments, train_dataset=windows, data_collator=_as_it_is)
    trainer.remove_callback(PrinterCallback)
    loss = float(trainer.train().training_loss)
    shutil.rmtree(folder / "adaptation", ignore_errors=True)
    log.info("adapted to %d windows of unlabelled text: mean loss %.3f", len(windows), loss)
    return loss
