"""The scorer: distinct raw texts in, one column of scores each, by the bundle's contract and no other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from batch.engine.engines import make_engine
from batch.engine.settings import EngineSettings, resolve_settings
from batch.prediction_cache.cache import PredictionCache, TextKeys
from batch.scores import EMPTY, FAILED, SCORED, SHORT, Scores, join
from models.aggregation import aggregate, top_windows
from models.bundle import Bundle
from models.calibration import softmax
from models.cleaning.marks import find_marks
from models.network import check_vocabulary, load_network
from models.tokens import Tokens
from models.windows import Windows, cut_windows
from storage.profiles.digests import digest_numbers
from storage.profiles.tokens import TokenCounts, count_tokens


@dataclass(frozen=True, slots=True)
class Prepared:
    """Texts ready for the network.

    Attributes:
        texts: String[D], the distinct texts to compute, cleaned.
        keys: Digests of these.
        tokens: Their tokens.
        windows: Their windows.
        known: Scores of K more distinct texts that the cache had already; None where K is 0.
        which: int64[U], for each raw text its place among the D computed and then the K known ones.
        cleaned: String[U], each raw text as the network sees it.
        marks: bool[U, M], which of `MARKS` each raw text has.
        counted: Tokens of all distinct texts, known ones included.
    """

    texts: pl.Series
    keys: TextKeys
    tokens: Tokens
    windows: Windows
    known: Scores | None
    which: NDArray[np.int64]
    cleaned: pl.Series
    marks: NDArray[np.bool_]
    counted: TokenCounts


class Scorer:
    """A bundle, ready to score.

    Args:
        bundle: Brings cleaning, tokenizer, windows, network, aggregation and temperature.
        settings: How to compute.
        cache: Predictions of this bundle, computed in the same way before; None computes every text.

    Attributes:
        bundle: The bundle.
        settings: How it computes, every `auto` replaced by what this machine does.
        engine: Runs the windows.
        cache: Looked up before a text is computed; an executor puts each run's own here.

    Raises:
        BundleError: The bundle's parts are not whole or disagree.
        ConfigError: This machine cannot compute so.
    """

    def __init__(self, bundle: Bundle, settings: EngineSettings, cache: PredictionCache | None = None) -> None:
        self.bundle = bundle
        self.cache = cache
        self.settings = resolve_settings(settings)
        self._cleaner = bundle.cleaner()
        self._tokenizer = bundle.tokenizer()
        special = self._tokenizer.special
        network = load_network(bundle)
        check_vocabulary(bundle, network, self._tokenizer)
        self.engine = make_engine(network, special, len(bundle.labels), self.settings)

    def score(self, texts: pl.Series) -> Scores:
        """Score raw texts. Texts that are equal once cleaned are computed once.

        Args:
            texts: String[U], null counts as empty.
        """
        prepared = self.prepare(texts)
        return self.finish(prepared, self.engine.logits(prepared))

    def prepare(self, texts: pl.Series) -> Prepared:
        """Clean, tokenise and window raw texts, String[U]; no network is needed."""
        cleaned = self._cleaner.clean(texts)
        distinct, which = _distinct(cleaned)
        keys, tokens = TextKeys(*digest_numbers(distinct)), self._tokenizer.encode(distinct)
        marks, counted = find_marks(texts, cleaned), count_tokens(tokens.ids, len(distinct))
        known = None
        if self.cache is not None:
            found, known = self.cache.find(keys)
            which = np.argsort(np.argsort(found, kind="stable"))[which]
            distinct, keys, tokens = distinct.filter(pl.Series(~found)), keys.take(~found), tokens.keep(~found)
        windows = cut_windows(tokens.lengths, self.bundle.manifest.windows, self._tokenizer.special.count)
        return Prepared(distinct, keys, tokens, windows, known, which, cleaned, marks, counted)

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
        top, top_offsets = top_windows(logits, windows.offsets, label)
        unknown = np.concatenate([[0], np.cumsum(tokens.ids == self._tokenizer.special.unknown)])
        scores = Scores(
            status=status.astype(np.int8),
            probs=probs,
            text_hash=prepared.keys.lower,
            n_tokens=tokens.lengths.astype(np.int32),
            n_unknown=np.diff(unknown[tokens.offsets]).astype(np.int32),
            n_windows=windows.counts.astype(np.int32),
            truncated=windows.truncated,
            top=top,
            top_offsets=top_offsets,
        )
        if self.cache is not None:
            self.cache.add(prepared.keys, scores)
        everything = scores if prepared.known is None else join([scores, prepared.known])
        return everything.take(prepared.which)


def _distinct(texts: pl.Series) -> tuple[pl.Series, NDArray[np.int64]]:
    """Distinct texts in order of first appearance, and each text's place among them."""
    frame = pl.DataFrame({"text": texts})
    distinct = frame["text"].unique(maintain_order=True)
    places = pl.DataFrame({"text": distinct}).with_row_index("place")
    joined = frame.join(places, on="text", how="left", maintain_order="left")
    return distinct, joined["place"].to_numpy().astype(np.int64)
