from __future__ import annotations

import polars as pl
import pytest

from models.cleaning.rules.repeats import MAX_PERIOD, squeeze_repeats


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("哈哈哈哈哈", "哈哈哈"),
        ("哈哈哈", "哈哈哈"),
        ("好！！！！！！", "好！！！"),
        ("加油加油加油加油加油加入", "加油加油加油加入"),
        ("[泪][泪][泪][泪][泪]", "[泪][泪][泪]"),
        ("ababababX哈哈哈哈Y", "abababX哈哈哈Y"),
        ("1000000 12121212", "1000000 12121212"),
        ("😂😂😂😂", "😂😂😂"),
        ("12345678甲", "12345678甲"),
        ("", ""),
    ],
)
def test_three_at_most(text: str, expected: str) -> None:
    assert squeeze_repeats(pl.Series([text]), 3).to_list() == [expected]


@pytest.mark.parametrize("max_repeats", [1, 2, 5])
@pytest.mark.parametrize("period", range(1, MAX_PERIOD + 1))
def test_every_period_at_every_offset(period: int, max_repeats: int) -> None:
    unit = "甲乙丙丁戊己庚辛"[:period]
    texts = pl.Series([f"{'子丑寅卯辰巳午未'[:offset]}{unit * 9}" for offset in range(MAX_PERIOD + 1)])
    expected = [f"{'子丑寅卯辰巳午未'[:offset]}{unit * max_repeats}" for offset in range(MAX_PERIOD + 1)]
    assert squeeze_repeats(texts, max_repeats).to_list() == expected


def test_longer_units_are_not_looked_for() -> None:
    text = "甲乙丙丁戊己庚辛壬" * 5
    assert squeeze_repeats(pl.Series([text]), 3).to_list() == [text]


def test_rows_do_not_run_together() -> None:
    texts = pl.Series("t", ["哈哈", "哈哈", "", "", "", "", "", "哈", "哈哈哈哈", "哈"])
    assert squeeze_repeats(texts, 3).to_list() == ["哈哈", "哈哈", "", "", "", "", "", "哈", "哈哈哈", "哈"]
