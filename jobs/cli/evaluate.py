"""evaluate: a bundle on labelled rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import (
    BundleOption,
    HomeOption,
    JsonOption,
    LabelColumn,
    TaskArgument,
    TextColumn,
    home_at,
    job_context,
    say,
    say_json,
)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("evaluate")(evaluate_command)


def evaluate_command(
    task: TaskArgument,
    data: Annotated[str, typer.Option("--data", help="Labelled Parquet or CSV file, or a glob.", show_default=False)],
    where: Annotated[str | None, typer.Option(help="SQL condition on its rows.", show_default=False)] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    group_column: Annotated[
        str | None, typer.Option(help="Column to break the figures down by.", show_default=False)
    ] = None,
    bundle: BundleOption = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Where to write the JSON and the page.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Measure a bundle on labelled rows: accuracy, F1, calibration, errors; JSON and an HTML page.

    Example: yeban evaluate comment --data test.parquet --group-column source
    """
    from jobs.training.evaluate import EvaluateRequest, evaluate_bundle
    from models.evaluation.terminal import render_text
    from models.training.data import LabelledSource

    source = LabelledSource(data, where, text_column, label_column, group_column)
    with job_context() as context:
        examined = evaluate_bundle(home_at(home), EvaluateRequest(task, source, bundle, out_folder), context)
    if as_json:
        say_json(json.loads(examined.json_file.read_text("utf-8")))
        return
    say(f"{task}, bundle {examined.bundle.version}")
    say(render_text(examined.evaluation))
    say(f"page: {examined.page}")
