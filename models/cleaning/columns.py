"""Two ways to run a rule over a column without a loop over its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import polars as pl

Transform: TypeAlias = Callable[[pl.Series], pl.Series]
"""Takes a String series without nulls and returns one of the same length."""

SEPARATOR: Final = "\x1f"
"""Stands between rows where a column travels as one string; it is taken out of the texts first."""


def apply_where(texts: pl.Series, pattern: str, rule: Transform) -> pl.Series:
    """Run a rule on the rows that match a pattern; most rows need most rules not at all.

    Args:
        texts: String series without nulls.
        pattern: Regular expression that every row which the rule could change must match.
        rule: What to run on the matching rows.
    """
    rows = texts.str.contains(pattern).arg_true()
    if not len(rows):
        return texts
    return texts.clone().scatter(rows, rule(texts.gather(rows)))


def replace_where(texts: pl.Series, pattern: str, replacement: str) -> pl.Series:
    """Replace all matches of a pattern, in the rows that have any."""
    return apply_where(texts, pattern, lambda found: found.str.replace_all(pattern, replacement))


def join_rows(texts: pl.Series) -> str:
    """Write a column as one string, `SEPARATOR` between the rows."""
    return str(texts.str.replace_all(SEPARATOR, "", literal=True).str.join(SEPARATOR).item())


def split_rows(joined: str, n_rows: int) -> pl.Series:
    """Undo `join_rows`.

    Args:
        joined: Rows with `SEPARATOR` between them.
        n_rows: How many rows went in; at least 1.

    Raises:
        RuntimeError: The rows are no longer the same number. Whoever changed the string broke a rule.
    """
    rows = pl.Series([joined]).str.split(SEPARATOR).explode()
    if len(rows) != n_rows:
        raise RuntimeError(f"{n_rows} rows went in and {len(rows)} came out: a separator was added or lost")
    return rows


def through_one_string(texts: pl.Series, convert: Callable[[str], str]) -> pl.Series:
    """Convert a whole column with one call of a function on strings.

    Args:
        texts: String series without nulls, at least one row.
        convert: Must leave every `SEPARATOR` where it is and add none.
    """
    return split_rows(convert(join_rows(texts)), len(texts))
