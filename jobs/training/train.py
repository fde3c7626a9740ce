"""Training as a job: files and recipe in, a registered bundle out."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from jobs.bundles.promote import promote_first
from jobs.config.home import Home
from jobs.runs.locks import task_lock
from models.bundle import Bundle, file_sha256
from models.manifest import DataRecord
from models.registry import WORKSHOP_PREFIX
from models.training.data import LabelledRows, LabelledSource, read_labelled
from models.training.recipe import load_recipe


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train.

    Attributes:
        task: The task's name.
        train: Rows to learn from.
        dev: Rows for early stopping and the temperature; None holds out a share of `train`.
        recipe: A TOML file; None for the task's preset.
        settings: `key=value` on top of the recipe.
    """

    task: str
    train: LabelledSource
    dev: LabelledSource | None = None
    recipe: Path | None = None
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainResult:
    """The bundle, and whether it is now the one in use."""

    bundle: Bundle
    crowned: bool


def train_task(home: Home, request: TrainRequest, *, show_progress: bool) -> TrainResult:
    """Train a bundle that carries the reference of its dev rows, and register it.

    The first of a task takes its place at once: nothing is there to lose.

    Raises:
        YebanError: The recipe, the data or the starting point cannot be used.
    """
    recipe = load_recipe(request.task, request.recipe, request.settings)
    rows = read_labelled(request.train, recipe.labels)
    dev = read_labelled(request.dev, recipe.labels) if request.dev else None
    data = [data_record("train", request.train, len(rows))]
    if request.dev and dev:
        data.append(data_record("dev", request.dev, len(dev)))

    from batch.dev_reference import add_reference  # heavy, as the next: after everything cheap has been checked
    from models.training.fit import train

    def finish(bundle: Bundle, dev_rows: LabelledRows) -> Bundle:
        return add_reference(bundle, dev_rows, texts=recipe.reference_texts, device=home.config.engine.device)

    with task_lock(home.locks, request.task, "train"):
        sweep_workshops(home.bundles / request.task)
        bundle = train(
            recipe,
            rows,
            dev,
            home.bundles / request.task,
            data=data,
            yeban_version=version("yeban"),
            show_progress=show_progress,
            finish=finish,
        )
        crowned = promote_first(home, request.task, bundle.version)
    return TrainResult(bundle, crowned)


def sweep_workshops(folder: Path) -> None:
    """Remove what a training that was killed left behind; the lock says that none is under way."""
    for left in folder.glob(f"{WORKSHOP_PREFIX}*"):
        shutil.rmtree(left)


def data_record(role: str, source: LabelledSource, rows: int) -> DataRecord:
    """What a lineage tells of a file that was read.

    Args:
        role: See `DataRecord`.
        source: The file.
        rows: Rows that it gave.
    """
    file = Path(source.file)
    name = file.name + (f" where {source.where}" if source.where else "")
    digest = file_sha256(file) if file.is_file() else ""
    return DataRecord.model_validate({"role": role, "name": name, "sha256": digest, "rows": rows})
