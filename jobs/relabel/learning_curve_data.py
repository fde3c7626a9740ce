"""What a learning curve is measured with: resolved labels, old rows, test rows, and the bundle to start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.relabel.learning_curve_labels import Labels, leave_out_seen, read_labels, renumber_batches
from jobs.training.finetune_data import golden_source, held_out, training_source
from models.bundle import Bundle
from models.pages.localized_text import LocalizedText
from models.training.data import LabelledRows, LabelledSource, read_labelled, read_texts
from models.training.replay import leave_out
from models.training_fingerprints import read_fingerprints, text_keys
from monitoring.relabel.annotation.agreed_labels import golden_texts
from storage.errors import TerminalError
from storage.records import digest
from storage.relabel.arms import RANDOM_ARM
from storage.relabel.batches import BatchStore

MIN_TEST_ROWS: Final = 20
"""On fewer rows every difference is noise."""
MEASURED_SHARE: Final = 0.5
"""Share of the random labels to measure on, where no file is given; the others can be learned from.

What yeban.toml keeps for the gate doesn't count here: these networks are thrown away, and never meet it."""
_HELD_OUT: Final = "held-out random labels"


@dataclass(frozen=True, slots=True, eq=False)
class LearningCurveData:
    """All that networks learn from and are measured on.

    Attributes:
        parent: The bundle that each network starts from.
        labels: What they learn from.
        batches: Names of the batches, the oldest first.
        old: Rows to rehearse.
        old_digest: Of these.
        test: Rows to measure on, T of them.
        test_ids: uint64[T]: a row that is held out keeps its id when more come.
        test_name: Where they come from; for a file with its digest.
        keep_out: String[K], texts that no network may learn from.
        notes: What was left out, and why.
    """

    parent: Bundle
    labels: Labels
    batches: tuple[str, ...]
    old: LabelledRows
    old_digest: str
    test: LabelledRows
    test_ids: NDArray[np.uint64]
    test_name: str
    keep_out: pl.Series
    notes: tuple[LocalizedText, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where it comes from.

    Attributes:
        task: The task.
        rehearsal: Rows that were labelled before; None takes what yeban.toml names, or the bundle was trained on.
        test: Labelled rows to measure on, drawn at random; None takes half of the random labels.
        parent: Bundle to start from; None: the one that picked the first batch, if it is at hand.
        text_column: Of the rehearsal that is found.
        label_column: The same.
    """

    task: str
    rehearsal: LabelledSource | None = None
    test: LabelledSource | None = None
    parent: str | None = None
    text_column: str = "text"
    label_column: str = "label"


def gather(home: Home, sources: Sources) -> LearningCurveData:
    """Gather it.

    Raises:
        TerminalError: There are no labels, or too few test rows.
        YebanError: A file or the bundle can't be used.
    """
    store, task, test = home.batch_store, sources.task, sources.test
    bundle = _start(home, task, sources.parent, store)
    labels, batches = read_labels(store, task, bundle.labels)
    labels, notes = leave_out_seen(labels, bundle)
    if test is None:
        arms = pl.Series(np.where(labels.random, RANDOM_ARM, ""), dtype=pl.String)
        apart = held_out(labels.texts, arms, MEASURED_SHARE)
        held = labels.take(apart)
        rows, ids, name = held.rows(), held.keys, _HELD_OUT
    else:
        rows, more = _unseen_rows(read_labelled(test, bundle.labels), bundle)
        notes += more
        ids, name = np.arange(len(rows), dtype=np.uint64), _named(test, rows)
        apart = np.isin(labels.keys, text_keys(rows.texts))
    _check_test(len(rows), test)
    golden = _golden(home, task, store)
    kept, left = renumber_batches(labels.take(~(apart | np.isin(labels.keys, text_keys(golden)))), batches)
    keep_out = pl.concat([rows.texts.alias("text"), golden])
    source = sources.rehearsal or training_source(home, task, bundle, sources.text_column, sources.label_column)
    old = leave_out(read_labelled(source, bundle.labels), golden)
    return LearningCurveData(bundle, kept, left, old, _digest(old), rows, ids, name, keep_out, notes)


def _golden(home: Home, task: str, store: BatchStore) -> pl.Series:
    """Raw texts of all golden rows, String[N]: those of the batches, and of the file that yeban.toml names."""
    source = golden_source(home, task)
    texts = [golden_texts(store, task)] + ([] if source is None else [read_texts(source).alias("text")])
    return pl.concat(texts)


def _start(home: Home, task: str, wanted: str | None, store: BatchStore) -> Bundle:
    """The bundle that picked the first batch has learned from none; a later one may have learned from some."""
    heads = store.heads(task)
    first = heads[0].bundle if heads and wanted is None else wanted
    if wanted is None and first not in home.registry.at_hand(task):
        first = None
    return find_bundle(home, task, first)


def _unseen_rows(rows: LabelledRows, bundle: Bundle) -> tuple[LabelledRows, tuple[LocalizedText, ...]]:
    """Test rows that the bundle has not learned from."""
    seen = read_fingerprints(bundle)
    known = np.isin(text_keys(rows.texts), np.zeros(0, np.uint64) if seen is None else seen)
    if not known.any():
        return rows, ()
    note = LocalizedText(
        f"略去 {known.sum()} 条测试行：模型包 {bundle.version} 已见过其文本",
        f"{known.sum()} test rows are left out: bundle {bundle.version} has seen their texts",
    )
    return rows.take(np.flatnonzero(~known)), (note,)


def _check_test(rows: int, source: LabelledSource | None) -> None:
    if rows < MIN_TEST_ROWS:
        where = "held out of the random labels" if source is None else f"in {source.file}"
        raise TerminalError(
            f"{rows} rows to measure on, {where}",
            expected=f"at least {MIN_TEST_ROWS}, and better a few hundred",
            action="label more rows of the random arm, or give labelled rows with --test FILE",
        )


def _named(source: LabelledSource, rows: LabelledRows) -> str:
    return f"{source.file} {_digest(rows)}"


def _digest(rows: LabelledRows) -> str:
    return digest(text_keys(rows.texts).tobytes().hex(), rows.gold.tobytes().hex())
