"""Predictions of two bundles for the same unlabelled rows: where they agree, and where not; sums over units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import wilson
from models.evaluation.record import json_ready

SHIFT_BINS: Final = 20
"""Bins of the change of confidence, from -1 to 1."""
EXAMPLES: Final = 50

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answers:
    """Predictions of a bundle for N rows.

    Attributes:
        label: int64[N], class index; C where there is no label.
        confidence: float64[N], NaN where there is no label.
    """

    label: Int64
    confidence: Float64


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A row that the two label differently.

    Attributes:
        doc_id: The document.
        champion: Class of the first; None without a label.
        champion_confidence: Its confidence, NaN without a label.
        challenger: Class of the second.
        challenger_confidence: Its confidence.
    """

    doc_id: str
    champion: str | None
    champion_confidence: float
    challenger: str | None
    challenger_confidence: float

    @property
    def sureness(self) -> float:
        """Confidence of the less sure of the two: high where both are sure of different things."""
        both = (self.champion_confidence, self.challenger_confidence)
        return -1.0 if any(each != each for each in both) else min(both)


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """Two bundles on the same rows.

    Attributes:
        labels: C class names.
        confusion: int64[C + 1, C + 1], rows by prediction of the first and of the second; the last is "no label".
        confidence_sums: float64[2], summed confidences of rows that both label.
        shift: int64[SHIFT_BINS], such rows by second confidence less first, from -1 to 1.
        examples: Rows labelled differently, those first of which both are surest.
    """

    labels: tuple[str, ...]
    confusion: Int64
    confidence_sums: Float64
    shift: Int64
    examples: tuple[Disagreement, ...]

    @property
    def rows(self) -> int:
        """All rows."""
        return int(self.confusion.sum())

    def merged(self, other: SideBySide) -> SideBySide:
        """The rows of both."""
        return SideBySide(
            self.labels,
            self.confusion + other.confusion,
            self.confidence_sums + other.confidence_sums,
            self.shift + other.shift,
            _surest((*self.examples, *other.examples)),
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, with the shares that follow from the counts."""
        names = (*self.labels, None)
        same = int(np.trace(self.confusion))
        both = int(self.confusion[:-1, :-1].sum())
        agreement, means = wilson(same, self.rows), self.confidence_sums / max(both, 1)
        shares = [self.confusion.sum(axis=axis) / max(self.rows, 1) for axis in (1, 0)]
        flat = {
            "rows": self.rows,
            "agreement": {"value": agreement.value, "low": agreement.low, "high": agreement.high},
            "labels": names,
            "confusion": self.confusion.tolist(),
            "champion_shares": shares[0].tolist(),
            "challenger_shares": shares[1].tolist(),
            "champion_confidence": float(means[0]) if both else float("nan"),
            "challenger_confidence": float(means[1]) if both else float("nan"),
            "confidence_shift": {
                "edges": np.linspace(-1.0, 1.0, SHIFT_BINS + 1).round(6).tolist(),
                "rows": self.shift.tolist(),
            },
            "examples": [
                {name: getattr(each, name) for name in Disagreement.__dataclass_fields__} for each in self.examples
            ],
        }
        ready: dict[str, Any] = json_ready(flat)
        return ready


def side_by_side(champion: Answers, challenger: Answers, doc_ids: Sequence[str], labels: Sequence[str]) -> SideBySide:
    """Compare the predictions for N rows.

    Args:
        champion: The first bundle's.
        challenger: The second's.
        doc_ids: N ids, for the examples.
        labels: C class names, the same for both.
    """
    width = len(labels) + 1
    flat = np.bincount(champion.label * width + challenger.label, minlength=width * width)
    both = (champion.label < len(labels)) & (challenger.label < len(labels))
    one, two = champion.confidence[both], challenger.confidence[both]
    bins = np.clip(((two - one + 1) / 2 * SHIFT_BINS).astype(np.int64), 0, SHIFT_BINS - 1)
    differ = np.flatnonzero(champion.label != challenger.label)
    least = np.nan_to_num(np.minimum(champion.confidence[differ], challenger.confidence[differ]), nan=-1.0)
    chosen = differ[np.argsort(-least, kind="stable")[:EXAMPLES]]
    names: list[str | None] = [*labels, None]
    examples = [
        Disagreement(
            doc_ids[row],
            names[champion.label[row]],
            float(champion.confidence[row]),
            names[challenger.label[row]],
            float(challenger.confidence[row]),
        )
        for row in chosen.tolist()
    ]
    return SideBySide(
        labels=tuple(labels),
        confusion=flat.reshape(width, width).astype(np.int64),
        confidence_sums=np.array([one.sum(), two.sum()]),
        shift=np.bincount(bins, minlength=SHIFT_BINS).astype(np.int64),
        examples=_surest(examples),
    )


def _surest(examples: Sequence[Disagreement]) -> tuple[Disagreement, ...]:
    return tuple(sorted(examples, key=lambda each: (-each.sureness, each.doc_id))[:EXAMPLES])
