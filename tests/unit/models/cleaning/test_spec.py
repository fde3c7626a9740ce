from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

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


def test_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="'tweets'") as caught:
        cleaning_preset("tweets")
    assert all(preset in caught.value.expected for preset in PRESETS)


@pytest.mark.parametrize(
    "wrong", [{"emojis": "drop"}, {"emoji": "remove"}, {"max_repeats": -1}, {"html_tags": "maybe"}]
)
def test_wrong_fields_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CleaningSpec.model_validate(wrong)


def test_spec_is_frozen() -> None:
    with pytest.raises(ValidationError):
        CleaningSpec().version = 7  # type: ignore[misc]
