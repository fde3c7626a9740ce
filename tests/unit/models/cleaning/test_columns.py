from __future__ import annotations

import polars as pl
import pytest

from models.cleaning.columns import SEPARATOR, apply_where, replace_where, through_one_string


def test_rule_sees_only_rows_that_match() -> None:
    seen: list[list[str]] = []

    def rule(found: pl.Series) -> pl.Series:
        seen.append(found.to_list())
        return found + "!"

    texts = pl.Series("t", ["甲", "b", "乙", "b"])
    assert apply_where(texts, "b", rule).to_list() == ["甲", "b!", "乙", "b!"]
    assert seen == [["b", "b"]]
    assert texts.to_list() == ["甲", "b", "乙", "b"]


def test_rule_is_not_called_for_nothing() -> None:
    def rule(found: pl.Series) -> pl.Series:
        raise AssertionError(found)

    assert apply_where(pl.Series(["甲"]), "b", rule).to_list() == ["甲"]


def test_replace_where() -> None:
    assert replace_where(pl.Series(["a1b22", "c"]), "[0-9]+", "<$0>").to_list() == ["a<1>b<22>", "c"]


def test_through_one_string_keeps_rows() -> None:
    texts = pl.Series(["a", "", f"b{SEPARATOR}c", ""])
    assert through_one_string(texts, str.upper).to_list() == ["A", "", "BC", ""]
    assert through_one_string(pl.Series([""]), str.upper).to_list() == [""]


def test_through_one_string_refuses_to_mix_rows_up() -> None:
    with pytest.raises(RuntimeError, match="2 rows went in and 1 came out"):
        through_one_string(pl.Series(["a", "b"]), lambda joined: joined.replace(SEPARATOR, ""))
