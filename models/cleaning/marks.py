"""What people put into a text besides words: links, mentions, topics, emoji; and markup that cleaning left behind."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.cleaning.rules.social import has_mention, has_topic, has_url

_EMOJI: Final = r"[\p{Extended_Pictographic}--[©®™]]|\[[\p{Han}A-Za-z]{1,6}\]"
# A tag has nothing after its name, or attributes: `a<b and c>d` compares.
_HTML: Final = r"(?i)</?[a-z][a-z0-9:]{0,20}(?:\s[^<>]{0,200}=[^<>]{0,200})?\s*/?>|&(?:[a-z]{2,8}|#\d{2,6});"


def find_marks(raw: pl.Series, cleaned: pl.Series) -> NDArray[np.bool_]:
    """Find marks in texts.

    Args:
        raw: String[N], as people wrote them; null counts as empty.
        cleaned: String[N], as the network sees them.

    Returns:
        bool[N, 5]: url, mention, topic and emoji (or an emoticon such as `[doge]`) in the raw text, html in the
        cleaned one; the order of `storage.profiles.counts.MARKS`.
    """
    raw = raw.fill_null("")
    columns = (has_url(raw), has_mention(raw), has_topic(raw), raw.str.contains(_EMOJI), cleaned.str.contains(_HTML))
    return np.stack([column.to_numpy() for column in columns], axis=1)


def without_markup(cleaned: pl.Series) -> pl.Series:
    """Texts, String[N], with a space wherever cleaning left markup behind: what of them people wrote."""
    return cleaned.str.replace_all(_HTML, " ")
