"""The counts of a profile as the record that findings and the summary after scoring show."""

from __future__ import annotations

import math

from monitoring.findings.record import ClassSide, Side
from storage.profiles.counts import UNIT
from storage.profiles.profile import Profile
from storage.records import STATUSES


def side_of(profile: Profile) -> Side:
    """Statuses, classes and length of all rows of a profile."""
    total = profile.total
    classes = tuple(
        ClassSide(label, rows, expected * UNIT, histogram)
        for label, rows, expected, histogram in zip(
            profile.labels, total.class_counts, total.probability_sums, total.confidences, strict=True
        )
    )
    mean = total.n_tokens / total.rows if total.rows else math.nan
    return Side(total.rows, dict(zip(STATUSES, total.statuses, strict=True)), classes, mean)
