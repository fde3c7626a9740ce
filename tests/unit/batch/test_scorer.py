"""Raw texts in, scores out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from batch.engine.settings import EngineSettings
from batch.prediction_cache.cache import PredictionCache
from batch.scorer import Scorer
from batch.scores import EMPTY, FAILED, SCORED, SHORT, Scores
from models.aggregation import Aggregation
from models.calibration import softmax
from models.cleaning.presets import cleaning_preset
from models.cleaning.spec import CleaningSpec
from models.manifest import HeadSpec
from models.network import load_network
from models.windows import WindowSpec
from storage.errors import BundleContradiction
from storage.records import STATUSES
from tests.support.networks import LABELS, backend, sentences, tiny_bundle, tiny_network

FP32 = EngineSettings(device="cpu", precision="fp32", max_tokens=200)
SLIDING = WindowSpec(max_length=10, long_text="slide", stride=3)
HEAD = HeadSpec(pooling="mean", layer_norm=True)


def scorer(folder: Path, settings: EngineSettings = FP32, **manifest: Any) -> Scorer:
    return Scorer(tiny_bundle(folder, head=HEAD, **manifest), settings)


def texts_of(*texts: str | None) -> pl.Series:
    return pl.Series("text", texts, dtype=pl.String)


def plain_logits(network: nn.Module, text: str, spec: WindowSpec) -> NDArray[np.float32]:
    """float32[W, C] of one text's windows, cut and run one after the other."""
    ids = backend().encode(text, add_special_tokens=False).ids
    room = spec.max_length - 2
    starts = [0]
    while starts[-1] + room < len(ids):
        starts.append(starts[-1] + room - spec.stride)
    rows = []
    for start in starts:
        window = torch.tensor([[2, *ids[start : start + room], 3]])
        with torch.inference_mode():
            rows.append(network(input_ids=window, attention_mask=torch.ones_like(window))[0].numpy())
    return np.stack(rows)


def plain_document(windows: NDArray[np.float32], how: str) -> NDArray[np.float64]:
    windows = windows.astype(np.float64)  # type: ignore[assignment]
    return {
        "mean": lambda: windows.mean(0),
        "max": lambda: windows.max(0),
        "logsumexp": lambda: np.log(np.exp(windows).sum(0)),
    }[how]()


class TestStatuses:
    def test_codes_are_those_of_the_records(self) -> None:
        assert [STATUSES[code] for code in (SCORED, EMPTY, SHORT, FAILED)] == ["scored", "empty", "short", "failed"]

    def test_each(self, tmp_path: Path) -> None:
        scores = scorer(tmp_path, min_chars=3).score(
            texts_of("好书店", "好书", "好", "", None, " \n\u3000", "好书店了")
        )
        assert scores.status.tolist() == [SCORED, SHORT, SHORT, EMPTY, EMPTY, EMPTY, SCORED]
        assert np.isnan(scores.probs).all(axis=1).tolist() == [False] * 3 + [True] * 3 + [False]

    def test_nothing_but_emoji(self, tmp_path: Path) -> None:
        text = texts_of("😀😡👍🏻", "❤️")
        dropping = scorer(tmp_path / "a", cleaning=CleaningSpec(emoji="drop")).score(text)
        assert dropping.status.tolist() == [EMPTY, EMPTY]
        named = scorer(tmp_path / "b", cleaning=CleaningSpec(emoji="name")).score(text)
        assert named.status.tolist() == [SCORED, SCORED]
        kept = scorer(tmp_path / "c", cleaning=CleaningSpec()).score(text)
        assert np.isfinite(kept.probs).all()

    def test_what_cannot_be_computed_is_failed_and_the_others_are_right(self, tmp_path: Path) -> None:
        network = tiny_network(HEAD)
        poison = backend().token_to_id("龘") or backend().token_to_id("店")
        with torch.no_grad():
            network.encoder.get_input_embeddings().weight[poison] = torch.nan  # type: ignore[union-attr, operator, index]
        broken = scorer(tmp_path / "a", network=network)
        good = scorer(tmp_path / "b", network=tiny_network(HEAD))
        texts = texts_of("好书", "书店", "", "好", "店")
        scores, expected = broken.score(texts), good.score(texts)
        assert scores.status.tolist() == [SCORED, FAILED, EMPTY, SHORT, FAILED]
        np.testing.assert_allclose(scores.probs[[0, 3]], expected.probs[[0, 3]], atol=1e-6)
        assert np.isnan(scores.probs[[1, 2, 4]]).all()


class TestDuplicates:
    def test_are_computed_once(self, tmp_path: Path) -> None:
        one = scorer(tmp_path)
        once = one.score(texts_of("好书", "坏书店"))
        work = one.engine.work
        assert work.tokens == 2 + 2 + 3 + 2
        many = one.score(texts_of(*["好书", "坏书店", "好书"] * 3334))  # 10,002 rows
        assert one.engine.work.tokens == 2 * work.tokens
        for row, expected in zip((0, 1, 2, 10_001), (0, 1, 0, 0), strict=True):
            np.testing.assert_array_equal(many.probs[row], once.probs[expected])
            assert many.text_hash[row] == once.text_hash[expected]

    def test_texts_that_become_equal_when_cleaned(self, tmp_path: Path) -> None:
        one = scorer(tmp_path, cleaning=cleaning_preset("weibo"))
        scores = one.score(texts_of("好书 http://t.cn/abc", "好书", "@张三 好书", " 好书\u200b"))
        assert one.engine.work.tokens == 4
        assert len(set(scores.text_hash.tolist())) == 1
        np.testing.assert_array_equal(scores.probs, np.tile(scores.probs[0], (4, 1)))

    def test_ten_thousand_identical_rows(self, tmp_path: Path) -> None:
        one = scorer(tmp_path)
        scores = one.score(texts_of(*["好书店"] * 10_000))
        assert one.engine.work.tokens == 5
        assert len(np.unique(scores.probs, axis=0)) == 1
        assert scores.top.tolist() == [0] * 10_000


class TestCache:
    """With the predictions of earlier units."""

    def with_cache(self, folder: Path) -> tuple[Scorer, Scorer, PredictionCache]:
        bundle, cache = tiny_bundle(folder, head=HEAD, windows=SLIDING), PredictionCache(1 << 20)
        return Scorer(bundle, FP32), Scorer(bundle, FP32, cache), cache

    def test_change_nothing_but_the_work(self, tmp_path: Path) -> None:
        plain, knowing, cache = self.with_cache(tmp_path)
        texts = [*sentences(30, 40), "", " "]
        for part in (texts[:20], texts[10:], texts[::-1], texts[:1]):
            scores, expected = knowing.score(texts_of(*part)), plain.score(texts_of(*part))
            for name in Scores.__slots__:
                np.testing.assert_allclose(getattr(scores, name), getattr(expected, name), atol=1e-6, strict=True)
        assert cache.found == 10 + 31 + 1
        assert knowing.engine.work.tokens < 0.5 * plain.engine.work.tokens

    def test_when_all_are_known(self, tmp_path: Path) -> None:
        _, knowing, _ = self.with_cache(tmp_path)
        first = knowing.score(texts_of(*sentences(5, 40)))
        work = knowing.engine.work
        again = knowing.score(texts_of(*sentences(5, 40)))
        assert knowing.engine.work == work
        np.testing.assert_array_equal(again.probs, first.probs)


class TestProbabilities:
    def test_are_those_of_the_network_at_the_bundles_temperature(self, tmp_path: Path) -> None:
        texts = sentences(30, 12)
        spec = WindowSpec(max_length=16)
        warm = scorer(tmp_path, temperature=2.5, windows=spec)
        scores = warm.score(texts_of(*texts))
        network = load_network(warm.bundle)
        logits = np.stack([plain_logits(network, text, spec)[0] for text in texts])
        np.testing.assert_allclose(scores.probs, softmax(logits, 2.5), atol=1e-6)
        assert logits.std() > 0.1

    def test_sum_to_one(self, tmp_path: Path) -> None:
        probs = scorer(tmp_path).score(texts_of(*sentences(200, 14))).probs
        np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-6)
        assert probs.dtype == np.float32

    @pytest.mark.parametrize("precision", ["fp32", "auto"])
    def test_the_same_input_gives_the_same_bits(self, tmp_path: Path, precision: str) -> None:
        settings = EngineSettings("cpu", precision, 200)
        texts = texts_of(*sentences(100, 14))
        one, two = scorer(tmp_path / "a", settings), scorer(tmp_path / "b", settings)
        first = one.score(texts).probs.tobytes()
        assert first == one.score(texts).probs.tobytes() == two.score(texts).probs.tobytes()

    def test_do_not_depend_on_order_or_neighbours(self, tmp_path: Path) -> None:
        one = scorer(tmp_path, windows=SLIDING)
        texts = sentences(15, 40)
        together = one.score(texts_of(*texts))
        backwards = one.score(texts_of(*texts[::-1]))
        alone = np.concatenate([one.score(texts_of(text)).probs for text in texts])
        np.testing.assert_allclose(together.probs, alone, atol=1e-5)
        np.testing.assert_allclose(backwards.probs[::-1], alone, atol=1e-5)


class TestLongDocuments:
    @pytest.mark.parametrize("how", ["mean", "max", "logsumexp"])
    def test_sliding_windows_against_a_plain_loop(self, tmp_path: Path, how: Aggregation) -> None:
        one = scorer(tmp_path, windows=SLIDING, aggregation=how, min_chars=1)
        texts = [*sentences(12, 60, seed=3), "好"]
        network = load_network(one.bundle)
        scores = one.score(texts_of(*texts))
        for row, text in enumerate(texts):
            windows = plain_logits(network, text, SLIDING)
            document = plain_document(windows, how)
            np.testing.assert_allclose(scores.probs[row], softmax(document[None])[0], atol=1e-5)
            largest = np.argsort(-windows[:, int(document.argmax())], kind="stable")[:3]
            top = scores.top[scores.top_offsets[row] : scores.top_offsets[row + 1]]
            assert top.tolist() == largest.tolist()
            assert scores.n_windows[row] == len(windows)
            assert scores.n_tokens[row] == len(text)
        assert scores.n_windows.max() > 5
        assert not scores.truncated.any()

    def test_more_windows_than_allowed(self, tmp_path: Path) -> None:
        spec = SLIDING.model_copy(update={"max_windows": 2})
        scores = scorer(tmp_path, windows=spec).score(texts_of("好书" * 6, "好书" * 7, "好书店"))
        assert scores.n_windows.tolist() == [2, 2, 1]
        assert scores.truncated.tolist() == [False, True, False]
        assert scores.n_tokens.tolist() == [12, 14, 3]

    def test_a_megabyte_of_text(self, tmp_path: Path) -> None:
        long = "好书坏店" * 87_500  # 1.05 MB of UTF-8
        spec = WindowSpec(max_length=16, truncation_side="middle")
        scores = scorer(tmp_path / "a", windows=spec).score(texts_of(long, "好书"))
        assert scores.status.tolist() == [SCORED, SCORED]
        assert scores.n_tokens.tolist() == [350_000, 2]
        assert scores.truncated.tolist() == [True, False]
        sliding = WindowSpec(max_length=16, long_text="slide", max_windows=50)
        scores = scorer(tmp_path / "b", windows=sliding).score(texts_of(long))
        assert (scores.n_windows.tolist(), scores.truncated.tolist()) == ([50], [True])

    def test_a_document_of_which_one_window_fails(self, tmp_path: Path) -> None:
        network = tiny_network(HEAD)
        with torch.no_grad():
            network.encoder.get_input_embeddings().weight[backend().token_to_id("店")] = torch.nan  # type: ignore[union-attr, operator, index]
        scores = scorer(tmp_path, network=network, windows=SLIDING).score(texts_of("好书" * 20 + "店", "好书" * 20))
        assert scores.status.tolist() == [FAILED, SCORED]


class TestCounts:
    def test_unknown_tokens(self, tmp_path: Path) -> None:
        scores = scorer(tmp_path).score(texts_of("好龘书龘", "书", "", "龘"))
        assert scores.n_unknown.tolist() == [2, 0, 0, 1]
        assert scores.n_tokens.tolist() == [4, 1, 0, 1]

    def test_no_texts(self, tmp_path: Path) -> None:
        scores = scorer(tmp_path).score(texts_of())
        assert scores.probs.shape == (0, len(LABELS))
        assert len(scores.status) == len(scores.top) == 0
        assert scores.top_offsets.tolist() == [0]

    def test_only_empty_texts(self, tmp_path: Path) -> None:
        scores = scorer(tmp_path).score(texts_of("", None))
        assert scores.status.tolist() == [EMPTY, EMPTY]


class TestTake:
    SCORES = Scores(
        status=np.array([0, 1, 2], np.int8),
        probs=np.array([[0.1, 0.9], [0.5, 0.5], [1, 0]], np.float32),
        text_hash=np.array([7, 8, 9], np.uint64),
        n_tokens=np.array([1, 2, 3], np.int32),
        n_unknown=np.array([0, 1, 0], np.int32),
        n_windows=np.array([2, 1, 3], np.int32),
        truncated=np.array([False, True, False]),
        top=np.array([1, 0, 0, 2, 0, 1], np.int32),
        top_offsets=np.array([0, 2, 3, 6]),
    )

    def test_rows_again_and_again(self) -> None:
        taken = self.SCORES.take(np.array([2, 0, 2, 1]))
        assert taken.text_hash.tolist() == [9, 7, 9, 8]
        assert taken.n_unknown.tolist() == [0, 0, 0, 1]
        assert taken.top.tolist() == [2, 0, 1, 1, 0, 2, 0, 1, 0]
        assert taken.top_offsets.tolist() == [0, 3, 5, 8, 9]

    def test_none(self) -> None:
        taken = self.SCORES.take(np.zeros(0, np.int64))
        assert (len(taken.top), taken.top_offsets.tolist(), taken.probs.shape) == (0, [0], (0, 2))


def test_refuses_a_bundle_whose_parts_disagree(tmp_path: Path) -> None:
    with pytest.raises(BundleContradiction, match="head has 2 outputs"):
        Scorer(tiny_bundle(tmp_path, classes=2), FP32)
