"""A few texts at once, on the path that scores the nights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.runs.context import JobContext
from jobs.scoring.scorer import make_scorer
from storage.records import STATUSES


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction for one text; `ranked` is empty where it could not be scored."""

    text: str
    status: str
    ranked: tuple[tuple[str, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {**asdict(self), "ranked": [{"label": label, "prob": prob} for label, prob in self.ranked]}


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """What to score.

    Attributes:
        task: The task's name.
        texts: The texts.
        bundle: Bundle version, folder or hub name; None for the one in use.
        top: How many classes to give of each text, the most probable first.
    """

    task: str
    texts: Sequence[str]
    bundle: str | None = None
    top: int = 3


@dataclass(frozen=True, slots=True)
class PredictResult:
    """The predictions, in the order of the texts."""

    predictions: tuple[Prediction, ...]


def predict(home: Home, request: PredictRequest, _context: JobContext) -> PredictResult:
    """Score texts with the bundle in use, or the one asked for.

    Raises:
        YebanError: The bundle cannot be used.
    """
    bundle = find_bundle(home, request.task, request.bundle)
    scores = make_scorer(home, bundle).score(pl.Series("text", request.texts, dtype=pl.String))
    predictions = []
    for text, code, probs in zip(request.texts, scores.status, scores.probs, strict=True):
        order: list[int] = [] if np.isnan(probs).any() else np.argsort(-probs, kind="stable")[: request.top].tolist()
        ranked = tuple((bundle.labels[each], float(probs[each])) for each in order)
        predictions.append(Prediction(text, STATUSES[code], ranked))
    return PredictResult(tuple(predictions))
