"""Parquet in, DuckDB out: each preset from its dump to the views that people query."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from tests.support.homes import DAY, Home, comments, covered_once

LABELS = {
    "comment": ["negative", "positive"],
    "weibo": ["neutral", "happy", "angry", "sad", "fear", "surprise"],
    "news": ["体育", "健康", "军事", "教育", "文化艺术", "汽车", "科技"],
}
LONG = "".join(comments(40, seed=3)[0])
"""Some 600 characters: a dozen windows of the tiny news bundle."""


@pytest.fixture
def scored(request: pytest.FixtureRequest, new_home: Callable[..., Home]) -> Home:
    home = new_home(request.param, rows=50)
    texts, _ = comments(90)
    home.dump("a.parquet", [*texts, LONG, None, "好"])
    home.dump("b.parquet", comments(30, seed=2)[0])
    home.score().succeeded()
    return home


pytestmark = pytest.mark.parametrize("scored", LABELS, indirect=True)


def test_every_row_is_there_once_with_a_full_answer(scored: Home) -> None:
    assert covered_once(scored, {"a.parquet": 93, "b.parquet": 30})
    assert scored.query("SELECT DISTINCT task, logical_date::VARCHAR, bundle FROM predictions") == [
        (scored.task, DAY, scored.query("SELECT bundle FROM bundles")[0][0])
    ]
    statuses = scored.query("SELECT status, count(*) FROM predictions GROUP BY ALL ORDER BY ALL")
    assert statuses == [("empty", 1), ("scored", 121), ("short", 1)]


def test_probabilities_are_a_distribution_and_the_rest_follows_from_them(scored: Home) -> None:
    classes = len(LABELS[scored.task])
    (wrong,) = scored.query(
        """
        SELECT count(*) FROM predictions JOIN bundles USING (task, bundle)
        WHERE status IN ('scored', 'short') AND NOT (
            len(probs) = ? AND abs(list_sum(probs) - 1) < 1e-5 AND list_max(probs) = confidence
            AND label = labels[list_position(probs, confidence)]
            AND abs(confidence - list_sort(probs, 'DESC')[2] - margin) < 1e-6
            AND entropy BETWEEN 0 AND ln(?) + 1e-6
        )
        """,
        classes,
        classes,
    )
    assert wrong == (0,)
    nothing = "SELECT label, confidence, margin, entropy, probs FROM predictions WHERE status = 'empty'"
    assert scored.query(nothing) == [(None,) * 5]


def test_views_show_each_row_once_and_every_class(scored: Home) -> None:
    assert scored.query("SELECT labels FROM bundles") == [(LABELS[scored.task],)]
    assert scored.query("SELECT count(*), count(DISTINCT (source_path, source_row)) FROM latest_predictions") == [
        (123, 123)
    ]
    ranked = scored.query(
        "SELECT count(*), count(DISTINCT label), min(rank), max(rank) FROM class_probabilities "
        "GROUP BY source_path, source_row"
    )
    classes = len(LABELS[scored.task])
    assert ranked == [(classes, classes, 1, classes)] * 122
    (differing,) = scored.query(
        "SELECT count(*) FROM class_probabilities c JOIN predictions p USING (source_path, source_row) "
        "WHERE c.rank = 1 AND (c.label <> p.label OR c.probability <> p.confidence)"
    )
    assert differing == (0,)


def test_long_texts_are_cut_or_slid_over_as_the_preset_says(scored: Home) -> None:
    sql = "SELECT n_tokens, n_windows, len(top_windows), truncated FROM predictions WHERE doc_id = 'a.parquet:90'"
    ((tokens, windows, top, truncated),) = scored.query(sql)
    assert tokens > 300
    if scored.task == "news":
        assert windows == 1 + -(-(tokens - 62) // 54)  # windows of 64 with two special tokens and a stride of 8
        assert (top, truncated) == (3, False)
    else:
        assert (windows, top, truncated) == (1, 1, True)


def test_labels_from_people_meet_the_predictions(scored: Home) -> None:
    with duckdb.connect(str(scored.warehouse)) as con:
        con.execute(
            "INSERT INTO labels VALUES (?, 'a.parquet:0', ?, '甲', 'test', now(), now(), NULL)",
            [scored.task, LABELS[scored.task][0]],
        )
    found = scored.query("SELECT source_path, source_row, true_label FROM labelled_predictions")
    assert found == [(f"dumps/{scored.task}/dt={DAY}/a.parquet", 0, LABELS[scored.task][0])]
