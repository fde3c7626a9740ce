"""The scorer: distinct raw texts in, one column of answers each, by the bundle's contract and no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from batch.columns import digest_texts
from batch.engine import Engine
from batch.forward import PaddedForward
from batch.settings import EngineSettings, resolve_settings
from models.aggregation import aggregate, loudest_windows
from models.bundle import Bundle
from models.calibration import softmax
from models.network import check_vocabulary, load_network
from models.precision import Precision
from models.tokens import Tokens
from models.windows import Windows, cut_windows

SCORED, EMPTY, SHORT, FAILED = range(4)
"""Codes of `storage.records.STATUSES`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Texts ready for the network.

    Attributes:
        texts: String[D], the distinct texts, cleaned.
        which: int64[U], which of them each raw text became.
        tokens: Tokens of the D texts.
        windows: Windows of the D texts.
    """

    texts: pl.Series
    which: NDArray[np.int64]
    tokens: Tokens
    windows: Windows


@dataclass(frozen=True, slots=True)
class Scores:
    """Answers to U texts.

    Attributes:
        status: int8[U], index into `storage.records.STATUSES`.
        probs: float32[U, C], calibrated; NaN where the status is `empty` or `failed`.
        text_hash: uint64[U], of the cleaned text.
        n_tokens: int32[U], tokens of the whole document, special tokens not counted.
        n_unknown: int32[U], how many of them are [UNK].
        n_windows: int32[U].
        truncated: bool[U].
        top: int32[K], windows that spoke loudest for the label, best first.
        top_offsets: int64[U + 1], those of text u are `top[top_offsets[u]:top_offsets[u + 1]]`.
    """

    status: NDArray[np.int8]
    probs: NDArray[np.float32]
    text_hash: NDArray[np.uint64]
    n_tokens: NDArray[np.int32]
    n_unknown: NDArray[np.int32]
    n_windows: NDArray[np.int32]
    truncated: NDArray[np.bool_]
    top: NDArray[np.int32]
    top_offsets: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> Scores:
        """Scores of chosen texts; a text may be chosen many times."""
        counts = np.diff(self.top_offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
        return Scores(
            status=self.status[rows],
            probs=self.probs[rows],
            text_hash=self.text_hash[rows],
            n_tokens=self.n_tokens[rows],
            n_unknown=self.n_unknown[rows],
            n_windows=self.n_windows[rows],
            truncated=self.truncated[rows],
            top=self.top[np.repeat(self.top_offsets[rows], counts) + within],
            top_offsets=offsets,
        )


class Scorer:
    """A bundle, ready to score.

    Args:
        bundle: Brings cleaning, tokenizer, windows, network, aggregation and temperature.
        settings: How to compute.

    Attributes:
        bundle: The bundle.
        settings: How it computes, every `auto` replaced by what this machine does.
        engine: Runs the windows.

    Raises:
        BundleError: The bundle's parts are not whole or disagree.
        ConfigError: This machine cannot compute so.
    """

    def __init__(self, bundle: Bundle, settings: EngineSettings) -> None:
        self.bundle = bundle
        self.settings = resolve_settings(settings)
        self._cleaner = bundle.cleaner()
        self._tokenizer = bundle.tokenizer()
        special = self._tokenizer.special
        network = load_network(bundle)
        check_vocabulary(bundle, network, self._tokenizer)
        forward = PaddedForward(
            network,
            special,
            len(bundle.labels),
            torch.device(self.settings.device),
            cast("Precision", self.settings.precision),
        )
        self.engine = Engine(forward, special, self.settings.max_tokens or 1_024)

    def score(self, texts: pl.Series) -> Scores:
        """Score raw texts. Texts that are equal once cleaned are computed once.

        Args:
            texts: String[U], null counts as empty.
        """
        prepared = self.prepare(texts)
        return self.finish(prepared, self.engine.logits(prepared))

    def prepare(self, texts: pl.Series) -> Prepared:
        """Clean, tokenise and window raw texts, String[U]; no network is needed."""
        distinct, which = _distinct(self._cleaner.clean(texts))
        tokens = self._tokenizer.encode(distinct.to_list())
        windows = cut_windows(tokens.lengths, self.bundle.manifest.windows, self._tokenizer.special.count)
        return Prepared(distinct, which, tokens, windows)

    def finish(self, prepared: Prepared, logits: NDArray[np.float32]) -> Scores:
        """Turn the logits of windows, float32[W, C], into the scores of the U raw texts."""
        manifest = self.bundle.manifest
        texts, tokens, windows = prepared.texts, prepared.tokens, prepared.windows
        chars = texts.str.len_chars().to_numpy()
        documents = aggregate(logits, windows.offsets, manifest.aggregation)
        documents = np.where((chars == 0)[:, None], np.float32(np.nan), documents)
        probs = softmax(documents, manifest.temperature)
        status = np.where(chars < manifest.min_chars, SHORT, SCORED)
        status[np.isnan(probs).any(axis=1)] = FAILED
        status[chars == 0] = EMPTY
        label = np.where(np.isnan(documents).any(axis=1), 0, documents.argmax(axis=1))
        top, top_offsets = loudest_windows(logits, windows.offsets, label)
        unknown = np.concatenate([[0], np.cumsum(tokens.ids == self._tokenizer.special.unknown)])
        scores = Scores(
            status=status.astype(np.int8),
            probs=probs,
            text_hash=digest_texts(texts, "md5_number_lower").to_numpy(),
            n_tokens=tokens.lengths.astype(np.int32),
            n_unknown=np.diff(unknown[tokens.offsets]).astype(np.int32),
            n_windows=windows.counts.astype(np.int32),
            truncated=windows.truncated,
            top=top,
            top_offsets=top_offsets,
        )
        return scores.take(prepared.which)


def _distinct(texts: pl.Series) -> tuple[pl.Series, NDArray[np.int64]]:
    """Distinct texts in order of first appearance, and each text's place among them."""
    frame = pl.DataFrame({"text": texts})
    distinct = frame["text"].unique(maintain_order=True)
    places = pl.DataFrame({"text": distinct}).with_row_index("place")
    joined = frame.join(places, on="text", how="left", maintain_order="left")
    return distinct, joined["place"].to_numpy().astype(np.int64)
