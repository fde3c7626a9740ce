"""Words and emoji that are rising, with rows in which they occur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from models.cleaning.marks import without_markup
from monitoring.findings.record import Word
from monitoring.metrics.input import EXAMPLE_CHARACTERS
from monitoring.metrics.night import Night
from monitoring.metrics.samples import both_texts
from monitoring.statistics.new_words import NewWord, NewWords, find_new_words

_SHOWN_WORDS: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class RisingWords:
    """What rises, with the texts that it was found in.

    Attributes:
        found: The words; `reason` says why nothing could be found out.
        texts: String[M], the texts of tonight that the examples are numbers of.
    """

    found: NewWords
    texts: pl.Series


def rising_words(night: Night) -> RisingWords | None:
    """Words that more rows hold than did; None where the reference has no sample.

    Markup that cleaning left in has a metric of its own: the names of tags are no words.
    """
    texts = night.once(both_texts)
    if texts is None:
        return None
    before, now = texts
    return RisingWords(find_new_words(without_markup(before), without_markup(now)), now)


def shown_words(night: Night) -> tuple[NewWord, ...]:
    """The most surprising ones."""
    rising = night.once(rising_words)
    return rising.found.words[:_SHOWN_WORDS] if rising else ()


def word_records(night: Night) -> tuple[Word, ...]:
    """The same with example rows, where texts may be shown."""
    rising = night.once(rising_words)
    if rising is None:
        return ()
    return tuple(
        Word(
            text=word.text,
            kind=word.kind,
            now=word.now,
            before=word.before,
            rows_now=word.rows_now,
            rows_before=word.rows_before,
            adjusted_p=word.adjusted_p,
            examples=_examples(word, rising.texts) if night.limits.show_texts else (),
        )
        for word in shown_words(night)
    )


def _examples(word: NewWord, texts: pl.Series) -> tuple[str, ...]:
    return tuple(_shortened(texts[row], word.text) for row in word.examples)


def _shortened(text: str, word: str) -> str:
    """At most `EXAMPLE_CHARACTERS` of a text, with the word in them."""
    if len(text) <= EXAMPLE_CHARACTERS:
        return text
    place = max(0, text.lower().find(word))
    first = max(0, min(place - EXAMPLE_CHARACTERS // 3, len(text) - EXAMPLE_CHARACTERS))
    cut = text[first : first + EXAMPLE_CHARACTERS]
    return f"{'…' if first else ''}{cut}{'…' if first + EXAMPLE_CHARACTERS < len(text) else ''}"
