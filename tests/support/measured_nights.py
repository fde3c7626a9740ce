"""Nights that drift metrics are measured of: counts that a test sets, and a population of texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import open_bundle
from monitoring.metrics.counts import Pair
from monitoring.metrics.input import Baseline, MonitoringInput, SampleLimits
from monitoring.metrics.night import Measurement, Night
from storage.profiles.counts import Counts
from storage.profiles.profile import empty
from tests.support.synthetic_population import LABELS, USUAL, Draw, Population

EMBEDDED = Path(__file__).parents[2] / "models" / "pretrained" / "comment"
LIMITS = SampleLimits()


@cache
def population() -> Population:
    """Made once: it reads a bundle."""
    return Population(open_bundle(EMBEDDED))


@cache
def reference() -> tuple[Baseline, Any]:
    """A usual reference with its confusion counts."""
    return population().baseline(Draw(rows=1_500))


@cache
def inputs(draw: Draw = USUAL, labels: int = 0) -> MonitoringInput:
    """A drawn night against the usual reference."""
    return population().night(draw, 3, reference(), labels=labels)


def night(draw: Draw = USUAL, labels: int = 0, **changes: Any) -> Night:
    """A fresh night: nothing of it has been computed; `changes` replace fields of its input."""
    return Night(replace(inputs(draw, labels), **changes), LIMITS)


def without_sample() -> Night:
    """A night whose reference has counts and no texts."""
    return night(baseline=replace(reference()[0], sample=None))


def counts(**changes: Any) -> Counts:
    """Counts of no rows but for what is given."""
    return replace(empty(LABELS).total, **changes)


def pair(before: Counts, now: Counts, rows: str = "") -> Pair:
    """Two sets of counts over the same kind of rows."""
    return Pair(before, now, LABELS, night(), np.random.default_rng(0), rows)


def only(measured: Iterable[Measurement]) -> Measurement:
    """The one measurement that a metric gives."""
    (one,) = measured
    return one
