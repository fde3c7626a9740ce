"""Task presets: one folder each."""

from __future__ import annotations

import tomllib

import pytest

from models.presets import CLEANING, PRESETS, RECIPE, preset_file, presets_with


def test_the_presets_that_come_with_yeban() -> None:
    assert presets_with(RECIPE) == ["comment", "news", "weibo"]
    assert presets_with(CLEANING) == ["comment", "news", "plain", "weibo"]


@pytest.mark.parametrize("name", presets_with(RECIPE))
def test_a_recipe_cleans_as_its_own_preset_says(name: str) -> None:
    raw = tomllib.loads(preset_file(name, RECIPE).read_text("utf-8"))
    assert raw["task"] == raw["cleaning"] == name
    assert preset_file(name, CLEANING).is_file()


def test_a_folder_is_a_preset_and_holds_nothing_else() -> None:
    folders = {each.name for each in PRESETS.iterdir() if each.is_dir() and each.name != "__pycache__"}
    assert folders == set(presets_with(CLEANING))
    assert {file.name for name in folders for file in (PRESETS / name).iterdir()} == {CLEANING, RECIPE}
