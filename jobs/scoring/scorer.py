"""A bundle made ready to score with the settings of `[engine]` in yeban.toml."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from batch.engine.settings import EngineSettings, resolve_settings
from batch.executors import registry as executors
from batch.executors.protocol import Executor
from batch.prediction_cache.cache import PredictionCache
from batch.prediction_cache.files import open_cache, save_cache, tidy_caches
from batch.scorer import Scorer
from jobs.config.home import Home
from jobs.runs.context import Clock
from models.bundle import Bundle
from storage.errors import YebanError

log = logging.getLogger("yeban.scoring")


def make_scorer(home: Home, bundle: Bundle) -> Scorer:
    """The scorer of a bundle with the home's `[engine]` settings.

    Raises:
        BundleError: The bundle's parts are not whole or disagree.
        ConfigError: This machine cannot compute so.
    """
    return Scorer(bundle, _settings(home))


def make_executor(home: Home, bundle: Bundle) -> Executor:
    """The executor of a bundle with the home's `[engine]` settings.

    Raises:
        BundleError, ConfigError: As `make_scorer`.
    """
    return executors.make_executor(bundle, _settings(home))


class SharedExecutor:
    """Makes a bundle's executor for the first run, and lends it to the runs after it: many dates, one start."""

    def __init__(self) -> None:
        self._made: tuple[str, Executor] | None = None

    def __call__(self, home: Home, bundle: Bundle) -> Executor:
        """The executor of a bundle; see `make_executor`."""
        if self._made is None or self._made[0] != bundle.version:
            self._made = bundle.version, make_executor(home, bundle)
        return self._made[1]


@contextmanager
def prediction_cache(home: Home, bundle: Bundle, now: Clock, *, known: bool = True) -> Iterator[PredictionCache | None]:
    """The predictions of earlier runs, if yeban.toml wants them kept; new ones are written when the block ends.

    Args:
        home: The home.
        bundle: The bundle that makes the predictions.
        now: The clock: caches that were not used for long are removed.
        known: Start with the predictions of earlier runs; else with none, so that all texts are computed.

    Raises:
        ConfigError: This machine cannot compute as yeban.toml says.
    """
    max_bytes = home.config.engine.cache_mb << 20
    if not max_bytes:
        yield None
        return
    folder = _cache_folder(home, bundle)
    tidy_caches(home.prediction_cache, folder, now())
    cache = open_cache(folder, max_bytes) if known else PredictionCache(max_bytes)
    try:
        yield cache
    finally:
        _save(folder, cache, now())


def _save(folder: Path, cache: PredictionCache, moment: datetime) -> None:
    """Save the cache. It is a convenience: what was scored is staged, and the run goes on without it."""
    try:
        save_cache(folder, cache, moment)
    except (YebanError, OSError) as error:
        log.warning("the predictions of this run are not kept for the next one: %s", error)


def settings_of(home: Home) -> EngineSettings:
    """How this machine computes, every `auto` of yeban.toml replaced.

    Raises:
        ConfigError: It cannot compute so.
    """
    return resolve_settings(_settings(home))


def _cache_folder(home: Home, bundle: Bundle) -> Path:
    how = settings_of(home)
    return home.prediction_cache / f"{bundle.version}-{how.precision}-{how.device.partition(':')[0]}"


def _settings(home: Home) -> EngineSettings:
    engine = home.config.engine
    return EngineSettings(engine.device, engine.precision, engine.max_tokens)
