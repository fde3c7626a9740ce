"""The reference that a bundle carries: its dev rows, scored on the very path that scores the nights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from batch.engine.settings import EngineSettings
from batch.input.columns import ColumnMapping, read_columns
from batch.input.units import UnitSize
from batch.results import UnitResult, score_unit
from batch.scorer import Scorer
from models.bundle import CARD, REFERENCE_FOLDER, Bundle, seal_bundle
from models.training.card import write_card
from models.training.data import LabelledRows
from storage.files.atomic import write_bytes
from storage.profiles.references import Confusion, DevOrigin, Reference, write_reference
from storage.profiles.summary import Summary, merge_summaries
from storage.records import Slot, Unit

_SOURCE: Final = "dev"
_NO_DATE: Final = date.min


def add_reference(bundle: Bundle, rows: LabelledRows, *, texts: bool, device: str = "auto") -> Bundle:
    """Give a bundle the reference of its dev rows, and seal it again in its folder: it becomes another version.

    Args:
        bundle: A bundle of ours, in a folder that is not in use yet.
        rows: The dev rows that it was trained with.
        texts: Keep a sample of the rows with their cleaned texts; else counts alone.
        device: Where to compute. The precision is always that of `fp32`, so that the version does not depend on how a
            home computes its nights.

    Returns:
        The same folder, sealed.
    """
    scorer = Scorer(bundle, EngineSettings(device, "fp32"))
    write_reference(bundle.path / REFERENCE_FOLDER, dev_reference(scorer, rows, texts=texts))
    lineage = bundle.manifest.lineage
    recorded = lineage.model_copy(update={"recipe": {**lineage.recipe, "reference_texts": texts}})
    sealed = seal_bundle(bundle.path, bundle.manifest.model_copy(update={"lineage": recorded}))
    write_bytes(sealed.path / CARD, write_card(sealed).encode())
    return sealed


def dev_reference(scorer: Scorer, rows: LabelledRows, *, texts: bool) -> Reference:
    """Score dev rows in units as a night does, and make their reference.

    Args:
        scorer: The bundle, ready to score.
        rows: Labelled rows, at least one.
        texts: Keep a sample with cleaned texts.
    """
    classes = len(scorer.bundle.labels)
    confusion, summaries = np.zeros((classes, classes), np.int64), []
    for unit, result in _score(scorer, rows):
        gold = rows.gold[unit.row_start : unit.row_stop]
        confusion += _confusion(result.table["label"], gold, scorer.bundle.labels)
        summaries.append(Summary(result.profile, result.sample))
    summary = merge_summaries(summaries)
    counts: Confusion = tuple(tuple(row) for row in confusion.tolist())
    return Reference(summary.profile, summary.sample if texts else None, DevOrigin(len(rows)), counts)


def _score(scorer: Scorer, rows: LabelledRows) -> Iterator[tuple[Unit, UnitResult]]:
    slot = Slot(scorer.bundle.manifest.task, _NO_DATE, scorer.bundle.version)
    step = UnitSize().rows  # not the home's: the bundle's version would depend on it
    for start in range(0, len(rows), step):
        texts = rows.texts[start : start + step]
        unit = Unit(slot, _SOURCE, "", start, start + len(texts))
        raw = read_columns(pa.table({"text": texts.to_arrow()}), ColumnMapping("text"), "UTC")
        yield unit, score_unit(scorer, unit, raw)


def _confusion(label: pa.ChunkedArray, gold: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
    """Rows that have a label, by gold class and by predicted one, int64[C, C]."""
    labelled = label.is_valid().to_numpy()
    predicted = pc.index_in(label.filter(label.is_valid()), value_set=pa.array(labels, pa.string())).to_numpy()
    classes = len(labels)
    flat = np.bincount(gold[labelled] * classes + predicted, minlength=classes * classes)
    counts: np.ndarray = flat.reshape(classes, classes)
    return counts
