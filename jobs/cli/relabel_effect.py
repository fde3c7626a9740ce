"""relabel effect: what labels bought, and what more of them will probably buy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.options import (
    HomeOption,
    JsonOption,
    LabelColumn,
    SettingsOption,
    TaskArgument,
    TextColumn,
    err,
    home_at,
    job_context,
    labelled_source,
    say,
    say_json,
)

if TYPE_CHECKING:
    from jobs.relabel.learning_curve import LearningCurveResult
    from models.evaluation.record import Interval


def effect_command(
    task: TaskArgument,
    rehearsal: Annotated[
        str | None,
        typer.Option(
            "--rehearsal",
            help="Rows labelled before; some are drawn for each new one. Default: `training` of the task, or the file "
            "that the bundle was trained on.",
            show_default=False,
        ),
    ] = None,
    rehearsal_where: Annotated[
        str | None, typer.Option(help="SQL condition on the old rows.", show_default=False)
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(
            "--test",
            help="Rows drawn at random, to measure on; default: part of the random labels.",
            show_default=False,
        ),
    ] = None,
    test_where: Annotated[str | None, typer.Option(help="SQL condition on them.", show_default=False)] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    parent: Annotated[
        str | None,
        typer.Option(
            "--parent", help="Bundle to start from; default: the one that picked the first batch.", show_default=False
        ),
    ] = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, max=20, help="Networks for each point.")] = 3,
    more: Annotated[int, typer.Option("--next", min=1, help="Labels to come, whose gain is projected.")] = 500,
    anew: Annotated[bool, typer.Option("--anew", help="Train all networks again, not only the missing ones.")] = False,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Measure what the labels so far bought, picked ones against random ones, and what the next ones would buy.

    Each round adds points to the learning curve: only their networks are trained.

    Example: yeban relabel effect comment --next 500 --repeats 3
    """
    from jobs.relabel.learning_curve import LearningCurveRequest, measure_labels
    from jobs.relabel.learning_curve_data import Sources

    old = labelled_source(rehearsal, rehearsal_where, "rehearsal", text_column, label_column)
    rows = labelled_source(test, test_where, "test", text_column, label_column)
    sources = Sources(task, old, rows, parent, text_column, label_column)
    request = LearningCurveRequest(sources, repeats, more, anew=anew, settings=tuple(settings or ()))
    with job_context() as context:
        outcome = measure_labels(home_at(home), request, context)
    if as_json:
        say_json(json.loads(outcome.json_file.read_text("utf-8")))
        return
    _show(outcome)


def _show(outcome: LearningCurveResult) -> None:
    from monitoring.relabel.learning_curve.page import verdicts

    curve, parent = outcome.learning_curve, outcome.data.parent
    say(f"{parent.manifest.task}, from {parent.version}: {curve.points[0].rows:,} random test rows")
    say(f"  {'round':>5} {'learned':<8}{'labels':>8}{'networks':>9}  {'macro-F1':<22}{'above champion':<22}{'ECE':>6}")
    for point in curve.points:
        above = _points(point.bought) if point.round else ""
        say(
            f"  {point.round:>5} {point.learned:<8}{point.labels:>8,}{point.repeats:>9}  {_span(point.macro_f1):<22}"
            f"{above:<22}{point.ece:>6.3f}"
        )
    for verdict in verdicts(curve):
        say(f"  {verdict.en}")
    for note in outcome.notes:
        say(f"  note: {note.en}", err)
    say(f"  {outcome.trained} networks trained, {outcome.kept} kept from earlier runs")
    say(f"page: {outcome.page}")


def _span(figure: Interval) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _points(figure: Interval) -> str:
    return f"{100 * figure.value:+.1f} [{100 * figure.low:+.1f}, {100 * figure.high:+.1f}]"
