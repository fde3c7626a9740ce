"""What a challenger learns from, where nobody names files: labels of the queue, and what its line was taught before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jobs.config.home import Home
from models.bundle import MANIFEST, Bundle, file_sha256
from models.manifest import DataRecord, Manifest
from models.training.data import LabelledRows, LabelledSource, class_indices
from models.training_fingerprints import text_keys
from monitoring.relabel.annotation.agreed_labels import golden_texts, newest_labels, queue_labels
from monitoring.relabel.selection.mix import RANDOM
from storage.errors import ConfigError, NoInput

_BATCH: Final = "batch "
"""Names of batches begin so in a lineage."""
_OLD_ROLES: Final = ("train", "rehearsal")


@dataclass(frozen=True, slots=True)
class FinetuneData:
    """Labels of the queue, shared out.

    Attributes:
        new: Those to learn.
        earlier: Those that the parent's line has learned, to be rehearsed.
        test: String[N], texts that no training may see: golden ones, and those held out for the gate.
        labelled: String[N], all texts that people labelled: what is said of them elsewhere is out of date.
        records: What a lineage tells of `new` and `earlier`.
    """

    new: LabelledRows
    earlier: LabelledRows
    test: pl.Series
    labelled: pl.Series
    records: tuple[DataRecord, ...]


def held_out(texts: pl.Series, arms: pl.Series, share: float) -> NDArray[np.bool_]:
    """Which labelled texts are kept for the gate, bool[N]: a share of the random arm.

    The text alone decides, so that what was held out once is held out for ever.

    Args:
        texts: String[N], raw.
        arms: String[N].
        share: 0 to 1.
    """
    low = (text_keys(texts) >> np.uint64(11)).astype(np.float64) < share * 2.0**53
    drawn: NDArray[np.bool_] = (arms == RANDOM).to_numpy()
    return low & drawn


def queue_lessons(home: Home, task: str, parent: Bundle, batches: Sequence[str] = ()) -> FinetuneData:
    """Share out the labels of the queue for a challenger of a bundle.

    A batch is new when no bundle of the parent's line has learned its labels as they are now: a label that came late
    or was changed brings its whole batch again.

    Args:
        home: The home.
        task: The task's name.
        parent: Where the challenger starts.
        batches: Batches to learn, whether they are new or not; none of them: those that are new.

    Raises:
        TerminalError: A batch can't be read, or there is none of that name.
        TrainingError: A label is no class of the parent.
    """
    store = home.batch_store
    labels = queue_labels(store, task)
    digests = _digests(labels)
    taught = _taught(home, task, parent)
    for name in batches:
        store.head(task, name)
    chosen = set(batches) or {name for name, digest in digests.items() if digest not in taught.get(name, set())}
    earlier = {name for name in digests if name in taught} - chosen
    newest = newest_labels(labels)
    kept = held_out(newest["text"], newest["arm"], home.config.relabel.held_out_share)
    learnt = newest.filter(pl.Series(~kept))
    new, old = (learnt.filter(pl.col("batch").is_in(list(names))) for names in (chosen, earlier))
    return FinetuneData(
        rows_of(new, parent.labels),
        rows_of(old, parent.labels),
        pl.concat([newest.filter(pl.Series(kept))["text"], golden_texts(store, task)]),
        newest["text"],
        (*_records("new", new, digests), *_records("rehearsal", old, _as_learned(digests, taught))),
    )


def rows_of(labels: pl.DataFrame, classes: Sequence[str], groups: pl.Series | None = None) -> LabelledRows:
    """Labels of the queue as labelled rows.

    Raises:
        TrainingError: A label is not one of the classes.
    """
    return LabelledRows(labels["text"], class_indices(labels["label"], classes, "the relabel queue"), groups)


def golden_source(home: Home, task: str) -> LabelledSource | None:
    """The golden file that yeban.toml names; None where it names none."""
    named = home.config.relabel.golden
    return None if named is None else LabelledSource(str(home.root / named.replace("{task}", task)))


def training_source(home: Home, task: str, parent: Bundle, text_column: str, label_column: str) -> LabelledSource:
    """The rows to rehearse: what yeban.toml names, else the file that the parent's line was trained on.

    Raises:
        NoInput: Neither is there.
    """
    named = home.config.tasks[task].training if task in home.config.tasks else None
    if named is not None:
        return LabelledSource(str(home.root / named), None, text_column, label_column)
    told = [record for manifest in _line(home, task, parent) for record in manifest.lineage.data]
    old = [each for each in told if each.role in _OLD_ROLES and each.sha256 and not each.name.startswith(_BATCH)]
    for record in old:
        name, _, where = record.name.partition(" where ")
        file = _file_with(home.root, name, record.sha256)
        if file is not None:
            return LabelledSource(str(file), where or None, text_column, label_column)
    names = ", ".join(dict.fromkeys(each.name for each in old))
    raise NoInput(
        f"nothing to rehearse: bundle {parent.version} was trained on "
        + (f"{names}, which is not in {home.root} as it was" if old else "files that it does not name"),
        expected="labelled rows from before the new labels, so that what was learned is not forgotten",
        action=f'give --rehearsal FILE, or name it in yeban.toml: training = "FILE" under [tasks.{task}]',
    )


def no_new_labels(task: str, parent: Bundle) -> ConfigError:
    """What to say when the queue holds nothing to learn."""
    return ConfigError(
        f"the queue has no label that bundle {parent.version} has not learned",
        expected="labels that were imported since, beside those of the random arm, which are kept for the gate",
        action=f"run `yeban relabel import {task} FILE`, or name what to learn with --batch or --new",
    )


def _digests(labels: pl.DataFrame) -> dict[str, str]:
    """A digest of each batch's labels."""
    found = {}
    for (name,), rows in labels.group_by("batch"):
        lines = sorted(f"{item} {label}" for item, label in rows.select("item", "label").iter_rows())
        found[str(name)] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return found


def _as_learned(digests: Mapping[str, str], taught: Mapping[str, set[str]]) -> dict[str, str]:
    """The digests under which batches were learned: labels that came late are still to be, rehearsed or not."""
    learned = {name: taught[name] for name in digests if name in taught}
    return {name: digests[name] if digests[name] in known else min(known) for name, known in learned.items()}


def _records(role: str, labels: pl.DataFrame, digests: Mapping[str, str]) -> list[DataRecord]:
    rows = sorted(labels.group_by("batch").len().iter_rows())
    flat = [{"role": role, "name": f"{_BATCH}{name}", "sha256": digests[name], "rows": count} for name, count in rows]
    return [DataRecord.model_validate(each) for each in flat]


def _taught(home: Home, task: str, parent: Bundle) -> Mapping[str, set[str]]:
    """Digests of the labels that the parent's line has learned, by batch."""
    taught: dict[str, set[str]] = {}
    for manifest in _line(home, task, parent):
        for record in manifest.lineage.data:
            if record.name.startswith(_BATCH):
                taught.setdefault(record.name.removeprefix(_BATCH), set()).add(record.sha256)
    return taught


def _line(home: Home, task: str, parent: Bundle) -> list[Manifest]:
    """The manifests of a bundle and of its ancestors, as far as they are at hand."""
    folders = home.registry.at_hand(task)
    line = [parent.manifest]
    while (folder := folders.pop(line[-1].lineage.parent or "", None)) is not None:
        line.append(Manifest.model_validate_json((folder / MANIFEST).read_bytes()))
    return line


def _file_with(root: Path, name: str, sha256: str) -> Path | None:
    """The file of that name and content in a folder, or in one of its folders."""
    for folder in (root, *sorted(each for each in root.iterdir() if each.is_dir())):
        file = folder / name
        if file.is_file() and file_sha256(file) == sha256:
            return file
    return None
