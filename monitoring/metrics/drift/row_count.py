"""How many rows there are, against the nights before. Effect: logarithm of the ratio, so .69 is twice as many."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_DUMP
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric
from monitoring.statistics.estimate import Estimate, unknown

_NIGHTS: Final = 7
"""Nights that the volume is compared with, at least."""
_STEADY: Final = 0.02
"""Relative spread of the volume that even the steadiest source is granted."""


@night_metric(
    MetricDefinition(
        name="rows",
        family="volume",
        place=10,
        unit="rows",
        title=LocalizedText("行数", "Rows"),
        explanation=LocalizedText("今晚的条数", "rows of tonight's dump"),
        threshold=0.5,
        advice=LOOK_AT_DUMP,
        names_cause=True,
        value="ratio",
        unchanged=1.0,
        panels={"volume": 10},
    )
)
def rows(night: Night) -> Iterator[Measurement]:
    """Compare the night's rows with those of the nights before.

    `value` is the rows over their median. The band holds 95 of 100 nights if the logarithms are normal (prediction
    interval by Student's t); `n` is the number of nights.
    """
    tonight, past = night.inputs.profile.total.rows, night.inputs.past_rows
    if len(past) < _NIGHTS:
        reason = f"{len(past)} earlier nights; expected {_NIGHTS}"
        yield Measurement(unknown(reason, len(past), tonight), float(tonight))
        return
    from scipy import stats

    logs = np.log(np.asarray(past, np.float64) + 0.5)
    middle = float(np.median(logs))
    spread = max(float(logs.std(ddof=1)), _STEADY) * math.sqrt(1 + 1 / len(logs))
    effect = math.log(tonight + 0.5) - middle
    half = float(stats.t.ppf(0.975, len(logs) - 1)) * spread
    estimate = Estimate(
        value=math.exp(effect),
        effect=effect,
        p_value=float(2 * stats.t.sf(abs(effect) / spread, len(logs) - 1)),
        null_low=math.exp(-half),
        null_high=math.exp(half),
        n=len(logs),
        m=tonight,
    )
    yield Measurement(estimate, float(tonight), float(np.median(past)))
