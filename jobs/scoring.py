"""A bundle made ready to score, as yeban.toml says how to compute."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from batch.answers.cache import AnswerCache
from batch.answers.files import open_answers, save_answers, tidy_folders
from batch.engine.settings import EngineSettings, resolve_settings
from batch.scorer import Scorer
from jobs.config import Home
from models.bundle import Bundle
from storage.errors import YebanError

log = logging.getLogger("yeban.scoring")


def make_scorer(home: Home, bundle: Bundle, answers: AnswerCache | None = None) -> Scorer:
    """The scorer of a bundle with the home's `[engine]` settings.

    Raises:
        BundleError: The bundle's parts are not whole or disagree.
        ConfigError: This machine cannot compute so.
    """
    return Scorer(bundle, _settings(home), answers)


@contextmanager
def kept_answers(home: Home, bundle: Bundle, *, known: bool = True) -> Iterator[AnswerCache | None]:
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
    tidy_folders(home.answers, folder, datetime.now(UTC))
    answers = open_answers(folder, max_bytes) if known else AnswerCache(max_bytes)
    try:
        yield answers
    finally:
        _save(folder, answers)


def _save(folder: Path, answers: AnswerCache) -> None:
    """They are a convenience: what was scored is staged, and goes on without them."""
    try:
        save_answers(folder, answers, datetime.now(UTC))
    except (YebanError, OSError) as error:
        log.warning("the answers of this run are not kept for the next one: %s", error)


def _answers_of(home: Home, bundle: Bundle) -> Path:
    how = resolve_settings(_settings(home))
    return home.answers / f"{bundle.version}-{how.precision}-{how.device.partition(':')[0]}"


def _settings(home: Home) -> EngineSettings:
    engine = home.config.engine
    return EngineSettings(engine.device, engine.precision, engine.max_tokens)
