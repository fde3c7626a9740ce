"""Fine-tuning as a job: new labels and old ones in, a challenger of the bundle in use out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

import polars as pl

from jobs.bundles import find_bundle
from jobs.config import Home
from jobs.locks import task_lock
from jobs.training import data_record, sweep_workshops
from models.bundle import Bundle
from models.manifest import DataRecord
from models.training.data import LabelledRows, LabelledSource, read_labelled, read_texts
from models.training.finetune_recipe import FinetuneRecipe, finetune_recipe
from storage.errors import ConfigError


@dataclass(frozen=True, slots=True)
class FinetuneRequest:
    """What to fine-tune on.

    Attributes:
        task: The task's name.
        new: New labelled rows.
        rehearsal: Rows that were labelled before.
        dev: Rows to choose by; None holds out a share of the others.
        unlabelled: Recent texts, for `adaptation`; its label column is not read.
        keep_out: Test sets whose texts must not be trained on.
        parent: Bundle to start from; None for the one in use.
        settings: `key=value` on top of the recipe that follows from the parent's.
    """

    task: str
    new: LabelledSource
    rehearsal: LabelledSource
    dev: LabelledSource | None = None
    unlabelled: LabelledSource | None = None
    keep_out: tuple[LabelledSource, ...] = ()
    parent: str | None = None
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finetuned:
    """A challenger, and what it was made from."""

    challenger: Bundle
    parent: Bundle


def finetune_task(home: Home, request: FinetuneRequest, *, show_progress: bool) -> Finetuned:
    """Make a challenger that carries the reference of its dev rows. It waits for its gate: nothing is promoted here.

    Raises:
        YebanError: The parent, the data or the settings cannot be used.
    """
    parent = find_bundle(home, request.task, request.parent)
    recipe = finetune_recipe(parent.manifest.lineage.recipe, request.settings)
    _check_adaptation(recipe, request)
    records: list[DataRecord] = []

    def labelled(role: str, source: LabelledSource) -> LabelledRows:
        rows = read_labelled(source, parent.labels)
        records.append(data_record(role, source, len(rows)))
        return rows

    new, old = labelled("new", request.new), labelled("rehearsal", request.rehearsal)
    dev = labelled("dev", request.dev) if request.dev else None
    unlabelled = None
    if request.unlabelled is not None:
        unlabelled = read_texts(request.unlabelled)
        records.append(data_record("unlabelled", request.unlabelled, len(unlabelled)))
    keep_out = pl.concat([read_texts(source) for source in request.keep_out]) if request.keep_out else None

    from jobs.dev_reference import add_reference  # heavy, as the next: after everything cheap has been checked
    from models.training.incremental import Lessons, finetune

    def finish(bundle: Bundle, dev_rows: LabelledRows) -> Bundle:
        return add_reference(bundle, dev_rows, texts=recipe.reference_texts, device=home.config.engine.device)

    with task_lock(home.locks, request.task, "train"):
        sweep_workshops(home.bundles / request.task)
        challenger = finetune(
            parent,
            recipe,
            Lessons(new, old, dev, unlabelled, keep_out),
            home.bundles / request.task,
            data=records,
            yeban_version=version("yeban"),
            show_progress=show_progress,
            finish=finish,
        )
    return Finetuned(challenger, parent)


def _check_adaptation(recipe: FinetuneRecipe, request: FinetuneRequest) -> None:
    if bool(recipe.adaptation.epochs) != (request.unlabelled is not None):
        got = "--unlabelled without adaptation.epochs" if request.unlabelled else "adaptation.epochs, but no text"
        raise ConfigError(
            got,
            expected="both, or neither",
            action="give --unlabelled FILE and --set adaptation.epochs=1",
        )
