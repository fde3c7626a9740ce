"""predict: a few texts at once."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from jobs.cli.options import (
    BundleOption,
    HomeOption,
    JsonOption,
    TaskArgument,
    home_at,
    job_context,
    say_json,
)
from storage.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("predict")(predict_command)


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
    from jobs.scoring.predict import PredictRequest, predict

    with job_context() as context:
        result = predict(home_at(home), PredictRequest(task, given, bundle, top), context)
    for prediction in result.predictions:
        if as_json:
            say_json(prediction.as_dict(), indent=None)
        else:
            ranked = "  ".join(f"{label} {probability:.3f}" for label, probability in prediction.ranked)
            sys.stdout.write(f"{ranked or prediction.status}\t{prediction.text}\n")  # rich expands tabs


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
