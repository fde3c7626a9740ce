"""The cleaning pipeline, top to bottom."""

from __future__ import annotations

from functools import partial, reduce
from typing import Final

import polars as pl

from models.cleaning import characters, feelings, markup, news, repeats, script, social
from models.cleaning.columns import Rule
from models.cleaning.spec import CLEANING_VERSION, CleaningSpec
from storage.errors import BundleContradiction

MAX_PASSES: Final = 8
"""Passes over one text at most; real texts are settled after the first and proven so by the second."""


class Cleaner:
    """Cleans columns of text as one spec says.

    What a rule uncovers may be work for a rule before it (`&am<b></b>p;`), so the rows that a pass changed
    go through again until they settle: cleaning twice gives what cleaning once gave, and scoring text that
    is already clean does no harm. What becomes of a row depends on that row alone.

    Args:
        spec: Which rules run.

    Raises:
        BundleContradiction: The spec was made for another version of the rules.
    """

    def __init__(self, spec: CleaningSpec) -> None:
        if spec.version != CLEANING_VERSION:
            raise BundleContradiction(
                f"the cleaning spec is of version {spec.version}",
                expected=f"version {CLEANING_VERSION}, the one this yeban implements",
                action="score with the yeban that trained the model, or train it again with this one",
                version=spec.version,
            )
        self.spec = spec
        self._rules = _rules(spec)

    def clean(self, texts: pl.Series) -> pl.Series:
        """Clean a column.

        Args:
            texts: String series, any length; nulls allowed.

        Returns:
            String series of the same length, order and name; null becomes the empty string.
        """
        cleaned = texts.cast(pl.String).fill_null("").rechunk()
        unsettled = pl.Series(range(len(cleaned)), dtype=pl.UInt32)
        for _ in range(MAX_PASSES):
            if not len(unsettled):
                break
            before = cleaned.gather(unsettled)
            after = reduce(lambda column, rule: rule(column), self._rules, before)
            changed = before != after
            unsettled = unsettled.filter(changed)
            cleaned = cleaned.clone().scatter(unsettled, after.filter(changed))
        return cleaned


def _rules(spec: CleaningSpec) -> tuple[Rule, ...]:
    """Return the rules that a spec switches on, in their order.

    Characters come before markup and markup before what people wrote, so that `＜ｂ＞` and `&#64;` are seen
    for what they are; repeats are squeezed while emoticons still stand apart; the news rules want tidy lines.
    """
    steps: tuple[tuple[bool, Rule], ...] = (
        (spec.html_entities, markup.decode_entities),
        (spec.invisible, characters.drop_invisible),
        (spec.width != "keep", partial(characters.fold_width, mode=spec.width)),
        (spec.html_tags, markup.drop_tags),
        (spec.simplified, script.to_simplified),
        (spec.repost != "keep", partial(social.unchain_reposts, mode=spec.repost)),
        (spec.url != "keep", partial(social.replace_urls, mode=spec.url)),
        (spec.mention != "keep", partial(social.replace_mentions, mode=spec.mention)),
        (spec.topic != "keep", partial(social.replace_topics, mode=spec.topic)),
        (spec.max_repeats > 0, partial(repeats.squeeze_repeats, max_repeats=spec.max_repeats)),
        (spec.emoticon != "keep", partial(feelings.replace_emoticons, mode=spec.emoticon)),
        (spec.emoji != "keep", partial(feelings.replace_emoji, mode=spec.emoji)),
        (spec.number != "keep", partial(characters.replace_numbers, mode=spec.number)),
        (spec.latin != "keep", characters.lower_latin),
        (spec.white_space != "keep", partial(characters.tidy_white_space, mode=spec.white_space)),
        (spec.editor_credits, news.drop_editor_credits),
        (spec.source_credits, news.drop_source_credits),
        (spec.advertising, news.drop_advertising),
        (spec.repeated_paragraphs, news.drop_repeated_paragraphs),
    )
    return tuple(rule for wanted, rule in steps if wanted)
