"""The registry, and what all strategies keep to."""

from __future__ import annotations

import subprocess
import sys

import pytest

from monitoring.relabel.strategies.base.registry import STRATEGIES, register

HEAVY = ("numpy", "sklearn", "scipy", "polars")


def test_each_strategy_has_the_name_of_its_file() -> None:
    assert [each.name for each in STRATEGIES.all()] == list(STRATEGIES.names())
    for name in STRATEGIES.names():
        assert type(STRATEGIES.get(name)).__module__ == f"monitoring.relabel.strategies.{name}"


def test_the_order_in_which_rows_are_taken() -> None:
    """Part of what a seed gives: it must not change."""
    by_turn = sorted(STRATEGIES.all(), key=lambda each: each.turn)
    assert [each.name for each in by_turn] == [
        *("random", "suspected_errors", "margin", "least_confidence", "entropy", "bald", "disagreement"),
        *("coreset", "badge", "typiclust"),
    ]
    assert len({each.turn for each in by_turn}) == len(by_turn)


def test_where_each_looks() -> None:
    found = {each.name: (each.source, each.measure, each.by_score) for each in STRATEGIES.all()}
    assert found == {
        "random": ("sample", None, False),
        "suspected_errors": ("labelled", None, False),
        "margin": ("uncertain", "margin", True),
        "least_confidence": ("uncertain", "confidence", True),
        "entropy": ("uncertain", "entropy", True),
        "bald": ("uncertain", "entropy", True),
        "disagreement": ("both", "margin", True),
        "coreset": ("drawn", None, False),
        "badge": ("both", "margin", False),
        "typiclust": ("drawn", None, False),
    }


def test_names_are_known_without_anything_heavy() -> None:
    code = (
        "import sys\n"
        "from monitoring.relabel.strategies.base.registry import STRATEGIES\n"
        f"assert len(STRATEGIES.names()) == 10 and not [each for each in {HEAVY!r} if each in sys.modules]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="'margin'"):
        register(type(STRATEGIES.get("margin")))
