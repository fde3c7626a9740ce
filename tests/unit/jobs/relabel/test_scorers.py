from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from jobs.config.file import find_home
from jobs.relabel import scorers
from storage.errors import ConfigError
from tests.support.homes import Home

CHAMPION = SimpleNamespace(version="b1", labels=("差", "好"))


def test_without_a_challenger_and_embeddings_nothing_is_loaded(new_home: Callable[..., Home]) -> None:
    made = new_home("comment", more="\n[relabel]\nembed = false\n")
    models = scorers.models_of(find_home(made.root, made.root), "comment", CHAMPION, None, 0)  # type: ignore[arg-type]
    assert (models.embed, models.rival) == (None, None)


def test_a_challenger_of_other_classes_is_refused(new_home: Callable[..., Home]) -> None:
    made = new_home("comment")
    home = find_home(made.root, made.root)
    other = SimpleNamespace(version="b2", labels=("x", "好"))
    with pytest.raises(ConfigError, match="the challenger b2 has the classes x, 好"):
        scorers._rival(home, CHAMPION, other)  # type: ignore[arg-type]


def test_the_challengers_classes_are_put_into_the_champions_order(
    new_home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = new_home("comment")
    probs = np.array([[0.9, 0.1], [np.nan, np.nan]], np.float32)
    loaded = []

    def make_scorer(*_: object) -> SimpleNamespace:
        loaded.append(1)
        return SimpleNamespace(score=lambda _texts: SimpleNamespace(probs=probs))

    monkeypatch.setattr(scorers, "make_scorer", make_scorer)
    challenger = SimpleNamespace(version="b2", labels=("好", "差"))
    rival = scorers._rival(find_home(made.root, made.root), CHAMPION, challenger)  # type: ignore[arg-type]
    assert loaded == []
    for _ in range(2):
        assert rival(pl.Series(["一", "二"])) == pytest.approx(np.array([[0.1, 0.9], [0.5, 0.5]]))
    assert loaded == [1]
