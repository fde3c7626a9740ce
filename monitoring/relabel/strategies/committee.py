"""Where several answers to the same row disagree; the larger, the more worth asking."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.uncertainty import Probabilities, entropy


def bald(passes: Probabilities) -> NDArray[np.float64]:
    """What the label would tell about the weights: `H[mean_t p_t] - mean_t H[p_t]`.

    Houlsby et al., "Bayesian Active Learning for Classification and Preference Learning" (2011), eq. 2; with dropout in
    place of a posterior: Gal, Islam & Ghahramani, "Deep Bayesian Active Learning with Image Data" (2017). Zero where
    all passes agree, however unsure they are: noise that no label settles is not asked for.

    Args:
        passes: Floating[T, N, C], probabilities of T passes with dropout.

    Returns:
        float64[N], from 0 to `ln C`, in nats.
    """
    mean = passes.astype(np.float64).mean(axis=0)
    gained: NDArray[np.float64] = entropy(mean) - entropy(passes).mean(axis=0)
    return np.maximum(gained, 0.0)


def disagreement(champion: Probabilities, challenger: Probabilities) -> NDArray[np.float64]:
    """Jensen-Shannon divergence of two models' answers: `H[(p + q) / 2] - (H[p] + H[q]) / 2`.

    Lin, "Divergence Measures Based on the Shannon Entropy" (1991), eq. 4.1; McCallum & Nigam (1998) ask by it what a
    committee of models is split about.

    Args:
        champion: Floating[N, C].
        challenger: Floating[N, C], the classes in the same order.

    Returns:
        float64[N], from 0 to `ln 2`, in nats.
    """
    return bald(np.stack([champion, challenger]))
