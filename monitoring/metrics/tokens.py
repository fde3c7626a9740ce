"""Tokens of a night: whole histograms for how far they moved, samples of documents for how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from monitoring.findings.record import TokenShift
from monitoring.metrics.input import Vocabulary
from monitoring.metrics.night import Night
from monitoring.metrics.samples import distinct_texts
from monitoring.statistics.design_effect import DesignEffect
from monitoring.statistics.divergence import shifted_cells
from monitoring.statistics.documents import Documents, design_effect_of_whole
from monitoring.statistics.estimate import Int64

_SHOWN_TOKENS: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class SampledDocuments:
    """Tokens of the sampled documents.

    Attributes:
        before: Of the reference; None where it has no sample.
        now: Of tonight.
    """

    before: Documents | None
    now: Documents


def token_counts(night: Night) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """int64[V] counts of each token, of the reference and of tonight; None without a reference."""
    baseline, vocabulary = night.inputs.baseline, night.inputs.vocabulary
    if baseline is None:
        return None
    sides = baseline.profile.tokens, night.inputs.profile.tokens
    size = 1 + max([vocabulary.largest_id, *(int(each.ids[-1]) for each in sides if len(each.ids))])
    return sides[0].dense(size), sides[1].dense(size)


def sampled_documents(night: Night) -> SampledDocuments:
    """The documents of both samples, tokenised."""
    vocabulary, before = night.inputs.vocabulary, _sample_of(night)
    now = _documents(vocabulary, night.inputs.sample)
    return SampledDocuments(None if before is None else _documents(vocabulary, before), now)


def token_design(night: Night) -> DesignEffect:
    """Design effect of token counts: tokens of one document are not independent."""
    documents = night.once(sampled_documents)
    both = documents.now if documents.before is None else _joined(documents.before, documents.now)
    samples = [sample for sample in (_sample_of(night), night.inputs.sample) if sample is not None]
    whole = np.concatenate([_whole_lengths(sample) for sample in samples])
    return design_effect_of_whole(both, whole, night.inputs.rng("design_effect"))


def shifted_tokens(night: Night) -> tuple[TokenShift, ...]:
    """The tokens that the divergence comes from, the largest contributions first; none without a reference."""
    counts = night.once(token_counts)
    if counts is None:
        return ()
    return tuple(
        TokenShift(night.inputs.vocabulary.name(each.cell), each.contribution, each.part, each.before, each.now)
        for each in shifted_cells(*counts, _SHOWN_TOKENS)
    )


def _sample_of(night: Night) -> pa.Table | None:
    return night.inputs.baseline.sample if night.inputs.baseline else None


def _whole_lengths(sample: pa.Table) -> Int64:
    """int64[D], tokens of the documents of `distinct_texts` as they were before the sample cut them."""
    rows = pl.DataFrame({"text": pl.from_arrow(sample["text"]), "tokens": pl.from_arrow(sample["n_tokens"])})
    rows = rows.filter(pl.col("text").str.len_chars() > 0).unique("text", keep="first", maintain_order=True)
    return np.asarray(rows["tokens"], np.int64)


def _documents(vocabulary: Vocabulary, sample: pa.Table) -> Documents:
    tokens = vocabulary.encode(distinct_texts(sample))
    return Documents(tokens.ids, tokens.offsets)


def _joined(first: Documents, second: Documents) -> Documents:
    ids = np.concatenate([first.tokens, second.tokens])
    return Documents(ids, np.concatenate([first.starts, second.starts[1:] + len(first.tokens)]))
