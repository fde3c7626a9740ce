"""How well people agree, beyond chance. 1: always; 0: as if they guessed; below 0: worse than that."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations, permutations, product

import numpy as np

from models.evaluation.intervals import wilson
from models.evaluation.record import Interval
from storage.errors import ExtraMissing

Votes = Mapping[str, Mapping[str, str]]
"""Labels by item and annotator."""


def cohen_kappa(votes: Votes) -> dict[tuple[str, str], float]:
    """Kappa of each pair of annotators, over the items that both labelled (Cohen 1960, Educ. Psych. Meas. 20, p. 37).

    NaN for a pair that has no item in common, or that both gave everything one and the same label.
    """
    people = sorted({name for labels in votes.values() for name in labels})
    return {
        (a, b): _cohen([(labels[a], labels[b]) for labels in votes.values() if a in labels and b in labels])
        for a, b in combinations(people, 2)
    }


def fleiss_kappa(votes: Votes) -> float:
    """Kappa of many annotators (Fleiss 1971, Psych. Bulletin 76, p. 378).

    It wants the same number of labels for each item: only items with the commonest number above 1 count. NaN where
    there are none, or all labels are the same.

    Raises:
        ExtraMissing: statsmodels is not installed.
    """
    sizes = Counter(len(labels) for labels in votes.values() if len(labels) > 1)
    if not sizes:
        return math.nan
    size = max(sizes, key=lambda each: (sizes[each], each))
    table = [Counter(labels.values()) for labels in votes.values() if len(labels) == size]
    names = sorted({label for row in table for label in row})
    if len(names) < 2:
        return math.nan
    try:
        from statsmodels.stats import inter_rater  # takes two seconds to import
    except ImportError as error:
        raise ExtraMissing(
            f"Fleiss' kappa needs statsmodels: {error}",
            expected="statsmodels beside yeban",
            action='pip install "yeban[relabel]"',
            module=error.name,
        ) from error
    return float(inter_rater.fleiss_kappa(np.array([[row[name] for name in names] for row in table], np.int64)))


def krippendorff_alpha(votes: Votes) -> float:
    """Alpha for nominal labels, any number of them for each item (Krippendorff 2011, "Computing ... Reliability").

    From the coincidences o: `alpha = 1 - (n - 1) sum_{c != k} o_ck / sum_{c != k} n_c n_k`. Items with one label do
    not count. Ours, because the package `krippendorff` is under the GPL. NaN where there are
    none, or all labels are the same.
    """
    coincidences: defaultdict[tuple[str, str], float] = defaultdict(float)
    for labels in votes.values():
        given = Counter(labels.values())
        others = given.total() - 1
        for first, second in product(given, given) if others else ():
            coincidences[first, second] += given[first] * (given[second] - (first == second)) / others
    sums: defaultdict[str, float] = defaultdict(float)
    for (first, _), weight in coincidences.items():
        sums[first] += weight
    n = sum(sums.values())
    expected = sum(sums[a] * sums[b] for a, b in permutations(sums, 2))
    if expected == 0:
        return math.nan
    differing = sum(weight for (first, second), weight in coincidences.items() if first != second)
    return 1 - (n - 1) * differing / expected


def golden_accuracy(votes: Votes, golden: Mapping[str, str]) -> dict[str, Interval]:
    """Share of the golden rows that each annotator got right, with Wilson's interval; only where they labelled any."""
    hits: dict[str, list[bool]] = {}
    for item, known in golden.items():
        for name, label in votes.get(item, {}).items():
            hits.setdefault(name, []).append(label == known)
    return {name: wilson(sum(each), len(each)) for name, each in sorted(hits.items())}


def _cohen(pairs: Sequence[tuple[str, str]]) -> float:
    if len({label for pair in pairs for label in pair}) < 2:
        return math.nan
    from sklearn.metrics import cohen_kappa_score  # half a second; most batches have no second opinions

    first, second = zip(*pairs, strict=True)
    return float(cohen_kappa_score(first, second))
