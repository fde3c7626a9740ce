"""Task presets: a folder for each, with its cleaning rules and, unless it is only a way of cleaning, its recipe.

    models/presets/weibo/cleaning.toml    the cleaning spec that `cleaning = "weibo"` names
    models/presets/weibo/recipe.toml      what `yeban train weibo` does

A further preset is one more folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

PRESETS: Final = Path(__file__).parent
CLEANING: Final = "cleaning.toml"
RECIPE: Final = "recipe.toml"


def presets_with(file: str) -> list[str]:
    """Names of the presets that have a file, `CLEANING` or `RECIPE`, sorted."""
    return sorted(each.parent.name for each in PRESETS.glob(f"*/{file}"))


def preset_file(name: str, file: str) -> Path:
    """Where a preset's file is, or would be."""
    return PRESETS / name / file
