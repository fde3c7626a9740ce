"""The word that rises most. Effect: growth of the share of rows that hold it.

One metric for all words: twenty new words are one event, and the next night's may be others.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.evaluation.intervals import wilson
from models.evaluation.record import Interval
from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_WORDS
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric
from monitoring.metrics.samples import NO_SAMPLE
from monitoring.metrics.words import rising_words, shown_words
from monitoring.statistics.estimate import Estimate, unknown
from monitoring.statistics.new_words import NewWord


@night_metric(
    MetricDefinition(
        name="new_words",
        family="content",
        place=40,
        unit="share",
        title=LocalizedText("新词", "New words"),
        threshold=0.01,
        direction="up",
        advice=LOOK_AT_WORDS,
        names_cause=True,
        adjusted=True,
        sections=("words",),
    )
)
def new_words(night: Night) -> Iterator[Measurement]:
    """Share of rows that hold the word that rises most."""
    rising, words = night.once(rising_words), shown_words(night)
    if rising is None:
        yield Measurement(unknown(NO_SAMPLE))
        return
    found = rising.found
    if found.reason:
        yield Measurement(unknown(found.reason, found.n, found.m))
    elif not words:
        most_unseen = wilson(0, found.m).high
        yield Measurement(Estimate(0.0, 0.0, most_unseen, effect=0.0, p_value=1.0, n=found.n, m=found.m))
    else:
        most = max(words, key=lambda word: word.now.value - word.before.value)
        yield Measurement(_rise(most, found.n, found.m), most.now.value, most.before.value)


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
