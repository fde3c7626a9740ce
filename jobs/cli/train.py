"""train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import (
    HomeOption,
    JsonOption,
    LabelColumn,
    SettingsOption,
    TaskArgument,
    TextColumn,
    home_at,
    job_context,
    say,
    say_json,
)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("train")(train_command)


def train_command(
    task: TaskArgument,
    train: Annotated[str, typer.Option("--train", help="Parquet or CSV file, or a glob.", show_default=False)],
    dev: Annotated[
        str | None, typer.Option("--dev", help="Default: a share of the training rows.", show_default=False)
    ] = None,
    train_where: Annotated[
        str | None, typer.Option(help="SQL condition on the training rows.", show_default=False)
    ] = None,
    dev_where: Annotated[str | None, typer.Option(help="SQL condition on the dev rows.", show_default=False)] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    recipe: Annotated[
        Path | None, typer.Option(help="A recipe; default: the preset of the task.", show_default=False)
    ] = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Fine-tune a classifier and register it as a bundle.

    Example: yeban train comment --train labelled.parquet --set pretrained=bert-base-chinese
    """
    from jobs.training.train import TrainRequest, train_task
    from models.training.data import LabelledSource

    request = TrainRequest(
        task,
        LabelledSource(train, train_where, text_column, label_column),
        LabelledSource(dev, dev_where, text_column, label_column) if dev else None,
        recipe,
        tuple(settings or ()),
    )
    where = home_at(home)
    with job_context(bars=False) as context:
        trained = train_task(where, request, context)
    bundle, metrics = trained.bundle, trained.bundle.manifest.lineage.dev_metrics
    if as_json:
        say_json({"task": task, "bundle": bundle.version, "path": str(bundle.path), "dev_metrics": dict(metrics)})
        return
    say(f"{task}, bundle {bundle.version} in {bundle.path}")
    say(
        f"  dev: {metrics['correct']} of {metrics['rows']} right, accuracy {metrics['accuracy']}, "
        f"macro-F1 {metrics['macro_f1']}, ECE {metrics['ece']}"
    )
    configured = where.config.tasks[task].bundle if task in where.config.tasks else None
    if configured:
        say(f"  not in use: yeban.toml names {configured}; score with --bundle {bundle.version}")
    elif trained.first:
        say("  in use from now on")
    else:
        say(f"  not in use yet: score with --bundle {bundle.version}")
