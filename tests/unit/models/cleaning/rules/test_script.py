from __future__ import annotations

import hashlib

import opencc
import polars as pl

from models.cleaning.rules.script import changed_characters, to_simplified


def test_column_is_converted_row_by_row() -> None:
    texts = pl.Series("t", ["臺灣", "平常", "", "頭髮與發現", "乾隆喝乾淨的水"])
    assert to_simplified(texts).to_list() == ["台湾", "平常", "", "头发与发现", "乾隆喝干净的水"]


def test_a_phrase_never_spans_two_rows() -> None:
    converter = opencc.OpenCC("t2s")
    halves = ["乾", "隆"]
    assert converter.convert("".join(halves)) == "乾隆"
    assert to_simplified(pl.Series(halves)).to_list() == [converter.convert(half) for half in halves] == ["干", "隆"]


def test_simplified_text_is_not_touched() -> None:
    assert not set("这个卖家发货很慢态度也不好") & set(changed_characters())


def test_phrases_do_no_harm_to_simplified_rows() -> None:
    text = "门被他打坏了"
    assert opencc.OpenCC("t2s").convert(text) != text
    assert to_simplified(pl.Series([text, "這"])).to_list() == [text, "这"]


def test_opencc_tables_are_those_of_this_cleaning_version() -> None:
    """If a new OpenCC converts otherwise, old bundles would clean otherwise: raise CLEANING_VERSION."""
    changed = changed_characters()
    table = f"{changed}\n{opencc.OpenCC('t2s').convert(' '.join(changed))}"
    assert hashlib.sha256(table.encode()).hexdigest()[:16] == "99d71ed8836718e5"
