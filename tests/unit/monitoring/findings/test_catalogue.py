from __future__ import annotations

import pytest

from monitoring.findings.catalogue import CATALOGUE, MARK_SHARES, Definition
from storage.profiles.counts import MARKS


def test_every_mark_has_a_metric() -> None:
    assert tuple(MARK_SHARES) == MARKS
    assert set(MARK_SHARES.values()) <= set(CATALOGUE)


@pytest.mark.parametrize("definition", CATALOGUE.values(), ids=CATALOGUE)
def test_what_raises_an_alert_says_what_to_do_in_both_languages(definition: Definition) -> None:
    assert definition.title_en
    assert definition.title_zh
    if definition.threshold is not None:
        assert definition.threshold > 0
        assert definition.advice_en
        assert definition.advice_zh


def test_titles_are_distinct() -> None:
    assert len({each.title_en for each in CATALOGUE.values()}) == len(CATALOGUE)
    assert len({each.title_zh for each in CATALOGUE.values()}) == len(CATALOGUE)
