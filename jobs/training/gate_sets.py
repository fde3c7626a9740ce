"""The two labelled sets of the gate: from files, or what the queue has kept for it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from jobs.config.home import Home
from jobs.training.finetune_data import golden_source, held_out, rows_of
from models.bundle import Bundle, file_sha256
from models.training.data import LabelledRows, LabelledSource, read_labelled
from models.training_fingerprints import read_fingerprints, text_keys
from monitoring.relabel.annotation.agreed_labels import newest_labels, queue_labels
from storage.errors import ConfigError, NoInput


@dataclass(frozen=True, slots=True)
class GateSet:
    """Labelled rows, and where they are from, for the report."""

    rows: LabelledRows
    told: dict[str, Any]


def golden_set(home: Home, task: str, source: LabelledSource | None, labels: Sequence[str]) -> GateSet:
    """The frozen set: the file that is given, else the one that yeban.toml names.

    Raises:
        ConfigError: Neither is.
        YebanError: The file can't be used.
    """
    found = source or golden_source(home, task)
    if found is None:
        raise ConfigError(
            "no golden set",
            expected="labelled rows that no training ever sees, always the same",
            action='give --golden FILE, or name it in yeban.toml: golden = "FILE" under [relabel]',
        )
    return _of_file(found, labels)


def recent_set(
    home: Home, task: str, source: LabelledSource | None, challenger: Bundle, group_column: str | None
) -> GateSet:
    """Recent rows, drawn at random: the file that is given, else held-out labels of the queue, the newest.

    Labels whose text the challenger has seen are left out: a comment that people write again and again may have been
    in its training file.

    Args:
        home: The home.
        task: The task's name.
        source: The file.
        challenger: Who is to be judged.
        group_column: For labels of the queue the slice that they are grouped by.

    Raises:
        NoInput: The queue has no such label.
        YebanError: The file or a batch can't be used.
    """
    if source is not None:
        return _of_file(source, challenger.labels)
    labels = newest_labels(queue_labels(home.batch_store, task))
    kept = held_out(labels["text"], labels["arm"], home.config.relabel.held_out_share)
    seen = read_fingerprints(challenger)
    if seen is not None:
        kept &= ~np.isin(text_keys(labels["text"]), seen)
    # Batches come from the oldest to the newest.
    recent = labels.filter(pl.Series(kept)).tail(home.config.gate.recent_rows)
    if recent.is_empty():
        raise NoInput(
            f"the queue has no label of the random arm that bundle {challenger.version} has not seen",
            expected="recent labelled rows that were drawn at random",
            action=f"import labels, see `yeban relabel status {task}`; or give --recent FILE",
        )
    groups = None if group_column is None else _slice_of(recent, group_column)
    lines = recent.select("batch", "item", "label").rows()
    digest = hashlib.sha256("\n".join(" ".join(line) for line in lines).encode()).hexdigest()
    batches = ", ".join(recent["batch"].unique(maintain_order=True))
    told = {"name": f"the relabel queue: {batches}", "where": "arm = 'random'", "sha256": digest, "rows": len(recent)}
    return GateSet(rows_of(recent, challenger.labels, groups), told)


def _of_file(source: LabelledSource, labels: Sequence[str]) -> GateSet:
    rows = read_labelled(source, labels)
    file = Path(source.file)
    digest = file_sha256(file) if file.is_file() else ""
    return GateSet(rows, {"name": file.name, "where": source.where, "sha256": digest, "rows": len(rows)})


def _slice_of(labels: pl.DataFrame, name: str) -> pl.Series:
    """The value of a slice, String[N]; `-` where an item has none."""
    wanted = pl.col("slices").list.eval(
        pl.element().filter(pl.element().struct.field("key") == name).struct.field("value")
    )
    found = labels.select(wanted.list.first().alias("grouping"))["grouping"]
    if found.is_null().all():
        known = sorted({each["key"] for items in labels["slices"].drop_nulls() for each in items})
        raise ConfigError(
            f"no random row of the queue has the slice {name!r}",
            expected=f"one of [{', '.join(known)}]" if known else "slices: columns named in [tasks.*.columns]",
            action="mend --group-column, or leave it out",
        )
    return found.fill_null("-")
