"""How far batches are, and how well people agree."""

from __future__ import annotations

import logging
import math
from dataclasses import asdict, dataclass
from typing import Any

from models.evaluation.record import Interval
from monitoring.relabel.annotation.agreement import (
    Votes,
    cohen_kappa,
    fleiss_kappa,
    golden_accuracy,
    krippendorff_alpha,
)
from monitoring.relabel.annotation.annotators import AnnotatorQuality, annotator_quality
from monitoring.relabel.annotation.queue import Queue, QueuedBatch
from monitoring.relabel.annotation.resolve import ADJUDICATOR, resolve
from monitoring.relabel.annotation.shares import shares_of
from storage.errors import ExtraMissing
from storage.relabel.annotations import AnnotationLog

log = logging.getLogger("yeban.relabel")


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """How far a batch is.

    Attributes:
        batch: Its name.
        rows: Rows to label, without golden ones.
        resolved: Of these, with a label that stands.
        ties: Rows for an adjudicator.
        progress: Labelled and given rows of each annotator; of those that were given none, the rows of the batch.
        golden: Share of golden rows that each got right.
        cohen: Kappa of each pair of annotators.
        fleiss: Kappa of all; NaN where it is not defined, or without statsmodels.
        krippendorff: Alpha of all.
        quality: Of each annotator, by the others and the model; empty without cleanlab or second opinions.
    """

    batch: str
    rows: int
    resolved: int
    ties: tuple[str, ...]
    progress: dict[str, tuple[int, int]]
    golden: dict[str, Interval]
    cohen: dict[tuple[str, str], float]
    fleiss: float
    krippendorff: float
    quality: dict[str, AnnotatorQuality]

    def as_dict(self) -> dict[str, Any]:
        """The status for programs; null for what is not defined."""
        return {
            "batch": self.batch,
            "rows": self.rows,
            "resolved": self.resolved,
            "ties": len(self.ties),
            "progress": {name: {"labelled": done, "given": given} for name, (done, given) in self.progress.items()},
            "golden": {name: [each.value, each.low, each.high] for name, each in self.golden.items()},
            "cohen": [{"pair": list(pair), "kappa": _known(kappa)} for pair, kappa in self.cohen.items()],
            "fleiss": _known(self.fleiss),
            "krippendorff": _known(self.krippendorff),
            "quality": {name: asdict(each) for name, each in self.quality.items()},
        }


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is, in numbers.

    Attributes:
        rows: Rows to label, without golden ones.
        unlabelled: Of these, without any label.
        ties: Of these, for an adjudicator.
        begun: An annotator was given a file of their own, or has sent one back.
    """

    rows: int
    unlabelled: int
    ties: int
    begun: bool


def batch_progress(queue: Queue, task: str, batch: str) -> BatchProgress:
    """How far a batch is, in numbers: no figure on agreement, and no text is looked at.

    Raises:
        TerminalError: The batch or an import can't be read.
    """
    folder = queue.folder(task, batch)
    labels = AnnotationLog(folder).latest_labels()
    items = queue.batch(task, batch).by_row_id()
    outcomes = [resolve(labels.get(row, {})) for row, item in items.items() if item.golden is None]
    return BatchProgress(
        rows=len(outcomes),
        unlabelled=sum(each is None for each in outcomes),
        ties=sum(each is not None and each.label is None for each in outcomes),
        begun=bool(labels or shares_of(folder)),
    )


def batch_status(queue: Queue, task: str, batch: str) -> BatchStatus:
    """How far a batch is, and how well people agree.

    Raises:
        TerminalError: The batch or an import can't be read.
    """
    found = queue.batch(task, batch)
    folder = queue.folder(task, batch)
    items, labels, given = found.by_row_id(), AnnotationLog(folder).latest_labels(), shares_of(folder)
    rows = [row for row, item in items.items() if item.golden is None]
    resolved = {row: outcome for row in rows if (outcome := resolve(labels.get(row, {})))}
    people = sorted({*given, *(name for each in labels.values() for name in each)})
    votes = {
        row: {name: label for name, label in each.items() if not name.startswith(ADJUDICATOR)}
        for row, each in labels.items()
    }
    known = {row: item.golden for row, item in items.items() if item.golden is not None}
    return BatchStatus(
        batch=batch,
        rows=len(rows),
        resolved=sum(each.label is not None for each in resolved.values()),
        ties=tuple(row for row, each in resolved.items() if each.label is None),
        progress={
            name: (sum(name in each for each in labels.values()), len(given.get(name, items))) for name in people
        },
        golden=golden_accuracy(votes, known),
        cohen=cohen_kappa(votes),
        fleiss=_fleiss(votes),
        krippendorff=krippendorff_alpha(votes),
        quality=_quality(votes, found),
    )


def _fleiss(votes: Votes) -> float:
    try:
        return fleiss_kappa(votes)
    except ExtraMissing as error:
        log.warning("%s", error.got)
        return math.nan


def _quality(votes: Votes, found: QueuedBatch) -> dict[str, AnnotatorQuality]:
    probs = {row: item.probs for row, item in found.by_row_id().items()}
    try:
        return annotator_quality(votes, probs, found.labels)
    except ExtraMissing as error:
        log.warning("%s", error.got)
        return {}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
