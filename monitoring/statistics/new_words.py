"""Words and emoji that are rising: slang that the model has never seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from models.evaluation.intervals import wilson
from models.evaluation.record import Interval
from monitoring.statistics.estimate import Float64, Int64
from monitoring.statistics.grams import BREAK, EMOJI, HAN, LATIN, Grams, Units, cut_units, frequent_grams
from monitoring.statistics.multiple import adjust_p_values
from monitoring.statistics.word_shape import branching, cohesion

PRIOR_SHARE: Final = 0.1
"""Weight of the prior: the two corpora together, as if only a tenth of them had been seen."""


@dataclass(frozen=True, slots=True)
class WordLimits:
    """What a rising n-gram must have to be called a new word.

    Attributes:
        max_length: Longest n-gram, in units: Han characters, Latin words, emoji.
        min_rows: Least number of current rows that hold it.
        min_growth: Least quotient of its share now and its share before (which counts half a row at least).
        max_p_value: Greatest adjusted p-value.
        min_cohesion: Least pointwise mutual information of its parts, bits; see `word_shape.cohesion`.
        min_branching: Least entropy of what stands on its left and of what stands on its right, bits.
        absorbed: A word goes when a longer one that holds it has this share of its rows.
        examples: Rows given for each word.
    """

    max_length: int = 5
    min_rows: int = 5
    min_growth: float = 2.0
    max_p_value: float = 0.01
    min_cohesion: float = 3.0
    min_branching: float = 1.0
    absorbed: float = 0.7
    examples: int = 5


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word that is more frequent now.

    Attributes:
        text: The word, Latin letters lowered.
        kind: `word` or `emoji`.
        now: Share of the current rows that hold it, Wilson interval.
        before: Share of the reference rows that hold it.
        rows_now: Current rows that hold it.
        rows_before: Reference rows that hold it.
        z: Log-odds ratio with an informative Dirichlet prior over its standard error (Monroe et al. 2008).
        p_value: One-sided exact (Fisher) chance of so many current rows if nothing had changed.
        adjusted_p: The same after Benjamini-Hochberg over all n-grams that were looked at.
        cohesion: Bits by which its parts stand together oftener than by chance; infinite for a single unit.
        branching: The lower of the entropies of its left and right neighbours, bits.
        examples: Numbers of some current rows that hold it, the first ones.
    """

    text: str
    kind: Literal["word", "emoji"]
    now: Interval
    before: Interval
    rows_now: int
    rows_before: int
    z: float
    p_value: float
    adjusted_p: float
    cohesion: float
    branching: float
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NewWords:
    """What rose between two sets of texts.

    Attributes:
        words: The highest z first.
        tested: N-grams that were looked at.
        n: Reference rows.
        m: Current rows.
        reason: Why nothing could be tested; empty when something was.
    """

    words: tuple[NewWord, ...]
    tested: int
    n: int
    m: int
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Rises:
    """N-grams of one length with the statistics of their rise; K of them."""

    grams: Grams
    number: Int64
    z: Float64
    p_value: Float64
    adjusted: Float64

    def take(self, which: Int64) -> _Rises:
        return _Rises(self.grams, self.number[which], self.z[which], self.p_value[which], self.adjusted[which])


def find_new_words(
    reference: Sequence[str] | pl.Series, current: Sequence[str] | pl.Series, limits: WordLimits | None = None
) -> NewWords:
    """Find words and emoji that are in more rows now than they were, new ones among them.

    Counts rows, not occurrences, so that one spammer counts once; the caller takes out duplicated texts first.
    Candidates are n-grams of Han characters, Latin words and emoji. A candidate's rise is tested exactly; what
    rises must then hold together (pointwise mutual information) and stand in different company (branching
    entropy), and a part of a longer word goes. Limits of the method: a word whose parts are very frequent on
    their own, or that always stands in one phrase, is taken for a fragment.

    Args:
        reference: N texts of then, cleaned.
        current: M texts of now.
        limits: What to call a new word.
    """
    limits = limits or WordLimits()
    n, m = len(reference), len(current)
    if n == 0 or m == 0:
        return NewWords((), 0, n, m, f"no rows on the {'reference' if n == 0 else 'current'} side")
    texts = pl.concat([pl.Series("text", side, dtype=pl.String).fill_null("") for side in (reference, current)])
    units = cut_units(texts)
    if not (units.kind[units.code[units.row >= n]] != BREAK).any():
        return NewWords((), 0, n, m, "the current texts hold no word and no emoji")
    levels = frequent_grams(units, n, limits.min_rows, limits.max_length)
    rises = _rises(units, levels, n, m)
    tested = sum(len(each.number) for each in rises)
    words = [word for each in rises for word in _words(units, levels, _risen(each, n, m, limits), n, m, limits)]
    return NewWords(tuple(sorted(_whole(words, limits), key=lambda word: (-word.z, word.text))), tested, n, m)


def _rises(units: Units, levels: Sequence[Grams], n: int, m: int) -> list[_Rises]:
    """The rise of all candidates of each length, adjusted over all of them."""
    numbers = [_candidates(units, grams) for grams in levels]
    p_values = [
        _exact_p_values(grams.rows_before[number], grams.rows_now[number], n, m)
        for grams, number in zip(levels, numbers, strict=True)
    ]
    adjusted = adjust_p_values(np.concatenate(p_values))
    parts = np.split(adjusted, np.cumsum([len(number) for number in numbers])[:-1])
    return [
        _Rises(grams, number, _log_odds_z(grams.rows_before[number], grams.rows_now[number], n, m), p, q)
        for grams, number, p, q in zip(levels, numbers, p_values, parts, strict=True)
    ]


def _candidates(units: Units, grams: Grams) -> Int64:
    """Numbers of the n-grams that could be words: no lone character, no bare number, no emoji merely repeated."""
    code = units.code[grams.first[:, None] + np.arange(grams.length)]
    kind = units.kind[code]
    speaks = ((kind == HAN) | (kind == LATIN) | (kind == EMOJI)).any(axis=1)
    if grams.length == 1:
        letters = np.array([len(text) for text in units.texts], np.int64)[code[:, 0]]
        return np.flatnonzero(speaks & ((kind[:, 0] == EMOJI) | (letters > 1)))
    repeated = (kind[:, 0] == EMOJI) & (code == code[:, :1]).all(axis=1)
    return np.flatnonzero(speaks & ~repeated)


def _exact_p_values(before: Int64, now: Int64, n: int, m: int) -> Float64:
    """Fisher's one-sided p-values float64[K] of `now` of m rows against `before` of n; once for equal pairs."""
    from scipy.stats import hypergeom

    pairs, where = np.unique(np.stack([before, now], axis=1), axis=0, return_inverse=True)
    tails = hypergeom.sf(pairs[:, 1] - 1, n + m, pairs.sum(axis=1), m)
    return np.asarray(np.clip(tails, 0.0, 1.0)[where.reshape(-1)], np.float64)


def _log_odds_z(before: Int64, now: Int64, n: int, m: int) -> Float64:
    """Monroe, Colaresi & Quinn 2008, "Fightin' Words", Political Analysis 16, eq. 16, 20 and 22, on rows."""
    prior, prior_rows = PRIOR_SHARE * (before + now), PRIOR_SHARE * (n + m)
    odds = [
        np.log(rows + prior) - np.log(np.maximum(of + prior_rows - rows - prior, 0.5))
        for rows, of in ((now, m), (before, n))
    ]
    return np.asarray((odds[0] - odds[1]) / np.sqrt(1 / (now + prior) + 1 / (before + prior)), np.float64)


def _risen(rises: _Rises, n: int, m: int, limits: WordLimits) -> _Rises:
    now = rises.grams.rows_now[rises.number] / m
    before = np.maximum(rises.grams.rows_before[rises.number], 0.5) / n
    return rises.take(np.flatnonzero((rises.adjusted <= limits.max_p_value) & (now >= limits.min_growth * before)))


def _words(units: Units, levels: Sequence[Grams], rises: _Rises, n: int, m: int, limits: WordLimits) -> list[NewWord]:
    """Those of the risen n-grams of one length that are words."""
    grams = rises.grams
    together = cohesion(units, levels, grams, rises.number, n)
    entropy = branching(units, grams, rises.number, n)
    words = []
    for k in np.flatnonzero((together >= limits.min_cohesion) & (entropy >= limits.min_branching)):
        number = int(rises.number[k])
        start = int(grams.first[number])
        holding = np.unique(units.row[np.flatnonzero(grams.at == number)])
        examples = holding[holding >= n][: limits.examples] - n
        words.append(
            NewWord(
                text=units.text(start, grams.length),
                kind="emoji" if units.kind[units.code[start]] == EMOJI else "word",
                now=wilson(int(grams.rows_now[number]), m),
                before=wilson(int(grams.rows_before[number]), n),
                rows_now=int(grams.rows_now[number]),
                rows_before=int(grams.rows_before[number]),
                z=float(rises.z[k]),
                p_value=float(rises.p_value[k]),
                adjusted_p=float(rises.adjusted[k]),
                cohesion=float(together[k]),
                branching=float(entropy[k]),
                examples=tuple(examples.tolist()),
            )
        )
    return words


def _whole(words: Sequence[NewWord], limits: WordLimits) -> list[NewWord]:
    """Words that no longer word among these stands for."""
    return [
        word
        for word in words
        if not any(
            len(other.text) > len(word.text)
            and word.text in other.text
            and other.rows_now >= limits.absorbed * word.rows_now
            for other in words
        )
    ]
