"""The result of a unit: predictions, profile and sample, the same for a night as for a reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from batch.input.columns import RawRows
from batch.predictions import to_table
from batch.scorer import Prepared, Scorer
from storage.profiles.measure import RowFacts, profile_of
from storage.profiles.profile import Profile
from storage.profiles.sample import sample_of
from storage.records import Unit


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What is staged for a unit.

    Attributes:
        table: Its predictions in `PART_SCHEMA`, one row per input row.
        profile: Their statistics.
        sample: Some of the rows with their cleaned texts, in `SAMPLE_SCHEMA`.
    """

    table: pa.Table
    profile: Profile
    sample: pa.Table


def score_unit(scorer: Scorer, unit: Unit, raw: RawRows) -> UnitResult:
    """Score the rows of one unit, one step after the other.

    Args:
        scorer: The bundle, ready to score.
        unit: The unit, N rows.
        raw: Its rows.
    """
    prepared = scorer.prepare(raw.texts)
    return finish_unit(scorer, unit, raw, prepared, scorer.engine.logits(prepared))


def finish_unit(
    scorer: Scorer, unit: Unit, raw: RawRows, prepared: Prepared, logits: NDArray[np.float32]
) -> UnitResult:
    """Turn a unit's logits into what is staged.

    Args:
        scorer: What scored it.
        unit: The unit, N rows.
        raw: Its rows.
        prepared: Their U distinct texts.
        logits: float32[W, C], of the windows of these texts.
    """
    labels = scorer.bundle.labels
    which = raw.which.to_numpy().astype(np.int64)
    scores = scorer.finish(prepared, logits).take(which)
    table = to_table(unit, raw, scores, labels)
    facts = RowFacts(
        duplicate=_seen_before(scores.text_hash),
        invalid_utf8=raw.invalid_utf8,
        n_unknown=scores.n_unknown,
        marks=prepared.marks[which],
        tokens=prepared.counted,
    )
    return UnitResult(table, profile_of(table, labels, facts), sample_of(table, prepared.cleaned, which))


def _seen_before(text_hash: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """bool[N]: an earlier row has the same text."""
    _, first = np.unique(text_hash, return_index=True)
    seen = np.ones(len(text_hash), np.bool_)
    seen[first] = False
    return seen
