"""Networks that score and embed candidates, loaded when a strategy first uses them."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from batch.engine.settings import EngineSettings, resolve_settings
from batch.scorer import Scorer
from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.scoring.scorer import make_scorer
from models.bundle import Bundle
from models.dropout import DropoutPasses
from models.embedding import Embedder
from monitoring.relabel.strategies.base.pool import Models, Rival
from storage.errors import ConfigError


def models_of(home: Home, task: str, bundle: Bundle, against: str | None, seed: int) -> Models:
    """The networks of a task: that of the bundle in use, and of a challenger if one is named.

    Args:
        home: Its settings have where to compute, and whether to embed.
        task: The task.
        bundle: The bundle in use.
        against: Version, folder or hub name of the challenger.
        seed: Of dropout.

    Raises:
        BundleError: There is no such challenger.
        ConfigError: The challenger has other classes.
    """
    settings = home.config.relabel

    @cache
    def embedder() -> Embedder:
        return Embedder(bundle, _device(home))

    @cache
    def dropout() -> DropoutPasses:
        return DropoutPasses(bundle, settings.dropout_passes, seed, _device(home))

    rival = None if against is None else _rival(home, bundle, find_bundle(home, task, against))
    return Models(
        embed=(lambda texts: embedder().embed(texts)) if settings.embed else None,
        passes=lambda texts: dropout()(texts),
        rival=rival,
    )


def _device(home: Home) -> str:
    return resolve_settings(EngineSettings(device=home.config.engine.device)).device


def _rival(home: Home, bundle: Bundle, challenger: Bundle) -> Rival:
    """The challenger's probabilities in the order of the champion's classes; it cleans once more, as it is used to."""
    if set(challenger.labels) != set(bundle.labels):
        raise ConfigError(
            f"the challenger {challenger.version} has the classes {', '.join(challenger.labels)}",
            expected=f"those of {bundle.version}: {', '.join(bundle.labels)}",
            action="name a bundle of the same task with --against",
        )
    order = [challenger.labels.index(label) for label in bundle.labels]

    @cache
    def scorer() -> Scorer:
        return make_scorer(home, challenger)

    def score(texts: pl.Series) -> NDArray[np.float32]:
        return np.nan_to_num(scorer().score(texts).probs[:, order], nan=1 / len(order))

    return score
