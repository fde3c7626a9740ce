"""Which old rows are shown again."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.training.data import LabelledRows
from models.training.replay import draw_replay, leave_out

GOLD = np.array([0] * 700 + [1] * 290 + [2] * 10)
OLD = LabelledRows(pl.Series("text", [f"第{number}条" for number in range(1000)]), GOLD)


def drawn(wanted: int, seed: int = 0) -> LabelledRows:
    return draw_replay(OLD, wanted, np.random.default_rng(seed))


def test_the_shares_of_the_classes_stay() -> None:
    assert np.bincount(drawn(100).gold).tolist() == [70, 29, 1]
    assert np.bincount(drawn(10).gold).tolist() == [7, 3, 1]  # the rarest keeps one


@pytest.mark.parametrize("wanted", [1000, 5000])
def test_more_than_there_are_is_all_of_them(wanted: int) -> None:
    assert drawn(wanted).texts.to_list() == OLD.texts.to_list()


@pytest.mark.parametrize("wanted", [0, -3])
def test_none(wanted: int) -> None:
    assert len(drawn(wanted)) == 0


def test_the_draw_is_random_without_repeats_in_file_order_and_repeatable() -> None:
    one = drawn(200)
    numbers = [int(text[1:-1]) for text in one.texts]
    assert numbers == sorted(set(numbers))
    assert drawn(200).texts.to_list() == one.texts.to_list()
    assert drawn(200, seed=1).texts.to_list() != one.texts.to_list()
    counts = np.zeros(1000)
    for seed in range(300):
        counts[[int(text[1:-1]) for text in drawn(200, seed).texts]] += 1
    assert counts[:990].min() > 25  # 60 expected, 7 is the standard deviation
    assert counts[:990].max() < 100


def test_a_text_is_left_out_however_it_is_written() -> None:
    old = LabelledRows(pl.Series(["好书！", "ＯＫ", "坏书", "", "👍"]), np.array([1, 1, 0, 0, 1]))
    kept = leave_out(old, pl.Series(["好 书", "ok...", "", "👍 "]))
    assert kept.texts.to_list() == ["坏书", ""]
    assert kept.gold.tolist() == [0, 0]
