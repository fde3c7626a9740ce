from __future__ import annotations

import itertools
import time

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.relabel.selection.duplicates import SIMILARITY, group_near_duplicates


def groups(*texts: str) -> list[int]:
    return group_near_duplicates(pl.Series("text", texts, dtype=pl.String)).tolist()


def grams(text: str) -> set[str]:
    whole = text + "\x1f"
    return {whole[i : i + 2] for i in range(len(whole) - 1)} or {whole}


def jaccard(one: str, other: str) -> float:
    a, b = grams(one), grams(other)
    return len(a & b) / len(a | b)


def test_equal_and_nearly_equal_texts_are_together_and_others_apart() -> None:
    long = "物流很快包装也很好客服态度不错下次还会再来光顾这家店铺推荐给大家"
    found = groups(long, "房间很小而且隔音太差", long + "！", long, "早餐不错")
    assert found[0] == found[2] == found[3]
    assert len(set(found)) == 3


def test_short_texts_that_differ_are_apart() -> None:
    assert len(set(groups("好", "差", "很好", "很差", ""))) == 5
    assert len(set(groups("好", "好", "", ""))) == 2


def test_no_text_and_one_text() -> None:
    assert groups() == []
    assert groups("一") == [0]
    assert groups("") == [0]


def test_characters_beyond_the_first_plane() -> None:
    assert len(set(groups("😀😀😀𠮷", "😀😀😀𠮷", "😁"))) == 2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab好坏", max_size=12), min_size=2, max_size=12))
def test_groups_are_the_chains_of_texts_that_are_alike(texts: list[str]) -> None:
    """Against all pairs compared one by one: no pair that is alike is apart, and none is together without a chain."""
    found = groups(*texts)
    parent = list(range(len(texts)))
    for i, j in itertools.combinations(range(len(texts)), 2):
        if jaccard(texts[i], texts[j]) >= SIMILARITY:
            old, new = parent[j], parent[i]
            parent = [new if each == old else each for each in parent]
    for i, j in itertools.combinations(range(len(texts)), 2):
        if found[i] == found[j]:
            assert parent[i] == parent[j]
        if texts[i] == texts[j]:
            assert found[i] == found[j]


def test_most_pairs_at_the_threshold_are_found() -> None:
    rng = np.random.default_rng(5)
    characters = [chr(each) for each in range(0x4E00, 0x4E00 + 3000)]
    texts = []
    for _ in range(200):
        first = rng.choice(characters, 60)
        second = first.copy()
        second[rng.choice(60, 3, replace=False)] = "改"
        texts += ["".join(first), "".join(second)]
    alike = [i for i in range(0, 400, 2) if jaccard(texts[i], texts[i + 1]) >= SIMILARITY]
    found = groups(*texts)
    assert len(alike) > 150
    assert sum(found[i] == found[i + 1] for i in alike) >= 0.99 * len(alike)
    assert len(set(found)) >= 200


def test_thousands_of_copies_with_small_changes_take_a_moment() -> None:
    text = "恭喜您获得本店周年庆大奖请点击链接领取先到先得过期不候"
    texts = [f"{text}{number:05}" for number in range(5_000)]
    started = time.process_time()
    found = groups(*texts)
    assert time.process_time() - started < 30
    assert len(set(found)) < 50
