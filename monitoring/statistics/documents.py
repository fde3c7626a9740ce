"""Tokens of one document are not independent: chance moves whole documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitoring.statistics.design_effect import INDEPENDENT, DesignEffect
from monitoring.statistics.divergence import Kind, Sides, compare_counts, measured_divergence, why_not
from monitoring.statistics.estimate import Estimate, Float64, Int64, unknown
from monitoring.statistics.sampling_null import Null, split_null

_LOWEST_BAND: Final = 8
"""Documents that a token must be in before its own clustering can be distinguished from chance."""
_LEAST: Final = 1.001
"""Slightly above 1, so that scaling can move it."""
_SPLITS: Final = 100
_HALVINGS: Final = 12
_MAX_FACTOR: Final = 16.0
_LITTLE_LONGER: Final = 1.02


@dataclass(frozen=True, slots=True, eq=False)
class Documents:
    """Tokens of some documents, one after the other.

    Attributes:
        ids: int[T] token ids.
        offsets: int[D + 1] where each document starts in `ids`, and its end.
    """

    ids: NDArray[np.integer[Any]]
    offsets: NDArray[np.integer[Any]]

    @property
    def documents(self) -> int:
        """How many they are."""
        return max(0, len(self.offsets) - 1)

    @property
    def tokens(self) -> NDArray[np.int64]:
        """The ids that lie in a document."""
        return np.asarray(self.ids[self.offsets[0] : self.offsets[-1]] if len(self.offsets) else [], np.int64)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each document starts in `tokens`, and T."""
        return np.asarray(self.offsets - self.offsets[0] if len(self.offsets) else [0], np.int64)


def compare_documents(
    reference: Documents, current: Documents, kind: Kind, rng: np.random.Generator, permutations: int = 500
) -> Estimate:
    """Measure how far the tokens of two sets of documents are apart; whole documents are what chance moves.

    As `compare_counts`, but the null deals the documents out anew, so that whatever binds the tokens of a document
    together is in it and no design effect is needed. The p-value is that of `tail_chance` over the
    permutations. For samples of some thousand documents; profiles hold only sums, and those go to
    `compare_counts`.

    Args:
        reference: Documents then.
        current: Documents now.
        kind: Which divergence.
        rng: Source of the permutations.
        permutations: How many.
    """
    table = token_table(reference, current)
    before = np.arange(table.shape[0]) < reference.documents
    x, y = (np.asarray(table[rows].sum(axis=0), np.float64).ravel() for rows in (before, ~before))
    reason = why_not(x, y, float(x.sum()), float(y.sum()))
    if reason:
        return unknown(reason, float(x.sum()), float(y.sum()))
    null = _dealt(table, before, kind, rng, permutations)
    independent = compare_counts(x.astype(np.int64), y.astype(np.int64), kind, rng)
    clustering = null.mean / (independent.value - independent.effect)
    return measured_divergence(kind, x, y, null, max(1.0, clustering))


def token_table(reference: Documents, current: Documents) -> Any:
    """Sparse counts [D, B] of the documents of both sides (the reference first) and the tokens that occur."""
    from scipy.sparse import csr_array

    ids = np.concatenate([reference.tokens, current.tokens])
    kinds, column = np.unique(ids, return_inverse=True)
    offsets = np.concatenate([reference.starts, current.starts[1:] + len(reference.tokens)])
    shape = (reference.documents + current.documents, len(kinds))
    table = csr_array((np.ones(len(ids)), column, offsets), shape=shape)
    table.sum_duplicates()
    return table


def _dealt(table: Any, before: NDArray[np.bool_], kind: Kind, rng: np.random.Generator, times: int) -> Null:
    """The null when the documents of sparse counts [D, B] are dealt out anew, as many to each side as there were."""
    pooled = np.asarray(table.sum(axis=0), np.float64).ravel()
    draws = np.empty(times)
    for r in range(times):
        x = rng.permutation(before).astype(np.float64) @ table
        y = pooled - x
        draws[r] = Sides(float(x.sum()), float(y.sum()), len(x)).terms(kind, x, y).sum()
    return Null(float(draws.mean()), float(draws.var()), np.sort(draws))


def estimate_design_effect(sample: Documents, rng: np.random.Generator) -> DesignEffect:
    """Estimate the design effect of token counts from a sample of documents.

    How tokens of like frequency cluster comes from the diagonal of the design-effect matrix of Rao & Scott 1984
    (Annals of Statistics 12, section 3): the variance of a token's count over documents against the multinomial
    one, a mean for each doubling of the documents it is in. These are then scaled so that they give the mean, and
    `spread` so that it gives the variance, that the Jensen-Shannon divergence of random halves of the sample really
    has. `error` is the standard error of the mean over documents.

    Args:
        sample: Some thousand documents, drawn at random; best of both sides, since the documents of one may be
            longer or repeat themselves more.
        rng: Source of the random halves.

    Returns:
        `INDEPENDENT` where less than 16 documents with tokens, or no token in 8 of them, leave nothing to estimate.
    """
    lengths = np.diff(sample.starts)
    table = token_table(sample, Documents(np.zeros(0, np.int64), np.zeros(1, np.int64)))[lengths > 0]
    if table.shape[0] < 2 * _LOWEST_BAND or table.shape[1] < 2:
        return INDEPENDENT
    pooled = np.asarray(table.sum(axis=0), np.float64).ravel()
    own, parts = _own_effects(table, pooled)
    inside = np.bincount(table.indices, minlength=len(pooled))
    if not (inside >= _LOWEST_BAND).any():
        return INDEPENDENT
    shares, means = _bands(pooled / pooled.sum(), own, inside)
    real = _dealt(table, np.arange(table.shape[0]) % 2 == 0, "js", rng, _SPLITS)
    error = float(parts.std() / parts.mean() / np.sqrt(len(parts)))
    overall = max(1.0, float((pooled * own).sum() / pooled.sum()))
    scaled = _scaled(DesignEffect(overall, shares, means, documents=len(parts)), pooled, real, rng)
    return replace(scaled, error=error)


def design_effect_of_whole(cut: Documents, whole: Int64, rng: np.random.Generator) -> DesignEffect:
    """Estimate the design effect of documents of which only the beginnings are at hand.

    What is above 1 grows with the size of the clusters: in proportion if any two tokens of a document hang together
    as much as neighbours do (Kish 1965, Survey Sampling, eq. 5.4.1), less if that fades with their distance. The power
    with which it grows is estimated from the same documents cut to half of what is there.

    Args:
        cut: The beginnings.
        whole: int64[D], tokens of the whole documents.
        rng: Source of the random halves.
    """
    lengths = np.diff(cut.starts)
    design = estimate_design_effect(cut, rng)
    ratio = _mean_size(whole) / _mean_size(lengths)
    if ratio < _LITTLE_LONGER or design.mean <= _LEAST:
        return design
    inside = np.arange(len(cut.tokens)) - np.repeat(cut.starts[:-1], lengths)
    half = Documents(
        cut.tokens[inside < np.repeat(lengths // 2, lengths)], np.concatenate([[0], np.cumsum(lengths // 2)])
    )
    grown = (design.mean - 1) / max(estimate_design_effect(half, rng).mean - 1, _LEAST - 1)
    power = np.log(grown) / np.log(_mean_size(lengths) / _mean_size(lengths // 2))
    return design.stretched(float(ratio ** np.clip(power, 0.0, 1.0)))


def _mean_size(lengths: Int64) -> float:
    """Size of the document that a token is in, on average over tokens: `sum L^2 / sum L`, at least 1."""
    return max(1.0, float((lengths.astype(np.float64) ** 2).sum() / max(1, lengths.sum())))


def _own_effects(table: Any, pooled: Float64) -> tuple[Float64, Float64]:
    """Design effect of each token float64[B], and what each document adds to their sum float64[D].

    Of `sum over k of (c_k - p L_k)^2 / (n p (1 - p))`, multiplied out so that nothing dense is made.
    """
    lengths = np.asarray(table.sum(axis=1), np.float64).ravel()
    total = pooled.sum()
    share = pooled / total
    squares = table.power(2)
    cross = np.asarray(lengths @ table, np.float64)
    sums = np.asarray(squares.sum(axis=0), np.float64).ravel() - 2 * share * cross + share**2 * (lengths**2).sum()
    weight = 1 / (total * share * np.maximum(1 - share, 1e-12))
    parts = squares @ weight - 2 * lengths * (table @ (share * weight)) + lengths**2 * (share**2 * weight).sum()
    return sums * weight * len(lengths) / (len(lengths) - 1), np.asarray(parts, np.float64)


def _bands(share: Float64, own: Float64, inside: Int64) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean share (geometric) and mean design effect of tokens that are in 8 to 15, 16 to 31, ... documents."""
    kept = inside >= _LOWEST_BAND
    band = np.log2(inside[kept]).astype(np.int64)
    sizes = np.bincount(band)
    found = np.flatnonzero(sizes)
    shares = np.exp(np.bincount(band, np.log(share[kept]))[found] / sizes[found])
    means = np.maximum(np.bincount(band, own[kept])[found] / sizes[found], _LEAST)
    order = np.argsort(shares, kind="stable")
    return tuple(shares[order].tolist()), tuple(means[order].tolist())


def _scaled(design: DesignEffect, pooled: Float64, real: Null, rng: np.random.Generator) -> DesignEffect:
    """Scale what is above 1 in the design effects until they give the mean of the real null, by bisection."""
    n = float(pooled.sum()) / 2
    sides = Sides(n, n, len(pooled))

    def null(factor: float) -> Null:
        scaled = replace(design, means=tuple(1 + factor * (mean - 1) for mean in design.means))
        return split_null(pooled, n, n, lambda x, y: sides.terms("js", x, y), scaled, rng)

    low, high = 0.0, _MAX_FACTOR
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if null(middle).mean < real.mean else (low, middle)
    spread = max(1.0, real.variance / null(low).variance)
    return replace(design, means=tuple(1 + low * (mean - 1) for mean in design.means), spread=spread)
