"""What labels bought, as a job: networks learn from ever more of them, and random rows tell what each has learned."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from jobs.config.home import Home
from jobs.relabel.learning_curve_data import LearningCurveData, Sources, gather
from jobs.runs.locks import task_lock
from jobs.runs.progress import Progress
from models.bundle import Bundle
from models.evaluation.gate_record import LocalizedText
from models.evaluation.record import UNSCORED
from models.training.finetune_recipe import FinetuneRecipe, finetune_recipe
from monitoring.relabel.learning_curve.measure import LearningCurve, Tried, measure_effect
from monitoring.relabel.learning_curve.page import render_effect
from monitoring.relabel.learning_curve.subsets import LabelSubset, plan_lots
from storage.files.atomic import make_folder, sweep_temporaries, write_bytes, write_json
from storage.records import digest
from storage.relabel.learning_curve_points import SAID_SCHEMA, LearningCurvePoints

NEXT: Final = 500
REPEATS: Final = 3
_SEED: Final = 0
_FORMAT: Final = 1
_WORKSHOP: Final = ".networks-"


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
        effect: The figures.
        material: What they rest on.
        trained: Networks that this run has trained.
        kept: Networks that earlier runs had trained.
        notes: What a reader should know of them.
        json_file: All of it.
        page: The same to look at.
    """

    effect: LearningCurve
    material: LearningCurveData
    trained: int
    kept: int
    notes: tuple[LocalizedText, ...]
    json_file: Path
    page: Path


def measure_labels(home: Home, request: LearningCurveRequest, progress: Progress) -> LearningCurveResult:
    """Train what has not been trained, measure all, and write JSON and a page.

    Args:
        home: The home.
        request: What to measure.
        progress: Where to report to.

    Raises:
        YebanError: There are no labels, or too few; the bundle or a file can't be used.
        RunLocked: Another such run of the task is under way.
    """
    material = gather(home, request.sources)
    recipe = finetune_recipe(material.parent.manifest.lineage.recipe, request.settings)
    labels = material.labels
    lots = plan_lots(labels.batch, labels.random, labels.keys, request.repeats)
    with task_lock(home.locks, request.sources.task, "effect"):
        trial = _Trial(home, request, material, recipe)
        tried = trial.run(lots, progress)
    rng = np.random.default_rng(_SEED)
    effect = measure_effect(tried, material.test.gold, len(material.parent.labels), request.more, rng)
    fewer = {point.round for point in effect.points if point.rows < len(material.test)}
    notes = (*material.notes, *_notes(fewer, request))
    folder = home.root / "reports" / "effect" / request.sources.task
    files = folder / "effect.json", folder / "effect.html"
    outcome = LearningCurveResult(effect, material, trial.trained, trial.kept, notes, *files)
    _write(request, outcome)
    return outcome


class _Trial:
    """The networks of a run: those that are kept, and those that have to be trained."""

    def __init__(
        self, home: Home, request: LearningCurveRequest, material: LearningCurveData, recipe: FinetuneRecipe
    ) -> None:
        self._home, self._request, self._material, self._recipe = home, request, material, recipe
        self._points = LearningCurvePoints(home.effects / "points")
        self._folder = home.effects / "workshop"
        self.trained = self.kept = 0

    def run(self, lots: Sequence[LabelSubset], progress: Progress) -> list[Tried]:
        """The champion and a network for each lot."""
        progress.begin("networks", len(lots) + 1)
        self._sweep()
        tried = []
        with _quiet_training():
            for lot in (None, *lots):
                tried.append(self._try(lot))
                progress.advance(1)
        return tried

    def _sweep(self) -> None:
        """Remove what a run that was killed left behind; the lock says that none is under way."""
        sweep_temporaries(self._home.effects)
        for left in self._folder.glob(f"{_WORKSHOP}*"):
            shutil.rmtree(left)

    def _try(self, lot: LabelSubset | None) -> Tried:
        key = self._key(lot)
        # The champion needs no training, so it is asked about all rows every time.
        said = None if self._request.anew or lot is None else self._points.read(self._request.sources.task, key)
        found = None if said is None else self._read(lot, said)
        if found is not None and len(found.rows):
            self.kept += 1
            return found
        said = self._say(self._material.parent if lot is None else None, lot)
        if lot is not None:
            self._points.write(self._request.sources.task, key, said)
            self.trained += 1
        return self._read(lot, said)

    def _key(self, lot: LabelSubset | None) -> str:
        """All that decides what a network says, but for the test rows: those that are held out grow in number."""
        material, learned = self._material, None
        if lot is not None:
            keys, gold = material.labels.keys[lot.rows], material.labels.gold[lot.rows]
            order = np.argsort(keys)
            recipe = json.dumps(self._settings(lot).as_dict(), sort_keys=True)
            learned = (keys[order].tobytes().hex(), gold[order].tobytes().hex(), recipe)
        return digest(_FORMAT, material.parent.version, material.old_digest, material.test_name, learned)

    def _settings(self, lot: LabelSubset) -> FinetuneRecipe:
        """The recipe, with a seed for each repeat; nothing is kept of these networks but what they say."""
        return self._recipe.model_copy(update={"seed": self._recipe.seed + lot.repeat, "reference_texts": False})

    def _say(self, bundle: Bundle | None, lot: LabelSubset | None) -> pa.Table:
        """What a network says of the test rows, `SAID_SCHEMA`."""
        from jobs.scoring.scorer import make_scorer  # heavy, as the next: only where a network is needed
        from models.training.incremental import FinetuneRows, finetune

        material = self._material
        make_folder(self._folder)
        with tempfile.TemporaryDirectory(prefix=_WORKSHOP, dir=self._folder) as folder:
            if bundle is None:
                assert lot is not None  # without one it is the champion that is asked
                lessons = FinetuneRows(material.labels.rows().take(lot.rows), material.old, keep_out=material.keep_out)
                bundle = finetune(material.parent, self._settings(lot), lessons, Path(folder))
            probs = make_scorer(self._home, bundle).score(material.test.texts).probs
        lost = np.isnan(probs.sum(axis=1))
        best = np.where(lost[:, None], 0.0, probs)
        columns = [material.test_ids, np.where(lost, UNSCORED, best.argmax(axis=1)), best.max(axis=1)]
        return pa.table([pa.array(each) for each in columns], SAID_SCHEMA.names).cast(SAID_SCHEMA)

    def _read(self, lot: LabelSubset | None, said: pa.Table) -> Tried:
        """The answers to rows that are still test rows."""
        known = pl.DataFrame({"row": self._material.test_ids}).with_row_index("place")
        found = known.join(pl.from_arrow(said), on="row", maintain_order="left")  # type: ignore[arg-type]
        predicted = found["predicted"].to_numpy().astype(np.int64)
        confidence = np.where(predicted == UNSCORED, np.nan, found["confidence"].to_numpy().astype(np.float64))
        answers = (found["place"].to_numpy().astype(np.int64), predicted, confidence)
        if lot is None:
            return Tried(0, "nothing", 0, 0, *answers)
        return Tried(lot.round, lot.learned, len(lot.rows), lot.repeat, *answers)


@contextmanager
def _quiet_training() -> Iterator[None]:
    """The steps of networks that are thrown away are no news."""
    log = logging.getLogger("yeban.train")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


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


def _write(request: LearningCurveRequest, outcome: LearningCurveResult) -> None:
    now, task, material = datetime.now(UTC), request.sources.task, outcome.material
    page = render_effect(task, material.parent.version, material.batches, outcome.effect, outcome.notes, now)
    flat = {
        "task": task,
        "created_at": now.isoformat(timespec="seconds"),
        "parent": material.parent.version,
        "batches": list(material.batches),
        "test": {"name": material.test_name, "rows": len(material.test)},
        "labels": {"picked": int((~material.labels.random).sum()), "random": int(material.labels.random.sum())},
        "trained": outcome.trained,
        "kept": outcome.kept,
        "notes": [asdict(note) for note in outcome.notes],
        **outcome.effect.as_dict(),
    }
    write_bytes(outcome.page, page.encode())
    write_json(outcome.json_file, flat)
