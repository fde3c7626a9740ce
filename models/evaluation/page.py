"""An evaluation as one small HTML page that needs nothing but itself."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from models.evaluation.record import Evaluation
from models.pages.environment import page_environment, shorten
from models.pages.localized_text import Language

# Together they keep the page under 200 KB whatever comes in.
_MAX_EXAMPLES: Final = 40
_MAX_TEXT_CHARS: Final = 240
_MAX_LABEL_CHARS: Final = 40
_MAX_MATRIX_CLASSES: Final = 20
_MAX_ROWS: Final = 60

_MATRIX_WIDTH: Final = 360
"""Drawings are this wide in SVG units, so that a phone shows their text at its real size."""


@dataclass(frozen=True, slots=True)
class Example:
    """A wrong row, joined with its text by the caller.

    Attributes:
        text: The document; the page shows its beginning.
        gold: Name of the right class.
        predicted: Name of the class that the model gave.
        confidence: Probability of the predicted class.
    """

    text: str
    gold: str
    predicted: str
    confidence: float


@dataclass(frozen=True, slots=True)
class _Matrix:
    """The confusion matrix as it is drawn: counts of the classes shown, and sizes in SVG units."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    totals: tuple[int, ...]
    hidden: int
    left: float
    top: float
    cell: float
    turned: bool


def render_page(
    evaluation: Evaluation,
    *,
    title: str,
    bundle_version: str,
    examples: Sequence[Example],
    lang: Language = "zh",
) -> str:
    """Render scores, those by class, confusion matrix, calibration and wrong rows.

    The page has no script, loads nothing, and stays under 200 KB: long texts, many classes and many groups
    are cut, and it says so where it cuts. All that comes from data is escaped.

    Args:
        evaluation: What to show.
        title: Heading, such as the task and the file.
        bundle_version: Version of the bundle that was evaluated.
        examples: Wrong rows, the most instructive first.
        lang: The language that leads; headings carry both.
    """
    environment = page_environment("models.evaluation", number=_number, percent=_percent, shorten=_shorten)
    return environment.get_template("page.html").render(
        e=evaluation,
        title=title,
        bundle_version=bundle_version,
        examples=examples[:_MAX_EXAMPLES],
        matrix=_matrix(evaluation),
        largest_bin=max((b.count for b in evaluation.reliability), default=0),
        max_rows=_MAX_ROWS,
        text_chars=_MAX_TEXT_CHARS,
        lang=lang,
    )


def _matrix(evaluation: Evaluation) -> _Matrix:
    """Choose the classes with the most gold rows, in the order of the labels, and lay the drawing out."""
    largest = sorted(range(len(evaluation.labels)), key=lambda c: -evaluation.classes[c].support)
    shown = sorted(largest[:_MAX_MATRIX_CLASSES])
    labels = tuple(_shorten(evaluation.labels[c], 18) for c in shown)
    longest = max(_text_width(label) for label in labels) + 10
    cell = min(max((_MATRIX_WIDTH - longest) / len(shown), 30.0), 84.0)
    turned = longest - 6 > cell
    return _Matrix(
        labels=labels,
        counts=tuple(tuple(evaluation.confusion[gold][given] for given in shown) for gold in shown),
        totals=tuple(sum(evaluation.confusion[gold]) for gold in shown),
        hidden=len(evaluation.labels) - len(shown),
        left=longest,
        top=longest * 0.75 + 12 if turned else 24,
        cell=cell,
        turned=turned,
    )


def _text_width(text: str, size: float = 12.0) -> float:
    """Rough width of a text in SVG units: a full-width character is one em, any other under two thirds."""
    return sum(size if unicodedata.east_asian_width(c) in "WF" else 0.62 * size for c in text)


def _number(value: float, digits: int = 3) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _percent(value: float, digits: int = 1) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.{digits}f} %"


def _shorten(text: str, limit: int = _MAX_LABEL_CHARS) -> str:
    return shorten(text, limit)
