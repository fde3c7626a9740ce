"""A bundle's network as a function from texts to vectors, loaded when it is first asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jobs.config.home import Home
from models.bundle import Bundle
from monitoring.metrics.input import Embed

if TYPE_CHECKING:
    from models.embedding import Embedder


def lazy_embedder(home: Home, bundle: Bundle) -> Embed | None:
    """What the bundle's network makes of texts, on the home's device; None where yeban.toml wants no embeddings."""
    if not home.config.monitor.embedding_rows:
        return None
    ready: list[Embedder] = []

    def embed(texts: pl.Series) -> NDArray[np.float32]:
        if not ready:
            from batch.engine.settings import EngineSettings, resolve_settings
            from models.embedding import Embedder

            device = resolve_settings(EngineSettings(device=home.config.engine.device)).device
            ready.append(Embedder(bundle, device))
        return ready[0].embed(texts)

    return embed
