"""What is measured: a night, what it is compared with, and what else is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from models.tokens import Tokens
from monitoring.findings.record import ReferenceNote
from storage.profiles.counts import CONFIDENCE_BINS
from storage.profiles.profile import Profile

Embed = Callable[[pl.Series], NDArray[np.float32]]
"""Cleaned texts String[N] to what the network makes of them, float32[N, H]."""


class Vocabulary(Protocol):
    """The part of a tokenizer that is needed here."""

    @property
    def largest_id(self) -> int:
        """The largest id that a text can have."""
        ...

    def encode(self, texts: pl.Series) -> Tokens:
        """Tokens of cleaned texts."""
        ...

    def name(self, token: int) -> str:
        """How the vocabulary writes a token."""
        ...


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a night is compared with.

    Attributes:
        note: Where it comes from.
        profile: Its counts.
        sample: Its sample, `SAMPLE_SCHEMA`; None where the texts were not kept.
    """

    note: ReferenceNote
    profile: Profile
    sample: pa.Table | None


@dataclass(frozen=True, slots=True)
class LabelledSample:
    """Predictions of the bundle for rows that annotators labelled.

    Attributes:
        probs: float[N, C] of rows that were drawn at random; NaN in a row that could not be scored.
        gold: int[N], their classes.
        biased: Labels of rows that were chosen for being doubtful: they say nothing about the whole.
        unknown: Labels that are none of the bundle's classes.
    """

    probs: NDArray[np.float64]
    gold: NDArray[np.int64]
    biased: int = 0
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MonitoringInput:
    """Everything that the findings of one night rest on.

    Attributes:
        task: The task.
        logical_date: The date.
        bundle: Version of its bundle.
        profile: Tonight's counts.
        sample: Tonight's sample, `SAMPLE_SCHEMA`.
        baseline: What to compare with, None where there is nothing.
        past_rows: Rows of the nights before, oldest first.
        vocabulary: The bundle's tokenizer.
        confusion: int[C, C], gold class by predicted class on the bundle's dev rows; None where it has none.
        labelled: Predictions of rows that annotators labelled; None where there are none.
        embed: What the network makes of texts; None leaves embeddings out.
    """

    task: str
    logical_date: date
    bundle: str
    profile: Profile
    sample: pa.Table
    baseline: Baseline | None
    past_rows: Sequence[int]
    vocabulary: Vocabulary
    confusion: NDArray[np.int64] | None = None
    labelled: LabelledSample | None = None
    embed: Embed | None = None

    def rng(self, name: str) -> np.random.Generator:
        """Randomness for one metric: the same night gives the same numbers, whatever else is measured."""
        seed = hashlib.sha256(f"{self.task}\x1f{self.logical_date}\x1f{self.bundle}\x1f{name}".encode()).digest()
        return np.random.default_rng(int.from_bytes(seed[:8], "little"))


@dataclass(frozen=True, slots=True)
class SampleLimits:
    """How much is measured.

    Attributes:
        min_rows: Rows that a side needs before a metric of it means anything.
        unsure_below: Confidence below which a row counts as unsure; None for half-way between a guess and 1.
        embedding_rows: Rows of each side whose embeddings are compared; 0 for none.
        slice_values: Values of a slice column that are measured, the most frequent first.
        show_texts: Whether findings may hold example rows.
    """

    min_rows: int = 300
    unsure_below: float | None = None
    embedding_rows: int = 500
    slice_values: int = 50
    show_texts: bool = True

    def unsure_bin(self, classes: int) -> int:
        """The first confidence bin that is not unsure."""
        below = (1 / classes + 1) / 2 if self.unsure_below is None else self.unsure_below
        return round(below * CONFIDENCE_BINS)


EXAMPLE_CHARACTERS: Final = 120
"""Of an example row no more is shown."""
