from __future__ import annotations

from models.pages.localized_text import LocalizedText
from monitoring.metrics import advice
from monitoring.metrics.registry import CATALOGUE

SHARED = {name: value for name, value in vars(advice).items() if isinstance(value, LocalizedText)}


def test_advice_that_stands_here_is_given_by_several_metrics() -> None:
    given = [each.advice for each in CATALOGUE.values()]
    assert len(SHARED) == 5
    assert {name for name, text in SHARED.items() if given.count(text) < 2} == set()
