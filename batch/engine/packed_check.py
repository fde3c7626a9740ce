"""The proof before the run: packed and padded scoring must agree on real rows.

Both ways share weights and number type, so what may differ is the order of roundings. What must not happen is that
one document sees another, or that a family's positions are numbered wrongly: that moves probabilities by far more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from batch.forward.protocol import Forward
from models.calibration import softmax
from models.precision import Precision
from models.tokens import SpecialTokens, Tokens
from models.windows import Windows

TOLERANCE: Final[dict[Precision, float]] = {"fp32": 1e-4, "fp16": 1e-2, "bf16": 5e-2}
"""How far a probability may move between padded and packed.

Measured on a CPU, six classes, BERT-base of random weights (the worst case: its labels hang by a thread): fp32 3e-6,
fp16 2e-3, bf16 3e-2; a small trained bundle moved by 6e-8, 1e-4 and 7e-4. Attention that mixes documents: 0.5 to 0.8.
"""

_SAMPLE = 128
_MAX_TOKENS = 8_192


@dataclass(frozen=True, slots=True)
class PackedCheck:
    """What comparing N windows showed.

    Attributes:
        rows: N; none where there was too little text to tell one way from another.
        max_difference: Largest absolute difference of a probability; NaN where a probability was not finite.
        flipped: Rows whose label differs though its padded margin exceeds the tolerance.
        tolerance: What was allowed.
    """

    rows: int
    max_difference: float
    flipped: int
    tolerance: float

    @property
    def passed(self) -> bool:
        """The two ways agree, and there was something to compare."""
        return self.rows > 0 and self.max_difference <= self.tolerance and not self.flipped


def sample_windows(windows: Windows, count: int = _SAMPLE) -> Windows:
    """Choose windows of all lengths, and add half of each and an empty one.

    The halves make sure that lengths are mixed even where all texts are equally long, or where there is one only.

    Args:
        windows: W windows of real documents.
        count: How many of them to take, evenly by length, the longest and the shortest among them.

    Returns:
        At most 2 `count` + 1 windows; none where no window has two tokens.
    """
    useful = np.flatnonzero(windows.length > 1)
    useful = useful[np.argsort(windows.length[useful], kind="stable")]
    if not len(useful):
        return _take(windows, useful, windows.length[useful])
    picked = useful[np.unique(np.linspace(0, len(useful) - 1, count).round().astype(np.int64))]
    longest = windows.length[picked]
    return _take(
        windows, np.concatenate([picked, picked, picked[:1]]), np.concatenate([longest, longest // 2, np.zeros(1, int)])
    )


def _take(windows: Windows, chosen: NDArray[np.int64], length: NDArray[np.int64]) -> Windows:
    """The beginnings of chosen windows, each as the only window of its document."""
    return replace(
        windows,
        doc=windows.doc[chosen],
        start=windows.start[chosen],
        length=length,
        skip_from=np.minimum(windows.skip_from[chosen], length),
        skip=windows.skip[chosen],
        offsets=np.arange(len(chosen) + 1),
        truncated=np.zeros(len(chosen), np.bool_),
    )


def compare(
    packed: Forward, padded: Forward, tokens: Tokens, windows: Windows, special: SpecialTokens, precision: Precision
) -> PackedCheck:
    """Score a sample both ways.

    Args:
        packed: The way to be checked.
        padded: The way that is known to be right.
        tokens: Real documents.
        windows: Their windows, from which a sample is drawn.
        special: How many special tokens a window carries.
        precision: Number type of both ways.
    """
    sample = sample_windows(windows)
    chosen = np.arange(len(sample.length))
    if not len(chosen):
        return PackedCheck(0, 0.0, 0, TOLERANCE[precision])
    right, checked = (softmax(score_windows(each, tokens, sample, chosen, special), 1.0) for each in (padded, packed))
    return judge(right, checked, TOLERANCE[precision])


def judge(right: NDArray[np.float32], checked: NDArray[np.float32], tolerance: float) -> PackedCheck:
    """Compare probabilities float32[N, C]."""
    ranked = np.sort(right, axis=1)
    clear = ranked[:, -1] - ranked[:, -2] > tolerance
    flipped = clear & (right.argmax(axis=1) != checked.argmax(axis=1))
    return PackedCheck(len(right), float(np.abs(right - checked).max()), int(flipped.sum()), tolerance)


def score_windows(
    forward: Forward, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64], special: SpecialTokens
) -> NDArray[np.float32]:
    """Score a few windows one way.

    Returns:
        float32[B, C], in the order of `chosen`.
    """
    buckets = forward.fill(windows.length[chosen] + special.count, _MAX_TOKENS)
    logits = np.full((len(chosen), forward.classes), np.nan, np.float32)
    for index in range(len(buckets)):
        batch = buckets.batch(index)
        logits[batch] = forward.start(tokens, windows, chosen[batch])()
    return logits
