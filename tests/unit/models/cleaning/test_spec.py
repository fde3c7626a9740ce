from __future__ import annotations

import pytest
from pydantic import ValidationError

from models.cleaning.spec import CleaningSpec


@pytest.mark.parametrize(
    "wrong", [{"emojis": "drop"}, {"emoji": "remove"}, {"max_repeats": -1}, {"html_tags": "maybe"}]
)
def test_wrong_fields_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CleaningSpec.model_validate(wrong)


def test_spec_is_frozen() -> None:
    with pytest.raises(ValidationError):
        CleaningSpec().version = 7  # type: ignore[misc]
