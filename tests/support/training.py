"""Tiny recipes and labelled rows: a training run in a second."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.tokens import Tokenizer
from models.training.data import LabelledRows
from models.training.documents import DocumentDataset, EncodedDocuments
from models.training.recipe import Recipe
from models.windows import WindowSpec
from tests.support.networks import LETTERS, backend

_SIGNS = ("坏慢", "好快")
_FILLERS = "的一是了我不在人他有"


def recipe(**changes: Any) -> Recipe:
    """A recipe in float32 without dropout; `section={...}` changes single keys of a section."""
    flat: dict[str, Any] = {
        "task": "t",
        "labels": ["bad", "good"],
        "cleaning": "plain",
        "precision": "fp32",
        "scratch": {
            "min_count": 1,
            "hidden_size": 16,
            "layers": 1,
            "heads": 2,
            "intermediate_size": 32,
            "dropout": 0.0,
            "attention_dropout": 0.0,
        },
        "head": {"pooling": "mean", "dropout": 0.0},
        "windows": {"max_length": 16},
        "optimizer": {"learning_rate": 5e-3},
        "schedule": {"epochs": 2, "batch_docs": 8},
    }
    for name, value in changes.items():
        flat[name] = {**flat[name], **value} if isinstance(flat.get(name), dict) and isinstance(value, dict) else value
    return Recipe.model_validate(flat)


def rows(count: int, seed: int, longest: int = 10) -> LabelledRows:
    """Texts in which signs, among other letters, tell the class."""
    random = np.random.default_rng(seed)
    gold = random.integers(0, 2, count)
    texts = []
    for label in gold:
        letters = random.choice(list(_FILLERS + 4 * _SIGNS[label]), random.integers(2, longest))
        texts.append("".join([random.choice(list(_SIGNS[label])), *letters]))
    return LabelledRows(pl.Series("text", texts), gold.astype(np.int64))


def dataset(texts: list[str], gold: NDArray[np.int64], windows: WindowSpec) -> DocumentDataset:
    """Documents of the letters that `tests.support.networks` knows."""
    assert set("".join(texts)) <= set(LETTERS)
    tokenizer = Tokenizer(backend(), pad=0, unknown=1)
    return DocumentDataset(EncodedDocuments.encode(pl.Series(texts), tokenizer, windows), gold)
