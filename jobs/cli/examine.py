"""evaluate, predict."""

from __future__ import annotations

import json
import os
import sys
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
    err,
    home_at,
    say,
    say_json,
)
from storage.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("evaluate")(evaluate_command)
    app.command("predict")(predict_command)


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
    from jobs.examination import examine
    from jobs.progress import shown_progress
    from models.evaluation.terminal import render_text
    from models.training.data import LabelledSource

    source = LabelledSource(data, where, text_column, label_column, group_column)
    with shown_progress(err) as progress:
        examined = examine(home_at(home), task, source, bundle, out_folder, progress)
    if as_json:
        say_json(json.loads(examined.json_file.read_text("utf-8")))
        return
    say(f"{task}, bundle {examined.bundle.version}")
    say(render_text(examined.evaluation))
    say(f"page: {examined.page}")


def predict_command(
    task: TaskArgument,
    texts: Annotated[
        list[str] | None,
        typer.Argument(help="Texts; default: lines from standard input.", show_default=False),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many classes to show.")] = 3,
    bundle: BundleOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Score a few texts at once.

    Example: yeban predict comment "物流很快，包装也好"
    """
    given = [_utf8(os.fsencode(text)) for text in texts] if texts else _lines(sys.stdin.buffer.read())
    if not given:
        raise ConfigError(
            "no text",
            expected="texts as arguments, or lines on standard input",
            action="yeban predict comment 文字",
        )
    from jobs.prediction import predict

    for answer in predict(home_at(home), task, given, bundle, top):
        if as_json:
            say_json(answer.as_dict(), indent=None)
        else:
            ranked = "  ".join(f"{label} {probability:.3f}" for label, probability in answer.ranked)
            sys.stdout.write(f"{ranked or answer.status}\t{answer.text}\n")  # rich would turn the tab into spaces


def _lines(data: bytes) -> list[str]:
    """One text a line; only the last one may go without its line break."""
    return [line.rstrip("\r") for line in _utf8(data).removesuffix("\n").split("\n")] if data else []


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"the text is not UTF-8: {error}",
            expected="text in UTF-8",
            action="convert it first, for example with: iconv -f GBK -t UTF-8",
        ) from error
