from __future__ import annotations

import numpy as np

from monitoring.relabel.strategies.base.pool import Models
from monitoring.relabel.strategies.base.registry import STRATEGIES
from monitoring.relabel.strategies.base.strategy import Need, check_needs
from storage.errors import ConfigError

NONE = np.zeros((0, 0), np.float32)
ALL = Models(lambda _: NONE, lambda _: NONE[None], lambda _: NONE)
FEW = Models(None, lambda _: NONE[None], None)


def test_with_all_models_every_strategy_can_rank() -> None:
    for strategy in STRATEGIES.all():
        check_needs(strategy, ALL)


def test_what_is_missing_is_named() -> None:
    refused = {}
    for strategy in STRATEGIES.all():
        try:
            check_needs(strategy, FEW)
        except ConfigError as error:
            refused[strategy.name] = error.got
    assert refused == {
        "badge": "badge needs embeddings, and they are switched off",
        "coreset": "coreset needs embeddings, and they are switched off",
        "disagreement": "disagreement needs two models, and there is one",
        "typiclust": "typiclust needs embeddings, and they are switched off",
    }


def test_what_each_needs() -> None:
    needs = {each.name: set(each.needs) for each in STRATEGIES.all() if each.needs}
    assert needs == {
        "badge": {Need.EMBEDDINGS},
        "bald": {Need.DROPOUT_PASSES},
        "coreset": {Need.EMBEDDINGS},
        "disagreement": {Need.CHALLENGER},
        "suspected_errors": {Need.LABELS},
        "typiclust": {Need.EMBEDDINGS},
    }


def test_only_the_random_arm_is_a_sample() -> None:
    assert [each.name for each in STRATEGIES.all() if each.is_sample] == ["random"]
