"""New words: found when they are there, not found when they are not."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import fisher_exact

from monitoring.statistics.grams import BREAK, EMOJI, HAN, LATIN, NUMBER, cut_units
from monitoring.statistics.new_words import WordLimits, _exact_p_values, find_new_words

COMMENTS = Path(__file__).parents[5] / "shared" / "data" / "comment.parquet"

_WORDS = (
    "物流 快递 包装 质量 价格 客服 态度 屏幕 电池 味道 房间 位置 早餐 老板 颜色 尺码 手机 电脑 酒店 服务 前台 卫生 "
    "很 不 太 真 还 就 也 都 了 的 是 好 差 快 慢 大 小 贵 便宜 干净 漂亮 满意 失望 喜欢 推荐 一般 可以 非常 比较"
)
LEXICON = _WORDS.split()


def _sentences(rng: np.random.Generator, count: int) -> list[str]:
    share = 1 / np.arange(2, len(LEXICON) + 2)
    words = rng.choice(LEXICON, (count, 12), p=share / share.sum())
    lengths = rng.integers(4, 13, count)
    return ["".join(row[: n // 2]) + "，" + "".join(row[n // 2 : n]) for row, n in zip(words, lengths, strict=True)]


def _with(texts: list[str], word: str, share: float, rng: np.random.Generator) -> list[str]:
    texts = list(texts)
    for row in rng.permutation(len(texts))[: int(share * len(texts))]:
        place = int(rng.integers(0, len(texts[row]) + 1))
        texts[row] = texts[row][:place] + word + texts[row][place:]
    return texts


def _comments(rng: np.random.Generator, count: int) -> list[str]:
    if not COMMENTS.exists():
        pytest.skip("the real comments (../shared/data) are not here")
    texts = pl.read_parquet(COMMENTS, columns=["text"])["text"].unique(maintain_order=True)
    return texts.gather(rng.permutation(len(texts))[:count]).to_list()


@pytest.mark.parametrize("word", ["绝绝子", "yyds", "蚌埠住了", "🫠", "e人", "🐂🍺"])
def test_slang_in_two_percent_of_the_texts_comes_first(word: str) -> None:
    rng = np.random.default_rng(0)
    before, now = _sentences(rng, 5000), _with(_sentences(rng, 5000), word, 0.02, rng)
    found = find_new_words(before, now)
    first = found.words[0]
    assert first.text == word
    assert first.kind == ("emoji" if word in ("🫠", "🐂🍺") else "word")
    assert (first.rows_before, first.rows_now) == (0, 100)
    assert first.now.value == 0.02
    assert first.before.high < first.now.low
    assert first.adjusted_p < 1e-9
    assert first.z > 5
    assert len(first.examples) == 5
    assert all(word in now[row] for row in first.examples)
    assert [w.text for w in found.words] == [word]


def test_slang_in_real_comments_comes_first() -> None:
    rng = np.random.default_rng(1)
    texts = _comments(rng, 10_000)
    found = find_new_words(texts[:5000], _with(texts[5000:], "绝绝子", 0.02, rng))
    assert [word.text for word in found.words] == ["绝绝子"]


def test_halves_of_one_corpus_hold_no_new_word() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        texts = _sentences(rng, 4000)
        assert find_new_words(texts[:2000], texts[2000:]).words == (), seed


def test_halves_of_real_comments_hold_no_new_word() -> None:
    for seed in range(20):
        texts = _comments(np.random.default_rng(seed), 4000)
        assert find_new_words(texts[:2000], texts[2000:]).words == (), seed


def test_a_spammer_counts_once() -> None:
    rng = np.random.default_rng(2)
    before, now = _sentences(rng, 1000), _sentences(rng, 1000)
    now[7] = "绝绝子！" * 500
    assert find_new_words(before, now).words == ()


def test_a_rise_of_a_known_word_is_measured() -> None:
    rng = np.random.default_rng(3)
    before = _with(_sentences(rng, 2000), "躺平", 0.01, rng)
    now = _with(_sentences(rng, 3000), "躺平", 0.05, rng)
    (word,) = find_new_words(before, now).words
    assert (word.text, word.rows_before, word.rows_now) == ("躺平", 20, 150)
    assert word.before.low < 0.01 < word.before.high
    assert word.p_value == pytest.approx(fisher_exact([[150, 2850], [20, 1980]], alternative="greater").pvalue)


def test_fragments_and_parts_go() -> None:
    rng = np.random.default_rng(4)
    before, now = _sentences(rng, 3000), _with(_sentences(rng, 3000), "栓q我真的会谢", 0.03, rng)
    texts = [word.text for word in find_new_words(before, now).words]
    assert len(texts) <= 1
    longer = WordLimits(max_length=7)
    assert [word.text for word in find_new_words(before, now, longer).words] == ["栓q我真的会谢"]


def test_z_follows_monroe_by_hand() -> None:
    rng = np.random.default_rng(5)
    (word,) = find_new_words(_sentences(rng, 1000), _with(_sentences(rng, 2000), "绝绝子", 0.05, rng)).words
    prior, rows = 0.1 * 100, 0.1 * 3000
    odds = [np.log((y + prior) / (of + rows - y - prior)) for y, of in ((100, 2000), (0, 1000))]
    assert word.z == pytest.approx((odds[0] - odds[1]) / np.sqrt(1 / (100 + prior) + 1 / prior))


def test_exact_p_values_agree_with_fisher() -> None:
    before, now = np.array([0, 3, 50, 3]), np.array([9, 9, 70, 9])
    expected = [
        fisher_exact([[b, 300 - b], [a, 200 - a]], alternative="greater").pvalue
        for a, b in zip(before, now, strict=True)
    ]
    np.testing.assert_allclose(_exact_p_values(before, now, 200, 300), expected, atol=1e-12)


def test_texts_are_cut_into_runs_of_units() -> None:
    units = cut_units(["YYDS真香👍🏽，996", "", "🇨🇳好"])
    assert units.texts[units.code].tolist() == ["yyds", "真", "香", "👍🏽", "，", "996", "🇨🇳", "好"]
    assert units.kind[units.code].tolist() == [LATIN, HAN, HAN, EMOJI, BREAK, NUMBER, EMOJI, HAN]
    assert units.row.tolist() == [0, 0, 0, 0, 0, 0, 2, 2]
    assert np.diff(units.run).astype(bool).tolist() == [False, False, True, True, True, True, True]


def test_lines_and_spaces_end_a_run() -> None:
    units = cut_units(["好\n坏 中"])
    assert np.diff(units.run).astype(bool).all()


@pytest.mark.parametrize(
    ("before", "now"),
    [([], ["好"]), (["好"], []), ([], []), (["好"], ["", "？！", None]), (["", ""], [" ", " "])],
)
def test_no_texts_say_nothing(before: list[str], now: list[str]) -> None:
    found = find_new_words(before, now)
    assert found.words == ()
    assert found.reason


def test_texts_below_the_support_hold_none_and_need_no_reason() -> None:
    found = find_new_words(["好"] * 3, ["绝绝子"] * 4)
    assert (found.words, found.tested, found.reason) == ((), 0, "")


def test_ten_thousand_texts_take_seconds() -> None:
    rng = np.random.default_rng(6)
    before, now = _sentences(rng, 10_000), _sentences(rng, 10_000)
    find_new_words(before[:50], now[:50])  # imports
    start = time.process_time()
    find_new_words(before, now)
    assert time.process_time() - start < 4.0  # about 1 s on a quiet machine
