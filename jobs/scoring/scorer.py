"""A bundle made ready to score, as yeban.toml says how to compute."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from batch.engine.engine import Work
from batch.engine.settings import EngineSettings, resolve_settings
from batch.prediction_cache.cache import PredictionCache
from batch.prediction_cache.files import open_cache, save_cache, tidy_caches
from batch.scorer import Scorer
from jobs.config.home import Home
from models.bundle import Bundle
from storage.errors import YebanError

log = logging.getLogger("yeban.scoring")


def make_scorer(home: Home, bundle: Bundle, answers: PredictionCache | None = None) -> Scorer:
    """The scorer of a bundle with the home's `[engine]` settings.

    Raises:
        BundleError: The bundle's parts are not whole or disagree.
        ConfigError: This machine cannot compute so.
    """
    return Scorer(bundle, _settings(home), answers)


class SharedScorer:
    """Makes a bundle's scorer for the first run, and lends it to the runs after it: many dates, one start."""

    def __init__(self) -> None:
        self._scorer: Scorer | None = None

    def __call__(self, home: Home, bundle: Bundle, answers: PredictionCache | None) -> Scorer:
        """The scorer of a bundle, its work counted from nought; see `make_scorer`."""
        if self._scorer is None or self._scorer.bundle.version != bundle.version:
            self._scorer = make_scorer(home, bundle, answers)
        self._scorer.answers = answers
        self._scorer.engine.work = Work()
        return self._scorer


@contextmanager
def prediction_cache(home: Home, bundle: Bundle, *, known: bool = True) -> Iterator[PredictionCache | None]:
    """The answers of earlier runs, if yeban.toml wants them kept; what is added is written when the block ends.

    Args:
        home: The home.
        bundle: Whose answers.
        known: Start with those of earlier runs; else with none, so that all is computed.

    Raises:
        ConfigError: This machine cannot compute as yeban.toml says.
    """
    max_bytes = home.config.engine.cache_mb << 20
    if not max_bytes:
        yield None
        return
    folder = _answers_of(home, bundle)
    tidy_caches(home.answers, folder, datetime.now(UTC))
    answers = open_cache(folder, max_bytes) if known else PredictionCache(max_bytes)
    try:
        yield answers
    finally:
        _save(folder, answers)


def _save(folder: Path, answers: PredictionCache) -> None:
    """They are a convenience: what was scored is staged, and goes on without them."""
    try:
        save_cache(folder, answers, datetime.now(UTC))
    except (YebanError, OSError) as error:
        log.warning("the answers of this run are not kept for the next one: %s", error)


def settings_of(home: Home) -> EngineSettings:
    """How this machine computes, every `auto` of yeban.toml replaced.

    Raises:
        ConfigError: It cannot compute so.
    """
    return resolve_settings(_settings(home))


def _answers_of(home: Home, bundle: Bundle) -> Path:
    how = settings_of(home)
    return home.answers / f"{bundle.version}-{how.precision}-{how.device.partition(':')[0]}"


def _settings(home: Home) -> EngineSettings:
    engine = home.config.engine
    return EngineSettings(engine.device, engine.precision, engine.max_tokens)
