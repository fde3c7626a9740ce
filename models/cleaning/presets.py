"""The cleaning specs that the task presets start from."""

from __future__ import annotations

import tomllib
from functools import cache

from models.cleaning.spec import CleaningSpec
from models.presets import CLEANING, preset_file, presets_with
from storage.errors import ConfigError


@cache
def cleaning_preset(name: str) -> CleaningSpec:
    """Return the spec of a preset.

    Args:
        name: `comment`, `weibo`, `news`, `plain` or any other folder of `models.presets`.

    Raises:
        ConfigError: There is no such preset.
    """
    known = presets_with(CLEANING)
    if name not in known:
        raise ConfigError(
            f"no cleaning preset is called {name!r}",
            expected=f"one of {', '.join(known)}",
            action="name one of these, or write out the cleaning spec",
            preset=name,
        )
    return CleaningSpec.model_validate(tomllib.loads(preset_file(name, CLEANING).read_text("utf-8")))
