"""The night that metrics are computed from, and what they give back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from monitoring.metrics.input import MonitoringInput, SampleLimits
from monitoring.statistics.estimate import Estimate

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a metric has measured.

    Attributes:
        estimate: The statistic with its uncertainty; `value` of a share or a mean is its difference from the reference.
        level: The plain level tonight, such as the share itself; NaN where there is none.
        level_before: The level of the reference.
        item: What of: a class, a word; empty for the whole.
        slice: Which rows: `column=value`; empty for all. Of counts the set of rows says it.
    """

    estimate: Estimate
    level: float = math.nan
    level_before: float = math.nan
    item: str = ""
    slice: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Night:
    """A night that is being measured.

    Attributes:
        inputs: All that is known of it.
        limits: How much is measured.
    """

    inputs: MonitoringInput
    limits: SampleLimits
    _results: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def once(self, compute: Callable[[Night], T]) -> T:
        """The result of a computation that several metrics share; it runs once."""
        if compute not in self._results:
            self._results[compute] = compute(self)
        result: T = self._results[compute]
        return result


NightMetric = Callable[[Night], Iterable[Measurement]]
"""How a metric is computed once for each night."""
