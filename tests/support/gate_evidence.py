"""Evidence of a challenger that is the champion's twin: nothing is better, and nothing is known of its calibration."""

from __future__ import annotations

import numpy as np

from models.evaluation.calibration_error import UNKNOWN
from models.evaluation.comparison import compare
from models.evaluation.gate_record import Evidence, Leakage
from models.evaluation.record import Interval

PROBS = np.random.default_rng(0).dirichlet(np.ones(2), 50)
COMPARISON = compare(PROBS, PROBS, PROBS.argmax(axis=1), ("a", "b"), None, np.random.default_rng(0))
EVIDENCE = Evidence(
    "one", "two", COMPARISON, COMPARISON, UNKNOWN, UNKNOWN, Leakage(None, 0, 0), Interval(1.0, 0.9, 1.1)
)
