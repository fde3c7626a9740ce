"""What labels bought, as a job: networks learn from ever more of them, and are measured on random rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from jobs.config.home import Home
from jobs.relabel.learning_curve_data import LearningCurveData, Sources, gather
from jobs.relabel.subset_networks import SubsetNetworks
from jobs.runs.context import JobContext
from jobs.runs.job import LEARNING_CURVE
from jobs.runs.run import TaskRun, run
from models.pages.localized_text import LocalizedText
from models.training.finetune_recipe import finetune_recipe
from monitoring.relabel.learning_curve.measure import LearningCurve, measure_learning_curve
from monitoring.relabel.learning_curve.page import render_learning_curve
from monitoring.relabel.learning_curve.subsets import plan_subsets
from storage.files.atomic import write_bytes, write_json

NEXT: Final = 500
REPEATS: Final = 3
_SEED: Final = 0


@dataclass(frozen=True, slots=True)
class LearningCurveRequest:
    """What to measure.

    Attributes:
        sources: What to measure with.
        repeats: Networks for each point.
        more: Labels whose gain is to be projected.
        anew: Train all networks again, so that all are measured on all test rows.
        settings: `key=value` on top of the recipe of fine-tuning.
    """

    sources: Sources
    repeats: int = REPEATS
    more: int = NEXT
    anew: bool = False
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LearningCurveResult:
    """What was found, and where it was written.

    Attributes:
        learning_curve: The figures.
        data: What they rest on.
        trained: Networks that this run has trained.
        kept: Networks that earlier runs had trained.
        notes: What a reader should know of them.
        json_file: All of it.
        page: The same to look at.
    """

    learning_curve: LearningCurve
    data: LearningCurveData
    trained: int
    kept: int
    notes: tuple[LocalizedText, ...]
    json_file: Path
    page: Path


def measure_labels(home: Home, request: LearningCurveRequest, context: JobContext) -> LearningCurveResult:
    """Train what has not been trained, measure all, and write JSON and a page.

    Args:
        home: The home.
        request: What to measure.
        context: Where to report to, and the clock.

    Raises:
        YebanError: There are no labels, or too few; the bundle or a file can't be used.
        RunLocked: Another such run of the task is under way.
    """
    data = gather(home, request.sources)
    recipe = finetune_recipe(data.parent.manifest.lineage.recipe, request.settings)
    labels, task = data.labels, request.sources.task
    subsets = plan_subsets(labels.batch, labels.random, labels.keys, request.repeats)
    with run(home, LEARNING_CURVE, TaskRun(task, data.parent.version), context) as tally:
        networks = SubsetNetworks(home, data, task, recipe, anew=request.anew)
        tried = networks.try_all(subsets, context.progress)
        tally.rows = len(data.test)
    rng = np.random.default_rng(_SEED)
    curve = measure_learning_curve(tried, data.test.gold, len(data.parent.labels), request.more, rng)
    fewer = {point.round for point in curve.points if point.rows < len(data.test)}
    notes = (*data.notes, *_notes(fewer, request))
    folder = home.root / "reports" / "effect" / task
    files = folder / "effect.json", folder / "effect.html"
    outcome = LearningCurveResult(curve, data, networks.trained, networks.kept, notes, *files)
    _write(task, outcome, context.now().astimezone(UTC))
    return outcome


def _notes(fewer: set[int], request: LearningCurveRequest) -> list[LocalizedText]:
    notes = []
    if fewer:
        rounds = ", ".join(map(str, sorted(fewer)))
        notes.append(
            LocalizedText(
                f"第 {rounds} 轮的模型是在部分测试行到来之前测的；--anew 会全部重新测",
                f"networks of rounds {rounds} were measured before some test rows came in: --anew measures all alike",
            )
        )
    if request.repeats == 1:
        notes.append(
            LocalizedText(
                "每个点只有一个模型：区间不含训练的偶然性",
                "one network for each point: the intervals leave out what training leaves to chance",
            )
        )
    return notes


def _write(task: str, outcome: LearningCurveResult, now: datetime) -> None:
    data, curve = outcome.data, outcome.learning_curve
    page = render_learning_curve(task, data.parent.version, data.batches, curve, outcome.notes, now)
    flat = {
        "task": task,
        "created_at": now.isoformat(timespec="seconds"),
        "parent": data.parent.version,
        "batches": list(data.batches),
        "test": {"name": data.test_name, "rows": len(data.test)},
        "labels": {"picked": int((~data.labels.random).sum()), "random": int(data.labels.random.sum())},
        "trained": outcome.trained,
        "kept": outcome.kept,
        "notes": [asdict(note) for note in outcome.notes],
        **curve.as_dict(),
    }
    write_bytes(outcome.page, page.encode())
    write_json(outcome.json_file, flat)
