"""The gate before int8: does it give real rows the labels that float32 gives them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from batch.engine.packed_check import score_windows
from batch.forward.protocol import Forward
from models.calibration import softmax
from models.tokens import SpecialTokens, Tokens
from models.windows import Windows
from storage.errors import ConfigError

GATE_WINDOWS: Final = 512
"""Windows compared before the first unit of a run."""
MIN_AGREEMENT: Final = 0.995
"""Share of windows whose label must stay the same."""


@dataclass(frozen=True, slots=True)
class Int8Agreement:
    """How close two ways of computing came.

    Attributes:
        windows: Windows compared.
        same_label: How many got the same label.
        largest_difference: Between two probabilities, before calibration.
    """

    windows: int
    same_label: int
    largest_difference: float

    @property
    def share(self) -> float:
        """Share of windows with the same label; 1 where there was nothing to compare."""
        return self.same_label / self.windows if self.windows else 1.0


def compare_logits(exact: NDArray[np.float32], fast: NDArray[np.float32]) -> Int8Agreement:
    """Compare the logits of the same windows, float32[W, C] both."""
    same = (exact.argmax(1) == fast.argmax(1)) & np.isfinite(fast).all(1)
    apart = np.abs(softmax(exact, 1.0) - softmax(fast, 1.0)).max(initial=0.0)
    return Int8Agreement(len(exact), int(same.sum()), float(apart))


def measure_agreement(
    exact: Forward,
    fast: Forward,
    tokens: Tokens,
    windows: Windows,
    special: SpecialTokens,
    limit: int = GATE_WINDOWS,
) -> Int8Agreement:
    """Run windows, evenly spread over those at hand, both ways.

    Args:
        exact: The network in float32.
        fast: The same network, as the run would compute.
        tokens: Real documents.
        windows: Their windows.
        special: Special tokens around each window.
        limit: How many to compare at most.
    """
    total = len(windows.length)
    chosen = np.unique(np.linspace(0, total - 1, min(limit, total)).astype(np.int64))
    if not len(chosen):
        return Int8Agreement(0, 0, 0.0)
    return compare_logits(*(score_windows(each, tokens, windows, chosen, special) for each in (exact, fast)))


def require_agreement(found: Int8Agreement, precision: str, minimum: float = MIN_AGREEMENT) -> None:
    """Refuse a precision that changes labels.

    Raises:
        ConfigError: Too many windows got another label than in float32.
    """
    if found.share < minimum:
        raise ConfigError(
            f"precision {precision!r}: {found.same_label} of {found.windows} windows of this run's rows "
            f"({found.share:.2%}) kept their label, probabilities moved by up to {found.largest_difference:.3f}",
            expected=f"the label of float32 on at least {minimum:.1%} of them",
            action='set precision = "auto": this network does not survive rounding to int8',
        )
