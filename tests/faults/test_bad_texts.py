"""Texts that nobody would call a comment: every one gets its row, none stops the others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.support.homes import Home, comments, covered_once

NORMAL = "包装很好，下次再来"
NO_TEXT: tuple[str | bytes | None, ...] = (None, "", " ", "\t\r\n", "　　", "\u200b\ufeff", "\x00\x00")
STRANGE: dict[str, str | bytes] = {
    "emoji only": "😀👍🏽👨‍👩‍👧",
    "invalid UTF-8": b"\xe5\xa5\xbd\xff\xfe\xe5\xa5",
    "a lone surrogate": b"\xed\xa0\x80\xe5\xa5\xbd",
    "NUL inside": "好\x00好",
    "right to left": "مرحبا بالعالم",
    "punctuation": "？！。。。",
    "markup only": "<br><p></p>",
    "combining marks": "e" + "\u0301" * 500,
    "one word of 5,000 letters": "a" * 5000,
    "quotes and slashes": "'; DROP TABLE predictions; -- \\ \"",
    "a format string": "{date} %s {0}",
}


def one_megabyte() -> str:
    """Some 350,000 characters, none twice in a row, so that cleaning shortens nothing."""
    codes = np.random.default_rng(5).integers(0x4E00, 0x9FA6, 350_000)
    return "".join(map(chr, codes))


@pytest.mark.parametrize("task", ["comment", "news"])
def test_every_text_gets_its_row(new_home: Callable[..., Home], task: str) -> None:
    home = new_home(task, rows=6)
    texts = [*NO_TEXT, NORMAL, "好", *STRANGE.values(), NORMAL]
    home.dump("a.parquet", texts)
    home.score().succeeded()
    assert covered_once(home, {"a.parquet": len(texts)})
    rows = home.query("SELECT status, label, n_tokens, doc_id FROM predictions ORDER BY source_row")
    assert [row[:3] for row in rows[: len(NO_TEXT)]] == [("empty", None, 0)] * len(NO_TEXT)
    statuses = [row[0] for row in rows]
    assert statuses[len(NO_TEXT)] == statuses[-1] == "scored"
    assert statuses[len(NO_TEXT) + 1] == "short"
    assert "failed" not in statuses
    assert [row[3] for row in rows] == [f"a.parquet:{row}" for row in range(len(texts))]


@pytest.mark.parametrize("name", STRANGE)
def test_strange_texts_disturb_no_neighbour(new_home: Callable[..., Home], name: str) -> None:
    home = new_home()
    home.dump("alone.parquet", [NORMAL])
    home.dump("beside.parquet", [STRANGE[name], NORMAL, STRANGE[name]])
    home.score().succeeded()
    sql = "SELECT status, label, confidence, text_hash FROM predictions WHERE doc_id = ?"
    alone, beside = home.query(sql, "alone.parquet:0"), home.query(sql, "beside.parquet:1")
    assert alone[0][:2] + alone[0][3:] == beside[0][:2] + beside[0][3:]
    assert beside[0][2] == pytest.approx(alone[0][2], abs=1e-4)
    twice = home.query(
        "SELECT count(DISTINCT (status, label, probs, text_hash)), count(*) FROM predictions "
        "WHERE source_row <> 1 AND source_path LIKE '%/beside.parquet'"
    )
    assert twice == [(1, 2)]


def test_a_one_character_text_is_scored_and_marked(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.dump("a.parquet", ["好", " 差 ", "很好"])
    home.score().succeeded()
    rows = home.query("SELECT status, label IS NOT NULL, len(probs) FROM predictions ORDER BY source_row")
    assert rows == [("short", True, 2), ("short", True, 2), ("scored", True, 2)]


@pytest.mark.parametrize(("task", "windows"), [("comment", 1), ("news", 20)])
def test_a_document_of_a_megabyte(new_home: Callable[..., Home], task: str, windows: int) -> None:
    home = new_home(task)
    document = one_megabyte()
    assert len(document.encode()) > 1 << 20
    home.dump("a.parquet", [NORMAL, document, NORMAL])
    home.score().succeeded()
    rows = home.query("SELECT status, n_tokens, n_windows, truncated FROM predictions ORDER BY source_row")
    assert rows[1] == ("scored", 350_000, windows, True)
    assert rows[0] == rows[2]
    assert rows[0][3] is False


def test_ten_thousand_equal_rows_are_scored_once_and_counted_all(new_home: Callable[..., Home]) -> None:
    home = new_home(rows=20_000)
    home.dump("a.parquet", [NORMAL] * 10_000)
    ran = home.score().succeeded()
    assert "9,999 duplicates" in ran.out
    assert covered_once(home, {"a.parquet": 10_000})
    answers = home.query("SELECT label, confidence, probs, text_hash, count(*) FROM predictions GROUP BY ALL")
    assert len(answers) == 1
    assert answers[0][4] == 10_000


def test_ten_thousand_equal_rows_in_many_units(new_home: Callable[..., Home]) -> None:
    home = new_home(rows=512)
    home.dump("a.parquet", [NORMAL] * 10_000)
    home.score().succeeded()
    assert covered_once(home, {"a.parquet": 10_000})
    assert home.query("SELECT count(DISTINCT (label, confidence, probs)) FROM predictions") == [(1,)]


def test_ids_that_repeat_keep_all_their_rows(new_home: Callable[..., Home]) -> None:
    home = new_home(rows=10)
    texts = comments(30)[0]
    home.dump("a.parquet", texts, id=["7"] * 30)
    home.dump("b.parquet", texts[:5], id=["7", None, "7", "", "8"])
    home.score().succeeded()
    home.score("--force").succeeded()
    assert covered_once(home, {"a.parquet": 30, "b.parquet": 5})
    ids = home.query("SELECT doc_id FROM predictions WHERE source_path LIKE '%/b.parquet' ORDER BY source_row")
    derived = home.query("SELECT 'md5:' || md5(?)", texts[1])
    assert ids == [("7",), *derived, ("7",), ("",), ("8",)]
