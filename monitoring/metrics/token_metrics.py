"""Figures of tokens: whole histograms for how far, samples of documents for how surely."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from monitoring.findings.record import Metric, TokenShift
from monitoring.metrics.count_metrics import Pair
from monitoring.metrics.input import Baseline, MonitoringInput, Vocabulary
from monitoring.statistics.design_effect import DesignEffect
from monitoring.statistics.divergence import Kind, compare_counts, shifted_cells
from monitoring.statistics.documents import Documents, design_effect_of_whole
from monitoring.statistics.measured import Int64, unknown
from monitoring.statistics.rates import compare_shares
from monitoring.statistics.term_weights import compare_term_weights
from monitoring.statistics.unseen import unseen_share

SHOWN_TOKENS: Final = 20
_DIVERGENCES: Final[tuple[Kind, ...]] = ("js", "psi", "kl")


def distinct_texts(sample: pa.Table) -> pl.Series:
    """String[D], the texts of a sample that have one, each once, in the order of the sample."""
    texts = pl.Series("text", pl.from_arrow(sample["text"]), pl.String)
    return texts.filter(texts.str.len_chars() > 0).unique(maintain_order=True)


def token_metrics(subject: MonitoringInput, baseline: Baseline) -> Iterator[Metric]:
    """Unknown and unseen tokens, and how far the distribution of tokens has moved."""
    before, now = _histograms(subject, baseline)
    tonight = _documents(subject.vocabulary, subject.sample)
    then = None if baseline.sample is None else _documents(subject.vocabulary, baseline.sample)
    sampled = tonight if then is None else _joined(then, tonight)
    whole = [_whole_lengths(side) for side in (baseline.sample, subject.sample) if side is not None]
    design = design_effect_of_whole(sampled, np.concatenate(whole), subject.rng("design_effect"))
    pair = Pair(baseline.profile.total, subject.profile.total, subject.profile.labels)
    yield _unknown(pair, design)
    unseen = unseen_share(before, now, subject.rng("unseen_share"), design)
    yield Metric("unseen_share", "", "", unseen, unseen.value)
    for kind in _DIVERGENCES:
        yield Metric(f"token_{kind}", "", "", compare_counts(before, now, kind, subject.rng(f"token_{kind}"), design))
    if then is None:
        yield Metric("tfidf_kl", "", "", unknown("the reference has no sample of texts"))
    else:
        yield Metric("tfidf_kl", "", "", compare_term_weights(then, tonight, subject.rng("tfidf_kl")))


def shifted_tokens(subject: MonitoringInput, baseline: Baseline) -> tuple[TokenShift, ...]:
    """The tokens that the divergence comes from, the largest contributions first."""
    return tuple(
        TokenShift(subject.vocabulary.name(each.cell), each.contribution, each.part, each.before, each.now)
        for each in shifted_cells(*_histograms(subject, baseline), SHOWN_TOKENS)
    )


def _unknown(pair: Pair, design: DesignEffect) -> Metric:
    before, now = pair.before, pair.now
    measured = compare_shares(
        before.unk_tokens, before.n_tokens, now.unk_tokens, now.n_tokens, design_effect=design.mean * pair.repetition
    )
    levels = [each.unk_tokens / max(1, each.n_tokens) for each in (now, before)]
    return Metric("unk_share", "", "", measured, *levels)


def _whole_lengths(sample: pa.Table) -> Int64:
    """int64[D], tokens of the documents of `distinct_texts` as they were before the sample cut them."""
    rows = pl.DataFrame({"text": pl.from_arrow(sample["text"]), "tokens": pl.from_arrow(sample["n_tokens"])})
    rows = rows.filter(pl.col("text").str.len_chars() > 0).unique("text", keep="first", maintain_order=True)
    return np.asarray(rows["tokens"], np.int64)


def _histograms(subject: MonitoringInput, baseline: Baseline) -> tuple[np.ndarray, np.ndarray]:
    sides = baseline.profile.tokens, subject.profile.tokens
    size = 1 + max([subject.vocabulary.largest_id, *(int(each.ids[-1]) for each in sides if len(each.ids))])
    return sides[0].dense(size), sides[1].dense(size)


def _documents(vocabulary: Vocabulary, sample: pa.Table) -> Documents:
    tokens = vocabulary.encode(distinct_texts(sample))
    return Documents(tokens.ids, tokens.offsets)


def _joined(first: Documents, second: Documents) -> Documents:
    ids = np.concatenate([first.tokens, second.tokens])
    return Documents(ids, np.concatenate([first.starts, second.starts[1:] + len(first.tokens)]))
