"""Fine-tuning as a job: new labels and old ones in, a challenger of the bundle in use out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import polars as pl

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.runs.locks import task_lock
from jobs.training.finetune_data import golden_source, no_new_labels, queue_lessons, training_source
from jobs.training.train import data_record, sweep_workshops
from models.bundle import Bundle
from models.manifest import DataRecord
from models.training.data import LabelledRows, LabelledSource, join_rows, no_rows, read_labelled, read_texts
from models.training.finetune_recipe import FinetuneRecipe, finetune_recipe
from models.training.replay import leave_out
from storage.errors import ConfigError


@dataclass(frozen=True, slots=True)
class FinetuneRequest:
    """What to fine-tune on.

    Attributes:
        task: The task's name.
        new: New labelled rows; None takes the labels of the queue.
        batches: Batches of the queue; none takes all that the parent has not learned.
        rehearsal: Rows that were labelled before; None takes what yeban.toml names, or the parent was trained on.
        dev: Rows to choose by; None holds out a share of the others.
        unlabelled: Recent texts, for `adaptation`; its label column is not read.
        keep_out: Test sets whose texts must not be trained on, beside the golden file and what the queue holds out.
        parent: Bundle to start from; None for the one in use.
        settings: `key=value` on top of the recipe that follows from the parent's.
        text_column: Of the rehearsal that is found.
        label_column: The same.
    """

    task: str
    new: LabelledSource | None = None
    batches: tuple[str, ...] = ()
    rehearsal: LabelledSource | None = None
    dev: LabelledSource | None = None
    unlabelled: LabelledSource | None = None
    keep_out: tuple[LabelledSource, ...] = ()
    parent: str | None = None
    settings: tuple[str, ...] = ()
    text_column: str = "text"
    label_column: str = "label"


@dataclass(frozen=True, slots=True)
class FinetuneResult:
    """A challenger, and what it was made from."""

    challenger: Bundle
    parent: Bundle


@dataclass(frozen=True, slots=True)
class _Given:
    """All rows of a request, read, and what a lineage tells of them."""

    new: LabelledRows
    old: LabelledRows
    dev: LabelledRows | None
    unlabelled: pl.Series | None
    keep_out: pl.Series
    records: Sequence[DataRecord]


def finetune_task(home: Home, request: FinetuneRequest, *, show_progress: bool) -> FinetuneResult:
    """Make a challenger that carries the reference of its dev rows. It waits for its gate: nothing is promoted here.

    Raises:
        YebanError: The parent, the data or the settings cannot be used.
    """
    parent = find_bundle(home, request.task, request.parent)
    recipe = finetune_recipe(parent.manifest.lineage.recipe, request.settings)
    _check_adaptation(recipe, request)
    given = _read(home, request, parent, rehearses=recipe.rehearsal > 0)

    from batch.dev_reference import add_reference  # heavy, as the next: after everything cheap has been checked
    from models.training.incremental import FinetuneRows, finetune

    def finish(bundle: Bundle, dev_rows: LabelledRows) -> Bundle:
        return add_reference(bundle, dev_rows, texts=recipe.reference_texts, device=home.config.engine.device)

    with task_lock(home.locks, request.task, "train"):
        sweep_workshops(home.bundles / request.task)
        challenger = finetune(
            parent,
            recipe,
            FinetuneRows(given.new, given.old, given.dev, given.unlabelled, given.keep_out),
            home.bundles / request.task,
            data=given.records,
            yeban_version=version("yeban"),
            show_progress=show_progress,
            finish=finish,
        )
    return FinetuneResult(challenger, parent)


def _read(home: Home, request: FinetuneRequest, parent: Bundle, *, rehearses: bool) -> _Given:
    queue = queue_lessons(home, request.task, parent, request.batches)
    records: list[DataRecord] = []

    def labelled(role: str, source: LabelledSource) -> LabelledRows:
        rows = read_labelled(source, parent.labels)
        records.append(data_record(role, source, len(rows)))
        return rows

    if request.new is None:
        new = queue.new
        records += [record for record in queue.records if record.role == "new"]
        if not len(new):
            raise no_new_labels(request.task, parent)
    else:
        new = labelled("new", request.new)
    old = no_rows()
    if rehearses or request.rehearsal is not None:
        columns = request.text_column, request.label_column
        source = request.rehearsal or training_source(home, request.task, parent, *columns)
        old = join_rows(leave_out(labelled("rehearsal", source), queue.labelled), queue.earlier)
        records += [record for record in queue.records if record.role == "rehearsal"]
    dev = labelled("dev", request.dev) if request.dev else None
    unlabelled = None
    if request.unlabelled is not None:
        unlabelled = read_texts(request.unlabelled)
        records.append(data_record("unlabelled", request.unlabelled, len(unlabelled)))
    golden = golden_source(home, request.task)
    test_sets = [read_texts(each) for each in (*request.keep_out, *([golden] if golden else []))]
    return _Given(
        new, old, dev, unlabelled, pl.concat([each.alias("text") for each in (queue.test, *test_sets)]), records
    )


def _check_adaptation(recipe: FinetuneRecipe, request: FinetuneRequest) -> None:
    if bool(recipe.adaptation.epochs) != (request.unlabelled is not None):
        got = "--unlabelled without adaptation.epochs" if request.unlabelled else "adaptation.epochs, but no text"
        raise ConfigError(
            got,
            expected="both, or neither",
            action="give --unlabelled FILE and --set adaptation.epochs=1",
        )
