"""The plain-text summary."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len

from models.calibration import softmax
from models.evaluation.metrics import evaluate
from models.evaluation.record import Evaluation
from models.evaluation.terminal import render_text


def _evaluation(labels: list[str], groups: bool = False, unscored: int = 0) -> Evaluation:
    rng = np.random.default_rng(0)
    gold = rng.integers(0, len(labels), 2000)
    logits = rng.normal(size=(2000, len(labels)))
    logits[np.arange(2000), gold] += 2.0
    logits[:unscored] = np.nan
    names = ["usual" if row % 3 else "疫情" for row in range(2000)] if groups else None
    return evaluate(softmax(logits), gold, labels, names, rng)


def _lines(text: str, title: str) -> list[str]:
    """The lines of one table, below its title."""
    lines = text.splitlines()
    start = lines.index(title) + 2
    return lines[start : lines.index("", start)]


def test_figures_and_intervals_are_there() -> None:
    evaluation = _evaluation(["负", "正"], unscored=3)
    text = render_text(evaluation)
    accuracy = evaluation.accuracy
    assert f"2,000 rows, {evaluation.correct:,} right, 3 unscored" in text
    assert f"{accuracy.value:.4f}   {accuracy.low:.4f} to {accuracy.high:.4f}" in text
    assert f"{evaluation.ece_noise_floor:.4f}" in text


def test_columns_align_with_wide_names() -> None:
    text = render_text(_evaluation(["中性情绪", "sad", "恐惧", "surprise"], groups=True))
    for title in ("by class", "gold (rows) by predicted (columns)", "by group"):
        table = _lines(text, title)
        assert len({cell_len(line) for line in table}) == 1, "\n".join(table)


def test_plain_text_only() -> None:
    text = render_text(_evaluation(["[bold]", ":smile:"]))
    assert "\x1b" not in text
    assert "[bold]" in text
    assert ":smile:" in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_many_classes_leave_the_matrix_out() -> None:
    text = render_text(_evaluation([f"类{c}" for c in range(13)]))
    assert "by class" in text
    assert "predicted (columns)" not in text


def test_nothing_scored() -> None:
    evaluation = evaluate(np.full((2, 2), np.nan), np.array([0, 1]), ["负", "正"], None, np.random.default_rng(0))
    assert "nan" not in render_text(evaluation)
