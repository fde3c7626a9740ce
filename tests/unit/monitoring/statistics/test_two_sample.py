"""The classifier two-sample test."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from monitoring.statistics.two_sample import _area, _folds, compare_rows, compare_texts

WORDS = "物流很快包装好喜欢价格便宜质量差客服态度不太满意下次还来屏幕清晰电池耐用味道一般房间干净位置方便早餐"


def _texts(rng: np.random.Generator, count: int, slang: float = 0.0) -> list[str]:
    texts = ["".join(rng.choice(list(WORDS), rng.integers(6, 20))) for _ in range(count)]
    return [text + "绝绝子" if rng.random() < slang else text for text in texts]


def test_p_values_of_rows_are_uniform() -> None:
    """Without the factor for cross-validation 12 % of the p-values would be below .05."""
    rng = np.random.default_rng(0)
    got = [compare_rows(rng.normal(size=(60, 8)), rng.normal(size=(90, 8)), rng) for _ in range(200)]
    p_values = np.array([g.p_value for g in got])
    assert np.mean(p_values < 0.05) <= 0.095
    assert 0.38 <= np.mean(p_values < 0.5) <= 0.62
    spread = np.std([g.value for g in got])
    assert spread == pytest.approx((got[0].null_high - got[0].null_low) / 3.92, rel=0.15)


def test_p_values_of_texts_are_uniform() -> None:
    rng = np.random.default_rng(1)
    p_values = np.array([compare_texts(_texts(rng, 60), _texts(rng, 60), rng).p_value for _ in range(40)])
    assert np.mean(p_values < 0.05) <= 6 / 40
    assert 0.25 <= np.mean(p_values < 0.5) <= 0.75


def test_slang_gives_the_texts_away() -> None:
    rng = np.random.default_rng(2)
    got = compare_texts(_texts(rng, 300), _texts(rng, 300, slang=0.5), rng)
    assert got.value > 0.65
    assert got.low > 0.5
    assert got.p_value < 1e-6
    assert got.effect == pytest.approx(2 * got.value - 1)
    assert got.value > got.null_high


def test_floods_of_one_text_and_texts_of_both_sides_do_not_leak() -> None:
    rng = np.random.default_rng(3)
    common = _texts(rng, 120)
    got = compare_texts(common * 3, common[:100] * 5, rng)
    assert (got.n, got.m) == (120, 100)
    assert abs(got.value - 0.5) < 0.2
    assert got.p_value > 0.01


def test_equal_rows_share_a_fold_and_folds_are_even() -> None:
    rng = np.random.default_rng(4)
    groups = np.concatenate([np.arange(100), np.arange(50, 150)])
    is_now = np.arange(200) >= 100
    fold = _folds(groups, is_now, rng)
    for group in range(150):
        assert len(set(fold[groups == group])) == 1
    assert all(19 <= ((fold == k) & is_now).sum() <= 21 for k in range(5))


def test_area_agrees_with_sklearn() -> None:
    rng = np.random.default_rng(5)
    scores, is_now = rng.integers(0, 20, 300).astype(float), rng.random(300) < 0.3
    assert _area(scores, is_now) == pytest.approx(roc_auc_score(is_now, scores), abs=1e-12)


def test_moved_embeddings_are_told_apart() -> None:
    rng = np.random.default_rng(6)
    got = compare_rows(
        rng.normal(size=(400, 32)).astype(np.float32), rng.normal(0.3, 1, (300, 32)).astype(np.float32), rng
    )
    assert got.value > 0.8
    assert got.p_value < 1e-9


@pytest.mark.parametrize("texts", [[], ["", "  "], ["好"] * 50, ["好", "坏", "中"]])
def test_too_little_text_says_nothing(texts: list[str]) -> None:
    got = compare_texts(texts, ["一", "二"] if texts else [], np.random.default_rng(0))
    assert math.isnan(got.value)
    assert got.reason


def test_missing_rows_are_left_out_and_none_say_nothing() -> None:
    rng = np.random.default_rng(7)
    rows = rng.normal(size=(40, 3))
    rows[:20] = np.nan
    assert compare_rows(rows, rng.normal(size=(30, 3)), rng).n == 20
    assert compare_rows(rows[:20], rows[:20], rng).reason == "no finite rows"
    assert "different rows" in compare_rows(np.ones((30, 3)), np.zeros((30, 3)), rng).reason
    assert "different rows" in compare_rows(rows[:20], rows[20:], rng).reason
