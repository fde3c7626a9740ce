from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from monitoring.evidently.dataset import MAX_VALUES, compare, numeric_columns, to_frame
from storage.profiles.sample import SAMPLE_SCHEMA
from tests.support.evidently_nights import CLASSES, SECRET, sample


def one_row(**changes: object) -> pa.Table:
    row = sample(2).slice(1, 1).to_pylist()[0]
    return pa.Table.from_pylist([{**row, **changes}], schema=SAMPLE_SCHEMA)


def test_margin_and_entropy_come_from_the_probabilities() -> None:
    frame = to_frame(one_row(probs=[0.25, 0.75]), CLASSES, [], show_texts=False)
    assert frame["margin"][0] == pytest.approx(0.5)
    assert frame["entropy"][0] == pytest.approx(-(0.25 * math.log(0.25) + 0.75 * math.log(0.75)))
    assert frame["p(好评)"][0] == 0.75


def test_a_certain_row_has_no_entropy() -> None:
    assert to_frame(one_row(probs=[0.0, 1.0]), CLASSES, [], show_texts=False)["entropy"][0] == 0


@pytest.mark.parametrize("probs", [None, [0.2, 0.3, 0.5]], ids=["unscored", "other classes"])
def test_what_is_not_known_is_nan(probs: list[float] | None) -> None:
    frame = to_frame(one_row(probs=probs), CLASSES, [], show_texts=False)
    assert frame[["margin", "entropy", "p(差评)", "p(好评)"]].isna().all(axis=None)
    assert frame["n_tokens"].notna().all()


def test_one_class_alone_has_no_margin() -> None:
    frame = to_frame(one_row(probs=[1.0]), ("好评",), [], show_texts=False)
    assert np.isnan(frame["margin"][0])


def test_texts_ids_and_paths_stay_out_unless_texts_are_asked_for() -> None:
    frame = to_frame(sample(), CLASSES, ["source"], show_texts=False)
    assert list(frame) == ["label", "status", *numeric_columns(CLASSES), "slice source"]
    assert SECRET not in frame.to_csv()
    assert list(to_frame(sample(), CLASSES, [], show_texts=True)["text"])[:1] == [f"{SECRET}0"]


def test_all_columns_are_compared_where_both_sides_are_whole() -> None:
    compared = compare(sample(), sample(seed=1), CLASSES, show_texts=False)
    assert compared.numeric == numeric_columns(CLASSES)
    assert compared.categorical == ("label", "status", "slice source")


def test_columns_that_say_nothing_are_not_compared() -> None:
    other = compare(sample(), sample(classes=("甲", "乙", "丙")), CLASSES, show_texts=False)
    assert other.numeric == ("confidence", "n_tokens")  # the reference knew other classes
    many = tuple(f"user{number}" for number in range(MAX_VALUES + 1))
    crowded = compare(sample(1_000, sources=many), sample(), CLASSES, show_texts=False)
    assert crowded.categorical == ("label", "status")
    few = compare(sample(20), sample(), CLASSES, show_texts=False)
    assert (few.numeric, few.categorical) == ((), ())
    assert compare(sample(), None, CLASSES, show_texts=False).numeric == ()
