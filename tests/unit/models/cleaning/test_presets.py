"""The cleaning specs of the task presets."""

from __future__ import annotations

import json

import pytest

from models.cleaning.presets import cleaning_preset
from models.cleaning.spec import CLEANING_VERSION, CleaningSpec
from storage.errors import ConfigError

PRESETS = ("comment", "weibo", "news", "plain")


@pytest.mark.parametrize("preset", PRESETS)
def test_preset_survives_json(preset: str) -> None:
    spec = cleaning_preset(preset)
    assert CleaningSpec.model_validate(json.loads(json.dumps(spec.model_dump()))) == spec
    assert spec.version == CLEANING_VERSION


def test_presets_differ() -> None:
    assert len({cleaning_preset(preset).model_dump_json() for preset in PRESETS}) == len(PRESETS)


def test_plain_is_what_a_spec_is_by_default() -> None:
    assert cleaning_preset("plain") == CleaningSpec()


def test_weibo_is_comment_with_reposts_taken_apart() -> None:
    assert cleaning_preset("weibo") == cleaning_preset("comment").model_copy(update={"repost": "markers"})


@pytest.mark.parametrize("name", ["tweets", "", "..", "../presets/news"])
def test_unknown_preset_names_the_known_ones(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name!r}") as caught:
        cleaning_preset(name)
    assert all(preset in caught.value.expected for preset in PRESETS)
