from __future__ import annotations

import numpy as np

from monitoring.statistics.grams import ABSENT, BREAK, EMOJI, HAN, LATIN, NUMBER, cut_units, frequent_grams


def test_units_are_characters_words_numbers_and_whole_emoji() -> None:
    units = cut_units(["买iPhone15 2026👍🏽👍！"])
    assert units.texts[units.code].tolist() == ["买", "iphone15", " ", "2026", "👍🏽", "👍", "！"]
    assert units.kind[units.code].tolist() == [HAN, LATIN, BREAK, NUMBER, EMOJI, EMOJI, BREAK]


def test_runs_end_at_breaks_at_emoji_and_at_rows() -> None:
    units = cut_units(["好吃，👍", "好"])
    assert units.row.tolist() == [0, 0, 0, 0, 1]
    assert units.run[0] == units.run[1]
    assert len(set(units.run[1:].tolist())) == 4
    assert units.text(0, 2) == "好吃"


def test_frequent_grams_count_rows_and_not_occurrences() -> None:
    units = cut_units(["绝绝子", "绝绝子绝绝子", "绝绝子", "好"])
    single, pairs, triples = frequent_grams(units, first_current=1, min_rows=2, max_length=3)
    assert single.length == 1
    (number,) = set(triples.at[triples.at != ABSENT].tolist())
    assert (triples.rows_now[number], triples.rows_before[number], triples.times[number]) == (2, 1, 3)
    assert units.text(int(triples.first[number]), 3) == "绝绝子"
    assert len(pairs.rows_now) == 2  # 绝绝 and 绝子; 子绝 stands in one row
    assert np.all(single.rows_now >= 2)
