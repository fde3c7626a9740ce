"""What the texts are about: can those of tonight be told from the reference's, and which words are rising."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from models.cleaning.marks import without_markup
from models.evaluation.intervals import wilson
from models.evaluation.record import Interval
from monitoring.findings.record import Metric, Word
from monitoring.metrics.input import EXAMPLE_CHARACTERS, MonitoringInput, SampleLimits
from monitoring.metrics.token_metrics import distinct_texts
from monitoring.statistics.mean_discrepancy import mean_discrepancy
from monitoring.statistics.measured import Estimate, unknown
from monitoring.statistics.new_words import NewWord, find_new_words
from monitoring.statistics.two_sample import compare_rows, compare_texts

NO_SAMPLE: Final = "the reference has no sample of texts"
_SHOWN_WORDS: Final = 20


def text_metrics(subject: MonitoringInput, limits: SampleLimits) -> Iterator[Metric]:
    """Two-sample tests on texts and on embeddings."""
    if subject.baseline is None or subject.baseline.sample is None:
        for name in ("text_auc", "embedding_auc", "embedding_mmd"):
            yield Metric(name, "", "", unknown(NO_SAMPLE))
        return
    before, now = distinct_texts(subject.baseline.sample), distinct_texts(subject.sample)
    texts = compare_texts(before.to_list(), now.to_list(), subject.rng("text_auc"))
    yield Metric("text_auc", "", "", texts, texts.value)
    if subject.embed is None or not limits.embedding_rows:
        yield Metric("embedding_auc", "", "", unknown("embeddings are switched off"))
        yield Metric("embedding_mmd", "", "", unknown("embeddings are switched off"))
        return
    if before.is_empty() or now.is_empty():
        for name in ("embedding_auc", "embedding_mmd"):
            yield Metric(name, "", "", unknown(f"{len(before)} and {len(now)} texts"))
        return
    then, tonight = (subject.embed(side.head(limits.embedding_rows)) for side in (before, now))
    told_apart = compare_rows(then, tonight, subject.rng("embedding_auc"))
    yield Metric("embedding_auc", "", "", told_apart, told_apart.value)
    yield Metric("embedding_mmd", "", "", mean_discrepancy(then, tonight, subject.rng("embedding_mmd")))


def rising_words(subject: MonitoringInput, limits: SampleLimits) -> tuple[tuple[Word, ...], Metric]:
    """Words that more rows hold than did, with example rows, and the figure of the one that rises most.

    One figure for all: twenty new words are one event, and the next night's may be others.
    """
    if subject.baseline is None or subject.baseline.sample is None:
        return (), Metric("new_words", "", "", unknown(NO_SAMPLE))
    before, now = distinct_texts(subject.baseline.sample), distinct_texts(subject.sample)
    # Markup that cleaning lost sight of has a figure of its own; the names of tags are no words.
    found = find_new_words(without_markup(before), without_markup(now))
    if found.reason:
        return (), Metric("new_words", "", "", unknown(found.reason, found.n, found.m))
    words = found.words[:_SHOWN_WORDS]
    shown = tuple(_word(each, now, show_texts=limits.show_texts) for each in words)
    return shown, _most_risen(words, found.n, found.m)


def _most_risen(words: Sequence[NewWord], n: int, m: int) -> Metric:
    if not words:
        most_unseen = wilson(0, m).high
        return Metric("new_words", "", "", Estimate(0.0, 0.0, most_unseen, effect=0.0, p_value=1.0, n=n, m=m))
    most = max(words, key=lambda word: word.now.value - word.before.value)
    return Metric("new_words", "", "", _rise(most, n, m), most.now.value, most.before.value)


def _word(word: NewWord, texts: pl.Series, *, show_texts: bool) -> Word:
    examples = tuple(_shortened(texts[row], word.text) for row in word.examples) if show_texts else ()
    return Word(
        text=word.text,
        kind=word.kind,
        now=word.now,
        before=word.before,
        rows_now=word.rows_now,
        rows_before=word.rows_before,
        adjusted_p=word.adjusted_p,
        examples=examples,
    )


def _rise(word: NewWord, n: int, m: int) -> Estimate:
    """The word's share now less its share then, chance adjusted for all n-grams that were looked at."""
    rise = _difference(word.now, word.before)
    return Estimate(rise.value, rise.low, rise.high, effect=rise.value, p_value=word.adjusted_p, n=n, m=m)


def _difference(now: Interval, before: Interval) -> Interval:
    """Newcombe 1998, method 10: the intervals of two shares make that of their difference."""
    value = now.value - before.value
    down = ((now.value - now.low) ** 2 + (before.high - before.value) ** 2) ** 0.5
    up = ((now.high - now.value) ** 2 + (before.value - before.low) ** 2) ** 0.5
    return Interval(value, value - down, value + up)


def _shortened(text: str, word: str) -> str:
    """At most `EXAMPLE_CHARACTERS` of a text, with the word in them."""
    if len(text) <= EXAMPLE_CHARACTERS:
        return text
    place = max(0, text.lower().find(word))
    first = max(0, min(place - EXAMPLE_CHARACTERS // 3, len(text) - EXAMPLE_CHARACTERS))
    cut = text[first : first + EXAMPLE_CHARACTERS]
    return f"{'…' if first else ''}{cut}{'…' if first + EXAMPLE_CHARACTERS < len(text) else ''}"
