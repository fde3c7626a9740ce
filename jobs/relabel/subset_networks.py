"""Networks that learn from ever more labels, and what each of them predicts for the test rows."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from jobs.config.home import Home
from jobs.relabel.learning_curve_data import LearningCurveData
from jobs.runs.progress import Progress
from models.bundle import Bundle
from models.evaluation.record import UNSCORED
from models.training.finetune_recipe import FinetuneRecipe
from monitoring.relabel.learning_curve.measure import TriedNetwork
from monitoring.relabel.learning_curve.subsets import LabelSubset
from storage.files.atomic import make_folder, sweep_temporaries
from storage.records import digest
from storage.relabel.learning_curve_points import POINT_SCHEMA, LearningCurvePoints

_FORMAT: Final = 1
_STAGING: Final = ".networks-"


class SubsetNetworks:
    """A network for each subset of the labels: those that earlier runs have trained, and those that are missing.

    Args:
        home: The home.
        data: What networks learn from and are measured on.
        task: The task.
        recipe: Of fine-tuning.
        anew: Train all networks again.
    """

    def __init__(self, home: Home, data: LearningCurveData, task: str, recipe: FinetuneRecipe, *, anew: bool) -> None:
        self._home, self._data, self._task, self._recipe, self._anew = home, data, task, recipe, anew
        self._points = LearningCurvePoints(home.learning_curves / "points")
        self._folder = home.learning_curves / "workshop"
        self.trained = self.kept = 0

    def try_all(self, subsets: Sequence[LabelSubset], progress: Progress) -> list[TriedNetwork]:
        """The champion and a network for each subset."""
        progress.begin("networks", len(subsets) + 1)
        self._sweep()
        tried = []
        with _quiet_training():
            for subset in (None, *subsets):
                tried.append(self._try(subset))
                progress.advance(1)
        return tried

    def _sweep(self) -> None:
        """Remove what a run that was killed left behind; the lock shows that none is under way."""
        sweep_temporaries(self._home.learning_curves)
        for left in self._folder.glob(f"{_STAGING}*"):
            shutil.rmtree(left)

    def _try(self, subset: LabelSubset | None) -> TriedNetwork:
        key = self._key(subset)
        # The champion needs no training, so it scores all rows every time.
        known = None if self._anew or subset is None else self._points.read(self._task, key)
        found = None if known is None else self._on_test_rows(subset, known)
        if found is not None and len(found.rows):
            self.kept += 1
            return found
        predicted = self._predict(subset)
        if subset is not None:
            self._points.write(self._task, key, predicted)
            self.trained += 1
        return self._on_test_rows(subset, predicted)

    def _key(self, subset: LabelSubset | None) -> str:
        """All that decides what a network predicts, but for the test rows: those that are held out grow in number."""
        data, learned = self._data, None
        if subset is not None:
            keys, gold = data.labels.keys[subset.rows], data.labels.gold[subset.rows]
            order = np.argsort(keys)
            recipe = json.dumps(self._settings(subset).as_dict(), sort_keys=True)
            learned = (keys[order].tobytes().hex(), gold[order].tobytes().hex(), recipe)
        return digest(_FORMAT, data.parent.version, data.old_digest, data.test_name, learned)

    def _settings(self, subset: LabelSubset) -> FinetuneRecipe:
        """The recipe, with a seed for each repeat; nothing is kept of these networks but their predictions."""
        return self._recipe.model_copy(update={"seed": self._recipe.seed + subset.repeat, "reference_texts": False})

    def _predict(self, subset: LabelSubset | None) -> pa.Table:
        """What the network of a subset, or the champion, predicts for the test rows, `POINT_SCHEMA`."""
        from jobs.scoring.scorer import make_scorer  # heavy, as in `_train`: only where a network is needed

        data = self._data
        make_folder(self._folder)
        with tempfile.TemporaryDirectory(prefix=_STAGING, dir=self._folder) as folder:
            bundle = data.parent if subset is None else self._train(subset, Path(folder))
            probs = make_scorer(self._home, bundle).score(data.test.texts).probs
        lost = np.isnan(probs.sum(axis=1))
        best = np.where(lost[:, None], 0.0, probs)
        columns = [data.test_ids, np.where(lost, UNSCORED, best.argmax(axis=1)), best.max(axis=1)]
        return pa.table([pa.array(each) for each in columns], POINT_SCHEMA.names).cast(POINT_SCHEMA)

    def _train(self, subset: LabelSubset, folder: Path) -> Bundle:
        from models.training.incremental import FinetuneRows, finetune

        data = self._data
        rows = FinetuneRows(data.labels.rows().take(subset.rows), data.old, keep_out=data.keep_out)
        return finetune(data.parent, self._settings(subset), rows, folder)

    def _on_test_rows(self, subset: LabelSubset | None, predicted: pa.Table) -> TriedNetwork:
        """The predictions for rows that are still test rows."""
        places = pl.DataFrame({"row": self._data.test_ids}).with_row_index("place")
        found = places.join(pl.from_arrow(predicted), on="row", maintain_order="left")  # type: ignore[arg-type]
        classes = found["predicted"].to_numpy().astype(np.int64)
        confidence = np.where(classes == UNSCORED, np.nan, found["confidence"].to_numpy().astype(np.float64))
        known = (found["place"].to_numpy().astype(np.int64), classes, confidence)
        if subset is None:
            return TriedNetwork(0, "nothing", 0, 0, *known)
        return TriedNetwork(subset.round, subset.learned, len(subset.rows), subset.repeat, *known)


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
