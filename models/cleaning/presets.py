"""The cleaning specs that the task presets start from."""

from __future__ import annotations

from typing import Final

from models.cleaning.spec import CleaningSpec
from storage.errors import ConfigError

_PRESETS: Final[dict[str, CleaningSpec]] = {
    "comment": CleaningSpec(
        html_entities=True,
        width="nfkc_zh",
        html_tags=True,
        simplified=True,
        url="drop",
        mention="drop",
        topic="text",
        max_repeats=3,
        emoticon="name",
        emoji="name",
        latin="lower",
    ),
    "weibo": CleaningSpec(
        html_entities=True,
        width="nfkc_zh",
        html_tags=True,
        simplified=True,
        repost="markers",
        url="drop",
        mention="drop",
        topic="text",
        max_repeats=3,
        emoticon="name",
        emoji="name",
        latin="lower",
    ),
    "news": CleaningSpec(
        html_entities=True,
        width="nfkc_zh",
        html_tags=True,
        simplified=True,
        url="drop",
        max_repeats=5,
        emoji="drop",
        white_space="paragraphs",
        editor_credits=True,
        source_credits=True,
        advertising=True,
        repeated_paragraphs=True,
    ),
    # For models that others trained on text we have not seen: only what no tokenizer can use.
    "plain": CleaningSpec(),
}


def cleaning_preset(name: str) -> CleaningSpec:
    """Return the spec of a preset.

    Args:
        name: `comment`, `weibo`, `news` or `plain`.

    Raises:
        ConfigError: There is no such preset.
    """
    try:
        return _PRESETS[name]
    except KeyError:
        raise ConfigError(
            f"no cleaning preset is called {name!r}",
            expected=f"one of {', '.join(_PRESETS)}",
            action="name one of these, or write out the cleaning spec",
            preset=name,
        ) from None
