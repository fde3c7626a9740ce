"""Figures and verdicts in words."""

from __future__ import annotations

from monitoring.findings.catalogue import CATALOGUE
from monitoring.page.explanations import EXPLANATIONS


def test_explanations_are_of_metrics_and_short() -> None:
    assert EXPLANATIONS.keys() <= CATALOGUE.keys()
    for phrase in EXPLANATIONS.values():
        assert len(phrase.zh) <= 24
        assert len(phrase.en) <= 56
