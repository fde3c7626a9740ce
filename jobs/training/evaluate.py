"""Evaluation as a job: a bundle against labelled rows, on the very path that scores the nights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from batch.scorer import Scorer
from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.runs.progress import Progress
from jobs.scoring.scorer import make_scorer
from models.bundle import Bundle
from models.evaluation.errors import confidently_wrong
from models.evaluation.metrics import evaluate
from models.evaluation.page import Example, render_page
from models.evaluation.record import Evaluation
from models.training.data import LabelledRows, LabelledSource, read_labelled
from storage.files.atomic import write_bytes, write_json

WRONG_ROWS = 20
_SEED = 0


@dataclass(frozen=True, slots=True)
class EvaluateResult:
    """What was measured, on which bundle, and the files it was written to."""

    bundle: Bundle
    evaluation: Evaluation
    json_file: Path
    page: Path


def evaluate_bundle(
    home: Home, task: str, source: LabelledSource, wanted: str | None, folder: Path | None, progress: Progress
) -> EvaluateResult:
    """Evaluate a bundle and write `evaluation.json` and `evaluation.html`.

    Args:
        home: The home.
        task: The task's name.
        source: The labelled rows.
        wanted: Bundle version, folder or hub name; None for the one in use.
        folder: Where to write; None for `reports/evaluation/<task>/<version>` of the home.
        progress: Where to report to.

    Raises:
        YebanError: The data or the bundle cannot be used.
    """
    bundle = find_bundle(home, task, wanted)
    rows = read_labelled(source, bundle.labels)
    probs = score_rows(make_scorer(home, bundle), rows, home.config.units.rows, progress)
    groups = None if rows.groups is None else rows.groups.to_list()
    evaluation = evaluate(probs, rows.gold, bundle.labels, groups, np.random.default_rng(_SEED))
    folder = folder or home.root / "reports" / "evaluation" / task / bundle.version
    title = f"{task} · {Path(source.file).name}" + (f" · {source.where}" if source.where else "")
    page = render_page(evaluation, title=title, bundle_version=bundle.version, examples=_examples(probs, rows, bundle))
    write_bytes(folder / "evaluation.html", page.encode())
    write_json(
        folder / "evaluation.json",
        {"task": task, "bundle": bundle.version, "data": title, **evaluation.as_dict()},
    )
    return EvaluateResult(bundle, evaluation, folder / "evaluation.json", folder / "evaluation.html")


def score_rows(scorer: Scorer, rows: LabelledRows, unit_rows: int, progress: Progress) -> NDArray[np.float32]:
    """Score labelled rows in portions of a unit, as the nightly job does: the same batches, the same bits.

    Returns:
        float32[N, C], NaN where a row could not be scored.
    """
    progress.begin("score", len(rows))
    portions = []
    for first in range(0, len(rows), unit_rows):
        texts = rows.texts[first : first + unit_rows]
        portions.append(scorer.score(texts).probs)
        progress.advance(len(texts))
    return np.concatenate(portions)


def _examples(probs: NDArray[np.float32], rows: LabelledRows, bundle: Bundle) -> list[Example]:
    return [
        Example(
            text=rows.texts[int(row)],
            gold=bundle.labels[rows.gold[row]],
            predicted=bundle.labels[int(probs[row].argmax())],
            confidence=float(probs[row].max()),
        )
        for row in confidently_wrong(probs, rows.gold, WRONG_ROWS)
    ]
