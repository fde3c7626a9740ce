"""A bundle made ready to score, as yeban.toml says how to compute."""

from __future__ import annotations

from batch.scorer import Scorer
from batch.settings import EngineSettings
from jobs.config import Home
from models.bundle import Bundle


def make_scorer(home: Home, bundle: Bundle) -> Scorer:
    """The scorer of a bundle with the home's `[engine]` settings.

    Raises:
        BundleError: The bundle's parts are not whole or disagree.
        ConfigError: This machine cannot compute so.
    """
    engine = home.config.engine
    return Scorer(bundle, EngineSettings(engine.device, engine.precision, engine.max_tokens))
