"""A few texts at once, on the path that scores the nights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.scoring.scorer import make_scorer
from storage.records import STATUSES


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one text; `ranked` is empty where it could not be scored."""

    text: str
    status: str
    ranked: tuple[tuple[str, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {**asdict(self), "ranked": [{"label": label, "prob": prob} for label, prob in self.ranked]}


def predict(home: Home, task: str, texts: Sequence[str], wanted: str | None, top: int) -> list[Prediction]:
    """Score texts with the bundle in use, or the one asked for."""
    bundle = find_bundle(home, task, wanted)
    scores = make_scorer(home, bundle).score(pl.Series("text", texts, dtype=pl.String))
    answers = []
    for text, code, probs in zip(texts, scores.status, scores.probs, strict=True):
        order: list[int] = [] if np.isnan(probs).any() else np.argsort(-probs, kind="stable")[:top].tolist()
        ranked = tuple((bundle.labels[each], float(probs[each])) for each in order)
        answers.append(Prediction(text, STATUSES[code], ranked))
    return answers
