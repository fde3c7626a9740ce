"""The manifest: the one file that describes a bundle. Readable without torch."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.aggregation import Aggregation
from models.cleaning.spec import CleaningSpec
from models.windows import WindowSpec


class HeadSpec(BaseModel):
    """What stands on the encoder: pooling -> LayerNorm (optional) -> dropout -> linear.

    Attributes:
        pooling: First token, mean or maximum over a window's tokens (special tokens included).
        layer_norm: Normalise the pooled vector.
        dropout: Applied to the pooled vector while training.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pooling: Literal["cls", "mean", "max"] = "cls"
    layer_norm: bool = False
    dropout: float = Field(default=0.1, ge=0, lt=1)


class DataRecord(BaseModel):
    """One file that went into training, or the labels of one batch of the queue.

    Attributes:
        role: What for; `new`, `rehearsal` and `unlabelled` are those of fine-tuning.
        name: The file's name, and the condition on its rows; or `batch` and the batch's name.
        sha256: Of its bytes, empty where there were several; or of the batch's labels.
        rows: How many rows it gave.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["train", "dev", "vocabulary", "new", "rehearsal", "unlabelled"]
    name: str
    sha256: str
    rows: int


class Lineage(BaseModel):
    """Where a bundle comes from. No clock in here: the same recipe on the same data is the same bundle.

    Attributes:
        yeban: The version of this program.
        parent: The bundle that it was fine-tuned from, None for one that was trained from scratch.
        recipe: All settings.
        data: The files.
        dev_metrics: Figures on the dev rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    yeban: str = ""
    parent: str | None = None
    recipe: dict[str, Any] = {}
    data: tuple[DataRecord, ...] = ()
    dev_metrics: dict[str, Any] = {}


class Manifest(BaseModel):
    """All that scoring needs to know, apart from weights and vocabulary.

    Attributes:
        format: Version of this file's layout.
        task: The task that the bundle was trained for.
        network: `yeban`: our classifier over an encoder; `transformers`: a stock sequence classifier.
        labels: Class names; the position is the class index of the head.
        head: Our classifier's head; None for `transformers`.
        cleaning: Cleaning rules; scoring can use no other.
        windows: How text is cut.
        aggregation: How window logits become document logits.
        temperature: Divides the document logits before the softmax.
        min_chars: Cleaned texts with fewer characters are scored but marked `short`.
        files: SHA-256 of every other file that scoring needs, by name.
        lineage: Where the bundle comes from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    task: str
    network: Literal["yeban", "transformers"] = "yeban"
    labels: tuple[str, ...] = Field(min_length=2)
    head: HeadSpec | None = None
    cleaning: CleaningSpec
    windows: WindowSpec
    aggregation: Aggregation = "mean"
    temperature: float = Field(default=1.0, gt=0)
    min_chars: int = Field(default=2, ge=1)
    files: dict[str, str]
    lineage: Lineage = Lineage()

    @model_validator(mode="after")
    def _labels_are_distinct(self) -> Self:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels repeat: {list(self.labels)}; expected each class once")
        if self.network == "yeban" and self.head is None:
            raise ValueError("head is missing; expected a head for network 'yeban'")
        return self

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change when anything in the bundle changes."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]
