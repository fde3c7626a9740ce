"""Which labels the networks learn from of a learning curve: nested subsets, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.learning_curve.measure import Learned

MIN_LABELS: Final = 20
"""Fewer labels on a side are not worth a comparison."""
_GOLDEN_RATIO: Final = np.uint64(0x9E3779B97F4A7C15)
_MIXER: Final = np.uint64(0xBF58476D1CE4E5B9)
_BITS: Final = np.uint64(31)


@dataclass(frozen=True, slots=True, eq=False)
class LabelSubset:
    """Labels that one network learns from.

    Attributes:
        round: Batches that they come from, the first so many.
        learned: Which of their labels.
        repeat: Number of the draw.
        rows: int64[n], places of the labels.
    """

    round: int
    learned: Learned
    repeat: int
    rows: NDArray[np.int64]


def plan_subsets(
    batch: NDArray[np.int64], random: NDArray[np.bool_], keys: NDArray[np.uint64], repeats: int
) -> tuple[LabelSubset, ...]:
    """Subsets for each round: all labels so far, and as many picked as random ones.

    The two sides have the same number from each batch, because later batches were picked by better networks. The
    subsets of a repeat are nested: the next round's hold all of this round's.

    Args:
        batch: int64[N], number of each label's batch, from 0 without gaps.
        random: bool[N], drawn at random.
        keys: uint64[N], digests of the texts, all different.
        repeats: Draws of each subset, at least 1.

    Returns:
        By round; a round whose sides have fewer than `MIN_LABELS` has only the subset of all labels.
    """
    subsets = []
    rounds = int(batch.max(initial=-1)) + 1
    for repeat in range(repeats):
        order = np.argsort(_shuffled(keys, repeat), kind="stable")
        sides: dict[Learned, list[NDArray[np.int64]]] = {"picked": [], "random": []}
        for number in range(rounds):
            here = [order[(batch[order] == number) & (random[order] == drawn)] for drawn in (False, True)]
            equal = min(len(each) for each in here)
            for side, rows in zip(sides.values(), here, strict=True):
                side.append(rows[:equal])
            subsets.append(LabelSubset(number + 1, "all", repeat, np.flatnonzero(batch <= number)))
            for learned, side in sides.items():
                rows = np.sort(np.concatenate(side))
                if len(rows) >= MIN_LABELS:
                    subsets.append(LabelSubset(number + 1, learned, repeat, rows))
    return tuple(sorted(subsets, key=lambda subset: subset.round))


def _shuffled(keys: NDArray[np.uint64], draw: int) -> NDArray[np.uint64]:
    """Numbers that follow from a key and a draw, and seem to have nothing to do with them (a step of SplitMix64)."""
    with np.errstate(over="ignore"):
        mixed = keys + np.uint64(draw + 1) * _GOLDEN_RATIO
        mixed = (mixed ^ (mixed >> _BITS)) * _MIXER
        mixed = (mixed ^ (mixed >> _BITS)) * _GOLDEN_RATIO
    return mixed ^ (mixed >> _BITS)
