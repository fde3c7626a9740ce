"""Section [retention]: nothing that people may still need goes by default."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jobs.config.sections.retention import BoundSection, RetentionSection


def test_by_default_only_shadow_runs_grow_too_old() -> None:
    section = RetentionSection()
    kinds = {name: getattr(section, name) for name in RetentionSection.model_fields if name != "keep_free_gb"}
    bounded = {name for name, bound in kinds.items() if bound != BoundSection()}
    assert bounded == {"shadow"}
    assert (section.shadow.days, section.shadow.gb) == (30, None)


@pytest.mark.parametrize("bound", [{"days": 0}, {"days": 40_000}, {"gb": 0}, {"gb": float("inf")}, {"weeks": 1}])
def test_a_bound_that_would_remove_everything_or_means_nothing(bound: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        RetentionSection.model_validate({"parts": bound})


def test_free_room_may_be_nothing_but_not_less() -> None:
    assert RetentionSection(keep_free_gb=0).keep_free_gb == 0
    with pytest.raises(ValidationError):
        RetentionSection(keep_free_gb=-1)
