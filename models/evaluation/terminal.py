"""An evaluation as plain text for a terminal or a log."""

from __future__ import annotations

import io
import math
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from models.evaluation.record import Evaluation, Interval

_WIDTH: Final = 120
_MAX_CONFUSION_CLASSES: Final = 12
"""A wider confusion matrix would wrap; the page and the JSON have it."""


def render_text(evaluation: Evaluation) -> str:
    """Render scores with 95 % intervals, scores by class and by group, and the confusion matrix.

    Columns stay aligned with class names of full-width characters. No colours, no trailing blanks.
    """
    stream = io.StringIO()
    console = Console(file=stream, width=_WIDTH, color_system=None, force_terminal=False, markup=False, emoji=False)
    console.print(_figures(evaluation))
    console.print(_classes(evaluation))
    if len(evaluation.labels) <= _MAX_CONFUSION_CLASSES:
        console.print(_confusion(evaluation))
    if evaluation.groups:
        console.print(_groups(evaluation))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _figures(evaluation: Evaluation) -> Table:
    unscored = f", {evaluation.unscored:,} unscored" if evaluation.unscored else ""
    table = _table(f"{evaluation.rows:,} rows, {evaluation.correct:,} right{unscored}")
    _columns(table, "", "value", "95 % interval", "noise floor")
    for name, interval in (
        ("accuracy", evaluation.accuracy),
        ("macro F1", evaluation.macro_f1),
        ("macro precision", evaluation.macro_precision),
        ("macro recall", evaluation.macro_recall),
        ("log loss", evaluation.nll),
        ("Brier score", evaluation.brier),
    ):
        table.add_row(name, *_with_interval(interval))
    floor, mass_floor = evaluation.ece_noise_floor, evaluation.ece_equal_mass_noise_floor
    table.add_row("ECE, equal width", *_with_interval(evaluation.ece), _number(floor))
    table.add_row("ECE, equal mass", *_with_interval(evaluation.ece_equal_mass), _number(mass_floor))
    return table


def _classes(evaluation: Evaluation) -> Table:
    table = _table("by class")
    _columns(table, "class", "precision", "recall", "F1", "gold", "predicted")
    for scores in evaluation.classes:
        shares = (_number(share) for share in (scores.precision, scores.recall, scores.f1))
        table.add_row(scores.label, *shares, f"{scores.support:,}", f"{scores.predicted:,}")
    return table


def _confusion(evaluation: Evaluation) -> Table:
    table = _table("gold (rows) by predicted (columns)")
    _columns(table, "", *evaluation.labels)
    for label, row in zip(evaluation.labels, evaluation.confusion, strict=True):
        table.add_row(label, *(f"{count:,}" for count in row))
    return table


def _groups(evaluation: Evaluation) -> Table:
    table = _table("by group")
    _columns(table, "group", "rows", "unscored", "accuracy", "95 % interval", "macro F1", "95 % interval")
    for scores in evaluation.groups:
        counts = (f"{scores.rows:,}", f"{scores.unscored:,}")
        table.add_row(scores.group, *counts, *_with_interval(scores.accuracy), *_with_interval(scores.macro_f1))
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="", box=box.SIMPLE_HEAD, pad_edge=False)


def _columns(table: Table, first: str, *others: str) -> None:
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")


def _with_interval(interval: Interval) -> tuple[str, str]:
    if math.isnan(interval.low):
        return _number(interval.value), "-"
    return _number(interval.value), f"{interval.low:.4f} to {interval.high:.4f}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"
