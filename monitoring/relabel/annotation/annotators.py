"""How good each annotator is, judged by the others and by the model."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from monitoring.relabel.annotation.agreement import Votes
from storage.errors import ExtraMissing


@dataclass(frozen=True, slots=True)
class AnnotatorQuality:
    """What CROWDLAB makes of an annotator (Goh et al. 2022, arXiv 2210.06812).

    Attributes:
        quality: Overall, 0 to 1.
        labelled: Items labelled.
        agreement: Share of the items shared with others on which the consensus is the annotator's label.
        worst_label: The label that the annotator gets wrong most.
    """

    quality: float
    labelled: int
    agreement: float
    worst_label: str


def annotator_quality(
    votes: Votes, probs: Mapping[str, tuple[float, ...]], labels: tuple[str, ...]
) -> dict[str, AnnotatorQuality]:
    """Quality of each annotator from labels and model together; nothing where no item has two labels.

    Args:
        votes: Labels by item and annotator.
        probs: Calibrated probabilities by item; items without are left out.
        labels: The classes, in the order of the probabilities.

    Raises:
        ExtraMissing: cleanlab is not installed.
    """
    rows = [row for row, given in votes.items() if given and len(probs.get(row, ())) == len(labels)]
    if not any(len(votes[row]) > 1 for row in rows):
        return {}
    people = sorted({name for row in rows for name in votes[row]})
    place = {label: each for each, label in enumerate(labels)}
    table = np.full((len(rows), len(people)), np.nan)
    for number, row in enumerate(rows):
        for name, label in votes[row].items():
            table[number, people.index(name)] = place[label]
    return _quality(table, np.array([probs[row] for row in rows], np.float64), people, labels)


def _quality(
    table: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    probs: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    people: list[str],
    labels: tuple[str, ...],
) -> dict[str, AnnotatorQuality]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cleanlab's remarks on few labels: our reader sees how many there are
        try:
            from cleanlab.multiannotator import get_label_quality_multiannotator
        except ImportError as error:
            raise ExtraMissing(
                f"the quality of annotators needs cleanlab: {error}",
                expected="cleanlab 2.9 beside yeban",
                action='pip install "yeban[relabel]"',
                module=error.name,
            ) from error
        found = get_label_quality_multiannotator(table, probs, verbose=False)["annotator_stats"]
    return {
        people[int(number)]: AnnotatorQuality(
            quality=float(row["annotator_quality"]),
            labelled=int(row["num_examples_labeled"]),
            agreement=float(row["agreement_with_consensus"]),
            worst_label=labels[int(row["worst_class"])],
        )
        for number, row in found.iterrows()
    }
