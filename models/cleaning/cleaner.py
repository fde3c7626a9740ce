"""The cleaning pipeline, top to bottom."""

from __future__ import annotations

from functools import reduce
from typing import Any, Final

import polars as pl

from models.cleaning.rule import RULES, CleaningRule
from models.cleaning.spec import CLEANING_VERSION, CleaningSpec
from storage.errors import BundleContradiction

MAX_PASSES: Final = 8
"""Passes over one text at most; real texts are settled after the first and proven so by the second."""


class Cleaner:
    """Cleans columns of text by one spec.

    What a rule uncovers may be work for a rule before it (`&am<b></b>p;`), so the rows that a pass changed
    go through again until they settle: cleaning twice gives what cleaning once gave, and scoring text that
    is already clean does no harm. What becomes of a row depends on that row alone.

    Args:
        spec: Which rules run.

    Raises:
        BundleContradiction: The spec was made for a version of the rules that is not implemented here.
    """

    def __init__(self, spec: CleaningSpec) -> None:
        active = _active(spec)
        oldest_usable = max((rule.version for rule, _ in active), default=1)
        if not oldest_usable <= spec.version <= CLEANING_VERSION:
            raise BundleContradiction(
                f"the cleaning spec is of version {spec.version}",
                expected=f"version {CLEANING_VERSION}, the one this yeban implements",
                action="score with the yeban that trained the model, or train it again with this one",
                version=spec.version,
            )
        self.spec = spec
        self._rules = tuple(rule.make(setting) for rule, setting in active)

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


def _active(spec: CleaningSpec) -> list[tuple[CleaningRule, Any]]:
    """The rules that a spec switches on with their settings, in the order in which they run."""
    settings = dict(spec)
    chosen = [(rule, settings.get(name, rule.off)) for name, rule in RULES.all().items()]
    return sorted(((rule, setting) for rule, setting in chosen if setting != rule.off), key=lambda each: each[0].place)
