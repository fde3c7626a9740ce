"""Runs of letters: found, encoded once, remembered within bounds."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.tokenising import spans as runs
from models.tokenising.code_points import CodePoints, decode_pieces
from models.tokenising.spans import MAX_LETTERS, SpanEncoder, TextSpans, find_spans, spans
from tests.support.networks import WORDS, backend
from tests.support.tokenizer_spy import spy_on_encoded_strings


def points_of(*texts: str) -> CodePoints:
    ((_, points),) = decode_pieces(pl.Series(texts))
    return points


def runs_of(*texts: str) -> tuple[TextSpans, CodePoints]:
    """Small letters and digits are run."""
    points = points_of(*texts)
    return find_spans(points, points.codes < ord("{")), points


def encoded(encoder: SpanEncoder, *texts: str) -> list[list[int]]:
    found, points = runs_of(*texts)
    ids, lengths = encoder.encode(found, points.text)
    return [part.tolist() for part in np.split(ids, np.cumsum(lengths)[:-1])] if len(lengths) else []


def plain(text: str) -> list[int]:
    ids: list[int] = backend().encode(text, add_special_tokens=False).ids
    return ids


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return spy_on_encoded_strings(monkeypatch, runs)


class TestFind:
    def test_between_others_and_at_edges_of_documents(self) -> None:
        found, points = runs_of("ab", "c好de", "", "好", "fg好", "h")
        assert [points.text[s : s + n] for s, n in zip(found.start, found.length, strict=True)] == [
            *("ab", "c", "de", "fg", "h")
        ]
        assert found.within.tolist() == [0, 1, 0, 0, 1, 0, 1, 0]
        assert "".join(map(chr, found.codes)) == "abcdefgh"
        assert found.first.tolist() == [0, 2, 3, 5, 7]

    @pytest.mark.parametrize("texts", [("",), ("好", "", "书")])
    def test_none(self, texts: tuple[str, ...]) -> None:
        found, _ = runs_of(*texts)
        assert len(found.start) == len(found.codes) == 0
        assert encoded(SpanEncoder(backend()), *texts) == []


class TestEncode:
    def test_each_distinct_run_is_asked_for_once(self, asked: list[str]) -> None:
        encoder = SpanEncoder(backend())
        expected = [plain(text) for text in ("ab", "1", "ab", "abc", "zz", "1")]
        assert encoded(encoder, "ab好1", "ab好abc", "zz", "1") == expected
        assert asked == ["ab", "1", "abc", "zz"]
        assert encoded(encoder, "1", "abc", "ab") == [plain("1"), plain("abc"), plain("ab")]
        assert asked == ["ab", "1", "abc", "zz"]
        assert encoder.known == 4

    def test_runs_that_begin_alike(self) -> None:
        encoder = SpanEncoder(backend())
        texts = ["a" * n for n in range(1, 45)]
        for _ in range(2):
            assert encoded(encoder, *texts) == [plain(text) for text in texts]

    def test_long_runs_are_not_remembered(self, asked: list[str]) -> None:
        encoder = SpanEncoder(backend())
        fits, longer = "b" * MAX_LETTERS, "b" * (MAX_LETTERS + 1)
        for _ in range(2):
            assert encoded(encoder, fits, longer, longer + "c") == [plain(fits), plain(longer), plain(longer + "c")]
        assert asked == [fits, longer, longer + "c", longer, longer + "c"]

    def test_a_run_without_tokens(self) -> None:
        encoder = SpanEncoder(backend())
        for _ in range(2):
            assert encoded(encoder, "a好\x00\x01", "b") == [[WORDS.index("a")], [], [WORDS.index("b")]]

    def test_runs_of_one_slot_are_not_taken_for_each_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(runs, "_slots", lambda found: np.zeros(len(found.start), np.int64))
        encoder = SpanEncoder(backend())
        for texts in (("ab", "ba", "ab"), ("ba", "a"), ("a", "ab")):
            assert encoded(encoder, *texts) == [plain(text) for text in texts]


class TestBounds:
    @pytest.mark.parametrize(("most", "ids"), [(4, 100), (100, 4), (2, 2), (1, 1)])
    def test_forgets_when_full(self, monkeypatch: pytest.MonkeyPatch, most: int, ids: int) -> None:
        monkeypatch.setattr(runs, "MAX_KNOWN", most)
        monkeypatch.setattr(runs, "_MAX_IDS", ids)
        encoder = SpanEncoder(backend())
        texts = ["a", "b", "ab", "abc", "a", "1", "12", "h", "abcabc", "a"]
        for first in range(len(texts)):
            assert encoded(encoder, *texts[first : first + 3]) == [plain(text) for text in texts[first : first + 3]]
            assert encoder.known < most
            assert encoder._used <= ids

    def test_forgets_all(self, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
        monkeypatch.setattr(runs, "MAX_KNOWN", 3)
        encoder = SpanEncoder(backend())
        for text in ("a", "b", "c", "a", "c"):
            encoded(encoder, text)
        assert asked == ["a", "b", "c", "a"]


def test_spans() -> None:
    assert spans(np.array([5, 0, 9, 2]), np.array([2, 0, 1, 3])).tolist() == [5, 6, 9, 2, 3, 4]
    assert spans(np.array([], np.int64), np.array([], np.int64)).tolist() == []
