"""gate: a challenger is held against the champion."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.options import (
    FAILED,
    HomeOption,
    JsonOption,
    LabelColumn,
    TaskArgument,
    TextColumn,
    home_at,
    job_context,
    labelled_source,
    say,
    say_json,
)

if TYPE_CHECKING:
    pass


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("gate")(gate_command)


def gate_command(
    task: TaskArgument,
    challenger: Annotated[str, typer.Argument(help="Version of a bundle, or its beginning.", show_default=False)],
    golden: Annotated[
        str | None,
        typer.Option(
            "--golden", help="Labelled rows that no training saw; default: `golden` of yeban.toml.", show_default=False
        ),
    ] = None,
    recent: Annotated[
        str | None,
        typer.Option(
            "--recent",
            help="Recent labelled rows, drawn at random; default: held-out labels of the queue, the newest.",
            show_default=False,
        ),
    ] = None,
    golden_where: Annotated[str | None, typer.Option(help="SQL condition on them.", show_default=False)] = None,
    recent_where: Annotated[str | None, typer.Option(help="SQL condition on them.", show_default=False)] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    group_column: Annotated[
        str | None,
        typer.Option(help="Column of the files, or slice of the queue, that must not get worse.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Hold a challenger against the bundle in use: JSON and an HTML page; exit code 1 where a check fails.

    Example: yeban gate comment 3f2a91c04b7d
    """
    from jobs.training.gate import GateRequest, hold_gate

    sets = (
        labelled_source(golden, golden_where, "golden", text_column, label_column, group_column),
        labelled_source(recent, recent_where, "recent", text_column, label_column, group_column),
    )
    request = GateRequest(task, challenger, *sets, group_column)
    with job_context() as context:
        gated = hold_gate(home_at(home), request, context)
    report = gated.report
    if as_json:
        say_json(json.loads(gated.json_file.read_text("utf-8")))
    else:
        say(f"{task}: {report.challenger} against {report.champion}: {'passed' if report.passed else 'refused'}")
        for check in report.checks:
            say(f"  {'ok  ' if check.passed else 'FAIL'} {check.name}: {check.why.en}")
            if not check.passed:
                say(f"       to do: {check.action.en}")
        say(f"page: {gated.page}")
        if report.passed:
            say(f"next: yeban bundles promote {task} {report.challenger}")
    if not report.passed:
        raise typer.Exit(FAILED)
