from __future__ import annotations

import pytest

from monitoring.relabel.sheets.label_names import LabelNames, is_blank

NAMES = LabelNames(("negative", "Neutral", "正面", "=好"))


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("negative", "negative"),
        (" NEGATIVE ", "negative"),
        ("ｎｅｕｔｒａｌ", "Neutral"),
        ("正 面", "正面"),
        ("0", "negative"),
        ("2.0", "正面"),
        ("'=好", "=好"),
        ("4", None),
        ("positive", None),
        ("", None),
    ],
)
def test_ways_to_write_a_label(written: str, label: str | None) -> None:
    assert NAMES.find(written) == label


def test_places_count_only_where_no_name_is_a_number() -> None:
    stars = LabelNames(("5", "1"))
    assert (stars.find("1"), stars.find("0"), stars.expected()) == ("1", None, "5, 1")
    assert LabelNames(("a", "b")).expected() == "a (0), b (1)"


def test_names_that_differ_in_case_alone_must_be_exact() -> None:
    names = LabelNames(("Good", "good"))
    assert (names.find("Good"), names.find("good"), names.find("GOOD")) == ("Good", "good", None)


def test_blank() -> None:
    assert all(is_blank(written) for written in ("", " ", "'", "\u3000"))
    assert not is_blank("0")
